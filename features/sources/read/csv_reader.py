"""CSV files as offices save them: UTF-8 with or without BOM, or GB18030, plain or gzipped.

A file whose rows are all of one length and whose quotes are regular is read by Arrow; any other by the strict
reader of the standard library, which is slower and gives the row of each irregularity.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from features.errors import FileReadError
from features.sources.read.isolated.limits import check_size
from features.sources.read.sheet import Sheet, Texts, cut, joined, texts

MAX_BYTES: Final = 100_000_000  # of a gzipped file, unpacked, and MAX_RATIO times its size
MAX_RATIO: Final = 50
CHUNK: Final = 1 << 20
ROWS: Final = 50_000  # kept as Python strings at a time


def read_csv(path: Path, header_row: int | None = None) -> Sheet:
    """The sheet in a CSV file. Raises FileReadError."""
    data = _utf8(path.name, _bytes(path))
    grid = _regular(path.name, data)
    overlong: list[int] = []
    if grid is None:
        grid, overlong = _irregular(path.name, data)
    return cut(path.name, None, grid, header_row, overlong)


def _bytes(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    blocks: list[bytes] = []
    most = MAX_BYTES + MAX_RATIO * path.stat().st_size
    try:
        with gzip.open(path) as packed:
            while block := packed.read(CHUNK):
                blocks.append(block)
                if len(blocks) * CHUNK > most:
                    raise FileReadError("sources.gzip_too_large", file=path.name, megabytes=round(most / 1e6))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileReadError("sources.damaged_gzip", file=path.name, error=str(error)) from error
    return b"".join(blocks)


def _utf8(file: str, data: bytes) -> bytes:
    if b"\0" in data:
        raise FileReadError("sources.binary_csv", file=file)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
        decoder.decode(b"", final=True)
        return data
    except UnicodeDecodeError:
        try:
            return data.decode("gb18030").encode()
        except UnicodeError as error:
            raise FileReadError("sources.csv_encoding", file=file) from error


def _regular(file: str, data: bytes) -> list[Texts] | None:
    """Columns of the whole grid, header first; None where rows or quotes are not regular."""
    if not data.strip() or not _quotes_are_regular(data):
        return None
    start = data[:CHUNK].decode("utf-8", "ignore")
    width = len(next(csv.reader(io.StringIO(start, newline="")), []))
    check_size(file, data.count(b"\n"), width)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(autogenerate_column_names=True),
            parse_options=pacsv.ParseOptions(newlines_in_values=b'"' in data, ignore_empty_lines=False),
            convert_options=pacsv.ConvertOptions(
                column_types={f"f{i}": pa.large_string() for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None  # rows of several lengths: the slower reader finds them
    if table.num_columns != width:
        return None
    return [joined(column.chunks) for column in table.columns]


def _quotes_are_regular(data: bytes) -> bool:
    """Every quote opens a cell at its start, closes it at its end or is doubled."""
    cells = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(cells == ord('"'))
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    edge = np.zeros(256, dtype=bool)
    edge[list(b',\r\n"')] = True
    before, after = quotes[0::2] - 1, quotes[1::2] + 1
    opens = edge[cells[np.maximum(before, 0)]] | (before < 0)
    closes = edge[cells[np.minimum(after, len(cells) - 1)]] | (after >= len(cells))
    return bool(opens.all() and closes.all())


def _irregular(file: str, data: bytes) -> tuple[list[Texts], list[int]]:
    """Columns of the whole grid, short rows filled up; and the numbers of rows longer than the header."""
    width, overlong = 0, []
    chunks: list[list[Texts]] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if not width and any(cell.strip() for cell in cells):
                width = len(cells)
                check_size(file, number, width)
                rows = [row + [""] * (width - len(row)) for row in rows]
            if any(cell.strip() for cell in cells[width:]):
                overlong.append(number)
            rows.append((cells + [""] * (width - len(cells)))[:width])
            if len(rows) >= ROWS and width:
                chunks.append(_columns(rows, width))
                rows = []
    except csv.Error as error:
        row = number + 1 if width else 1
        raise FileReadError("sources.incomplete_csv", file=file, row=row, error=str(error)) from error
    if not width:
        return [], []
    chunks.append(_columns(rows, width))
    return [joined([chunk[i] for chunk in chunks]) for i in range(width)], overlong


def _columns(rows: list[list[str]], width: int) -> list[Texts]:
    return [texts([row[i] for row in rows]) for i in range(width)]
