"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.screen import bilingual
from recommender.settings import Settings
from recommender.workspace.tidying import tidy
from recommender.workspace.workspace import Workspace

WorkspaceDir = Annotated[
    Path | None,
    typer.Option(
        "--workspace", metavar="DIR", help=bilingual("cli.help_workspace")
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help=bilingual("cli.help_as_of")),
]
AsJson = Annotated[bool, typer.Option("--json", help=bilingual("cli.help_json"))]
Top = Annotated[int, typer.Option("--top", min=1, max=1000, help=bilingual("cli.help_top"))]


def workspace_of(directory: Path | None, settings: Settings) -> Workspace:
    """The workspace of the option, else of the settings, without what killed commands left and closed to others."""
    workspace = Workspace(directory if directory is not None else settings.workspace)
    workspace.tidied = tidy(workspace.root)
    return workspace


def day_of(moment: datetime | None) -> date | None:
    """The day of `--as-of`."""
    return None if moment is None else moment.date()
