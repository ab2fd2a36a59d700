"""`recommender train`: a new version, judged before it is served."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.evaluate_command import show_report
from recommender.cli.options import AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import progress, say
from recommender.settings import Settings
from recommender.training import run_train


def train(
    as_of: AsOf = None,
    no_promote: Annotated[
        bool, typer.Option("--no-promote", help="由人决定是否启用 / a person promotes it")
    ] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """训练并评估一个新版本。 Train and judge a new version."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    with progress() as report:
        result = run_train(workspace, settings, day_of(as_of), not no_promote, progress=report)
    show_report(result.report, workspace.tables.made_up)
    if result.promoted:
        say(f"已启用 / Now served: {result.version}")
    else:
        say(f"已保存,未启用 / Kept, not served: {result.version}. `recommender models promote {result.version}`")
