"""Where an id stands in the files of a workspace: Parquet and SQLite cell by cell, archives unpacked, all else byte by byte.

Names of files count, too. Free pages of a SQLite file are looked at as bytes, where nothing separates one cell from the next:
there parts of two cells may look like an id.
"""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SQLITE: Final = b"SQLite format 3\0"
BESIDE: Final = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""
ZIPPED: Final = (".xlsx", ".npz", ".zip")
BEFORE: Final = r"(?<![0-9A-Za-z.])"  # not inside another id, nor behind the point of a number
AFTER: Final = r"(?![0-9A-Za-z])"


def id_pattern(teacher_id: str) -> re.Pattern[str]:
    """The id as a word of its own, also as a part of a longer id that is put together with marks."""
    return re.compile(BEFORE + re.escape(teacher_id) + AFTER)


def traces(root: Path, teacher_id: str) -> dict[str, int]:
    """Path under `root` -> how often the id stands in the file or its name; files without it are left out."""
    result = {}
    for path in sorted(_files(root)):
        name = path.relative_to(root).as_posix()
        count = occurrences(path, teacher_id) + len(id_pattern(teacher_id).findall(name))
        if count:
            result[name] = count
    return result


def occurrences(path: Path, teacher_id: str) -> int:
    """How often the id stands in one file. A Parquet file or archive that is damaged is read as bytes."""
    text = id_pattern(teacher_id)
    try:
        if path.suffix == ".parquet":
            return _in_parquet(path, teacher_id, text)
        pattern = re.compile(text.pattern.encode())
        if path.suffix in ZIPPED:
            with zipfile.ZipFile(path) as archive:
                return sum(len(pattern.findall(archive.read(member))) for member in archive.namelist())
        if path.suffix == ".gz":
            return len(pattern.findall(gzip.decompress(path.read_bytes())))
    except (pa.ArrowException, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        pass
    if _is_database(path):
        return _in_database(path, teacher_id, text)
    if path.name.endswith(BESIDE) and _is_database(path.with_name(path.name.rpartition("-")[0])):
        return 0  # a part of the database, which was read with it
    data = path.read_bytes()
    return len(re.findall(text.pattern.encode(), data))


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _in_database(path: Path, teacher_id: str, text: re.Pattern[str]) -> int:
    """In the cells of all rows; where there are free pages, in the bytes of the file, too, and so where it is damaged."""
    count, free = 0, 1
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for column in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
                    cell = f'CAST("{column[0]}" AS TEXT)'
                    query = f'SELECT {cell} FROM "{table}" WHERE instr({cell}, ?)'
                    count += sum(len(text.findall(value)) for (value,) in connection.execute(query, (teacher_id,)))
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    except sqlite3.Error:
        pass
    return count or (path.read_bytes().count(teacher_id.encode()) if free else 0)


def _in_parquet(path: Path, teacher_id: str, text: re.Pattern[str]) -> int:
    file = pq.ParquetFile(path)
    metadata = file.schema_arrow.metadata or {}
    count = sum(len(text.findall(part.decode("utf-8", "replace"))) for pair in metadata.items() for part in pair)
    for batch in file.iter_batches():
        for column in batch.columns:
            cells = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            while pa.types.is_list(cells.type) or pa.types.is_large_list(cells.type):
                cells = pc.list_flatten(cells)
            if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
                holding = cells.filter(pc.match_substring(cells, teacher_id))  # empty cells are left out
                count += sum(len(text.findall(cell)) for cell in holding.to_pylist())
    return count


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not (Path(folder) / name).is_symlink()]
        for name in names:
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path
