"""`recommender doctor`: is this machine and this workspace fit, and what to do where not."""

from __future__ import annotations

import typer

from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import emit, show
from recommender.settings import Settings
from recommender.workspace.health import examine

MARK = {"ok": "✓", "note": "·", "wrong": "✗"}


def doctor(as_json: AsJson = False, workspace: WorkspaceDir = None) -> None:
    """检查本机与工作区。 Check this machine and the workspace. Exit 1 if something is wrong."""
    settings = Settings()
    findings = examine(workspace_of(workspace, settings), settings)
    if as_json:
        emit([finding.as_json() for finding in findings])
    else:
        headers = ["", "检查 check", "结果 found", "下一步 next"]
        show("体检 / Doctor", headers, [[MARK[f.state], f.check, f.observed, f.remedy] for f in findings])
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)
