"""Rows and charts of the diagnosis report's sections, from the report's content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from features.messages import BilingualText, Message, message
from features.needs.checks.finding_messages import group_name, part_name, source_name
from features.needs.evidence.sources.source_registry import reported_sources
from recommender.reports import pictures
from recommender.reports.pictures import Dot
from recommender.text import in_both
from recommender.text.catalogues import has

Content = Mapping[str, Any]
BETWEEN: Final = ("common", "school", "department", "district", "phi")
OF_SOURCE: Final = ("loading", "method", "method_common", "noise", "noise_common", "shared")
LEVELS: Final = (50, 80, 90)


def coverage_picture(content: Content) -> Markup:
    """Nominal and actual coverage of predictive intervals, one row a source."""
    rows = [
        (in_both(source_name(row["source"])), [row[f"cover{level}"] for level in LEVELS])
        for row in content["forecasts"]["sources"]
    ]
    return pictures.coverage(
        rows, [level / 100 for level in LEVELS], in_both(message("reports.chart_coverage"))
    )


def slope_picture(content: Content) -> Markup:
    """Slopes of value on prediction with two standard errors."""
    rows = [
        _interval(in_both(source_name(row["source"])), row["slope"], row["slope_se"])
        for row in content["forecasts"]["sources"]
    ]
    domain = pictures.domain_of([v for row in rows for v in (row.value, row.low, row.high)], 0.5, 1.5)
    return pictures.dots(rows, in_both(message("reports.chart_slope")), domain, mark=1.0)


def pit_picture(content: Content) -> Markup:
    """Histogram of the probability integral transform, all sources."""
    shares = [row["share"] for row in content["forecasts"]["pit"] if row["source"] == "all"]
    return pictures.histogram(shares, in_both(message("reports.chart_pit")))


def curve_picture(content: Content) -> Markup:
    """Mean value by mean prediction, in tenths."""
    points = [(p["forecast"], p["value"], 1.96 * p["se"]) for p in content["forecasts"]["curve"]]
    axes = (in_both(message("reports.axis_forecast")), in_both(message("reports.axis_value")))
    return pictures.scatter(points, in_both(message("reports.chart_curve")), axes, diagonal=True)


def drop_picture(content: Content) -> Markup:
    """Reliability with all sources, and without each."""
    rows = [
        replace(
            _interval(in_both(source_name(row["source"])), row["whole"], row["whole_se"]),
            reference=row["without"],
        )
        for row in content["reliability"]["by_source"]
    ]
    return pictures.dots(rows, in_both(message("reports.chart_drop")), (0.0, 1.0))


def loading_picture(content: Content) -> Markup:
    """Loadings of the sources; open dots are priors."""
    rows = [
        _component(row, in_both(source_name(row["source"])))
        for row in content["components"]
        if row["name"] == "loading"
    ]
    return pictures.dots(rows, in_both(message("reports.chart_loading")), (0.0, 1.0))


def share_picture(content: Content) -> Markup:
    """Variance shares of schools, departments and districts, and correlations of competencies."""
    components = {row["name"]: row for row in content["components"] if row["source"] == "all"}
    rows = [_component(components[name], in_both(part_name(name))) for name in BETWEEN if name in components]
    return pictures.dots(rows, in_both(message("reports.chart_share")), (0.0, 1.0))


def intake_correlation_picture(content: Content) -> Markup:
    """Correlations of needs with intake, by teachers and by schools."""
    rows = [
        Dot(
            in_both(
                message(
                    "reports.unit_and_intake",
                    unit=message(f"reports.unit_{row['unit']}"),
                    intake=message(f"reports.intake_{row['intake']}"),
                )
            ),
            row["r"],
            row["low"],
            row["high"],
        )
        for row in needs_and_intake(content)
    ]
    return pictures.dots(rows, in_both(message("reports.chart_intake_correlation")), (-1.0, 1.0), mark=0.0)


def intake_picture(content: Content) -> Markup:
    """Mean need by intake over groups of similar schools."""
    points = [(p["intake"], p["need"], None) for p in content["neutrality"]["dots"]]
    axes = (in_both(message("reports.axis_intake")), in_both(message("reports.mean_gap")))
    return pictures.scatter(points, in_both(message("reports.chart_intake")), axes, min_extent=0.5)


def group_picture(content: Content) -> Markup:
    """Share of (teacher, competency) with evidence from another person, by group."""
    rows = [(in_both(group_name(row["group"])), row["direct"]) for row in content["reach"]]
    return pictures.bars(rows, in_both(message("reports.chart_groups")))


def age_picture(content: Content) -> Markup:
    """Median age of evidence in years and its 10% to 90% range."""
    rows = [Dot(in_both(source_name(r["source"])), r["median"], r["young"], r["old"]) for r in content["age"]]
    domain = (0.0, max([3.0, *(r["old"] for r in content["age"])]))
    return pictures.dots(rows, in_both(message("reports.chart_age")), domain, mark=1.5)


def sources_of_groups(content: Content) -> list[str]:
    """Reported sources, in the order of the columns of coverage."""
    return [name for name in content["reach"][0] if name in reported_sources()] if content["reach"] else []


def short_source_name(source: str) -> Message | BilingualText:
    """Name of a source for a narrow column; its whole name where there is no shorter one."""
    code = f"reports.short_{source}"
    return Message(code) if has(code) else source_name(source)


def needs_and_intake(content: Content) -> list[dict[str, Any]]:
    """Correlations of the overall need with intake."""
    return [row for row in content["neutrality"]["rows"] if row["what"] == "need"]


def sources_and_intake(content: Content) -> list[dict[str, Any]]:
    """Correlations of the values of each source with intake, by schools."""
    return [
        row for row in content["neutrality"]["rows"] if row["what"] == "source" and row["unit"] == "school"
    ]


def parts_of_sources(content: Content) -> list[tuple[str, list[dict[str, Any] | None]]]:
    """Source -> its components in the order of OF_SOURCE."""
    components: dict[str, dict[str, dict[str, Any]]] = {}
    for row in content["components"]:
        if row["source"] != "all":
            components.setdefault(row["source"], {})[row["name"]] = row
    return [(source, [parts.get(name) for name in OF_SOURCE]) for source, parts in components.items()]


def parts_between(content: Content) -> list[dict[str, Any]]:
    """Components that belong to no source."""
    return [row for row in content["components"] if row["source"] == "all"]


def _component(row: Mapping[str, Any], label: BilingualText) -> Dot:
    is_prior = row["from"] == "prior"
    return Dot(label, row["value"], hollow=True) if is_prior else _interval(label, row["value"], row["se"])


def _interval(label: BilingualText, value: float | None, error: float | None) -> Dot:
    if value is None or error is None:
        return Dot(label, value)
    return Dot(label, value, value - 1.96 * error, value + 1.96 * error)
