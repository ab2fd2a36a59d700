"""The list of all issues: every problem as a row of its own, notes of one kind summarised in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from features.messages import Message, message
from features.sources.issue import Issue, Severity, with_example
from features.sources.read.column_cells import Bools, cell_error
from features.sources.staging import StagingTable

MAX_LISTED: Final = 100_000  # problems of one kind in one column that are listed one by one
ROWS_IN_NOTE: Final = 3  # row numbers that a note gives

RowMessage = Message | Callable[[int], Message]


class Issues:
    """Grows while tables are checked; `items` are in the order of files, columns and rows."""

    def __init__(self) -> None:
        self.items: list[Issue] = []

    @property
    def accepted(self) -> bool:
        """True when there are only notes."""
        return all(issue.severity == "note" for issue in self.items)

    def add(
        self,
        file: str,
        expected: Message,
        *,
        sheet: str | None = None,
        row: int | None = None,
        letter: str = "",
        header: str = "",
        value: str = "",
        severity: Severity = "problem",
    ) -> None:
        """Adds an issue of a file, a sheet or a column."""
        self.items.append(Issue(file, sheet, row, letter, header, value, expected, severity))

    def unreadable_cells(self, staging: StagingTable) -> None:
        """Adds a problem for each cell that could not be read. One of an optional column is left empty, and its row
        stays; with one of a required column, or of one that tells rows apart, the row becomes bad."""
        for name, cells in staging.cells.items():
            bad = cells.bad
            needed = cells.column.required or name in staging.table.identity
            if needed:
                staging.bad |= bad
            bad = bad & staging.covered(name)  # a missing column is one problem, not one for each row

            def describe(row: int, name: str = name, needed: bool = needed) -> Message:
                expected = cell_error(staging.cells[name].text(row), staging.cells[name].column).expected
                example = expected.values.get("example", "")
                return expected if needed else with_example(message("sources.left_empty", reason=expected), example)

            self.problem(staging, bad, (name,), describe, excluded=needed)

    def problem(
        self,
        staging: StagingTable,
        rows: Bools,
        columns: Sequence[str],
        expected: RowMessage,
        excluded: bool = True,
    ) -> None:
        """Adds a problem at these columns of each of these rows.

        expected: one message for all rows, or a function of the row's index. excluded: the rows become bad.
        """
        rows = rows & ~staging.stored
        indices = np.flatnonzero(rows)
        if excluded:
            staging.bad |= rows
        for index in indices[:MAX_LISTED]:
            text = expected(int(index)) if callable(expected) else expected
            self.items.append(_issue_at(staging, int(index), columns, text, "problem"))
        if len(indices) > MAX_LISTED:
            more = message("sources.more_problems", count=len(indices) - MAX_LISTED)
            first = _issue_at(staging, int(indices[MAX_LISTED]), columns, more, "problem")
            self.add(first.file, more, sheet=first.sheet, letter=first.letter, header=first.header)

    def note(self, staging: StagingTable, rows: Bools, columns: Sequence[str], expected: RowMessage) -> None:
        """Adds one note for all these rows: the message of the first, and the number of rows."""
        indices = np.flatnonzero(rows & ~staging.stored)
        if not len(indices):
            return
        first = int(indices[0])
        text = expected(first) if callable(expected) else expected
        if len(indices) > 1:
            numbers = tuple(staging.row_number(int(index)) for index in indices[:ROWS_IN_NOTE])
            if len(indices) > ROWS_IN_NOTE:
                text = message("sources.note_of_many_rows", note=text, count=len(indices), rows=numbers)
            else:
                text = message("sources.note_of_rows", note=text, count=len(indices), rows=numbers)
        self.items.append(_issue_at(staging, first, columns, text, "note"))


def _issue_at(
    staging: StagingTable, row: int, columns: Sequence[str], expected: Message, severity: Severity
) -> Issue:
    chunk = staging.chunk_of(row)
    fields: list[Any] = [chunk.fields[name] for name in columns if name in chunk.fields]
    values = [staging.cells[name].text(row) for name in columns if name in chunk.fields]
    return Issue(
        chunk.sheet.file,
        chunk.sheet.name,
        staging.row_number(row),
        "+".join(f.letter for f in fields if f.letter),
        "+".join(f.header for f in fields),
        " ".join(values),
        expected,
        severity,
    )
