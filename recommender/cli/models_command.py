"""`recommender models`: which versions there are, which one is served, and changing that."""

from __future__ import annotations

from typing import Annotated

import typer

from models.bundles.bundle import read_bundle
from recommender.cli.options import AsJson, WorkspaceDir, workspace_of
from recommender.cli.screen import emit, say, show
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

app = typer.Typer(help="模型版本 / model versions", no_args_is_help=True)


@app.command("list")
def list_versions(as_json: AsJson = False, workspace: WorkspaceDir = None) -> None:
    """列出所有版本。 All versions, oldest as-of first."""
    settings = Settings()
    registry = workspace_of(workspace, settings).registry()
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
        show("模型 / Models", list(rows[0]), [list(row.values()) for row in rows])
    else:
        say("还没有模型,请先运行 recommender train / No model yet: run `recommender train`")


@app.command()
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION")], workspace: WorkspaceDir = None
) -> None:
    """启用一个版本。 Serve this version from now on."""
    settings = Settings()
    held = workspace_of(workspace, settings)
    held.registry(settings.bundle_key()).promote(version)
    _keep(held)
    say(f"已启用 / Now served: {version}")


@app.command()
def rollback(workspace: WorkspaceDir = None) -> None:
    """回到上一个启用的版本。 Serve what was served before."""
    settings = Settings()
    held = workspace_of(workspace, settings)
    version = held.registry(settings.bundle_key()).rollback()
    _keep(held)
    say(f"已启用 / Now served: {version}")


def _keep(workspace: Workspace) -> None:
    if workspace.imported:
        workspace.decide()
