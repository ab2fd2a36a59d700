"""Rules on the data: whom evidence reaches, how old it is, what is not comparable, what was left unused.

Rules of thumb: a group is ill served where under half of its (teacher, competency) have evidence from somebody else;
evidence is old from a median of eighteen months.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from features.needs.checks import component_names as words
from features.needs.checks.coverage import EXPIRED
from features.needs.checks.data_gaps import FEWEST_PAIRS
from features.needs.checks.finding import DiagnosisFinding, records
from features.needs.checks.source_reliability import FEWEST

if TYPE_CHECKING:
    from features.needs.checks.run_checks import Checks


def reach(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.reach
    whole = rows[rows["by"] == "all"]
    for row in records(whole):
        if row["direct"] >= 0.8:
            yield DiagnosisFinding(
                "reach", "trust", f"{row['direct']:.0%} 的（教师×能力）有他人提供的证据。",
                f"Of all (teacher, competency) {row['direct']:.0%} have evidence from somebody else.",
            )  # fmt: skip
    poor = rows[(rows["direct"] < 0.5) | (rows["thin"] > 0.5)]
    if len(poor):
        zh = "、".join(words.GROUPS.get(g, (g, g))[0] for g in poor["group"])
        en = ", ".join(words.GROUPS.get(g, (g, g))[1] for g in poor["group"])
        yield DiagnosisFinding(
            "reach_poor", "care", f"证据偏少：{zh}。", f"Little evidence on: {en}.",
            "听课和学生反馈先安排到这里。", "Arrange observations and pupils' feedback here first.",
        )  # fmt: skip


def age(told: Checks) -> Iterator[DiagnosisFinding]:
    old = told.age[told.age["median"] > EXPIRED]
    if len(old):
        zh = "、".join(words.SOURCES[s][0] for s in old["source"])
        en = ", ".join(words.SOURCES[s][1] for s in old["source"])
        yield DiagnosisFinding(
            "old", "care", f"证据偏旧（一半以上超过 18 个月）：{zh}。",
            f"Old evidence (more than half is over 18 months): {en}.",
            "据此安排前先更新。", "Renew it before planning on it.",
        )  # fmt: skip


def leftovers(told: Checks) -> Iterator[DiagnosisFinding]:
    left = told.leftovers
    if len(told.instruments):
        n = len(told.instruments)
        yield DiagnosisFinding(
            "not_comparable", "stop", f"有 {n} 处量表或名称前后不同，不可比，不得画趋势（见表）。",
            f"In {n} places a scale or name changed between waves: not comparable, draw no trend (see the table).",
            "如能对接，请提供等值后的量尺。", "If they can be linked, supply results on one linked scale.",
        )  # fmt: skip
    if left.unused:
        named = "；".join(f"{words.SOURCES[s][0]} {i}" for s, i in left.unused[:5])
        english = "; ".join(f"{words.SOURCES[s][1]} {i}" for s, i in left.unused[:5])
        more = len(left.unused) - 5
        yield DiagnosisFinding(
            "unused", "care", f"没有用上（未对应能力项）：{named}{f' 等 {len(left.unused)} 项' if more > 0 else ''}。",
            f"Not used (no competency behind them): {english}{f' and {more} more' if more > 0 else ''}.",
            "在指标表中写明它们对应的能力项，或确认不用。",
            "Name their competency in the indicators table, or leave them out on purpose.",
        )  # fmt: skip
    if left.bounded:
        yield DiagnosisFinding(
            "bounded", "care", f"有 {left.bounded} 对维度没有协方差，按上限处理，各维度之间的差异被看得偏小。",
            f"{left.bounded} pairs of dimensions came without a covariance and are bounded: profiles look flatter.",
            "请数据方一并提供 result_covariances。", "Ask the data owner for result_covariances.",
        )  # fmt: skip
    loadings = [words.SOURCES[s] for name, s in left.priors if name == "loading"]
    if loadings:
        yield DiagnosisFinding(
            "priors", "care", f"分量是规定的，不是估计的：{'、'.join(zh for zh, _ in loadings)}。",
            f"Stated, not estimated: how much of ability shows in {', '.join(en for _, en in loadings)}.",
            "再加一种来源，分量就能由数据估计。", "With one more source the data can tell it.",
        )  # fmt: skip
    if left.observed >= FEWEST and left.seen_twice < FEWEST_PAIRS:
        yield DiagnosisFinding(
            "raters", "care", "几乎没有教师被两位听课人听过，评分宽严分不出来，会算到教师头上。",
            "Hardly any teacher was seen by two raters: severity cannot be told from ability.",
            "让一部分课由两人同听。", "Let two raters see some of the lessons.",
        )  # fmt: skip
    elif left.observed >= FEWEST and left.linked < 0.5:
        # a share of fewer than ten raters would be a number about them
        zh, en = (
            (f"：最大的一组只占 {left.linked:.0%}", f"{left.linked:.0%} of them")
            if left.raters >= FEWEST
            else ("", "")
        )
        yield DiagnosisFinding(
            "raters_apart", "care", f"听课人彼此没有交叉{zh}。",
            f"Raters hardly overlap: the largest group that common teachers link holds {en or 'under half of them'}.",
            "让听课人跨校听课。", "Let raters cross schools.",
        )  # fmt: skip


RULES = (reach, age, leftovers)
