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
    workspace: WorkspaceDir = None,
) -> None:
    """训练并评估一个新版本。 Train and judge a new version."""
    settings = Settings()
    held = workspace_of(workspace, settings)
    with progress() as report:
        done = run_train(held, settings, day_of(as_of), not no_promote, progress=report)
    show_report(done.report, held.tables.made_up)
    if done.promoted:
        say(f"已启用 / Now served: {done.version}")
    else:
        say(f"已保存,未启用 / Kept, not served: {done.version}. `recommender models promote {done.version}`")
