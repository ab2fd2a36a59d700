"""`recommender evaluate`: every way of ranking, judged on schools (or teachers) that none of them has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.evaluation.evaluation import EvaluationReport
from models.evaluation.list_metrics import MetricRow
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, columns, emit, progress, say, show
from recommender.reports.model_card import clusters, condition_in_words
from recommender.settings import Settings
from recommender.text import in_both
from recommender.training import report_json, run_evaluate


def evaluate(
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="DIR", help=bilingual("cli.help_truth")),
    ] = None,
    as_json: AsJson = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Judge the trained ranking against the need rule and simpler ones."""
    workspace = workspace_of(workspace_dir, Settings())
    with progress() as report:
        evaluation = run_evaluate(workspace, truth, progress=report)
    if as_json:
        emit({**report_json(evaluation), "made_up": workspace.tables.made_up})
    else:
        show_report(evaluation, workspace.tables.made_up)


def show_report(report: EvaluationReport, made_up: bool) -> None:
    """The rows of a report and its verdict."""
    rows = [
        [row.test, row.metric, row.scorer, _span(row, row.value, row.low, row.high),
         _span(row, row.difference, row.difference_low, row.difference_high), row.rival, row.lists, clusters(row)]
        for row in report.rows
    ]  # fmt: skip
    headers = columns("test", "metric", "scorer", "value", "difference", "rival", "lists", "clusters")
    if rows:
        show(f"{bilingual('cli.evaluation')}, {report.as_of}", headers, rows, made_up)
        say(bilingual(f"models.card_held_out_{report.held_out.kind}", " ", **_counts(report)))
    for sentence in in_both(report.decision.reason):
        say(sentence)
    for condition in report.decision.conditions:
        for sentence in in_both(condition_in_words(condition)):
            say(f"- {sentence}")


def _counts(report: EvaluationReport) -> dict[str, int]:
    return {"units": report.held_out.units, "total": report.held_out.total, "labels": report.labels}


def _span(row: MetricRow, value: float, low: float, high: float) -> str:
    if value != value:
        return "–"
    interval = bilingual(f"models.few_{row.cluster_kind}", " ") if low != low else f"{low:.3f} – {high:.3f}"
    return f"{value:.3f} ({interval})"
