"""Which column of a sheet is which column of its table; what is left out, and why."""

from __future__ import annotations

import re
from typing import Final

import pyarrow.compute as pc

from features.schema import Table
from features.sources.issue import Message, Severity
from features.sources.issues import Issues
from features.sources.read.sheet import Sheet, Texts, letter
from features.sources.staging import Chunk, Field

NOTE: Final[Severity] = "note"
PROBLEM: Final[Severity] = "problem"
LOOKED_AT: Final = 1000  # cells of a column
CARD: Final = re.compile(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]", re.ASCII)
CARD_WORDS: Final = ("身份证", "证件号")
NO_HEADER: Final = Message("此列没有表头,不导入", "a column without a header; it is left out")
UNKNOWN: Final = Message("此列未识别,不导入", "not a column of this table; it is left out")
CARDS: Final = Message(
    "此列像身份证号;本系统不需要,不导入", "looks like ID-card numbers; not needed here and left out"
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def match(sheet: Sheet, table: Table, findings: Issues) -> Chunk:
    """The part of `table` that a sheet holds under the table's own headers.

    A required column that is missing is a problem, an unknown column a note, a column twice a problem.
    """
    fields: dict[str, Field] = {}
    for place, text in enumerate(sheet.header):
        column, cells = table.column_for(text) if text else None, sheet.columns[place]
        said, severity = UNKNOWN, NOTE
        if not text:
            if _is_empty(cells):
                continue
            said = NO_HEADER
        elif looks_like_cards(text, cells):
            said = CARDS
        elif column is not None and column.name not in fields:
            fields[column.name] = Field(cells, letter(place), text)
            continue
        elif column is not None:
            said = Message(f"同一列只能出现一次({column.zh})", f"the column {column.name} only once")
            severity = PROBLEM
        findings.add(
            sheet.file, said, sheet=sheet.name, row=sheet.header_row, letter=letter(place), header=text,
            severity=severity,
        )  # fmt: skip
    return Chunk(table.name, sheet, fields, sheet.rows, sheet.overlong)


def require(part: Chunk, table: Table, findings: Issues) -> None:
    """A problem for each required column that the part does not bring."""
    for column in table.columns:
        if column.required and column.name not in part.fields:
            findings.add(
                part.sheet.file,
                Message(f"缺少必填列「{column.zh}」({column.name})", f"the required column {column.name}", column.zh),
                sheet=part.sheet.name, row=part.sheet.header_row, header=column.zh,
            )  # fmt: skip


def looks_like_cards(header: str, cells: Texts) -> bool:
    """Whether a column holds numbers of identity cards: by its header, or by dates and check digits."""
    if any(word in header for word in CARD_WORDS):
        return True
    found = [c.strip() for c in pc.unique(cells.slice(0, LOOKED_AT)).to_pylist() if c.strip()]
    cards = sum(bool(CARD.fullmatch(cell)) and _check(cell) for cell in found)
    return bool(found) and cards >= 0.9 * len(found)


def _is_empty(cells: Texts) -> bool:
    return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(cells), ""), min_count=0).as_py())


def _check(number: str) -> bool:
    """ISO 7064 MOD 11-2, as GB 11643 uses it."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
