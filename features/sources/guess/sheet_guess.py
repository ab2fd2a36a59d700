"""Which table a sheet is, with its columns, what is taken for granted, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from typing import Any, Final

from features.schema import TABLES, Table
from features.sources.guess.column_guess import ColumnGuess, guess_columns
from features.sources.guess.header_row import header_rows
from features.sources.guess.name_scores import table_hint
from features.sources.guess.wide.guess_wide import KnownNames, guess_wide
from features.sources.guess.wide.wide_guess import WideGuess
from features.sources.read.footer import without_footer
from features.sources.read.sheet import HeaderRows, Sheet

GRANTED: Final[Mapping[str, Mapping[str, str]]] = {"teachers": {"role": "teacher"}}
"""Table -> column -> the value of every row where the sheet has no such column."""
HINT: Final = 0.15  # what the name of a file or sheet adds
TABLE_SHARE: Final = 0.75  # of the required columns, from which a sheet with all of them is that table
LEAST_SHARE: Final = 0.4  # of the required columns, below which a sheet is no table


@dataclass(frozen=True)
class SheetGuess:
    """A sheet as a table. header: its row numbers. granted: column -> value of every row. missing: required columns that
    nothing stands for. others: tables that it may be instead, likeliest first."""

    file: str
    sheet: str | None
    table: str
    header: tuple[int, ...]
    columns: tuple[ColumnGuess, ...]
    granted: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it can be imported as it is."""
        return not self.missing

    @property
    def sure(self) -> bool:
        """Whether it is complete and every column that is used is certain."""
        return self.complete and all(guess.sure for guess in self.columns if guess.column is not None)

    def as_section(self) -> dict[str, Any]:
        """The [[table]] of a mapping file that reads the sheet so."""
        columns: dict[str, Any] = {g.column: _source(g, self.columns) for g in self.columns if g.column is not None}
        columns |= {name: {"value": value} for name, value in self.granted.items()}
        section: dict[str, Any] = {"name": self.table, "file": escape(self.file)}
        if self.sheet is not None:
            section["sheet"] = self.sheet
        header = list(self.header)
        return section | {"header": header[0] if len(header) == 1 else header, "footer": True, "columns": columns}


def guess_sheet(
    read: Callable[[HeaderRows], Sheet],
    known: Mapping[str, Collection[str]],
    table: str | None = None,
    values: Mapping[str, str] | None = None,
    in_workspace: KnownNames | None = None,
) -> SheetGuess | WideGuess | None:
    """The likeliest table of a sheet, or what a sheet with a row a pupil, a respondent or a class is; None where it is none
    of these. Raises FileReadError.

    read: reads the sheet with the header in these rows. known: table -> its ids and names. table: where it is known.
    values: column -> value of every row, where the sheet has no such column.
    in_workspace: ids and names of the workspace's classes and teachers.
    """
    first = read(None)
    header = header_rows(first)
    sheet = without_footer(first if header == (first.header_row,) else read(header))
    hints = table_hint(f"{sheet.file} {sheet.name or ''}")
    names = [table] if table is not None else list(TABLES)
    candidates = [_candidate(sheet, TABLES[name], header, known, values or {}) for name in names]
    ranked = sorted(candidates, key=lambda guess: -_likeness(guess, hints))
    best = ranked[0]
    if not (best.complete and _share_matched(best) >= TABLE_SHARE):
        wide = guess_wide(first, sheet, header, in_workspace if in_workspace is not None else KnownNames())
        if wide is not None:
            return wide
    if table is None and _share_matched(best) < LEAST_SHARE:
        return None
    others = tuple(guess.table for guess in ranked[1:4] if guess.complete)
    return SheetGuess(best.file, best.sheet, best.table, best.header, best.columns, best.granted, best.missing, others)


def _candidate(
    sheet: Sheet, table: Table, header: Sequence[int], known: Mapping[str, Collection[str]], values: Mapping[str, str]
) -> SheetGuess:
    columns = guess_columns(sheet, table, known)
    matched = {guess.column for guess in columns}
    granted = {
        column.name: value
        for column in table.columns
        if column.name not in matched
        and (value := values.get(column.name) or GRANTED.get(table.name, {}).get(column.name))
    }
    missing = tuple(c.name for c in table.columns if c.required and c.name not in matched and c.name not in granted)
    return SheetGuess(sheet.file, sheet.name, table.name, tuple(header), columns, granted, missing)


def _share_matched(guess: SheetGuess) -> float:
    """The required columns that the sheet itself has to have and has, as a share, weighted by how sure each is."""
    granted = GRANTED.get(guess.table, {})
    required = [column.name for column in TABLES[guess.table].columns if column.required and column.name not in granted]
    scores = {column.column: column.score for column in guess.columns}
    return sum(scores.get(name, 0.0) for name in required) / len(required)


def _likeness(guess: SheetGuess, hints: Collection[str]) -> float:
    """By required columns first, then by how much of the sheet is accounted for, then by its name."""
    used = sum(column.score for column in guess.columns) / max(len(guess.columns), 1)
    return _share_matched(guess) + 0.5 * used + (HINT if guess.table in hints else 0.0)


def _source(guess: ColumnGuess, columns: Sequence[ColumnGuess]) -> str:
    """Its header; of several columns with one header, `header#2`."""
    same = [other.letter for other in columns if other.header == guess.header]
    return guess.header if len(same) == 1 else f"{guess.header}#{same.index(guess.letter) + 1}"
