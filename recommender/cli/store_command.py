"""`recommender store`: the database of the records, its tables, backups and checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from features.errors import UsageError
from features.messages import message
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, emit, say
from recommender.plans.plan_file_import import import_files
from recommender.plans.run_plan import PLANS
from recommender.records.record_store import RecordStore
from recommender.records.store_backup import backup as write_backup
from recommender.records.store_backup import restore as read_backup
from recommender.records.store_backup import row_counts
from recommender.records.store_check import verify as find_faults
from recommender.records.store_schema import migrate as change_tables
from recommender.settings import Settings
from recommender.text import render
from recommender.text.languages import user_language

app = typer.Typer(help=bilingual("records.help_store"), no_args_is_help=True)


@app.command(help=bilingual("records.command_migrate", " "))
def migrate(
    to: Annotated[str, typer.Option("--to", metavar="REVISION", help=bilingual("records.help_to"))] = "head",
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Up or down; `base` deletes all tables."""
    settings = Settings()
    root = workspace_of(workspace_dir, settings).root
    store = RecordStore.of(root, settings)
    if to == "head" and store.path is not None:
        before = store.revision() if store.exists else None
        after: str | None = store.open().revision()
    else:
        before, after = change_tables(store.engine, to)
    files = import_files(root / PLANS, store) if to == "head" else 0
    none = message("records.no_tables")
    say(bilingual("records.migrated", before=before or none, after=after or none))
    if files:
        say(bilingual("plans.files_read_in", n=files))


@app.command(help=bilingual("records.command_backup", " "))
def backup(out: Annotated[Path, typer.Argument(metavar="OUT")], workspace_dir: WorkspaceDir = None) -> None:
    """One file, for its owner alone; servers go on meanwhile."""
    counts = write_backup(_store(workspace_dir).open(), out)
    say(bilingual("records.backed_up", path=out, rows=_rows(counts)))


@app.command(help=bilingual("records.command_restore", " "))
def restore(
    source: Annotated[Path, typer.Argument(metavar="IN")],
    yes: Annotated[bool, typer.Option("--yes", help=bilingual("records.help_yes"))] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Of a backup of SQLite or PostgreSQL, into either."""
    store = _store(workspace_dir).open()
    present = sum(row_counts(store.engine).values())
    if present and not yes:
        raise UsageError("records.would_replace", n=present)
    say(bilingual("records.restored", rows=_rows(read_backup(store, source))))


@app.command(help=bilingual("records.command_verify", " "))
def verify(as_json: AsJson = False, workspace_dir: WorkspaceDir = None) -> None:
    """Tables, file and acknowledgements."""
    store = _store(workspace_dir)
    faults = [render(fault, user_language()) for fault in find_faults(store)]
    counts = {} if faults else row_counts(store.engine)
    if as_json:
        content: dict[str, Any] = {"faults": faults, "rows": counts}
        emit(content)
    else:
        for line in faults or [bilingual("records.intact", rows=_rows(counts))]:
            say(line)
    if faults:
        raise typer.Exit(1)


def _store(directory: Path | None) -> RecordStore:
    settings = Settings()
    return RecordStore.of(workspace_of(directory, settings).root, settings)


def _rows(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())
