"""Import of tables into a workspace: checked first, written whole or not at all, idempotent.

WORKSPACE/tables is a symbolic link to one of WORKSPACE/.tables/<fingerprint>/: an import fills a folder of its own and
replaces the link in one step. The previous folder is kept, so that processes that are reading it can go on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.documents import DocumentError, read_json, value_of
from features.errors import DataError, ReadError, UsageError
from features.messages import message
from features.schema import TABLES
from features.sources.read_tables import REQUIRED, ReadResult, read_tables
from features.tables import Tables, empty_frame, typed_frame
from recommender.text import in_both
from recommender.workspace.atomic import filling, locked, point, write_json

LINK: Final = "tables"
VERSIONS: Final = ".tables"
ORIGIN: Final = "origin.json"
NOTICE: Final = " / ".join(in_both(message("workspace.simulated_notice")))
Progress = Callable[[str, float], None] | None


class Change(NamedTuple):
    """How many rows of one table an import adds, changes, leaves and removes."""

    new: int
    changed: int
    same: int
    gone: int


@dataclass(frozen=True)
class Import:
    """Files that were read and checked; nothing is written before `write`.

    before: the version that was in place when they were checked, None in an empty workspace.
    """

    root: Path
    reading: ReadResult
    tables: Tables
    changes: Mapping[str, Change]
    before: Path | None

    @property
    def counts(self) -> tuple[int, int]:
        """Number of problems and of notes."""
        notes = sum(issue.severity == "note" for issue in self.reading.issues)
        return len(self.reading.issues) - notes, notes

    def write(self, accept_good_rows: bool = False) -> bool:
        """Write the tables; False where the workspace has the same ones. Raises DataError for problems."""
        problems, _ = self.counts
        if problems and not accept_good_rows:
            raise DataError("workspace.problems", problems=problems)
        empty = [name for name in REQUIRED if not len(self.tables[name])]
        if empty:
            raise DataError("workspace.no_rows", tables=", ".join(empty))
        fingerprint = self.tables.fingerprint()
        with locked(self.root / VERSIONS):
            if version_of(self.root) != self.before:
                raise DataError("workspace.concurrent_import")
            folder = self.root / VERSIONS / fingerprint[:16]
            if folder == self.before:
                return False
            with filling(folder) as temporary:
                for name in TABLES:
                    pq.write_table(_arrow(self.tables[name]), temporary / f"{name}.parquet", compression="zstd")
                write_json(temporary / ORIGIN, _origin(self.tables.made_up, fingerprint))
            if self.before == self.root / LINK:
                self.before.rename(self.root / VERSIONS / "copied")
            point(self.root / LINK, folder)
            _delete_others(self.root, {folder, self.before})
        return True


def prepare_import(
    root: Path, paths: Sequence[Path], mapping: Path | None = None, progress: Progress = None
) -> Import:
    """Read and check files against each other and the workspace.

    A table in the files replaces the workspace's; other tables stay. Raises as `read_tables` does, and ReadError for a
    damaged workspace.
    """
    before = version_of(root)
    current = load_tables(root) if before is not None else None
    reading = read_tables(paths, mapping, None if current is None else current.frames, progress)
    if current is None:
        return Import(root, reading, reading.tables, _changes(reading, {}), None)
    others = {name: frame for name, frame in current.frames.items() if name not in reading.read}
    simulated = reading.tables.made_up or (current.made_up and any(map(len, others.values())))
    frames = {**others, **{name: reading.tables[name] for name in reading.read}}
    return Import(root, reading, Tables(frames, simulated), _changes(reading, current.frames), before)


def import_tables(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    accept_good_rows: bool = False,
    progress: Progress = None,
) -> Import:
    """`prepare_import` and `write` in one. Raises DataError where there are problems."""
    prepared = prepare_import(root, paths, mapping, progress)
    prepared.write(accept_good_rows)
    return prepared


def load_tables(root: Path) -> Tables:
    """The tables of a workspace. Raises UsageError where there are none, ReadError where they are damaged."""
    return read_version(current_version(root))


def read_version(folder: Path) -> Tables:
    """The tables of one version. Raises ReadError."""
    try:
        frames = {name: _frame(name, folder / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise ReadError("workspace.damaged_tables", folder=folder, error=error) from error
    return Tables(frames, bool(origin_of(folder)["made_up"]))


def origin_of(folder: Path) -> dict[str, Any]:
    """`made_up` and `fingerprint` of one version. Raises ReadError."""
    try:
        origin = read_json(folder / ORIGIN)
        return {
            "made_up": value_of(origin, "made_up", bool), "fingerprint": value_of(origin, "fingerprint", str)
        }  # fmt: skip
    except DocumentError as error:
        raise ReadError("workspace.damaged_tables", folder=folder, error=error.message) from error


def current_version(root: Path) -> Path:
    """Folder of the version in place. Raises UsageError where there is none."""
    folder = version_of(root)
    if folder is None:
        raise UsageError("workspace.no_tables", root=root)
    return folder


def version_of(root: Path) -> Path | None:
    """The folder that the link leads to, resolved once, so that a reader sees one version throughout; None for none."""
    link = root / LINK
    if link.is_symlink():
        return root / VERSIONS / link.readlink().name
    return link if link.is_dir() else None  # a workspace that was copied without its links


def _origin(simulated: bool, fingerprint: str) -> dict[str, object]:
    origin: dict[str, object] = {"made_up": simulated, "fingerprint": fingerprint}
    return origin | ({"notice": NOTICE} if simulated else {})


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _frame(name: str, path: Path) -> pd.DataFrame:
    """A table; columns that the schema got after it was written are empty."""
    frame = pd.read_parquet(path)
    expected = empty_frame(name)
    same = list(frame.columns) == list(expected.columns) and (frame.dtypes == expected.dtypes).all()
    return frame if same else typed_frame(name, frame)


def _delete_others(root: Path, keep: set[Path | None]) -> None:
    for folder in (root / VERSIONS).iterdir():
        if folder.is_dir() and folder not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def _changes(reading: ReadResult, current: Mapping[str, pd.DataFrame]) -> dict[str, Change]:
    return {
        name: _change(list(TABLES[name].key), current.get(name, empty_frame(name)), reading.tables[name])
        for name in reading.read
    }


def _change(key: list[str], old: pd.DataFrame, new: pd.DataFrame) -> Change:
    old_rows, new_rows = _hashes(old, list(old.columns)), _hashes(new, list(new.columns))
    same = int(new_rows.isin(old_rows).sum())
    if not key:
        return Change(len(new_rows) - same, 0, same, int((~old_rows.isin(new_rows)).sum()))
    old_keys, new_keys = _hashes(old, key), _hashes(new, key)
    existing = new_keys.isin(old_keys)
    gone = int((~old_keys.isin(new_keys)).sum())
    return Change(int((~existing).sum()), int(existing.sum()) - same, same, gone)


def _hashes(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns], index=False)
