"""De-identified data in a folder of their own, with their risk beside them; nothing is written above the limit.

OUT/teachers.csv    a row a teacher: pseudonym and coarse facts
OUT/needs.csv       a row for each teacher and competency
OUT/risk.json       how large the risk of re-identification is
OUT/README.md       what the columns mean, what was done, what one may not do with the data
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import DataError, UsageError
from features.messages import Message, message
from recommender.date_of_data import date_of_data
from recommender.diagnosis import Progress, default_as_of, needs_at
from recommender.privacy.terms import refuse_expired_needs
from recommender.records.standing_choices import choice_reader
from recommender.research.deidentify import DECIMALS, ExportOptions, ResearchData, deidentify
from recommender.research.reidentification_risk import ReidentificationRisk
from recommender.settings import Settings
from recommender.text.catalogues import in_both
from recommender.workspace.atomic import filling
from recommender.workspace.exports import harmless
from recommender.workspace.workspace import Workspace


def run_research_export(
    workspace: Workspace, settings: Settings, out: Path, options: ExportOptions, max_risk: float, progress: Progress = None
) -> ResearchData:
    """Writes `out`. Raises UsageError where it exists, DataError where needs have expired or the risk is above the limit."""
    if out.exists():
        raise UsageError("research.exists", path=out)
    as_of = default_as_of(workspace.tables)
    refuse_expired_needs(date_of_data(workspace.tables, as_of), settings.day())
    needs = needs_at(workspace, workspace.tables, as_of, progress)
    refused: Collection[str] = choice_reader(workspace.root, settings)(None).unpersonalised
    data = deidentify(workspace.tables.until(as_of), needs, refused, options, np.random.default_rng())
    check_risk(data.risk, max_risk)
    origin = {key: value for key, value in workspace.origin(as_of=f"{as_of:%Y-%m}").items() if key != "tables"}
    with filling(out) as temporary:
        data.teachers.to_csv(temporary / "teachers.csv", index=False, lineterminator="\n")
        needs_file = data.needs.assign(competency_id=data.needs["competency_id"].map(harmless))
        needs_file.to_csv(temporary / "needs.csv", index=False, lineterminator="\n")
        risk: dict[str, Any] = {**data.risk.as_json(), "max_risk": max_risk, "levels": dict(data.generalisation.levels)}
        (temporary / "risk.json").write_text(json.dumps(risk, indent=1) + "\n", "utf-8")
        (temporary / "README.md").write_text(_read_me(data, origin), "utf-8")
        (temporary / "origin.json").write_text(json.dumps(origin, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return data


def check_risk(risk: ReidentificationRisk, max_risk: float) -> None:
    """Raises DataError where a row can be led back with more certainty than `max_risk`, or too few rows are left to tell."""
    if not risk.rows:
        raise DataError("research.no_rows", n=risk.teachers, k=risk.k)
    if risk.prosecutor_max > max_risk or risk.unique > 0:
        raise DataError("research.above_limit", risk=risk.prosecutor_max, limit=max_risk, n=risk.smallest_class)


def risk_lines(risk: ReidentificationRisk) -> list[Message]:
    """The risk in sentences."""
    return [
        message("research.risk_rows", rows=risk.rows, teachers=risk.teachers, left_out=risk.left_out,
                unknown=risk.unknown, not_sampled=risk.not_sampled, suppressed=risk.suppressed),
        message("research.risk_classes", classes=risk.classes, smallest=risk.smallest_class, median=risk.median_class, k=risk.k),
        message("research.risk_unique", before=risk.unique_before, after=risk.unique),
        message("research.risk_prosecutor", most=risk.prosecutor_max, mean=risk.prosecutor_mean, journalist=risk.journalist_max),
        message("research.risk_membership", most=risk.membership_max),
        message("research.risk_certain", share=risk.certain, blanked=risk.blanked),
    ]  # fmt: skip


def _read_me(data: ResearchData, origin: dict[str, Any]) -> str:
    lines = [f"# {_both('title')}", "", _both("lead"), ""]
    if origin["made_up"]:
        lines += [f"**{origin['notice']}**", ""]
    lines += [f"## {_both('risk')}", "", *(f"- {' / '.join(in_both(line))}" for line in risk_lines(data.risk)), ""]
    lines += [f"## {_both('columns')}", "", f"| {_both('column')} | {_both('level')} | {_both('values')} |", "|---|---|---|"]
    for name, level in data.generalisation.levels.items():
        values = ", ".join(sorted(map(str, data.teachers[name].unique())))
        lines.append(f"| `{name}` | {level} | {values} |")
    lines += ["", _both("needs_columns", decimals=DECIMALS), "", f"## {_both('duties')}", ""]
    lines += [f"- {_both(f'duty_{name}')}" for name in ("no_linking", "no_passing", "no_persons", "delete")]
    return "\n".join(lines) + "\n"


def _both(name: str, **values: Any) -> str:
    return " / ".join(in_both(message(f"research.{name}", **values)))
