"""Rules on the model: is the evidence enough, are ranges honest, do sources agree, is intake left out, does another
specification say the same?

Rules of thumb, stated here so that they can be argued with: a slope is off when it is more than .3 and two standard
errors from 1; ranges are off at more than 3 points from 80 or 90%, or 5 where that is within chance, and at more than 5
from 50%, which coarse scales disturb; a correlation with intake matters from .2; another specification matters when
more than a tenth of bands change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from features.needs.checks import component_names as words
from features.needs.checks.cross_source_prediction import FAR, LEVELS, SURE, misfit
from features.needs.checks.finding import DiagnosisFinding, records
from features.needs.evidence.sources.source_registry import indirect_names

if TYPE_CHECKING:
    from features.needs.checks.run_checks import Checks

ENOUGH: Final = 0.5  # reliability at which single people may be told apart
POINTS, WIDEST = 0.03, 0.05
WIDE: Final = (80, 90)  # half of the values lie close together where a scale is coarse
MATTERS: Final = 0.2
CHANGED: Final = 0.10


def no_evidence(told: Checks) -> bool:
    """Nothing is known of any teacher: a diagnosis is the prior."""
    return not len(told.reliability) or not told.age["people"].sum()


def evidence(told: Checks) -> Iterator[DiagnosisFinding]:
    whole = told.reliability[told.reliability["competency_id"] == "all"]
    direct = [s for s in whole["source"] if s not in indirect_names()]
    if no_evidence(told):
        yield DiagnosisFinding(
            "no_evidence", "stop", "没有任何关于教师的证据，需求只是一般估计。",
            "There is no evidence on teachers: needs are only what is true of people in general.",
            "不要给任何个人下结论；先安排听课或学生反馈。",
            "Say nothing about single people; arrange lesson observations or pupils' feedback first.",
        )  # fmt: skip
        return
    value = float(whole["whole"].iloc[0])
    if not direct:
        yield DiagnosisFinding(
            "indirect_only", "stop", "证据只有自评或监测，个人的需求一律不能判为明确。",
            "Evidence is self-report or monitoring only: no single person's need can be called clear.",
            "安排听课。", "Arrange lesson observations.",
        )  # fmt: skip
    if value >= ENOUGH:
        yield DiagnosisFinding(
            "reliability", "trust", f"平均信度 {value:.2f}：可用来安排个人培训，区间须一并查看。",
            f"Mean reliability {value:.2f}: fit for planning single people's training, ranges always in view.",
        )  # fmt: skip
    elif value == value:
        yield DiagnosisFinding(
            "reliability_low", "care", f"平均信度只有 {value:.2f}：个人之间多半分不出先后。",
            f"Mean reliability is only {value:.2f}: most single people cannot be told apart.",
            "以教研组和学校为单位使用；个人只看判为明确的。",
            "Use it for departments and schools; of single people only where a need is called clear.",
        )  # fmt: skip


def calibration(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.forecasts.sources
    pooled = rows[rows["source"] == "all"]
    if not len(pooled):
        yield DiagnosisFinding(
            "not_checked", "care", "来源或学校太少，区间是否如实无法用数据检验。",
            "Too few sources or schools: whether ranges are honest cannot be checked with these data.",
            "至少要有两种来源、五所学校。", "It takes two sources and five schools.",
        )  # fmt: skip
        return
    row = pooled.iloc[0]
    held = "、".join(f"{row[f'cover{level}']:.0%}" for level in LEVELS)
    listed = ", ".join(f"{row[f'cover{level}']:.0%}" for level in LEVELS)
    off = {level: float(row[f"cover{level}"]) - level / 100 for level in LEVELS}
    bound = {level: max(POINTS, min(2 * float(row[f"cover{level}_se"]), WIDEST)) for level in LEVELS}
    if any(abs(off[level]) > bound[level] for level in WIDE) or abs(off[50]) > max(bound[50], WIDEST):
        narrow = sum(off.values()) < 0
        yield DiagnosisFinding(
            "ranges_narrow" if narrow else "ranges_wide", "care",
            f"50、80、90% 的预测区间实际含 {held}：区间偏{'窄' if narrow else '宽'}。",
            f"Predictive ranges of 50, 80 and 90% held {listed}: they are too {'narrow' if narrow else 'wide'}.",
            "区间只作参考，看下面是哪个来源引起的。", "Take ranges as a guide; see below which source it comes from.",
        )  # fmt: skip
    else:
        yield DiagnosisFinding(
            "ranges", "trust", f"区间如实：用其他来源预测，50、80、90% 的区间实际含 {held}。",
            f"Ranges are honest: foretold from other sources, ranges of 50, 80 and 90% held {listed}.",
        )  # fmt: skip


def sources(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.forecasts.sources
    rows = rows[rows["source"] != "all"]
    worst = rows.assign(off=misfit(rows)).sort_values("off", ascending=False, kind="stable")
    bad = worst[worst["off"] > 2]
    for row in records(bad):
        zh, en = words.SOURCES[row["source"]]
        less = row["slope"] < 1
        yield DiagnosisFinding(
            f"source_misfit:{row['source']}", "care",
            f"{zh}与其他来源不符（斜率 {row['slope']:.2f}，应为 1）：实际{'低' if less else '高'}于模型所给的分量。",
            f"Not in line with the others: {en} (slope {row['slope']:.2f}, should be 1): "
            f"{'less' if less else 'more'} of ability shows in it than the model takes.",
            "核对该来源的题目与能力的对应、量尺和采集方式。" if less else "可以照用；只是它的分量算得偏小。",
            "Check what its items stand for, their scale and how they are collected." if less
            else "Use it all the same; it is given too little weight.",
        )  # fmt: skip
    if len(rows) and not len(bad):
        yield DiagnosisFinding(
            "sources_agree", "trust", "各来源相互印证：没有一种与其他来源明显不符。",
            "Sources bear each other out: none clearly disagrees with the others.",
        )  # fmt: skip


def indicators(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.forecasts.indicators
    rows = rows.assign(off=misfit(rows))
    bad = rows[(rows["off"] > SURE) & (rows["slope"] < 1 - FAR)]
    if len(bad):
        worst = bad.sort_values("off", ascending=False, kind="stable").head(5)
        named = "；".join(
            f"{words.SOURCES[s][0]} {i}" for s, i in zip(worst["source"], worst["indicator"], strict=True)
        )
        english = "; ".join(
            f"{words.SOURCES[s][1]} {i}" for s, i in zip(worst["source"], worst["indicator"], strict=True)
        )
        yield DiagnosisFinding(
            "indicator_misfit", "care", f"这些题目或维度与其余证据不符：{named}。",
            f"These items or dimensions disagree with the rest: {english}.",
            "核对它们对应的能力项；不对应就从指标表中删去。",
            "Check which competency they stand for; take them out of the indicators table if none.",
        )  # fmt: skip


def neutral(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.neutrality.rows
    rows = rows[(rows["what"] == "need") & (rows["unit"] == "school")]
    if not len(rows):
        yield DiagnosisFinding(
            "neutrality_unknown", "care", "没有前测成绩，也没有学校困难程度，无法检验需求是否只反映生源。",
            "Neither earlier scores nor disadvantage: whether needs only mirror intake cannot be checked.",
            "导入带前测的班级成绩。", "Import class results with earlier scores.",
        )  # fmt: skip
    for row in records(rows):
        zh, en = words.INTAKES[row["intake"]]
        figures = [f"{row[key]:+.2f}".replace("-", "−") for key in ("r", "low", "high")]
        span_zh = "相关 {}，95% 区间 {} 至 {}".format(*figures)
        span_en = "r {}, 95% interval {} to {}".format(*figures)
        sure = min(abs(row["low"]), abs(row["high"])) if row["low"] * row["high"] > 0 else 0.0
        if sure > MATTERS:
            yield DiagnosisFinding(
                f"not_neutral:{row['intake']}", "stop", f"学校的需求与{zh}明显相关（{span_zh}）。",
                f"Schools' needs go with {en} ({span_en}).",
                "不要比较生源不同的学校；先查成绩是否都有前测。",
                "Do not compare schools of unlike intake; see first whether results come with earlier scores.",
            )  # fmt: skip
        elif sure > 0:
            yield DiagnosisFinding(
                f"slightly:{row['intake']}", "care", f"学校的需求与{zh}略有相关（{span_zh}）。",
                f"Schools' needs go slightly with {en} ({span_en}).",
                "比较学校时把这一点说清楚。", "Say so when schools are compared.",
            )  # fmt: skip
        elif max(abs(row["low"]), abs(row["high"])) <= 2 * MATTERS:
            yield DiagnosisFinding(
                f"neutral:{row['intake']}", "trust", f"看不出需求与{zh}有关（{span_zh}）。",
                f"Needs are not seen to go with {en} ({span_en}).",
            )  # fmt: skip
        else:
            yield DiagnosisFinding(
                f"neutrality_unsure:{row['intake']}", "care", f"需求与{zh}是否相关还说不准（{span_zh}）。",
                f"Whether needs go with {en} cannot be told yet ({span_en}).",
                "比较学校时把这一点说清楚。", "Say so when schools are compared.",
            )  # fmt: skip


def specification(told: Checks) -> Iterator[DiagnosisFinding]:
    rows = told.second[told.second["specification"] == "all_together"]
    rows = rows[rows["rank_agreement"].notna()]
    for row in records(rows):
        agree, changed = row["rank_agreement"], row["changed"]
        if agree >= 0.9 and changed <= CHANGED:
            yield DiagnosisFinding(
                "specification", "trust", f"换一种模型设定，先后次序一致（{agree:.2f}），{changed:.0%} 的结论变档。",
                f"Under another specification the order stays ({agree:.2f}) and {changed:.0%} of bands change.",
            )  # fmt: skip
            continue
        single = told.second[told.second["specification"] != "all_together"]
        most = records(single.sort_values("changed", ascending=False, kind="stable"))[0]
        zh, en = words.SPECIFICATIONS[most["specification"]]
        yield DiagnosisFinding(
            "specification_matters", "care",
            f"结论依赖模型设定：换一种设定，{changed:.0%} 的结论变档（次序一致 {agree:.2f}）；影响最大的是“{zh}”。",
            f"Conclusions depend on the model: under another one {changed:.0%} of bands change (rank agreement "
            f"{agree:.2f}); what matters most: {en}.",
            "把“可能”当作可能：下结论前再收集证据。", "Take a possible need as possible: collect evidence before concluding.",
        )  # fmt: skip


RULES: Final = (evidence, calibration, sources, indicators, neutral, specification)
