"""The report on a diagnosis: one content, told twice, as a page for people and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from features.needs.checks import Checks
from features.needs.checks import component_names as names
from features.needs.checks.findings import headline
from features.needs.checks.findings_model import no_evidence
from features.needs.checks.source_reliability import MIN_PEOPLE
from recommender.reports import sections
from recommender.workspace.atomic import replacing

DIGITS: Final = 3
INDICATORS: Final = 12  # that fit worst, listed
INSTRUMENTS: Final = 40


def diagnosis_content(
    told: Checks, competencies: pd.DataFrame, origin: Mapping[str, Any], code: str, made_on: date
) -> dict[str, Any]:
    """Everything that the page shows, as JSON values; origin: made_up, notice, tables. Keys: docs/diagnosis-report.md.

    Where fewer than ten teachers are held, only the verdict is told.
    """
    head = {
        **{key: origin[key] for key in ("made_up", "notice", "tables") if key in origin},
        "as_of": told.as_of.isoformat(), "made_on": made_on.isoformat(), "code": code,
        "headline": dict(zip(("zh", "en"), headline(told.findings), strict=True)),
        "verdict": [vars(finding) for finding in told.findings],
    }  # fmt: skip
    if any(finding.code == "few_people" for finding in told.findings):
        return head
    titles = competencies.drop_duplicates("competency_id").set_index("competency_id")
    leftovers = vars(told.leftovers) | {
        "unused": [{"source": s, "indicator": i} for s, i in told.leftovers.unused],
        "priors": [{"name": n, "source": s} for n, s in told.leftovers.priors],
    }
    once = told.leftovers.observed - told.leftovers.seen_twice
    leftovers |= {
        "raters": _told(told.leftovers.raters), "observed": _told(told.leftovers.observed),
        "seen_twice": None if 0 < once < MIN_PEOPLE else _told(told.leftovers.seen_twice),
        "linked": told.leftovers.linked if told.leftovers.raters >= MIN_PEOPLE else None,
    }  # fmt: skip
    content = head | {
        "teachers": told.teachers, "schools": told.schools,
        "sample": {"teachers": told.sampled_teachers, "schools": told.sampled_schools},
        "components": _rows(told.components), "reliability": _reliability(told, titles),
        "forecasts": {
            "sources": _rows(told.forecasts.sources), "indicators": _worst(told),
            "pit": _rows(told.forecasts.pit), "curve": _rows(told.forecasts.curve),
        },
        "neutrality": {"rows": _named(told.neutrality.rows, titles), "dots": _rows(told.neutrality.dots)},
        "second": _rows(told.second), "reach": _rows(told.reach), "age": _rows(told.age),
        "instruments": {
            "count": len(told.instruments),
            "rows": _named(told.instruments.head(INSTRUMENTS), titles, "competency_id"),
        },
        "leftovers": leftovers,
    }  # fmt: skip
    if no_evidence(told):  # these would only speak of the prior
        content |= {"second": [], "neutrality": {"rows": [], "dots": []}}
    return {key: _plain(value) for key, value in content.items()}


def write_diagnosis(path: Path, content: Mapping[str, Any]) -> tuple[Path, Path]:
    """The page at `path` and its JSON twin beside it, each in place in one step."""
    twin = path.with_suffix(".json")
    with replacing(path) as fresh:
        fresh.write_text(diagnosis_page(content), "utf-8")
    with replacing(twin) as fresh:
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        fresh.write_text(text + "\n", "utf-8")
    return path, twin


def diagnosis_page(content: Mapping[str, Any]) -> str:
    """One HTML file that asks for nothing from outside, made from `content` alone."""
    style = files("recommender.reports").joinpath("diagnosis.css").read_text("utf-8")
    page: str = (
        _environment()
        .get_template("diagnosis.html")
        .render(
            content,
            told=content,
            style=Markup(style),
            names=names,
            sections=sections,
            full="sample" in content,
        )
    )
    return page


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(str(files("recommender.reports"))), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"share": _share, "figure": _figure, "signed": _signed}
    return made


def _reliability(told: Checks, titles: pd.DataFrame) -> dict[str, Any]:
    rows = told.reliability
    drops: dict[str, dict[str, Any]] = {}
    for row in _rows(rows):
        drops.setdefault(row["competency_id"], {})[row["source"]] = row["drop"]
    by = [
        {key: row[key] for key in ("competency_id", "people", "whole", "whole_se")}
        | {"drops": drops[row["competency_id"]]}
        for row in _rows(rows.drop_duplicates("competency_id"))
        if row["competency_id"] != "all" and row["people"] >= MIN_PEOPLE
    ]
    whole = rows[rows["competency_id"] == "all"].drop(columns="competency_id")
    named = [{**row, **_title(str(row["competency_id"]), titles)} for row in by]
    return {"by_source": _rows(whole), "by_competency": named}


def _told(count: int) -> int | None:
    """A number of people, None where it is small but not nobody."""
    return None if 0 < count < MIN_PEOPLE else count


def _worst(told: Checks) -> list[dict[str, Any]]:
    rows = told.forecasts.indicators
    off = ((rows["slope"] - 1.0).abs() / rows["slope_se"].clip(lower=1e-6)).rename("off")
    order = off.sort_values(ascending=False, kind="stable").index[:INDICATORS]
    columns = [
        "source",
        "indicator",
        "people",
        "values",
        "slope",
        "slope_se",
        "agreement",
        "expected_agreement",
    ]
    return _rows(rows.loc[order, columns])


def _named(rows: pd.DataFrame, titles: pd.DataFrame, column: str = "name") -> list[dict[str, Any]]:
    return [{**row, **_title(str(row[column]), titles)} for row in _rows(rows)]


def _title(competency: str, titles: pd.DataFrame) -> dict[str, str]:
    """Names of a competency, of a source or of all of them."""
    if competency in titles.index:
        return {"zh": str(titles.at[competency, "name_zh"]), "en": str(titles.at[competency, "name_en"])}
    zh, en = names.SOURCES.get(competency, (competency, competency))
    return {"zh": zh, "en": en}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """Rounded numbers, None for what is not known, lists for all sequences."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, str | bool | int) or value is None:
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    return None if value != value else round(float(value), DIGITS)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _figure(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}".replace("-", "−")
