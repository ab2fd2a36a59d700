"""Text tables as offices save them: any usual encoding and separator, plain or gzipped.

A file whose rows are all of one length and whose quotes are regular is read by Arrow; any other by the strict
reader of the standard library, which is slower and gives the row of each irregularity.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from features.errors import FileReadError
from features.sources.read.cut_sheet import cut
from features.sources.read.encoded_texts import ENCODED, joined_encoded
from features.sources.read.encoding import decode
from features.sources.read.isolated.read_limits import check_columns
from features.sources.read.separator import separated
from features.sources.read.sheet import HeaderRows, Sheet, Texts, joined, texts

MAX_BYTES: Final = 100_000_000  # of a gzipped file, unpacked, and MAX_RATIO times its size
MAX_RATIO: Final = 50
CHUNK: Final = 1 << 20
QUOTES: Final = 1 << 18  # bytes that are looked at together
ROWS: Final = 50_000  # kept as Python strings at a time


def read_csv(
    path: Path,
    header_rows: HeaderRows = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Sheet:
    """The sheet in a text table; encoding and separator are found where they are not given. Raises FileReadError."""
    decoded = decode(path.name, _bytes(path), encoding)
    data, separator = separated(decoded.data, separator, header_rows[-1] if header_rows else None)
    grid = _regular(path.name, data, separator)
    overlong: list[int] = []
    if grid is None:
        grid, overlong = _irregular(path.name, data, separator, header_rows)
    sheet = cut(path.name, None, grid, header_rows, overlong)
    return replace(sheet, notes=decoded.notes, decimal_comma=separator == ";")


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


def _regular(file: str, data: bytes, separator: str) -> list[Texts] | None:
    """Columns of the whole grid, header first; None where rows or quotes are not regular."""
    if not data or data.isspace() or not _quotes_are_regular(data, separator):
        return None
    start = data[:CHUNK].decode("utf-8", "ignore")
    try:
        width = len(next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), []))
    except csv.Error:
        return None  # a cell that is too long: the slower reader names its row
    check_columns(file, width)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(autogenerate_column_names=True),
            parse_options=pacsv.ParseOptions(
                delimiter=separator, newlines_in_values=b'"' in data, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={f"f{i}": ENCODED for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None  # rows of several lengths: the slower reader finds them
    if table.num_columns != width:
        return None
    return [joined_encoded(column.chunks) for column in table.columns]


def _quotes_are_regular(data: bytes, separator: str) -> bool:
    """Every quote opens a cell at its start, closes it at its end or is doubled."""
    if b'"' not in data:
        return True
    cells = np.frombuffer(data, np.uint8)
    edge = np.zeros(256, dtype=bool)
    edge[list(b'\r\n"' + separator.encode())] = True
    opened = 0  # 1 inside a quoted cell
    for start in range(0, len(cells), QUOTES):  # in pieces that stay in the cache
        quotes = np.flatnonzero(cells[start : start + QUOTES] == ord('"')) + start
        opening, closing = quotes[opened::2], quotes[1 - opened :: 2]
        opens = edge[cells[np.maximum(opening - 1, 0)]] | (opening == 0)
        closes = edge[cells[np.minimum(closing + 1, len(cells) - 1)]] | (closing == len(cells) - 1)
        if not (opens.all() and closes.all()):
            return False
        opened = (opened + len(quotes)) % 2
    return not opened


def _irregular(
    file: str, data: bytes, separator: str, header_rows: HeaderRows
) -> tuple[list[Texts], list[int]]:
    """Columns of the whole grid, short rows filled up; and the numbers of rows longer than the header.

    The header is as wide as its rows, the first row that is not blank where these are not given; rows above it,
    such as a title, may have any length.
    """
    width, overlong = 0, []
    chunks: list[list[Texts]] = []
    rows: list[list[str]] = []
    number = 0
    reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            rows.append(cells)
            if not width:
                last = number == header_rows[-1] if header_rows else any(cell.strip() for cell in cells)
                width = max(map(len, rows[header_rows[0] - 1 if header_rows else -1 :])) if last else 0
                check_columns(file, width)
                rows = [_of_width(row, width) for row in rows] if width else rows
                continue
            if any(cell.strip() for cell in cells[width:]):
                overlong.append(number)
            rows[-1] = _of_width(cells, width)
            if len(rows) >= ROWS:
                chunks.append(_columns(rows, width))
                rows = []
    except csv.Error as error:
        row = number + 1 if number else 1
        raise FileReadError("sources.incomplete_csv", file=file, row=row, error=str(error)) from error
    if not width:
        return [], []
    chunks.append(_columns(rows, width))
    return [joined([chunk[i] for chunk in chunks]) for i in range(width)], overlong


def _of_width(row: list[str], width: int) -> list[str]:
    return (row + [""] * (width - len(row)))[:width]


def _columns(rows: list[list[str]], width: int) -> list[Texts]:
    return [texts([row[i] for row in rows]) for i in range(width)]
