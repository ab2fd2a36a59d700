"""Import of tables into a workspace: checked first, written whole or not at all, idempotent.

An import fills a folder of its own (`versions`) and moves the link to it in one step. Earlier folders are kept for
`undo` and for processes that are reading them (`import_history`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from features.errors import DataError, ReadError
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
    empty workspace.
    """

    root: Path
    mode: Mode
    reading: ReadResult
    tables: Tables
    changes: Mapping[str, Change]
    files: Sequence[Mapping[str, Any]]
    before: Path | None

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

        by: who imports, by default the user of the operating system.
        """
        problems, _ = self.counts
        if problems and not accept_good_rows:
            raise DataError("workspace.problems", problems=problems)
        empty = [name for name in REQUIRED if not len(self.tables[name])]
        if empty:
            raise DataError("workspace.no_rows", tables=", ".join(empty))
        with locked(self.root / VERSIONS):
            if version_of(self.root) != self.before:
                raise DataError("workspace.concurrent_import")
            folder = write_version(self.root, self.tables)
            if folder == self.before:
                return False
            put_in_place(
                self.root, folder, action="import", by=user_name() if by is None else by, mode=str(self.mode),
                files=list(self.files), tables={name: change._asdict() for name, change in self.changes.items()},
            )  # fmt: skip
        return True


def prepare_import(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    progress: Progress = None,
    mode: Mode = Mode.ADD,
) -> Import:
    """Read and check files against each other and the workspace.

    mode: rows are added to a table of the workspace, or the files' table replaces it; tables that are not in the
    files stay either way. Raises as `read_tables` does, and ReadError for a damaged table that would have to stay.
    """
    before = version_of(root)
    current = StoredVersion({}, False, ()) if before is None else read_intact(before)
    if current.damaged and mode is Mode.ADD:
        raise ReadError("workspace.damaged_tables", folder=before, files=", ".join(current.damaged))
    reading = read_tables(paths, mapping, current.frames, progress, add=mode is Mode.ADD)
    lost = [file for file in current.damaged if file.removesuffix(".parquet") not in reading.read]
    if lost:
        raise ReadError("workspace.damaged_tables", folder=before, files=", ".join(lost))
    others = {name: frame for name, frame in current.frames.items() if name not in reading.read}
    stay = any(map(len, others.values())) or any(len(reading.tables[n]) > good for n, good in reading.good.items())
    frames = {**others, **{name: reading.tables[name] for name in reading.read}}
    tables = Tables(frames, reading.tables.made_up or (current.simulated and stay))
    changes = changes_between(current.frames, tables.frames, reading.read)
    return Import(root, mode, reading, tables, changes, file_facts(reading.files), before)


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
) -> Import:
    """`prepare_import` and `write` in one. Raises DataError where there are problems."""
    prepared = prepare_import(root, paths, mapping, progress, mode)
    prepared.write(accept_good_rows, by)
    return prepared
