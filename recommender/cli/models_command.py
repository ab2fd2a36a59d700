"""`recommender models`: which versions there are, which one is served, and changing that."""

from __future__ import annotations

from typing import Annotated

import typer

from models.bundles.bundle import read_bundle
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, emit, say, show
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

app = typer.Typer(help=bilingual("cli.help_models"), no_args_is_help=True)


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
    version: Annotated[str, typer.Argument(metavar="VERSION")], workspace_dir: WorkspaceDir = None
) -> None:
    """Serve this version from now on."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    registry = workspace.registry(settings.bundle_key())
    registry.check(version)
    _record_decision(workspace)  # first: on a full disk the promoted version must not change with an error
    registry.promote(version)
    say(f"{bilingual('cli.now_served')}: {version}")


@app.command(help=bilingual("cli.command_rollback", " "))
def rollback(workspace_dir: WorkspaceDir = None) -> None:
    """Serve what was served before."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    version = workspace.registry(settings.bundle_key()).rollback()
    _record_decision(workspace)
    say(f"{bilingual('cli.now_served')}: {version}")


def _record_decision(workspace: Workspace) -> None:
    if workspace.imported:
        workspace.decide()
