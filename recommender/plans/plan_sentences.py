"""A plan in sentences, Chinese and English side by side: result, margin, fairness, stability, conflicts."""

from __future__ import annotations

from typing import Final

from features.messages import BilingualText, message
from recommender.planning.infeasibility import Conflict, Relaxation
from recommender.planning.plan_report import PlanReport
from recommender.planning.problem.registry import constraint, label, price_kind
from recommender.planning.shadow_prices import ShadowPrice
from recommender.text.catalogues import in_both

STAGES: Final = {
    "kindergarten": ("学前", "early years"),
    "primary": ("小学", "primary"),
    "junior": ("初中", "junior"),
    "senior": ("高中", "senior"),
}
NOTHING: Final = 5e-4  # gain that is shown as 0
NO_PERSON: Final = BilingualText(
    "这是培训安排建议，不是考核；分配名单旁不列需求或收获。",
    "This is a training proposal, not an appraisal; no need and no gain stands beside a name.",
)


def money(yuan: float) -> BilingualText:
    """300 万元 / 3.00m yuan; small sums in full."""
    if yuan >= 1_000_000:
        return BilingualText(f"{yuan / 10_000:,.0f} 万元", f"{yuan / 1e6:,.2f}m yuan")
    if yuan >= 10_000:
        return BilingualText(f"{yuan / 10_000:,.1f} 万元".replace(".0 万", " 万"), f"{yuan:,.0f} yuan")
    return BilingualText(f"{yuan:,.0f} 元", f"{yuan:,.0f} yuan")


def limit_name(name: str) -> BilingualText:
    """A limit as people call it."""
    return in_both(message(label(name)))


def stage_name(stage: str) -> BilingualText:
    """A school stage as people call it."""
    return BilingualText(*STAGES.get(stage, (stage, stage)))


def sentences(report: PlanReport) -> list[BilingualText]:
    """What the first page says, in order."""
    if report.status == "infeasible":
        return [said for conflict in report.conflicts for said in (conflict_said(report, conflict),)] or [
            BilingualText("没有找到满足全部要求的方案。", "No plan was found that meets everything asked for.")
        ]
    found = [_result(report)]
    for said in (_promise(report), _margin(report), _fairness(report), _stability(report), _lots(report)):
        if said is not None:
            found.append(said)
    found.append(NO_PERSON)
    return found


def _result(report: PlanReport) -> BilingualText:
    budget = money(report.budget)
    gap = max(report.gap or 0.0, 0.0)
    cut = BilingualText("（提前停止）", " (stopped early)") if report.stopped_early else BilingualText("", "")
    least = f"{gap:.2%}" if gap >= 5e-5 else "0.01%"
    return BilingualText(
        f"{budget.zh}以内：{report.teachers:,} 位教师、{report.seats:,} 个名额、{len(report.lines)} 门课，"
        f"用 {money(report.cost).zh}，覆盖 {report.needs:,} 项明确或可能的需求。"
        f"离可能的最好结果最多差 {least}{cut.zh}。",
        f"Within {budget.en}: {report.teachers:,} teachers, {report.seats:,} seats in {len(report.lines)} courses for "
        f"{money(report.cost).en}, covering {report.needs:,} clear or possible needs. "
        f"At most {least} below the best possible{cut.en}.",
    )


def _promise(report: PlanReport) -> BilingualText | None:
    gain, low, high = report.expected_gain, report.expected_low, report.expected_high
    if gain is None:
        return BilingualText("少于 10 人，不显示预计收获。", "Fewer than 10 people: the expected gain is not shown.")
    if low is None or high is None or report.optimizers_curse is None:
        return None
    each = gain / max(report.teachers, 1)
    return BilingualText(
        f"预计合计缩小差距 {gain:,.1f} 个标准差（人均 {each:.3f}），可能在 {low:,.1f}–{high:,.1f} 之间。方案挑的是看起来最好的，"
        f"其中最多 {report.optimizers_curse:.0%} 可能是挑选造成的高估，下限已经扣除。",
        f"Expected to close {gain:,.1f} standard deviations of gaps in all ({each:.3f} each), likely {low:,.1f} to "
        f"{high:,.1f}. A plan picks what looks best: up to {report.optimizers_curse:.0%} of it may be owed to having been "
        "picked; the lower end has that taken off.",
    )


def _margin(report: PlanReport) -> BilingualText | None:
    margin = report.marginal_value
    if margin is None:
        return None
    more = money(margin.yuan)
    if margin.gain <= 1e-9:
        return BilingualText(
            f"再加 {more.zh}：不会更好，限制不在预算。",
            f"Another {more.en}: nothing better; the budget is not the limit.",
        )
    zh = "、".join(f"{stage_name(s).zh}「{a}」" for a, _, s, _ in margin.where)
    en = ", ".join(f"{stage_name(s).en} “{b}”" for _, b, s, _ in margin.where)
    counts = abs(margin.needs)
    word = ("约多" if margin.needs >= 0 else "约少", "more" if margin.needs >= 0 else "fewer")
    return BilingualText(
        f"再加 {more.zh}：收获约多 {margin.gain:.2f}，覆盖的需求{word[0]} {counts:,} 项"
        + (f"，主要是{zh}。" if zh else "。"),
        f"Another {more.en}: gain {margin.gain:.2f} more, {counts:,} {word[1]} needs covered"
        + (f", mostly {en}." if en else "."),
    )


