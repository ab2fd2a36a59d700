"""What one file may cost the process that reads it: memory, time, cells, and the length of a text.

Memory and time grow with the file's size on disk, so that a large honest file has room and a small one that
unpacks to gigabytes has not.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow.compute as pc

from features.errors import FileReadError
from features.sources.read.encoded_texts import is_encoded
from features.sources.read.sheet import Sheet, Texts, letter

try:
    import resource
except ImportError:  # not on Windows: no limit of memory there
    resource = None  # type: ignore[assignment]

MAX_COLUMNS: Final = 16_384  # of a sheet, as in spreadsheets
CELLS: Final = 5_000_000  # of any file
CELLS_PER_BYTE: Final = 50  # more are repetitions that a packed file names once
MAX_TEXT: Final = 100_000  # bytes of one cell; spreadsheets hold 32,767 characters
MEMORY: Final = 800_000_000  # bytes for any file, above what the process takes when idle
SECONDS: Final = 60.0  # for any file
BYTES_PER_SECOND: Final = 500_000
MEMORY_PER_BYTE: Final = {".csv": 20, ".tsv": 20, ".txt": 20, ".gz": 100, ".xlsx": 40, ".parquet": 60}
MACHINE_SHARE: Final = 0.75  # of the machine's memory, whatever the size of the file


class ReadLimits(NamedTuple):
    """memory: bytes; seconds: from the request to the last byte of the answer."""

    memory: int
    seconds: float


def limits_of(size: int, suffix: str) -> ReadLimits:
    """The limits for a file of `size` bytes on disk."""
    memory = MEMORY + MEMORY_PER_BYTE.get(suffix, max(MEMORY_PER_BYTE.values())) * size
    return ReadLimits(min(memory, _machine_memory()), SECONDS + size / BYTES_PER_SECOND)


def limit_memory(more: int) -> None:
    """Lets this process map `more` bytes above what it maps now; an allocation above that fails.

    Without effect where the system has no such limit (Windows) or does not apply it (macOS): there the limits of
    time, cells, columns and unpacked bytes hold alone.
    """
    if resource is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = _mapped() + more
    with contextlib.suppress(ValueError, OSError):  # a stricter limit of the user's own stays in force
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def check_sheet(path: Path, sheet: Sheet) -> None:
    """Raises FileReadError for a sheet with more columns or cells, or a longer text, than its file can mean."""
    check_columns(sheet.file, len(sheet.columns))
    check_cells(path, len(sheet.rows), len(sheet.columns))
    for index, column in enumerate(sheet.columns):
        row = _too_long(column)
        if row is not None:
            raise _long_cell(sheet, int(sheet.rows[row]), index)
    for index, text in enumerate(sheet.header):
        if len(text.encode()) > MAX_TEXT:
            raise _long_cell(sheet, sheet.header_row, index)


def check_columns(file: str, columns: int) -> None:
    """Raises FileReadError for more columns than any table has; call it before their cells are made."""
    if columns > MAX_COLUMNS:
        raise FileReadError("sources.too_many_columns", file=file, columns=columns, limit=MAX_COLUMNS)


def check_cells(path: Path, rows: int, columns: int) -> None:
    """Raises FileReadError for more cells than a file of this size holds; call it before they are made."""
    limit = CELLS + CELLS_PER_BYTE * path.stat().st_size
    if rows * columns > limit:
        raise FileReadError("sources.too_many_cells", file=path.name, rows=rows, columns=columns, limit=limit)


def _long_cell(sheet: Sheet, row: int, index: int) -> FileReadError:
    return FileReadError(
        "sources.cell_too_long", file=sheet.file, row=row, column=letter(index), limit=MAX_TEXT
    )


def _too_long(column: Texts) -> int | None:
    """The index of the first text longer than MAX_TEXT bytes, None where there is none."""
    lengths = pc.binary_length(column.dictionary if is_encoded(column) else column).to_numpy(zero_copy_only=False)
    if not len(lengths) or lengths.max() <= MAX_TEXT:
        return None
    if is_encoded(column):
        lengths = lengths[column.indices.to_numpy(zero_copy_only=False)]
    return int(np.argmax(lengths > MAX_TEXT))


def _mapped() -> int:
    """Bytes of address space of this process; where the system does not tell, what an idle reader takes."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2_000_000_000


def _machine_memory() -> int:
    try:
        return int(MACHINE_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return 1 << 62
