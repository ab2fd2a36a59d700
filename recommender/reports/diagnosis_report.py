"""The report on a diagnosis: one content, written as a page for people and as JSON for scripts."""

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

from features.disclosure import DISTRICT_MINIMUM
from features.messages import BilingualText, Message, message
from features.needs.checks import CheckResults, diagnosis_findings, finding_messages
from features.needs.checks.data_gaps import DataGaps
from features.needs.checks.finding import DiagnosisFinding
from features.needs.checks.findings import headline
from recommender.reports import sections
from recommender.text import in_both
from recommender.text.formats import signed
from recommender.workspace.atomic import replacing
from recommender.workspace.left_out import NOTHING_LEFT_OUT, LeftOut

DIGITS: Final = 3
MAX_INDICATORS: Final = 12  # listed, those that fit worst
MAX_INSTRUMENTS: Final = 40  # listed


def diagnosis_content(
    results: CheckResults,
    competencies: pd.DataFrame,
    origin: Mapping[str, Any],
    code: str,
    made_on: date,
    left_out: LeftOut = NOTHING_LEFT_OUT,
) -> dict[str, Any]:
    """Everything that the page shows, as JSON values; origin: made_up, notice, tables. Keys: docs/diagnosis-report.md.

    With fewer than ten teachers there is only the verdict.
    """
    findings = diagnosis_findings(results)
    head = {
        **{key: origin[key] for key in ("made_up", "notice", "tables") if key in origin},
        "as_of": results.as_of.isoformat(), "made_on": made_on.isoformat(), "code": code,
        "headline": in_both(headline(findings))._asdict(), "verdict": [_verdict(finding) for finding in findings],
    }  # fmt: skip
    if results.teachers < DISTRICT_MINIMUM:
        return head
    titles = competencies.drop_duplicates("competency_id").set_index("competency_id")
    content = head | {
        "teachers": results.teachers, "schools": results.schools,
        "sample": {"teachers": results.sampled_teachers, "schools": results.sampled_schools},
        "components": _rows(results.components), "reliability": _reliability(results, titles),
        "forecasts": {
            "sources": _rows(results.predictions.sources), "indicators": _worst(results),
            "pit": _rows(results.predictions.pit), "curve": _rows(results.predictions.curve),
        },
        "neutrality": {
            "rows": _with_titles(results.intake_bias.rows, titles), "dots": _rows(results.intake_bias.dots)
        },
        "second": _rows(results.sensitivity), "reach": _rows(results.coverage), "age": _rows(results.age),
        "instruments": {
            "count": len(results.comparability),
            "rows": _with_titles(results.comparability.head(MAX_INSTRUMENTS), titles, "competency_id"),
        },
        "leftovers": _gaps(results.gaps)
        | {"evidence": _unused(results.unused), "upheld": {"rows": left_out.n_rows, "needs": len(left_out.needs)}},
    }  # fmt: skip
    if results.without_evidence:  # these would describe the prior
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
    """One HTML file without external resources, made from `content` alone."""
    page: str = (
        _environment()
        .get_template("diagnosis.html")
        .render(content, content=content, style=Markup(diagnosis_style()), full="sample" in content)
    )
    return page


@cache
def diagnosis_style() -> str:
    """The style sheet inside the page."""
    return files("recommender.reports").joinpath("diagnosis.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("recommender.reports"))), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"share": _share, "figure": _number, "signed": _signed}
    environment.globals |= {"both": _both, "message": message, "sections": sections, **vars(finding_messages)}
    return environment


def _both(text: Message | Mapping[str, Any] | str) -> BilingualText:
    """Both languages of a message, or of a row of the content with `zh` and `en`."""
    return BilingualText(text["zh"], text["en"]) if isinstance(text, Mapping) else in_both(text)


def _verdict(finding: DiagnosisFinding) -> dict[str, str]:
    zh, en = in_both(finding.statement)
    todo_zh, todo_en = in_both(finding.action or "")
    return {
        "code": finding.code, "level": finding.severity, "zh": zh, "en": en, "todo_zh": todo_zh, "todo_en": todo_en
    }  # fmt: skip


def _gaps(gaps: DataGaps) -> dict[str, Any]:
    """Counts of people below ten are None; so is `seen_twice` where the others observed are fewer than ten."""
    once = gaps.observed - gaps.doubly_rated
    return {
        "unused": [{"source": source, "indicator": name} for source, name in gaps.unused],
        "bounded": gaps.bounded, "priors": [{"name": name, "source": source} for name, source in gaps.priors],
        "raters": _count(gaps.raters), "observed": _count(gaps.observed),
        "seen_twice": None if 0 < once < DISTRICT_MINIMUM else _count(gaps.doubly_rated),
        "linked": gaps.linked if gaps.raters >= DISTRICT_MINIMUM else None,
    }  # fmt: skip


def _unused(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Evidence left out or used under an assumption; tests and items as examples, because classes name their school."""
    return [
        {key: row[key] for key in ("source", "kind", "used", "count")}
        | {"indicators": row["indicators"].split("; ")}
        | in_both(finding_messages.unused_name(row["kind"]))._asdict()
        | {f"todo_{key}": text for key, text in in_both(finding_messages.unused_action(row["kind"]))._asdict().items()}
        for row in rows.to_dict("records")
    ]


def _reliability(results: CheckResults, titles: pd.DataFrame) -> dict[str, Any]:
    rows = results.reliability
    drops: dict[str, dict[str, Any]] = {}
    for row in _rows(rows):
        drops.setdefault(row["competency_id"], {})[row["source"]] = row["drop"]
    by_competency = [
        {key: row[key] for key in ("competency_id", "people", "whole", "whole_se")}
        | {"drops": drops[row["competency_id"]]}
        for row in _rows(rows.drop_duplicates("competency_id"))
        if row["competency_id"] != "all" and row["people"] >= DISTRICT_MINIMUM
    ]
    by_source = rows[rows["competency_id"] == "all"].drop(columns="competency_id")
    titled = [{**row, **_title(str(row["competency_id"]), titles)} for row in by_competency]
    return {"by_source": _rows(by_source), "by_competency": titled}


def _count(count: int) -> int | None:
    """A number of people, None from 1 to 9."""
    return None if 0 < count < DISTRICT_MINIMUM else count


def _worst(results: CheckResults) -> list[dict[str, Any]]:
    rows = results.predictions.indicators
    off = ((rows["slope"] - 1.0).abs() / rows["slope_se"].clip(lower=1e-6)).rename("off")
    order = off.sort_values(ascending=False, kind="stable").index[:MAX_INDICATORS]
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


def _with_titles(rows: pd.DataFrame, titles: pd.DataFrame, column: str = "name") -> list[dict[str, Any]]:
    return [{**row, **_title(str(row[column]), titles)} for row in _rows(rows)]


def _title(name: str, titles: pd.DataFrame) -> dict[str, str]:
    """Names of a competency, of a source, or of all sources."""
    if name in titles.index:
        return {"zh": str(titles.at[name, "name_zh"]), "en": str(titles.at[name, "name_en"])}
    return in_both(finding_messages.source_name(name))._asdict()


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """Rounded numbers, None for NaN, lists for all sequences."""
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


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def _signed(value: float | None) -> str:
    return "–" if value is None else signed(value)
