"""`recommender train`: a new version, judged before it is served."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.evaluate_command import show_report
from recommender.cli.options import AsOf, WorkspaceDir, day_of, workspace_of
from recommender.cli.screen import bilingual, progress, say
from recommender.settings import Settings
from recommender.training import run_train


def train(
    as_of: AsOf = None,
    no_promote: Annotated[
        bool, typer.Option("--no-promote", help=bilingual("cli.help_no_promote"))
    ] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Train and judge a new version."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    with progress() as report:
        result = run_train(workspace, settings, day_of(as_of), not no_promote, progress=report)
    show_report(result.report, workspace.tables.made_up)
    if result.tracking_error:
        say(bilingual("registry.not_tracked", error=result.tracking_error))
    if result.promoted:
        say(f"{bilingual('cli.now_served')}: {result.version}")
    else:
        say(f"{bilingual('cli.not_served')}: {result.version}. `recommender models promote {result.version}`")
