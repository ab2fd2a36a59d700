"""What an .xlsx file has to be before any spreadsheet parser sees it.

A workbook is a zip of XML parts: 179 KB have been seen to unpack to 90 MB, and two cells far apart make a
parser lay out all that lies between.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

from features.errors import FileReadError

MOST_UNPACKED: Final = 50_000_000  # bytes
MOST_RATIO: Final = 100
MOST_CELLS: Final = 20_000_000  # between A1 and the last cell of a sheet
DTD: Final = tuple(
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
)
_CELL: Final = re.compile(rb"""\sr=["']([A-Za-z]{1,4})(\d{1,9})["']""")
_ERROR: Final = re.compile(rb"""<(?:\w+:)?c\s[^>]*\bt=["']e["'][^>]*>""")
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class ErrorCell(NamedTuple):
    """A cell that shows a formula's error, such as #N/A: places counted from 0."""

    row: int
    column: int


def inspect(path: Path) -> dict[str, list[ErrorCell]]:
    """Sheet name -> cells that show errors, once the file may be parsed. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            _sizes(path, parts)
            # reading to the end checks the announced size and the checksum of each part
            held = {part.filename: packed.read(part) for part in parts}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as wrong:
        raise FileReadError(
            f"{path.name}: not an .xlsx file or damaged ({wrong}); save it again and retry"
        ) from wrong
    for name, data in held.items():
        if any(mark in data for mark in DTD):
            raise FileReadError(
                f"{path.name}: its part {name} declares a DTD; no spreadsheet program writes one, not opened"
            )
    sheets = {name: data for name, data in held.items() if "/worksheets/" in f"/{name}"}
    for name, data in sheets.items():
        _area(path, name, data)
    names = _names(path, held)
    return {names[part]: _errors(data) for part, data in sheets.items() if part in names}


def _sizes(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        raise FileReadError(
            f"{path.name}: unpacks to {unpacked / 1e6:.0f} MB, the limit is 50 MB; save large sheets as CSV"
        )
    for part in parts:
        if part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise FileReadError(
                f"{path.name}: its part {part.filename} unpacks to more than 100 times its size; not opened"
            )


def _area(path: Path, name: str, data: bytes) -> None:
    cells = set(_CELL.findall(data))
    rows = max((int(row) for _, row in cells), default=0)
    columns = max((_number(letters) for letters, _ in cells), default=0)
    if rows * columns > MOST_CELLS:
        raise FileReadError(
            f"{path.name}: {name} reaches from A1 to row {rows}, column {columns}: "
            "delete the empty rows and columns behind the table and retry"
        )


def _errors(data: bytes) -> list[ErrorCell]:
    found = (_CELL.search(match.group()) for match in _ERROR.finditer(data))
    return [ErrorCell(int(m.group(2)) - 1, _number(m.group(1)) - 1) for m in found if m]


def _number(letters: bytes) -> int:
    number = 0
    for byte in letters.upper():
        number = number * 26 + byte - 64
    return number


def _names(path: Path, held: dict[str, bytes]) -> dict[str, str]:
    """Part -> sheet name, as the workbook lists them."""
    try:
        book = ElementTree.fromstring(held["xl/workbook.xml"])
        links = ElementTree.fromstring(held["xl/_rels/workbook.xml.rels"])
    except (KeyError, ElementTree.ParseError) as wrong:
        raise FileReadError(f"{path.name}: no workbook in it ({wrong}); save it again and retry") from wrong
    targets = {link.get("Id"): (link.get("Target") or "").lstrip("/") for link in links}
    found: dict[str, str] = {}
    for sheet in book.iter(f"{{{_SHEET}}}sheet"):
        target = targets.get(sheet.get(_RELATION)) or ""
        part = target if target.startswith("xl/") else f"xl/{target}"
        found[part] = sheet.get("name") or ""
    return found
