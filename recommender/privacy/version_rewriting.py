"""Rows leave the stored tables for good: every version of a workspace, the one in place and those kept for `undo`.

A version is named by its content, so each one that changes is written anew; the history of imports and the link then name
the new ones, and the old folders go. A process that dies in between leaves both; the same change again finishes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from features.documents import DocumentError
from features.errors import ReadError
from features.tables import Tables
from models.bundles.checked_json import read_checked, write_checked
from recommender.workspace.atomic import locked, point
from recommender.workspace.import_history import HISTORY
from recommender.workspace.versions import (
    LINK,
    VERSIONS,
    origin_of,
    read_intact,
    read_version,
    version_of,
    write_version,
)
from recommender.workspace.workspace import Workspace

Change = Callable[[Tables], Tables]
FINGERPRINTED: Final = ("bundles", "decided")


def stored_versions(root: Path) -> list[Path]:
    """The folders of all versions of a workspace, the one in place first."""
    current = version_of(root)
    folder = root / VERSIONS
    others = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [*([current] if current else []), *(path for path in others if not path.name.startswith(".") and path != current)]


def rewrite_versions(root: Path, change: Change) -> int:
    """Applies `change` to every version; returns how many were written anew.

    A damaged version that is not in place is deleted: what is in it cannot be told. Raises ReadError where the one in place
    is damaged.
    """
    with locked(root / VERSIONS):
        renamed: dict[str, str] = {}
        fingerprints: dict[str, str] = {}
        current = version_of(root)
        for folder in stored_versions(root):
            if folder != current and _damaged(folder):
                shutil.rmtree(folder)
                continue
            tables = read_version(folder)
            changed = change(tables)
            if sum(map(len, changed.frames.values())) == sum(map(len, tables.frames.values())) and changed.fingerprint() == (
                tables.fingerprint()
            ):
                continue
            fingerprints[str(origin_of(folder)["fingerprint"])] = changed.fingerprint()
            renamed[folder.name] = write_version(root, changed).name
        _rename(root, renamed, current)
        _keep_models(root, fingerprints)
        for name in renamed:
            shutil.rmtree(root / VERSIONS / name, ignore_errors=True)
    return len(renamed)


def _damaged(folder: Path) -> bool:
    try:
        return bool(read_intact(folder).damaged)
    except ReadError:
        return True


def _rename(root: Path, renamed: Mapping[str, str], current: Path | None) -> None:
    """The history first and then the link: where the process dies in between, the next run finds the same new name."""
    if not renamed:
        return
    try:
        content = read_checked(root / HISTORY)
    except DocumentError:
        content = None
    if content is not None:
        entries = [_entry(entry, renamed) for entry in content["imports"]]
        write_checked(root / HISTORY, {"imports": entries})
    if current is not None and current.name in renamed:
        point(root / LINK, root / VERSIONS / renamed[current.name])


def _entry(entry: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    before = entry["before"]
    if before is not None:
        before = {**before, "version": renamed.get(before["version"], before["version"])}
    return {**entry, "version": renamed.get(entry["version"], entry["version"]), "before": before}


def _keep_models(root: Path, fingerprints: Mapping[str, str]) -> None:
    """Models stay usable: those trained on a version count as trained on what is left of it."""
    workspace = Workspace(root)
    for section in FINGERPRINTED:
        for name, fingerprint in workspace.state()[section].items():
            if fingerprint in fingerprints:
                workspace.note(section, name, fingerprints[fingerprint])
