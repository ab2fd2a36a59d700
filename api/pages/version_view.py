"""What the page of one model version shows, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan

from markupsafe import Markup

from api.pages.page_words import Words
from models.evaluation.calibration import CalibrationGroup
from models.evaluation.list_metrics import MetricRow
from models.evaluation.parts import PartRow
from recommender.registry.version_pictures import calibration_picture, parts_picture, scorers_picture
from recommender.registry.version_summary import (
    MAIN,
    RANKED_BY_SCORER,
    VersionDifference,
    VersionSummary,
    metrics_of,
    version_difference,
)
from recommender.registry.version_words import metric_words, part_words, scorer_words


@dataclass(frozen=True)
class FigureRow:
    """One line of a table: a name and its cells."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class FigureTable:
    """A table of figures with its picture, where it has one. heads: of the cells."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    picture: Markup | None = None


@dataclass(frozen=True)
class TestTables:
    """Tables of one kind of evaluation, one a metric."""

    __test__ = False  # of a version, not of this program

    title: str
    tables: tuple[FigureTable, ...]


@dataclass(frozen=True)
class VersionView:
    """Sentences, tables and pictures of one version."""

    summary: VersionSummary
    card: str
    promoted: bool
    serving: bool
    comparison: tuple[str, ...]
    held_out: str
    tests: tuple[TestTables, ...]
    calibration: tuple[FigureTable, ...]
    parts: tuple[FigureTable, ...]
    rival: str


def version_view(
    summary: VersionSummary, card: str, promoted: str | None, other: VersionSummary | None, serving: str | None, t: Words
) -> VersionView:
    """other: the promoted version, where it is another one and can be read."""
    kind, units, total = summary.held_out
    rival = summary.rows[0].rival if summary.rows else "need_rule"
    return VersionView(
        summary=summary, card=card, promoted=summary.version == promoted, serving=summary.version == serving,
        comparison=tuple(_compared(summary, promoted, other, t)),
        held_out=t(f"registry.held_out_{kind}", n=units, total=total, labels=summary.labels),
        tests=tuple(_tests(summary.rows, t)),
        calibration=tuple(_calibration(summary.calibration, t)),
        parts=tuple(_parts(summary, t)),
        rival=t.text(scorer_words(rival)),
    )  # fmt: skip


def shown_span(value: float, low: float | None, high: float | None, t: Words, sign: str = "") -> str:
    """A value with its interval; bounds None or NaN: without."""
    text = f"{value:{sign}.3f}"
    if low is None or high is None or isnan(low) or isnan(high):
        return _minus(t("registry.span_few", value=text))
    return _minus(t("registry.span", value=text, low=f"{low:{sign}.3f}", high=f"{high:{sign}.3f}"))


def _minus(text: str) -> str:
    return text.replace("[-", "[−").replace(" -", " −").replace("-0", "−0")


def _compared(summary: VersionSummary, promoted: str | None, other: VersionSummary | None, t: Words) -> Iterable[str]:
    if promoted is None:
        return [t("registry.none_promoted")]
    if promoted == summary.version:
        return [t("registry.is_promoted")]
    apart = None if other is None else version_difference(summary, other)
    if apart is None:
        return [t("registry.not_comparable")]
    return _difference(apart, promoted, t)


def _difference(apart: VersionDifference, promoted: str, t: Words) -> list[str]:
    rival = t.text(scorer_words(apart.rival))
    alike = t("registry.apart_same" if apart.same_data else "registry.apart_other")
    if apart.low is None or apart.high is None:
        return [t("registry.apart_few", rival=rival, version=promoted, value=apart.value), alike]
    lines = [t("registry.apart", rival=rival, version=promoted, value=apart.value, low=apart.low, high=apart.high)]
    return [*lines, *([t("registry.undecided")] if apart.low <= 0 <= apart.high else []), alike]


def _tests(rows: tuple[MetricRow, ...], t: Words) -> Iterable[TestTables]:
    for test in dict.fromkeys(row.test for row in rows):
        metrics = dict.fromkeys(row.metric for row in rows if row.test == test)
        tables = tuple(_metric(metrics_of(rows, test, metric), t) for metric in metrics)
        yield TestTables(t("registry.test_truth" if test == "truth" else "registry.test_observed"), tables)


def _metric(rows: tuple[MetricRow, ...], t: Words) -> FigureTable:
    rival, metric = t.text(scorer_words(rows[0].rival)), rows[0].metric
    heads = (t("registry.value"), t("registry.difference", rival=rival), t("registry.lists"))
    lines = tuple(
        FigureRow(
            t.text(scorer_words(row.scorer)),
            (shown_span(row.value, row.low, row.high, t),
             "–" if row.scorer == row.rival else shown_span(row.difference, row.difference_low, row.difference_high, t, "+"),
             t("registry.n_lists", n=row.lists)),
        )
        for row in rows
    )  # fmt: skip
    return FigureTable(
        t.text(metric_words(metric)), heads, lines, scorers_picture(rows, t.lang) if metric == MAIN else None
    )


def _calibration(groups: tuple[CalibrationGroup, ...], t: Words) -> Iterable[FigureTable]:
    heads = (t("registry.observed"), t("registry.people"))
    for name in dict.fromkeys(group.forecast_of for group in groups):
        chosen = [group for group in groups if group.forecast_of == name]
        lines = tuple(
            FigureRow(
                _minus(f"{g.forecast:.3f}"), (shown_span(g.value, g.low, g.high, t), t("registry.n_people", n=g.people))
            )
            for g in chosen
        )
        title = t("registry.calibration_gain" if name == "gain" else "registry.calibration_completion")
        yield FigureTable(title, heads, lines, calibration_picture(chosen, t.lang))


def _parts(summary: VersionSummary, t: Words) -> Iterable[FigureTable]:
    """One table a way to divide the city, of what ranks in this version."""
    scorer = RANKED_BY_SCORER[summary.ranked_by]
    rows = [row for row in summary.parts if row.scorer == scorer]
    rival = t.text(scorer_words(summary.main.rival if summary.main else "need_rule"))
    heads = (t("registry.difference", rival=rival), t("registry.value"), t("registry.people"))
    for by in dict.fromkeys(row.by for row in rows):
        chosen = [row for row in rows if row.by == by]
        lines = tuple(_part(row, t) for row in chosen)
        yield FigureTable(t(f"registry.by_{by}"), heads, lines, parts_picture(chosen, t.lang))


def _part(row: PartRow, t: Words) -> FigureRow:
    apart = shown_span(row.difference, row.difference_low, row.difference_high, t, "+")
    value = shown_span(row.value, row.low, row.high, t)
    return FigureRow(t.text(part_words(row.by, row.part)), (apart, value, t("registry.n_people", n=row.people)))
