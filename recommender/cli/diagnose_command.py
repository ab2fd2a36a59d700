"""`recommender diagnose`: gaps to target of all units, with their uncertainty."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.errors import UsageError
from features.messages import message
from features.needs.checks.finding_messages import source_name, unused_action, unused_name
from recommender.cli.options import AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, columns, progress, say, show
from recommender.diagnosis import run_diagnose, run_diagnosis_report, unused_evidence
from recommender.privacy.terms import NEED_MONTHS, need_expires_on
from recommender.records.audit_lines import record_bulk_command
from recommender.self_assessments.diagnosed_surveys import number_taken_in
from recommender.settings import Settings
from recommender.text import in_both
from recommender.workspace.import_history import user_name

BANDS = ["clear", "possible", "none", "thin"]


def diagnose(
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help=bilingual("cli.help_out"))] = None,
    report: Annotated[
        bool,
        typer.Option("--report", help=bilingual("cli.help_report")),
    ] = False,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help=bilingual("cli.help_report_path")),
    ] = None,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Diagnose needs: teachers, departments, schools, districts."""
    if path is not None and not report:
        raise UsageError("cli.path_without_report", path=path)
    workspace, day = workspace_of(workspace_dir, Settings()), day_of(as_of)
    with progress() as step:
        page = run_diagnosis_report(workspace, day, path or _folder(out), step) if report else None
        needs = run_diagnose(workspace, day, out, step)
    people = len(needs.teacher_ids)
    record_bulk_command(workspace.root, Settings(), user_name(), "recommender diagnose", people, "needs by command")
    counts = pd.crosstab(needs.report["unit_kind"], needs.report["band"]).reindex(columns=BANDS, fill_value=0)
    rows = [[kind, *row] for kind, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    title = f"{bilingual('cli.needs')}, {needs.as_of}"
    headers = ["", *columns(*BANDS)]
    show(title, headers, rows, workspace.tables.made_up)
    _say_unused(unused_evidence(workspace.tables, needs))
    if n := number_taken_in(workspace.tables):
        say(bilingual("self_assessment.taken_in", n=n))
    if workspace.left_out:
        say(bilingual("objections.left_out", rows=workspace.left_out.n_rows, needs=len(workspace.left_out.needs)))
    say(f"→ {out or workspace.scores}")
    if day is None and (today := Settings().day()) > need_expires_on(needs.as_of):
        say(bilingual("privacy.needs_expired_do", as_of=needs.as_of, today=today, months=NEED_MONTHS))
    if page:
        say(f"→ {page[0]}, {page[1].name}")


def _say_unused(rows: pd.DataFrame) -> None:
    """Evidence left out, then evidence used under an assumption: each kind with its number of rows and what to do."""
    for title, part in (("needs.unused", rows[~rows["used"]]), ("needs.assumed", rows[rows["used"]])):
        if len(part):
            say(bilingual(title))
        for row in part.to_dict("records"):
            line = message(
                "needs.unused_line", source=source_name(row["source"]), count=row["count"],
                what=unused_name(row["kind"]), examples=row["examples"], action=unused_action(row["kind"]),
            )  # fmt: skip
            for text in in_both(line):
                say(f"  {text}")


def _folder(out: Path | None) -> Path | None:
    """The directory of `--out`, which may name a file of it."""
    return out.parent if out and out.suffix and not out.is_dir() else out
