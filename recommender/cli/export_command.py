"""`recommender data export tables OUT`: all tables as files that an import reads back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, say
from recommender.hours.recorded_hours import record_people
from recommender.settings import Settings
from recommender.workspace.export_tables import check_place, export_tables

app = typer.Typer(help=bilingual("interop.help_export"), no_args_is_help=True)


@app.callback()
def export() -> None:
    """Kinds of files are subcommands."""


@app.command("tables", help=bilingual("interop.command_tables", " "))
def tables(
    out: Annotated[Path, typer.Argument(metavar="OUT", help=bilingual("interop.help_out"))],
    workspace_dir: WorkspaceDir = None,
) -> None:
    """A workbook or a folder of CSV files; an audit line for each teacher in them."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    check_place(out)
    record_people(
        workspace, settings, "recommender data export tables", workspace.tables["teachers"]["teacher_id"], "export"
    )
    rows = export_tables(workspace, out)
    say(bilingual("interop.exported", tables=len(rows), rows=sum(rows.values()), path=out))
