"""Matches the columns of a sheet to those of its table; other columns are left out with an issue each."""

from __future__ import annotations

import re
from typing import Final

import pyarrow.compute as pc

from features.messages import message
from features.schema import Table
from features.sources.issue import Severity, with_example
from features.sources.issues import Issues
from features.sources.read.cell import LOST_CHARACTER
from features.sources.read.dates import DateOrder, in_order
from features.sources.read.decimal_comma import with_decimal_points
from features.sources.read.encoded_texts import decoded, encoded, is_blank
from features.sources.read.sheet import Sheet, Texts, half_width, letter, texts
from features.sources.staging import Chunk, Field

SAMPLE: Final = 1000  # cells of a column that are tested for ID-card numbers
ID_CARD: Final = re.compile(
    r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]", re.ASCII
)
ID_CARD_WORDS: Final = ("身份证", "证件号")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def match(sheet: Sheet, table: Table, issues: Issues, order: DateOrder = "ymd") -> Chunk:
    """The chunk of `table` in a sheet with the table's own headers.

    order: of day and month in dates such as 3/15/2026. An unknown column is a note, a column twice a problem;
    `require` looks for missing ones.
    """
    fields: dict[str, Field] = {}
    for index, text in enumerate(sheet.header):
        column, cells = table.column_for(text) if text else None, sheet.columns[index]
        expected = message("sources.unknown_column")
        severity: Severity = "note"
        if not text:
            if _is_empty(cells):
                continue
            expected = message("sources.column_without_header")
        elif looks_like_id_cards(text, cells):
            expected = message("sources.id_card_column")
        elif column is not None and column.name not in fields:
            if column.kind in ("number", "integer"):
                cells = with_decimal_points(sheet, index, issues)
            cells = ordered(cells, order) if column.kind == "date" else cells
            fields[column.name] = Field(cells, letter(index), text)
            continue
        elif LOST_CHARACTER in text:
            expected = message("sources.lost_character")
            severity = "problem"
        elif column is not None:
            expected = message("sources.repeated_column", column=column.label)
            severity = "problem"
        issues.add(
            sheet.file, expected, sheet=sheet.name, row=sheet.header_row, letter=letter(index), header=text,
            severity=severity,
        )  # fmt: skip
    return Chunk(table.name, sheet, fields, sheet.rows, sheet.overlong)


def require(chunk: Chunk, table: Table, issues: Issues) -> None:
    """Adds a problem for each required column that the chunk lacks."""
    for column in table.columns:
        if column.required and column.name not in chunk.fields:
            expected = with_example(
                message("sources.missing_column", column=column.label_with_name), column.zh
            )
            sheet = chunk.sheet
            issues.add(sheet.file, expected, sheet=sheet.name, row=sheet.header_row, header=column.zh)


def has_all_required(sheet: Sheet, table: Table) -> bool:
    """Whether a sheet has a header for each required column of a table."""
    names = {column.name for column in map(table.column_for, filter(None, sheet.header)) if column}
    return all(column.name in names for column in table.columns if column.required)


def note_reading(sheet: Sheet, issues: Issues) -> None:
    """Adds the notes on how a file was read, each once."""
    for note in sheet.notes:
        if not any(issue.file == sheet.file and issue.expected == note for issue in issues.items):
            issues.add(sheet.file, note, sheet=sheet.name, severity="note")


def ordered(cells: Texts, order: DateOrder) -> Texts:
    """Dates such as 3/15/2026 as ISO dates, in this order of day and month."""
    if order == "ymd":
        return cells
    distinct = encoded(cells)
    return texts([in_order(half_width(text), order) for text in distinct.dictionary.to_pylist()]).take(
        distinct.indices
    )


def looks_like_id_cards(header: str, cells: Texts) -> bool:
    """Whether a column holds numbers of identity cards: by its header, or by dates and check digits."""
    if any(word in header for word in ID_CARD_WORDS):
        return True
    values = [c.strip() for c in pc.unique(decoded(cells.slice(0, SAMPLE))).to_pylist() if c.strip()]
    cards = sum(bool(ID_CARD.fullmatch(value)) and _check_digit_fits(value) for value in values)
    return bool(values) and cards >= 0.9 * len(values)


def _is_empty(cells: Texts) -> bool:
    return bool(is_blank(cells).all())


def _check_digit_fits(number: str) -> bool:
    """ISO 7064 MOD 11-2, as GB 11643 uses it."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
