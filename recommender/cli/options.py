"""Options that many commands share, spelled once."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

WorkspaceDir = Annotated[
    Path | None,
    typer.Option(
        "--workspace", metavar="DIR", help="工作区,默认 ./workspace / the workspace (RECOMMENDER_WORKSPACE)"
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="截至日期 / as known on this day"),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON,供脚本使用 / JSON on stdout, for scripts")]
Top = Annotated[int, typer.Option("--top", min=1, max=1000, help="每份清单的课程数 / courses a list")]


def workspace_of(directory: Path | None, settings: Settings) -> Workspace:
    """The workspace of the option, else of the settings."""
    return Workspace(directory if directory is not None else settings.workspace)


def day_of(moment: datetime | None) -> date | None:
    """The day of `--as-of`."""
    return None if moment is None else moment.date()
