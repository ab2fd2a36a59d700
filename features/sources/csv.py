"""CSV files as offices save them: UTF-8 with or without BOM, or GB18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message names it and says what to do next."""


@dataclass(frozen=True)
class Row:
    """Cells of one row and its `number` as a spreadsheet shows it (the header is row 1)."""

    number: int
    cells: tuple[str, ...]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, blank ones left out but counted. Raises UnreadableFile."""
    text = _decode(path)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            if any(cell.strip() for cell in cells):
                yield Row(number, tuple(cells))
    except csv.Error as error:
        raise UnreadableFile(
            f"{path.name}: not a complete CSV file ({error}); save it again as CSV and retry"
        ) from error


def _decode(path: Path) -> str:
    data = path.read_bytes()
    if b"\0" in data:
        raise UnreadableFile(f"{path.name}: holds binary data; save it as CSV (UTF-8) or .xlsx and retry")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(f"{path.name}: neither UTF-8 nor GB18030; save it as CSV (UTF-8) and retry")
