"""Tables into a workspace: looked at first, written whole or not at all, the same twice changes nothing.

WORKSPACE/tables is a link to one of WORKSPACE/.tables/<fingerprint>/: a new import fills a folder of its own
and moves the link in one step. The folder before it is kept, so that who reads it meanwhile is not disturbed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import DataError, ReadError, UsageError
from features.schema import TABLES
from features.sources import ReadResult, read_tables
from features.sources.read_tables import REQUIRED
from features.tables import Tables, empty_frame, typed_frame
from recommender.workspace.atomic import alone, filling, point, write_json

LINK: Final = "tables"
VERSIONS: Final = ".tables"
ORIGIN: Final = "origin.json"
NOTICE: Final = "模拟数据,并非真实的教师、学校或课程 / Simulated data: no real teachers, schools or courses"
Progress = Callable[[str, float], None] | None


class Change(NamedTuple):
    """What an import does to the rows of one table."""

    new: int
    changed: int
    same: int
    gone: int


@dataclass(frozen=True)
class Import:
    """Files that were read and checked; nothing is written before `write`. before: the version looked at."""

    root: Path
    reading: ReadResult
    tables: Tables
    changes: Mapping[str, Change]
    before: Path | None

    @property
    def counts(self) -> tuple[int, int]:
        """How many problems and how many notes were found."""
        notes = sum(found.severity == "note" for found in self.reading.issues)
        return len(self.reading.issues) - notes, notes

    def write(self, accept_good_rows: bool = False) -> bool:
        """Put the tables in place; False where they are there already. Raises DataRefused for problems."""
        problems, _ = self.counts
        if problems and not accept_good_rows:
            raise DataError(
                f"{problems} problems: nothing was written; mend the rows or take the good ones only"
            )
        lacking = [name for name in REQUIRED if not len(self.tables[name])]
        if lacking:
            raise DataError(
                f"No usable rows for {', '.join(lacking)}: nothing was written; mend these first"
            )
        fingerprint = self.tables.fingerprint()
        with alone(self.root / VERSIONS):
            if version_of(self.root) != self.before:
                raise DataError("Somebody else imported meanwhile: nothing was written; import again")
            folder = self.root / VERSIONS / fingerprint[:16]
            if folder == self.before:
                return False
            with filling(folder) as fresh:
                for name in TABLES:
                    pq.write_table(_arrow(self.tables[name]), fresh / f"{name}.parquet", compression="zstd")
                write_json(fresh / ORIGIN, _origin(self.tables.made_up, fingerprint))
            if self.before == self.root / LINK:
                self.before.rename(self.root / VERSIONS / "copied")
            point(self.root / LINK, folder)
            _forget(self.root, {folder, self.before})
        return True


def prepare_import(
    root: Path, paths: Sequence[Path], mapping: Path | None = None, progress: Progress = None
) -> Import:
    """Read and check files against each other and the workspace. A table given replaces the one held;
    tables not given stay. Raises as `read_tables` does, and Unreadable for a damaged workspace."""
    before = version_of(root)
    held = load_tables(root) if before is not None else None
    reading = read_tables(paths, mapping, None if held is None else held.frames, progress)
    if held is None:
        return Import(root, reading, reading.tables, _changes(reading, {}), None)
    kept = {name: frame for name, frame in held.frames.items() if name not in reading.read}
    made_up = reading.tables.made_up or (held.made_up and any(map(len, kept.values())))
    frames = {**kept, **{name: reading.tables[name] for name in reading.read}}
    return Import(root, reading, Tables(frames, made_up), _changes(reading, held.frames), before)


def import_tables(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    accept_good_rows: bool = False,
    progress: Progress = None,
) -> Import:
    """`prepare_import` and `write` in one. Raises DataRefused where there are problems."""
    ready = prepare_import(root, paths, mapping, progress)
    ready.write(accept_good_rows)
    return ready


def load_tables(root: Path) -> Tables:
    """The tables that a workspace holds. Raises WrongUse where there are none, Unreadable for damage."""
    return read_version(known_version(root))


def read_version(folder: Path) -> Tables:
    """The tables of one version. Raises Unreadable."""
    try:
        frames = {name: _frame(name, folder / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as wrong:
        raise ReadError(f"{folder} is damaged ({wrong}): import the tables again") from wrong
    return Tables(frames, bool(origin_of(folder)["made_up"]))


def origin_of(folder: Path) -> dict[str, Any]:
    """made_up and fingerprint of one version. Raises Unreadable."""
    try:
        held = json.loads((folder / ORIGIN).read_text("utf-8"))
        return {"made_up": held["made_up"], "fingerprint": held["fingerprint"]}
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise ReadError(f"{folder} is damaged ({wrong}): import the tables again") from wrong


def known_version(root: Path) -> Path:
    """The version that is in place. Raises WrongUse where there is none."""
    folder = version_of(root)
    if folder is None:
        raise UsageError(f"No tables in {root}: run `recommender data import PATH --workspace {root}`")
    return folder


def version_of(root: Path) -> Path | None:
    """The folder that the link leads to, followed once, so that a reader sees one version throughout."""
    link = root / LINK
    if link.is_symlink():
        return root / VERSIONS / link.readlink().name
    return link if link.is_dir() else None  # a workspace that was copied without its links


def _origin(made_up: bool, fingerprint: str) -> dict[str, object]:
    told: dict[str, object] = {"made_up": made_up, "fingerprint": fingerprint}
    return told | ({"notice": NOTICE} if made_up else {})


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _frame(name: str, path: Path) -> pd.DataFrame:
    """A table; one written before the schema got a new column has it empty."""
    frame = pd.read_parquet(path)
    expected = empty_frame(name)
    same = list(frame.columns) == list(expected.columns) and (frame.dtypes == expected.dtypes).all()
    return frame if same else typed_frame(name, frame)


def _forget(root: Path, kept: set[Path | None]) -> None:
    for folder in (root / VERSIONS).iterdir():
        if folder.is_dir() and folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _changes(reading: ReadResult, held: Mapping[str, pd.DataFrame]) -> dict[str, Change]:
    return {
        name: _change(list(TABLES[name].key), held.get(name, empty_frame(name)), reading.tables[name])
        for name in reading.read
    }


def _change(key: list[str], old: pd.DataFrame, new: pd.DataFrame) -> Change:
    was, now = _hashes(old, list(old.columns)), _hashes(new, list(new.columns))
    same = int(now.isin(was).sum())
    if not key:
        return Change(len(now) - same, 0, same, int((~was.isin(now)).sum()))
    was_key, now_key = _hashes(old, key), _hashes(new, key)
    known = now_key.isin(was_key)
    return Change(int((~known).sum()), int(known.sum()) - same, same, int((~was_key.isin(now_key)).sum()))


def _hashes(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    return pd.util.hash_pandas_object(frame[columns], index=False)
