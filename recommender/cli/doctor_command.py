"""`recommender doctor`: checks of this machine and this workspace, and the remedy for each that fails."""

from __future__ import annotations

import typer

from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, columns, emit, show
from recommender.settings import Settings
from recommender.workspace.health import examine

MARK = {"ok": "✓", "note": "·", "wrong": "✗"}


def doctor(as_json: AsJson = False, workspace_dir: WorkspaceDir = None) -> None:
    """Check this machine and the workspace. Exit 1 if something is wrong."""
    settings = Settings()
    findings = examine(workspace_of(workspace_dir, settings), settings)
    if as_json:
        emit([finding.as_json() for finding in findings])
    else:
        headers = ["", *columns("check", "found", "next")]
        show(bilingual("cli.doctor"), headers, [[MARK[f.state], f.check, f.observed, f.remedy] for f in findings])
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)
