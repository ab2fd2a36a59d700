"""Import of tables into a workspace: checked first, written whole or not at all, idempotent.

An import fills a folder of its own (`versions`) and moves the link to it in one step. Earlier folders are kept for
`undo` and for processes that are reading them (`import_history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from features.errors import DataError, ReadError
from features.sources.check.organization_scope import OrganizationScope
from features.sources.read_tables import REQUIRED, ReadResult, read_tables
from features.tables import Tables
from recommender.workspace.atomic import locked
from recommender.workspace.import_history import file_facts, put_in_place, user_name
from recommender.workspace.row_changes import Change, changes_between
from recommender.workspace.versions import VERSIONS, StoredVersion, read_intact, version_of, write_version

Progress = Callable[[str, float], None] | None


class Mode(StrEnum):
    """What becomes of stored rows that a file's table does not have: they stay, or are removed."""

    ADD = "add"
    REPLACE = "replace"


@dataclass(frozen=True)
class Import:
    """Files that were read and checked; nothing is written before `write`.

    files: name, size and SHA-256 of each. before: the version that was in place when they were checked, None in an
    empty workspace. scope: the organizations whose rows alone may change, empty for all. again: reads and checks the
    same files against the workspace as it is then.
    """

    root: Path
    mode: Mode
    reading: ReadResult
    tables: Tables
    changes: Mapping[str, Change]
    files: Sequence[Mapping[str, Any]]
    before: Path | None
    scope: tuple[str, ...] = ()
    again: Callable[[], Import] | None = field(default=None, repr=False)

    @property
    def counts(self) -> tuple[int, int]:
        """Number of problems and of notes."""
        notes = sum(issue.severity == "note" for issue in self.reading.issues)
        return len(self.reading.issues) - notes, notes

    @property
    def gone(self) -> dict[str, int]:
        """Table -> rows that the import removes, where there are any."""
        return {name: change.gone for name, change in self.changes.items() if change.gone}

    def write(self, accept_good_rows: bool = False, by: str | None = None) -> bool:
        """Write the tables; False where the workspace has the same ones. Raises DataError for problems.

        Where others imported meanwhile, files of one organization are checked once more and written if they do what was
        shown; else DataError. by: who imports, by default the user of the operating system.
        """
        self._check(accept_good_rows)
        with locked(self.root / VERSIONS):
            if version_of(self.root) != self.before:
                return self._newest()._put(accept_good_rows, by)
            return self._put(accept_good_rows, by)

    def _newest(self) -> Import:
        """The same files against the tables that are in place now."""
        if not self.scope or self.again is None:
            raise DataError("workspace.concurrent_import")
        newest = self.again()
        if (newest.files, newest.counts, newest._effect()) != (self.files, self.counts, self._effect()):
            raise DataError("scope.changed_meanwhile")
        return newest

    def _effect(self) -> dict[str, tuple[int, int, int]]:
        """Table -> rows new, changed and gone: what was confirmed."""
        return {name: (change.new, change.changed, change.gone) for name, change in self.changes.items()}

    def _check(self, accept_good_rows: bool) -> None:
        problems, _ = self.counts
        if problems and not accept_good_rows:
            raise DataError("workspace.problems", problems=problems)
        empty = [name for name in REQUIRED if not len(self.tables[name])]
        if empty:
            raise DataError("workspace.no_rows", tables=", ".join(empty))

    def _put(self, accept_good_rows: bool, by: str | None) -> bool:
        """Writes the tables; the lock is held."""
        self._check(accept_good_rows)
        folder = write_version(self.root, self.tables)
        if folder == self.before:
            return False
        put_in_place(
            self.root, folder, action="import", by=user_name() if by is None else by, mode=str(self.mode),
            files=list(self.files), tables={name: change._asdict() for name, change in self.changes.items()},
            **({"scope": list(self.scope)} if self.scope else {}),
        )  # fmt: skip
        return True


def prepare_import(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    progress: Progress = None,
    mode: Mode = Mode.ADD,
    scope: Iterable[str] | None = None,
) -> Import:
    """Read and check files against each other and the workspace.

    mode: rows are added to a table of the workspace, or the files' table replaces it; tables that are not in the
    files stay either way. scope: organizations; only their rows and those of what is under them are added or replaced,
    a row of another one is a problem. None for all. The files must stay until `write`. Raises as `read_tables` does, and
    ReadError for a damaged table that would have to stay.
    """
    before = version_of(root)
    current = StoredVersion({}, False, ()) if before is None else read_intact(before)
    if current.damaged and (mode is Mode.ADD or scope is not None):
        raise ReadError("workspace.damaged_tables", folder=before, files=", ".join(current.damaged))
    limits = None if scope is None else OrganizationScope(scope, current.frames)
    reading = read_tables(paths, mapping, current.frames, progress, mode is Mode.ADD, limits)
    lost = [file for file in current.damaged if file.removesuffix(".parquet") not in reading.read]
    if lost:
        raise ReadError("workspace.damaged_tables", folder=before, files=", ".join(lost))
    others = {name: frame for name, frame in current.frames.items() if name not in reading.read}
    stay = any(map(len, others.values())) or any(len(reading.tables[n]) > good for n, good in reading.good.items())
    frames = {**others, **{name: reading.tables[name] for name in reading.read}}
    tables = Tables(frames, reading.tables.made_up or (current.simulated and stay))
    changes = changes_between(current.frames, tables.frames, reading.read)
    roots = () if limits is None else limits.roots
    again = partial(prepare_import, root, paths, mapping, None, mode, roots or None)
    return Import(root, mode, reading, tables, changes, file_facts(reading.files), before, roots, again)


def stored_frames(root: Path) -> Mapping[str, Any]:
    """The intact tables of a workspace, none where it is empty."""
    version = version_of(root)
    return {} if version is None else read_intact(version).frames


def import_tables(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    accept_good_rows: bool = False,
    progress: Progress = None,
    mode: Mode = Mode.ADD,
    by: str | None = None,
    scope: Iterable[str] | None = None,
) -> Import:
    """`prepare_import` and `write` in one. Raises DataError where there are problems."""
    prepared = prepare_import(root, paths, mapping, progress, mode, scope)
    prepared.write(accept_good_rows, by)
    return prepared
