"""A plan in sentences: result, margin, fairness, stability, conflicts. The words are in `recommender/text/plans.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from features.messages import LANGS, BilingualText, Message, message
from recommender.planning.infeasibility import Conflict, Relaxation
from recommender.planning.plan_report import PlanReport
from recommender.planning.problem.constraint_registry import constraint, label, price_kind
from recommender.planning.shadow_prices import ShadowPrice
from recommender.text.catalogues import has, in_both, render

ZERO: Final = 5e-4  # gain that is shown as 0
LEAST_GAP: Final = 1e-4  # the smallest optimality gap that is written
STABLE: Final = 0.95  # share of the redrawn plans from which a course counts as always in
NOTHING: Final = BilingualText("", "")


def limit_name(name: str) -> BilingualText:
    """The name of a limit."""
    return in_both(message(label(name)))


def stage_name(stage: str) -> BilingualText:
    """The name of a school stage; a stage without one is its own name."""
    code = f"plans.stage_{stage}"
    return in_both(message(code)) if has(code) else BilingualText(stage, stage)


def sentences(report: PlanReport) -> list[BilingualText]:
    """The sentences of the first page, in order."""
    if report.status == "infeasible":
        conflicts = [conflict_sentence(report, conflict) for conflict in report.conflicts]
        return conflicts or [in_both(message("plans.no_plan"))]
    optional = (_expected(report), _margin(report), _fairness(report), _stability(report), _lottery(report))
    messages = [_result(report), *(m for m in optional if m is not None), message("plans.no_person")]
    return [in_both(m) for m in messages]


def _result(report: PlanReport) -> Message:
    gap = max(report.gap or 0.0, 0.0)
    return message(
        "plans.result", budget=report.budget, teachers=report.teachers, seats=report.seats,
        courses=len(report.lines), cost=report.cost, needs=report.needs,
        gap=gap if gap >= LEAST_GAP / 2 else LEAST_GAP,
        stopped=message("plans.stopped_early") if report.stopped_early else "",
    )  # fmt: skip


def _expected(report: PlanReport) -> Message | None:
    gain, low, high = report.expected_gain, report.expected_low, report.expected_high
    if gain is None:
        return message("plans.few_people")
    if low is None or high is None or report.optimizers_curse is None:
        return None
    each = gain / max(report.teachers, 1)
    return message("plans.expected", gain=gain, each=each, low=low, high=high, curse=report.optimizers_curse)


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
        needs=abs(margin.needs), mostly=message("plans.mostly", where=where) if where else "",
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


def _stability(report: PlanReport) -> Message | None:
    if not report.draws:
        return None
    always = sum((line.open_share or 0.0) >= STABLE for line in report.lines)
    return message(
        "plans.stability", draws=report.draws, always=always, others=len(report.lines) - always,
        sometimes=len(report.sometimes),
    )  # fmt: skip


def _lottery(report: PlanReport) -> Message | None:
    if report.lottery_cost is None:
        return None
    won = sum(seat[4] for seat in report.lottery)
    return message("plans.lottery", won=won, seed=report.seed, cost=report.lottery_cost)


def price_sentence(report: PlanReport, price: ShadowPrice) -> BilingualText:
    """One price in words."""
    about = report.titles.get(price.key) or report.school_names.get(price.key) or price.key
    code = "planning.price_zero" if price.price < ZERO else price_kind(price.limit).sentence
    return in_both(message(code, name=_named(price.limit, about), price=price.price))


def conflict_sentence(report: PlanReport, conflict: Conflict) -> BilingualText:
    """That no plan meets all requirements of a set, and what each would have to become."""
    requirements = [
        message("plans.requirement", n=n, text=_requirement(report, one)) for n, one in enumerate(conflict.relaxables, 1)
    ]
    remedies = [m for m in (_remedy(report, one) for one in conflict.relaxables) if m is not None]
    return in_both(
        message(
            "plans.conflict", requirements=_joined(requirements, "plans.requirement_separator"),
            remedies=message("plans.conflict_remedies", remedies=_joined(remedies, "plans.remedy_separator"))
            if remedies else "",
            unproven="" if conflict.proven else message("plans.conflict_unproven"),
        )
    )  # fmt: skip


def _joined(messages: Iterable[Message], separator: str) -> BilingualText:
    parts = list(messages)
    return BilingualText(*(render(message(separator), lang).join(render(m, lang) for m in parts) for lang in LANGS))


def _named(limit: str, about: str) -> Message:
    name = message(label(limit))
    return message("planning.about", name=name, about=about) if about else name


def _requirement(report: PlanReport, one: Relaxation) -> Message:
    if one.limit == "budget":
        return message("plans.requirement_budget", yuan=one.requested or 0.0)
    name = _named(one.limit, report.titles.get(one.key, one.key))
    if one.requested is None:
        return name
    return message("plans.requirement_value", name=name, value=_value(one.limit, one.requested))


def _remedy(report: PlanReport, one: Relaxation) -> Message | None:
    if not one.helps:
        return None
    name = message(label(one.limit))
    if one.enough is None:
        return message("plans.remedy_without", name=report.titles.get(one.key, one.key) or name)
    if one.limit == "budget":
        return message("plans.remedy_budget", yuan=one.enough)
    code = "plans.remedy_at_least" if one.raised else "plans.remedy_at_most"
    return message(code, name=name, value=_value(one.limit, one.enough))


def _value(limit: str, value: float) -> str:
    return f"{value:.1%}" if constraint(limit).share else f"{value:.4g}"
