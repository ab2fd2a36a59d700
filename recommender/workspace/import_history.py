"""The history of imports of a workspace, and going back to an earlier one.

WORKSPACE/imports.json    {"imports": [oldest, ..., newest]}, with a digest and a copy

An entry is written before the link moves. One whose version never came into place, because its process died in
between, is not in the history.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from features.documents import DocumentError, value_of
from features.errors import ReadError, UsageError
from features.tables import Tables
from models.bundles.checked_json import read_checked, set_aside, write_checked
from recommender.workspace.atomic import locked, point
from recommender.workspace.row_changes import Change, changes_between
from recommender.workspace.versions import (
    COPIED,
    LINK,
    VERSIONS,
    current_version,
    read_intact,
    read_version,
    version_of,
)

HISTORY: Final = "imports.json"
FACTS: Final = frozenset({"n", "at", "version", "before", "action", "by", "mode", "files", "tables"})
VERSIONS_KEPT: Final = 10  # besides the one in place


class Undone(NamedTuple):
    """What going back did: to the state after import `to` (0: before the first entry), and the rows by table."""

    to: int
    changes: Mapping[str, Change]


def history(root: Path) -> list[dict[str, Any]]:
    """All imports and undos that came into place, oldest first. Raises ReadError for a damaged history."""
    try:
        content = read_checked(root / HISTORY)
        entries = [] if content is None else value_of(content, "imports", list)
    except DocumentError as error:
        raise ReadError("workspace.damaged_history", path=root / HISTORY) from error
    if not all(isinstance(entry, dict) and entry.keys() >= FACTS for entry in entries):
        raise ReadError("workspace.damaged_history", path=root / HISTORY)
    current = version_of(root)
    while entries and (current is None or entries[-1]["version"] != current.name):
        entries.pop()
    return entries


def restorable(root: Path, entry: Mapping[str, Any]) -> bool:
    """Whether the tables of an entry are still there."""
    return (root / VERSIONS / str(entry["version"])).is_dir()


def put_in_place(root: Path, folder: Path, **facts: Any) -> None:
    """Records an import and moves the link to `folder`; call it with `root / VERSIONS` locked.

    facts: the rest of the entry (`action`, `by`, `mode`, `files`, `tables`, `to`).
    """
    try:
        entries = history(root)
    except ReadError:  # the import counts more: the damaged one is kept aside
        set_aside(root / HISTORY)
        entries = []
    before = version_of(root)
    if before == root / LINK:  # a workspace that was copied without its links
        before = before.rename(root / VERSIONS / COPIED)
    entry = {
        "n": int(entries[-1]["n"]) + 1 if entries else 1,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": folder.name,
        "before": None if before is None else {"n": _in_effect(entries), "version": before.name},
        **facts,
    }
    write_checked(root / HISTORY, {"imports": [*entries, entry]})
    point(root / LINK, folder)
    _delete_old(root, [*entries, entry])


def undo(root: Path, by: str, to: int | None = None, scope: Collection[str] | None = None) -> Undone:
    """Goes back to the tables before the import in effect, or to those after import `to`; earlier ones stay.

    scope: organizations, which go back over an import of their own files only, and only while nothing came after it.
    Raises UsageError where there is nothing to go back to, or it is another's, ReadError where those tables are damaged.
    """
    with locked(root / VERSIONS):
        current = current_version(root)
        entries = history(root)
        if scope is not None:
            _check_own(entries, to, scope)
        n, name = _target(entries, to)
        folder = root / VERSIONS / name
        if not folder.is_dir():
            raise UsageError("workspace.version_deleted", n=n)
        changes = _changes(current, read_version(folder))
        facts = {name: change._asdict() for name, change in changes.items() if change.new or change.changed or change.gone}
        put_in_place(
            root, folder, action="undo", by=by, mode=None, files=[], tables=facts, to=n,
            **({"scope": sorted(scope)} if scope is not None else {}),
        )  # fmt: skip
    return Undone(n, changes)


def user_name() -> str:
    """The name of the operating system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without an entry
        return str(os.getuid()) if hasattr(os, "getuid") else "?"


def file_facts(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of each file."""
    facts = []
    for file in files:
        with open(file, "rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        facts.append({"name": file.name, "bytes": file.stat().st_size, "sha256": digest})
    return facts


def _in_effect(entries: Sequence[Mapping[str, Any]]) -> int:
    """The import whose tables are in place; 0 for tables older than the history."""
    if not entries:
        return 0
    last = entries[-1]
    return int(last["to"] if last["action"] == "undo" else last["n"])


def _target(entries: Sequence[Mapping[str, Any]], to: int | None) -> tuple[int, str]:
    """Number and version of the import to go back to."""
    by_number = {int(entry["n"]): entry for entry in entries}
    if to is not None:
        if to not in by_number:
            raise UsageError("workspace.no_such_import", n=to)
        return to, str(by_number[to]["version"])
    in_effect = by_number.get(_in_effect(entries))
    if in_effect is None or in_effect["before"] is None:
        raise UsageError("workspace.nothing_to_undo")
    return int(in_effect["before"]["n"]), str(in_effect["before"]["version"])


def _check_own(entries: Sequence[Mapping[str, Any]], to: int | None, scope: Collection[str]) -> None:
    """Whether the import in effect is one of these organizations' own. Raises UsageError."""
    if to is not None:
        raise UsageError("scope.undo_one_step")
    in_effect = {int(entry["n"]): entry for entry in entries}.get(_in_effect(entries))
    if in_effect is None:
        raise UsageError("workspace.nothing_to_undo")
    theirs = in_effect.get("scope")
    if not theirs or not set(theirs) <= set(scope):
        raise UsageError("scope.undo_not_yours", n=in_effect["n"], by=in_effect["by"], at=in_effect["at"])


def _changes(current: Path, target: Tables) -> dict[str, Change]:
    """Rows by table; a damaged table counts as empty."""
    try:
        frames = read_intact(current).frames
    except ReadError:
        frames = {}
    return changes_between(frames, target.frames, target.frames)


def _delete_old(root: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the versions of the newest entries, and what they came from, for `undo` and for readers."""
    names: dict[str, None] = {}
    for entry in reversed(entries):
        before = entry["before"]
        for name in (entry["version"], *([before["version"]] if before else [])):
            names[str(name)] = None
    keep = list(names)[: VERSIONS_KEPT + 1]
    for folder in (root / VERSIONS).iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
