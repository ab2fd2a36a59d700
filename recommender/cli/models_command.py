"""`recommender models`: which versions there are, which one is served, and changing that."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from models.bundles.bundle import read_bundle
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.records.audit_lines import OPERATOR, record_command
from recommender.records.record_store import Author, RecordStore
from recommender.registry.model_changes import ModelChanges
from recommender.settings import Settings
from recommender.workspace.import_history import user_name
from recommender.workspace.workspace import Workspace

app = typer.Typer(help=bilingual("cli.help_models"), no_args_is_help=True)

Why = Annotated[str, typer.Option("--reason", help=bilingual("registry.help_reason"))]


@app.command("list", help=bilingual("cli.command_list", " "))
def list_versions(as_json: AsJson = False, workspace_dir: WorkspaceDir = None) -> None:
    """All versions, oldest as-of first."""
    settings = Settings()
    registry = workspace_of(workspace_dir, settings).registry()
    current, rows = registry.current(), []
    for version in registry.list():
        bundle = read_bundle(registry.path(version), settings.bundle_key())
        rows.append({
            "version": version, "served": version == current, "as_of": bundle.as_of.isoformat(),
            "objective": bundle.objective, "ranked_by": bundle.ranked_by, "made_up": bundle.simulated,
        })  # fmt: skip
    if as_json:
        emit(rows)
    elif rows:
        show(bilingual("cli.models"), list(rows[0]), [list(row.values()) for row in rows])
    else:
        say(bilingual("cli.no_model"))


@app.command(help=bilingual("cli.command_promote", " "))
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION")], reason: Why = "", workspace_dir: WorkspaceDir = None
) -> None:
    """Serve this version from now on."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    workspace.registry(settings.bundle_key()).check(version)
    with _changes(workspace, settings) as (changes, store):
        changes.settle()
        record_command(store, user_name(), "recommender models promote", "model", version, "model change")
        changes.decide(_author(), secrets.token_urlsafe(16), "promote", version, reason)
    say(f"{bilingual('cli.now_served')}: {version}")


@app.command(help=bilingual("cli.command_rollback", " "))
def rollback(reason: Why = "", workspace_dir: WorkspaceDir = None) -> None:
    """Serve what was served before. One that was interrupted is finished, and none is begun."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    workspace.registry(settings.bundle_key()).history()
    with _changes(workspace, settings) as (changes, store):
        begun = [change.version for change in changes.settle() if change.kind == "rollback"]
        if not begun:
            version, _ = changes.target("rollback", None)
            record_command(store, user_name(), "recommender models rollback", "model", version, "model change")
            begun = [changes.decide(_author(), secrets.token_urlsafe(16), "rollback", None, reason).version]
    say(f"{bilingual('cli.now_served')}: {begun[-1]}")


@contextmanager
def _changes(workspace: Workspace, settings: Settings) -> Iterator[tuple[ModelChanges, RecordStore]]:
    """Everything is recorded before the promoted version changes: on a full disk it must not change with an error."""
    store = RecordStore.of(workspace.root, settings).open()
    try:
        yield ModelChanges(store, lambda: workspace.registry(settings.bundle_key()), workspace.keep_choice), store
    finally:
        store.close()


def _author() -> Author:
    return Author(user_name(), OPERATOR)
