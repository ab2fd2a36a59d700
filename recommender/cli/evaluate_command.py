"""`recommender evaluate`: every way of ranking, judged on schools that none of them has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.evaluation.evaluation import EvaluationReport
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import emit, progress, say, show
from recommender.settings import Settings
from recommender.text import in_both
from recommender.training import report_json, run_evaluate


def evaluate(
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="DIR", help="模拟城市的真值 / the known truth of a simulated city"),
    ] = None,
    as_json: AsJson = False,
    workspace: WorkspaceDir = None,
) -> None:
    """评估各种排序方法。 Judge the trained ranking against the need rule and simpler ones."""
    held = workspace_of(workspace, Settings())
    with progress() as report:
        judged = run_evaluate(held, truth, progress=report)
    if as_json:
        emit({**report_json(judged), "made_up": held.tables.made_up})
    else:
        show_report(judged, held.tables.made_up)


def show_report(report: EvaluationReport, made_up: bool) -> None:
    """The rows of a report and its verdict."""
    rows = [
        [row.test, row.metric, row.scorer, _span(row.value, row.low, row.high),
         _span(row.difference, row.difference_low, row.difference_high), row.rival, row.schools]
        for row in report.rows
    ]  # fmt: skip
    headers = [
        "检验 test",
        "指标 metric",
        "方法 scorer",
        "值 value (95%)",
        "差 difference (95%)",
        "对照 rival",
        "学校 schools",
    ]
    if rows:
        show(f"评估 / Evaluation, {report.as_of}", headers, rows, made_up)
    for sentence in in_both(report.decision.reason):
        say(sentence)


def _span(value: float, low: float, high: float) -> str:
    if value != value:
        return "–"
    told = "学校太少 too few schools" if low != low else f"{low:.3f} – {high:.3f}"
    return f"{value:.3f} ({told})"
