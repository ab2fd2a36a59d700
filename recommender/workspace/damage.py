"""What is damaged or open to others in a workspace, tables and versions apart, and what was done about it."""

from __future__ import annotations

from features.errors import ReadError
from features.messages import message
from recommender.workspace.health_finding import HealthFinding
from recommender.workspace.import_history import history
from recommender.workspace.needs_cache import DIGESTS, read_needs
from recommender.workspace.tidying import is_workspace, open_paths
from recommender.workspace.workspace import Workspace


def damage_findings(workspace: Workspace) -> list[HealthFinding]:
    """History of imports, kept needs, files kept aside, permissions, leftovers; none where there is no workspace."""
    if not is_workspace(workspace.root):
        return []
    return [_history(workspace), *_needs(workspace), *_kept_aside(workspace), _permissions(workspace), *_leftovers(workspace)]


def _history(workspace: Workspace) -> HealthFinding:
    try:
        entries = history(workspace.root)
    except ReadError as error:
        return HealthFinding("imports", "wrong", error.message, message("workspace.tables_import"))
    return HealthFinding("imports", "ok", message("workspace.history_count", n=len(entries)))


def _needs(workspace: Workspace) -> list[HealthFinding]:
    """Kept needs that are not what was written."""
    cache = workspace.root / "cache" / "needs"
    damaged = []
    for folder in sorted(cache.iterdir()) if cache.is_dir() else ():
        # a folder without digests is of an earlier version of the code, which no diagnosis reads
        if not folder.name.startswith(".") and (folder / DIGESTS).exists():
            try:
                read_needs(folder)
            except ReadError:
                damaged.append(folder.name)
    if not damaged:
        return []
    observed = message("workspace.needs_damaged", n=len(damaged), paths=", ".join(damaged))
    return [HealthFinding("needs", "note", observed, message("workspace.needs_cure"))]


def _kept_aside(workspace: Workspace) -> list[HealthFinding]:
    places = ("*.damaged*", "bundles/*.damaged*", ".tables/*/*.damaged*")
    paths = sorted(path for place in places for path in workspace.root.glob(place))
    if not paths:
        return []
    names = ", ".join(str(path.relative_to(workspace.root)) for path in paths)
    return [HealthFinding("damaged", "note", message("workspace.kept_aside", paths=names), message("workspace.look_and_delete"))]


def _permissions(workspace: Workspace) -> HealthFinding:
    still_open = open_paths(workspace.root)
    if still_open:
        observed = message("workspace.still_open", n=len(still_open), path=still_open[0])
        return HealthFinding("permissions", "wrong", observed, message("workspace.close_yourself", root=workspace.root))
    if workspace.tidied.closed:
        return HealthFinding("permissions", "note", message("workspace.closed_now", n=workspace.tidied.closed))
    return HealthFinding("permissions", "ok", message("workspace.all_private"))


def _leftovers(workspace: Workspace) -> list[HealthFinding]:
    tidied = workspace.tidied
    if not tidied.removed:
        return []
    observed = message("workspace.left_behind", n=tidied.removed, megabytes=tidied.bytes / 1e6)
    return [HealthFinding("leftovers", "note", observed)]
