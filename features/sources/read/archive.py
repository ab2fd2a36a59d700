"""Checks of an .xlsx file before a spreadsheet parser reads it: for refusals that say what to change.

A workbook is a zip of XML parts: 179 KB may unpack to 90 MB, and two cells far apart make a parser allocate all
cells between them. A workbook may evade these checks, as a parser accepts more than they look for: what holds in
every case are the limits of the process that reads it (`features.sources.read.isolated`).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

from features.errors import FileReadError

MAX_UNPACKED: Final = 50_000_000  # bytes
MAX_AREA: Final = 5_000_000  # cells, empty ones too, between A1 and the last cell of a sheet
DTD: Final = tuple(
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
)
_CELL: Final = re.compile(rb"""\sr=["']([A-Za-z]{1,4})(\d{1,9})["']""")
_ERROR: Final = re.compile(rb"""<(?:\w+:)?c\s[^>]*\bt=["']e["'][^>]*>""")
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class ErrorCell(NamedTuple):
    """A cell with a formula's error, such as #N/A; row and column are counted from 0."""

    row: int
    column: int


def inspect(path: Path) -> dict[str, list[ErrorCell]]:
    """Sheet name -> cells with errors. Raises FileReadError for a file that must not be parsed."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            _sizes(path, parts)
            # reading to the end checks the announced size and the checksum of each part
            contents = {part.filename.replace("\\", "/").lstrip("/"): packed.read(part) for part in parts}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise FileReadError("sources.damaged_xlsx", file=path.name, error=str(error)) from error
    for name, data in contents.items():
        if any(mark in data for mark in DTD):
            raise FileReadError("sources.xlsx_with_dtd", file=path.name, part=name)
    sheets = {name: data for name, data in contents.items() if "/worksheets/" in f"/{name}"}
    for name, data in sheets.items():
        _area(path, name, data)
    names = _sheet_names(path, contents)
    return {names[part]: _errors(data) for part, data in sheets.items() if part in names}


def _sizes(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise FileReadError("sources.xlsx_too_large", file=path.name, megabytes=f"{unpacked / 1e6:.0f}")


def _area(path: Path, name: str, data: bytes) -> None:
    cells = set(_CELL.findall(data))
    rows = max((int(row) for _, row in cells), default=0)
    columns = max((_number(letters) for letters, _ in cells), default=0)
    if rows * columns > MAX_AREA:
        raise FileReadError("sources.xlsx_area", file=path.name, part=name, rows=rows, columns=columns)


def _errors(data: bytes) -> list[ErrorCell]:
    matches = (_CELL.search(match.group()) for match in _ERROR.finditer(data))
    return [ErrorCell(int(m.group(2)) - 1, _number(m.group(1)) - 1) for m in matches if m]


def _number(letters: bytes) -> int:
    number = 0
    for byte in letters.upper():
        number = number * 26 + byte - 64
    return number


def _sheet_names(path: Path, contents: dict[str, bytes]) -> dict[str, str]:
    """Part -> sheet name, as the workbook lists them."""
    try:
        book = ElementTree.fromstring(contents["xl/workbook.xml"])
        links = ElementTree.fromstring(contents["xl/_rels/workbook.xml.rels"])
    except (KeyError, ElementTree.ParseError) as error:
        raise FileReadError("sources.xlsx_without_workbook", file=path.name, error=str(error)) from error
    targets = {link.get("Id"): (link.get("Target") or "").lstrip("/") for link in links}
    names: dict[str, str] = {}
    for sheet in book.iter(f"{{{_SHEET}}}sheet"):
        target = targets.get(sheet.get(_RELATION)) or ""
        part = target if target.startswith("xl/") else f"xl/{target}"
        names[part] = sheet.get("name") or ""
    return names