def _fairness(report: PlanReport) -> BilingualText | None:
    if len(report.equity) < 2:
        return None
    own = report.limits.floor_share_per_school or 0.0
    base = report.equity[0]
    if base.objective <= 0:
        return None
    points = [p for p in report.equity[1:] if p.setting > 0]
    chosen = next((p for p in points if p.setting == own), None)
    costly = [p for p in points if p.objective < base.objective * (1 - 5e-4)]
    here = chosen or (costly[0] if costly else points[-1])
    lost = max(1 - here.objective / base.objective, 0.0)
    more = here.weak_teachers - base.weak_teachers
    if lost < 5e-5 and not more:
        return BilingualText(
            f"保证每校至少 {here.setting:.0%} 教师有名额不增加代价：方案本来就做到了。",
            f"A floor of {here.setting:.0%} of each school's teachers costs nothing: the plan meets it anyway.",
        )
    return BilingualText(
        f"保证每校至少 {here.setting:.0%} 教师有名额：总收获减少 {lost:.2%}，"
        f"薄弱学校的受训教师{'多' if more >= 0 else '少'} {abs(more):,} 人。",
        f"A floor of {here.setting:.0%} of each school's teachers: total gain −{lost:.2%}, "
        f"{abs(more):,} {'more' if more >= 0 else 'fewer'} teachers reached in weaker schools.",
    )


def _stability(report: PlanReport) -> BilingualText | None:
    if not report.draws:
        return None
    shares = [line.open_share or 0.0 for line in report.lines]
    always = sum(share >= 0.95 for share in shares)
    return BilingualText(
        f"按证据允许的误差重算 {report.draws} 次：{always} 门课每次都在，{len(shares) - always} 门时有时无（标「待议」），"
        f"另有 {len(report.sometimes)} 门偶尔入选。",
        f"Solved again {report.draws} times within the error of the evidence: "
        f"{always} {'course is' if always == 1 else 'courses are'} always in, "
        f"{len(shares) - always} come and go (marked “discuss”), {len(report.sometimes)} others appear now and then.",
    )


def _lots(report: PlanReport) -> BilingualText | None:
    if report.lottery_cost is None:
        return None
    won = sum(lot[4] for lot in report.lottery)
    return BilingualText(
        f"{won:,} 个名额在难分高下的教师中抽签（随机种子 {report.seed}，概率已记录），预计收获因此少 {report.lottery_cost:.2f}。",
        f"{won:,} seats were drawn by lot among near-ties (seed {report.seed}, propensities kept); "
        f"expected gain {report.lottery_cost:.2f} lower for it.",
    )


def price_said(report: PlanReport, price: ShadowPrice) -> BilingualText:
    """One price in words."""
    about = report.titles.get(price.key) or report.school_names.get(price.key) or price.key
    name = message(label(price.limit))
    if about:
        name = message("planning.about", name=name, about=about)
    code = "planning.price_zero" if price.price < NOTHING else price_kind(price.limit).sentence
    return in_both(message(code, name=name, price=price.price))


def conflict_said(report: PlanReport, conflict: Conflict) -> BilingualText:
    """No plan meets all of these; what each would have to become."""
    asked = [_wish(report, wish) for wish in conflict.relaxables]
    cures = [said for said in (_cure(report, wish) for wish in conflict.relaxables) if said is not None]
    zh = f"没有方案能同时满足：{'；'.join(f'{n}) {said.zh}' for n, said in enumerate(asked, 1))}。"
    en = f"No plan meets all of these: {'; '.join(f'{n}) {said.en}' for n, said in enumerate(asked, 1))}. "
    if cures:
        zh += f"放宽任意一项即可：{'；或 '.join(said.zh for said in cures)}。"
        en += f"Relax any one: {'; or '.join(said.en for said in cures)}."
    if not conflict.proven:
        zh += "（按最省的安排核对，未穷尽所有组合。）"
        en += " (Checked with the least costly seats, not with every combination.)"
    return BilingualText(zh, en)


def _wish(report: PlanReport, wish: Relaxation) -> BilingualText:
    name = limit_name(wish.limit)
    about = report.titles.get(wish.key, wish.key)
    if wish.limit == "budget":
        return BilingualText(f"预算 {money(wish.asked or 0.0).zh}", f"a budget of {money(wish.asked or 0.0).en}")
    value = "" if wish.asked is None else f" {_value(wish.limit, wish.asked)}"
    return BilingualText(
        f"{name.zh}{f'「{about}」' if about else ''}{value}",
        f"{name.en}{f' “{about}”' if about else ''}{value}",
    )


def _cure(report: PlanReport, wish: Relaxation) -> BilingualText | None:
    if not wish.helps:
        return None
    name = limit_name(wish.limit)
    about = report.titles.get(wish.key, wish.key)
    if wish.enough is None:
        return BilingualText(f"不要求「{about or name.zh}」", f"leave out “{about or name.en}”")
    if wish.limit == "budget":
        return BilingualText(f"预算 ≥ {wish.enough:,.0f} 元", f"budget ≥ {wish.enough:,.0f} yuan")
    sign = "≥" if wish.raised else "≤"
    return BilingualText(
        f"{name.zh} {sign} {_value(wish.limit, wish.enough)}",
        f"{name.en} {sign} {_value(wish.limit, wish.enough)}",
    )


def _value(limit: str, value: float) -> str:
    return f"{value:.1%}" if constraint(limit).share else f"{value:.4g}"
