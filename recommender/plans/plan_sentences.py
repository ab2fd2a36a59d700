"""A plan in sentences: result, margin, fairness, stability, conflicts. The words are in `recommender/text/plans.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from features.messages import LANGS, BilingualText, Message, message
from recommender.planning.infeasibility import Conflict, Relaxation
from recommender.planning.lottery_share import LATER_PLANS, SHARES
from recommender.planning.plan_report import PlanReport
from recommender.planning.problem.constraint_registry import constraint, price_kind
from recommender.planning.shadow_prices import ShadowPrice
from recommender.plans.limit_words import named
from recommender.text.catalogues import has, in_both, render

ZERO: Final = 5e-4  # gain that is shown as 0
LEAST_GAP: Final = 1e-4  # the smallest optimality gap that is written
STABLE: Final = 0.95  # share of the redrawn plans from which a course counts as always in
NOTHING: Final = BilingualText("", "")


def stage_name(stage: str) -> BilingualText:
    """The name of a school stage; a stage without one is its own name."""
    code = f"plans.stage_{stage}"
    return in_both(message(code)) if has(code) else BilingualText(stage, stage)


def sentences(report: PlanReport) -> list[BilingualText]:
    """The sentences of the first page, in order."""
    if report.status == "infeasible":
        conflicts = [conflict_sentence(report, conflict) for conflict in report.conflicts]
        reasons = [*conflicts, remedies_sentence(report)] if conflicts else [in_both(message("plans.no_plan"))]
        return [*reasons, *map(in_both, _dates(report))]
    optional = (
        _stability(report), _needs(report), _expected(report), _margin(report), _fairness(report), _lottery(report),
        _lottery_suggestion(report),
    )  # fmt: skip
    messages = [_result(report), *(m for m in optional if m is not None), *_dates(report), message("plans.no_person")]
    return [in_both(m) for m in messages]


def _dates(report: PlanReport) -> list[Message]:
    """By which days data and courses were judged; nothing where they are one."""
    if report.today == report.as_of:
        return []
    if report.open_on != report.today:
        return [message("dates.plan_all_closed", as_of=report.as_of, today=report.today)]
    both = message("dates.both", as_of=report.as_of, today=report.today)
    closed = message("dates.closed", closed=report.closed, all=report.open_then)
    return [both, closed] if report.closed else [both]


def _result(report: PlanReport) -> Message:
    gap = max(report.gap or 0.0, 0.0)
    return message(
        "plans.result", budget=report.budget, teachers=report.teachers, seats=report.seats,
        courses=len(report.lines), cost=report.cost,
        gap=gap if gap >= LEAST_GAP / 2 else LEAST_GAP,
        stopped=message("plans.stopped_early") if report.stopped_early else "",
    )  # fmt: skip


def _needs(report: PlanReport) -> Message | None:
    if report.needs_met is None or report.closed_share is None or report.needs_in_all is None:
        return None
    low, high = report.needs_met_low, report.needs_met_high
    code = "plans.needs_met_in_range" if low is not None and high is not None else "plans.needs_met_sentence"
    return message(
        code, needs=report.needs, all=report.needs_in_all, share=report.closed_share, met=report.needs_met, low=low or 0.0,
        high=high or 0.0,
    )  # fmt: skip


def _expected(report: PlanReport) -> Message | None:
    gain, low, high = report.expected_gain, report.expected_low, report.expected_high
    if gain is None:
        return message("plans.few_people")
    if low is None or high is None or report.optimizers_curse is None:
        return None
    each = gain / max(report.teachers_all, 1)
    return message(
        "plans.expected", gain=gain, each=each, all=report.teachers_all, low=low, high=high, curse=report.optimizers_curse,
    )  # fmt: skip


def _margin(report: PlanReport) -> Message | None:
    margin = report.marginal_value
    if margin is None:
        return None
    if margin.gain <= 1e-9:
        return message("plans.margin_none", yuan=margin.yuan)
    where = [
        message("plans.where", stage=stage_name(stage), name=BilingualText(zh, en)) for zh, en, stage, _ in margin.where
    ]
    return message(
        "plans.margin_more" if margin.needs >= 0 else "plans.margin_fewer", yuan=margin.yuan, gain=margin.gain,
        needs=abs(margin.needs), met=max(margin.needs_met, 0.0), mostly=message("plans.mostly", where=where) if where else "",
    )  # fmt: skip


def _fairness(report: PlanReport) -> Message | None:
    if len(report.equity) < 2:
        return None
    required = report.limits.floor_share_per_school or 0.0
    base = report.equity[0]
    if base.objective <= 0:
        return None
    points = [p for p in report.equity[1:] if p.setting > 0]
    same = next((p for p in points if p.setting == required), None)
    costly = [p for p in points if p.objective < base.objective * (1 - ZERO)]
    point = same or (costly[0] if costly else points[-1])
    lost = max(1 - point.objective / base.objective, 0.0)
    more = point.weak_teachers - base.weak_teachers
    if lost < LEAST_GAP / 2 and not more:
        return message("plans.floor_free", floor=point.setting)
    code = "plans.floor_more" if more >= 0 else "plans.floor_fewer"
    return message(code, floor=point.setting, lost=lost, teachers=abs(more))


def courses_always(report: PlanReport) -> int | None:
    """Courses of the plan that are in (nearly) all redrawn plans; None where nothing was drawn again."""
    if not report.draws:
        return None
    return sum((line.open_share or 0.0) >= STABLE for line in report.lines)


def _stability(report: PlanReport) -> Message | None:
    always = courses_always(report)
    if always is None:
        return None
    return message(
        "plans.stability", draws=report.draws, courses=len(report.lines), always=always, others=len(report.lines) - always,
        sometimes=len(report.sometimes),
    )  # fmt: skip


def _lottery(report: PlanReport) -> Message | None:
    if report.lottery_cost is None:
        return None
    won = sum(seat[4] for seat in report.lottery)
    return message("plans.lottery", won=won, seed=report.seed, cost=report.lottery_cost)


def _lottery_suggestion(report: PlanReport) -> Message | None:
    suggested = report.lottery_suggestion
    if suggested is None:
        return None
    if suggested.share <= 0:
        return message("plans.lottery_pays_not", largest=SHARES[-1], later=LATER_PLANS)
    return message(
        "plans.lottery_suggested", share=suggested.share, later=LATER_PLANS, value=suggested.value, cost=suggested.cost,
        people=suggested.people, courses=suggested.courses,
    )  # fmt: skip


def price_sentence(report: PlanReport, price: ShadowPrice) -> BilingualText:
    """One price in words."""
    about = report.titles.get(price.key) or report.school_names.get(price.key) or price.key
    code = "planning.price_zero" if price.price < ZERO else price_kind(price.limit).sentence
    return in_both(message(code, name=named(price.limit, about), price=price.price))


def conflict_sentence(report: PlanReport, conflict: Conflict) -> BilingualText:
    """That no plan meets all requirements of a set."""
    requirements = [
        message("plans.requirement", n=n, text=_requirement(report, one)) for n, one in enumerate(conflict.relaxables, 1)
    ]
    return in_both(
        message(
            "plans.conflict", requirements=_joined(requirements, "plans.requirement_separator"),
            unproven="" if conflict.proven else message("plans.conflict_unproven"),
        )
    )  # fmt: skip


def remedies_sentence(report: PlanReport) -> BilingualText:
    """What makes the whole plan possible: one change, or several together; each was solved as it is written."""
    changes = [
        _joined((_remedy(report, one) for one in remedy.relaxations), "plans.remedy_and") for remedy in report.remedies
    ]
    if not changes:
        return in_both(message("plans.remedies_none"))
    single = len(report.remedies[0].relaxations) == 1
    code = "plans.remedies_single" if single else "plans.remedies_combined"
    code += "_one" if len(changes) == 1 else ""
    return in_both(message(code, remedies=_joined(changes, "plans.remedy_separator")))


def _joined(messages: Iterable[Message | BilingualText], separator: str) -> BilingualText:
    parts = list(messages)
    return BilingualText(*(render(message(separator), lang).join(render(m, lang) for m in parts) for lang in LANGS))


def _requirement(report: PlanReport, one: Relaxation) -> Message:
    if one.limit == "budget":
        return message("plans.requirement_budget", yuan=one.requested or 0.0)
    name = named(one.limit, report.titles.get(one.key, one.key))
    if one.requested is None:
        return name
    return message("plans.requirement_value", name=name, value=_value(one.limit, one.requested))


def _remedy(report: PlanReport, one: Relaxation) -> Message:
    if one.enough is None:
        return message("plans.remedy_without", name=named(one.limit, report.titles.get(one.key, one.key)))
    if one.limit == "budget":
        return message("plans.remedy_budget", yuan=one.enough)
    code = "plans.remedy_at_least" if one.raised else "plans.remedy_at_most"
    return message(code, name=named(one.limit, one.key), value=_value(one.limit, one.enough))


def _value(limit: str, value: float) -> str:
    return f"{value:.1%}" if constraint(limit).share else f"{value:.4g}"
