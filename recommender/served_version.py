"""From which tables, diagnosis and model an answer comes, and how exactly these are loaded again.

A server answers from one version from its start to its end, and so do the plans that were asked of it. Nothing here
trains or promotes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from features.errors import DataError, StaleError
from models.bundles.bundle import read_bundle
from recommender.lists.recommend import Recommender
from recommender.pipeline import run_snapshot, usable_version
from recommender.settings import Settings
from recommender.workspace.file_backed import arrays_behind_file, release_memory
from recommender.workspace.needs_cache import needs_behind_file
from recommender.workspace.workspace import Workspace


@dataclass(frozen=True)
class ServedVersion:
    """tables: their fingerprint. as_of: the date of the diagnosis. model_version: the bundle that ranks."""

    tables: str
    as_of: date
    model_version: str


def usable_recommender(workspace: Workspace, settings: Settings, mapped: bool = False) -> Recommender:
    """The recommender of the workspace as it is. Raises DataError where a version has to be trained first.

    mapped: tables and needs lie in mapped files instead of in memory, those of `workspace` too.
    """
    version = usable_version(workspace, settings)
    if version is None:
        raise DataError("workspace.nothing_to_serve", root=workspace.root)
    return _recommender(workspace, settings, version, None, mapped)


def recommender_at(workspace: Workspace, settings: Settings, version: ServedVersion) -> Recommender:
    """The recommender of exactly this version. Raises StaleError where the workspace holds other tables or no longer
    has the bundle."""
    if workspace.fingerprint != version.tables:
        raise StaleError("plans.stale_tables")
    if version.model_version not in workspace.registry(settings.bundle_key()).list():
        raise StaleError("plans.stale_model", version=version.model_version)
    return _recommender(workspace, settings, version.model_version, version.as_of)


def _recommender(
    workspace: Workspace, settings: Settings, version: str, as_of: date | None, mapped: bool = False
) -> Recommender:
    key = settings.bundle_key()
    bundle = read_bundle(workspace.registry(key).path(version), key)
    if mapped:
        workspace.put_behind_file()
        release_memory()  # after each step: what is free is in one piece then
    snapshot = run_snapshot(workspace, as_of or bundle.as_of)
    if mapped:
        snapshot = replace(snapshot, needs=needs_behind_file(snapshot.needs, workspace.mapped))
        release_memory()
    recommender = Recommender(snapshot, bundle)
    if mapped:
        for part in (recommender.scorer.rule, recommender.contributions, snapshot):
            part.spare_memory(lambda arrays: arrays_behind_file(arrays, workspace.mapped))
        release_memory()
    return recommender
