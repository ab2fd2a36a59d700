"""What each picture of the diagnosis report shows, from the report's content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from features.needs.checks import component_names as words
from recommender.reports import pictures
from recommender.reports.pictures import Dot

Content = Mapping[str, Any]
BETWEEN: Final = ("common", "school", "department", "district", "phi")
OF_SOURCE: Final = ("loading", "method", "method_common", "noise", "noise_common", "shared")
LEVELS: Final = (50, 80, 90)


def coverage_picture(told: Content) -> Markup:
    """Promised and held, a row a source."""
    rows = [
        (*words.SOURCES[row["source"]], [row[f"cover{level}"] for level in LEVELS])
        for row in told["forecasts"]["sources"]
    ]
    title = ("预测区间：承诺与实际", "Predictive ranges: promised and held")
    return pictures.coverage(rows, [level / 100 for level in LEVELS], title)


def slope_picture(told: Content) -> Markup:
    """Slopes of value on forecast with two standard errors."""
    rows = [
        _interval(words.SOURCES[row["source"]], row["slope"], row["slope_se"])
        for row in told["forecasts"]["sources"]
    ]
    span = pictures.span_of([v for row in rows for v in (row.value, row.low, row.high)], 0.5, 1.5)
    return pictures.dots(rows, ("斜率，应为 1", "Slopes, should be 1"), span, mark=1.0)


def pit_picture(told: Content) -> Markup:
    """Where values fall in their predictive distribution, all sources."""
    shares = [row["share"] for row in told["forecasts"]["pit"] if row["source"] == "all"]
    return pictures.histogram(shares, ("实际值在预测分布中的位置", "Where values fall in their forecasts"))


def curve_picture(told: Content) -> Markup:
    """Mean value by mean forecast, in tenths."""
    points = [(p["forecast"], p["value"], 1.96 * p["se"]) for p in told["forecasts"]["curve"]]
    axes = (("预测", "forecast"), ("实际", "value"))
    return pictures.scatter(points, ("预测与实际", "Forecast and value"), axes, diagonal=True)


def drop_picture(told: Content) -> Markup:
    """Reliability with all sources, and without each."""
    rows = [
        replace(_interval(words.SOURCES[row["source"]], row["whole"], row["whole_se"]), other=row["without"])
        for row in told["reliability"]["by_source"]
    ]
    return pictures.dots(rows, ("去掉一种来源后的信度", "Reliability without one source"), (0.0, 1.0))


def loading_picture(told: Content) -> Markup:
    """How much of ability shows in each source; open where stated, not estimated."""
    rows = [
        _component(row, words.SOURCES[row["source"]])
        for row in told["components"]
        if row["name"] == "loading"
    ]
    return pictures.dots(rows, ("能力在各来源中的分量", "How much of ability shows"), (0.0, 1.0))


def share_picture(told: Content) -> Markup:
    """What lies between schools, departments and districts, and what competencies have in common."""
    held = {row["name"]: row for row in told["components"] if row["source"] == "all"}
    rows = [_component(held[name], words.PARTS[name]) for name in BETWEEN if name in held]
    return pictures.dots(rows, ("共有的部分", "What is shared"), (0.0, 1.0))


def neutral_picture(told: Content) -> Markup:
    """Correlations of needs with intake, teachers and schools apart."""
    units = {"teacher": ("教师", "teachers"), "school": ("学校", "schools")}
    rows = []
    for row in needs_and_intake(told):
        (zh, en), (of_zh, of_en) = words.INTAKES[row["intake"]], units[row["unit"]]
        rows.append(
            Dot(
                f"{of_zh}·{zh.split('（')[0]}",
                f"{of_en}, {en.split(' (')[0]}",
                row["r"],
                row["low"],
                row["high"],
            )
        )
    return pictures.dots(rows, ("需求与生源的相关", "Needs and intake"), (-1.0, 1.0), mark=0.0)


def intake_picture(told: Content) -> Markup:
    """Mean need by intake over groups of alike schools."""
    points = [(p["intake"], p["need"], None) for p in told["neutrality"]["dots"]]
    axes = (("生源", "intake"), ("平均差距", "mean gap"))
    return pictures.scatter(points, ("需求随生源的变化", "Needs by intake"), axes, least=0.5)


def reach_picture(told: Content) -> Markup:
    """Share of (teacher, competency) of which somebody else says something."""
    rows = [(*words.GROUPS.get(row["group"], (row["group"], "")), row["direct"]) for row in told["reach"]]
    return pictures.bars(rows, ("有他人证据的比例", "Share with evidence from somebody else"))


def age_picture(told: Content) -> Markup:
    """Median age of evidence and its middle eight tenths, years."""
    rows = [Dot(*words.SOURCES[r["source"]], r["median"], r["young"], r["old"]) for r in told["age"]]
    span = (0.0, max([3.0, *(r["old"] for r in told["age"])]))
    return pictures.dots(rows, ("证据的年龄（年）", "Age of evidence (years)"), span, mark=1.5)


def needs_and_intake(told: Content) -> list[dict[str, Any]]:
    """Correlations of the need in all competencies."""
    return [row for row in told["neutrality"]["rows"] if row["what"] == "need"]


def sources_and_intake(told: Content) -> list[dict[str, Any]]:
    """Correlations of what each source says, schools."""
    return [row for row in told["neutrality"]["rows"] if row["what"] == "source" and row["unit"] == "school"]


def parts_of_sources(told: Content) -> list[tuple[str, list[dict[str, Any] | None]]]:
    """Source -> its components in the order of OF_SOURCE."""
    held: dict[str, dict[str, dict[str, Any]]] = {}
    for row in told["components"]:
        if row["source"] != "all":
            held.setdefault(row["source"], {})[row["name"]] = row
    return [(source, [parts.get(name) for name in OF_SOURCE]) for source, parts in held.items()]


def parts_between(told: Content) -> list[dict[str, Any]]:
    """Components that belong to no source."""
    return [row for row in told["components"] if row["source"] == "all"]


def _component(row: Mapping[str, Any], name: words.Pair) -> Dot:
    stated = row["from"] == "prior"
    return Dot(*name, row["value"], hollow=True) if stated else _interval(name, row["value"], row["se"])


def _interval(name: words.Pair, value: float | None, error: float | None) -> Dot:
    if value is None or error is None:
        return Dot(*name, value)
    return Dot(*name, value, value - 1.96 * error, value + 1.96 * error)
