"""The separator of a text table: said in its first line, given, or the one that divides its lines most evenly."""

from __future__ import annotations

import csv
import io
import re
from typing import Final, NamedTuple

SEPARATORS: Final = (",", ";", "\t", "|")
CHUNK: Final = 1 << 18  # bytes
LINES: Final = 50
EVEN: Final = 0.5  # share of lines as wide as the header
_SAID: Final = re.compile(rb'^"?sep=([^\r\n"])"?[^\S\r\n]*(?:\r\n|\n|\r|$)', re.IGNORECASE)


class Separated(NamedTuple):
    """The data without a line that says the separator, and the separator."""

    data: bytes
    separator: str


def separated(data: bytes, separator: str | None = None, header_row: int | None = None) -> Separated:
    """The separator of a table in UTF-8. header_row: the row of its header, where that is not the first one."""
    said = _SAID.match(data[:CHUNK])
    if said:
        data = data[said.end() :]
        separator = separator or said.group(1).decode("ascii", "replace")
    return Separated(data, separator or _divided_by(data, header_row))


def _divided_by(data: bytes, header_row: int | None) -> str:
    text = data[:CHUNK].decode("utf-8", "ignore")
    scores = {separator: _evenness(text, separator, header_row) for separator in SEPARATORS}
    return max(SEPARATORS, key=lambda separator: scores[separator])  # at a tie the first of them


def _evenness(text: str, separator: str, header_row: int | None) -> tuple[bool, int]:
    """Whether most lines are as wide as the header, and its width; (False, 0) where it is not divided."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) >= LINES + (header_row or 0):
                break
    except csv.Error:
        return False, 0
    if header_row is None:
        rows = [row for row in rows if any(cell.strip() for cell in row)]
    rows = rows[header_row - 1 if header_row else 0 :]
    width = len(rows[0]) if rows else 0
    if width < 2:
        return False, 0
    body = [len(row) for row in rows[1:] if row]
    even = not body or sum(n == width for n in body) >= EVEN * len(body)
    return even, width
