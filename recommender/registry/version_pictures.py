"""Pictures of a version in one language: calibration, parts of the city, and scorers beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from features.messages import BilingualText, Lang, message
from models.evaluation.calibration import CalibrationGroup
from models.evaluation.list_metrics import MetricRow
from models.evaluation.parts import PartRow
from recommender.registry.version_words import part_words, scorer_words
from recommender.reports import pictures
from recommender.reports.pictures import Dot
from recommender.text import render


def calibration_picture(groups: Sequence[CalibrationGroup], lang: Lang) -> Markup:
    """Observed by forecast with 95% intervals, beside the diagonal; groups of one forecast."""
    points = [(g.forecast, g.value, _half(g.low, g.high)) for g in groups]
    name = groups[0].forecast_of
    axes = (_same(f"registry.axis_forecast_{name}", lang), _same(f"registry.axis_observed_{name}", lang))
    return pictures.scatter(points, _same(f"registry.chart_calibration_{name}", lang), axes, diagonal=True)


def parts_picture(rows: Sequence[PartRow], lang: Lang) -> Markup:
    """Difference to the rival in each part with its 95% interval."""
    dots = [
        Dot(_text(render(part_words(row.by, row.part), lang)), row.difference, row.difference_low, row.difference_high)
        for row in rows
    ]
    domain = pictures.domain_of([v for d in dots for v in (d.value, d.low, d.high)], 0.0)
    return pictures.dots(dots, _same("registry.chart_parts", lang), domain, mark=0.0)


def scorers_picture(rows: Sequence[MetricRow], lang: Lang) -> Markup:
    """Value of each scorer under one metric with its 95% interval."""
    dots = []
    for row in rows:
        known = row.low == row.low
        label = _text(render(scorer_words(row.scorer), lang))
        dots.append(Dot(label, row.value, row.low if known else None, row.high if known else None))
    domain = pictures.domain_of([v for d in dots for v in (d.value, d.low, d.high)], 0.0)
    return pictures.dots(dots, _same("registry.chart_scorers", lang), domain)


def _half(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else (high - low) / 2


def _same(code: str, lang: Lang) -> BilingualText:
    return _text(render(message(code), lang))


def _text(text: str) -> BilingualText:
    """One language: a page has the other one at its own address."""
    return BilingualText(text, text)
