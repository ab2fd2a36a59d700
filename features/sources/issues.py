"""The list of everything found: each problem as a row of its own, notes of one kind summed up in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from features.sources.issue import Issue, Message, Severity
from features.sources.read.column_cells import Bools, why
from features.sources.staging import StagingTable

MOST: Final = 100_000  # problems of one kind in one column that are listed one by one
SHOWN: Final = 3  # rows that a note names

Say = Message | Callable[[int], Message]


class Issues:
    """Grows while tables are checked; `problems` are in the order of files, columns and rows."""

    def __init__(self) -> None:
        self.problems: list[Issue] = []

    @property
    def accepted(self) -> bool:
        """True when notes are all there is."""
        return all(found.severity == "note" for found in self.problems)

    def add(
        self,
        file: str,
        said: Message,
        *,
        sheet: str | None = None,
        row: int | None = None,
        letter: str = "",
        header: str = "",
        value: str = "",
        severity: Severity = "problem",
    ) -> None:
        """Something about a file, a sheet or a column."""
        self.problems.append(Issue(file, sheet, row, letter, header, value, said, severity))

    def unread(self, draft: StagingTable) -> None:
        """All cells that could not be read; their rows become bad."""
        for name, cells in draft.cells.items():
            bad = cells.bad
            draft.bad |= bad
            bad = bad & draft.covered(name)  # a missing header is told once, not in each row

            def say(row: int, name: str = name) -> Message:
                error = why(draft.cells[name].text(row), draft.cells[name].column)
                return Message(error.expected["zh"], error.expected["en"], error.example)

            self.rows(draft, bad, (name,), say)

    def rows(self, draft: StagingTable, rows: Bools, columns: Sequence[str], say: Say) -> None:
        """A problem in each of these rows of these columns; the rows become bad."""
        places = np.flatnonzero(rows)
        draft.bad |= rows
        for row in places[:MOST]:
            said = say(int(row)) if callable(say) else say
            self.problems.append(_at(draft, int(row), columns, said, "problem"))
        if len(places) > MOST:
            more = len(places) - MOST
            first = _at(draft, int(places[MOST]), columns, Message("", ""), "problem")
            self.add(
                first.file,
                Message(f"还有 {more} 处同类问题,改好以上各行后再检查", f"{more} more of this kind to be mended too"),
                sheet=first.sheet, letter=first.letter, header=first.header,
            )  # fmt: skip

    def note(self, draft: StagingTable, rows: Bools, columns: Sequence[str], say: Say) -> None:
        """One note for all these rows: the first one's words, and how many there are."""
        places = np.flatnonzero(rows)
        if not len(places):
            return
        first = int(places[0])
        said = say(first) if callable(say) else say
        if len(places) > 1:
            shown = [draft.number_of(int(row)) for row in places[:SHOWN]]
            told, more = "、".join(map(str, shown)), "等" if len(places) > SHOWN else ""
            listed = ", ".join(map(str, shown)) + (" …" if len(places) > SHOWN else "")
            said = Message(
                f"{said.zh}(共 {len(places)} 行:第 {told} 行{more})",
                f"{said.en} ({len(places)} rows: {listed})",
            )
        self.problems.append(_at(draft, first, columns, said, "note"))


def _at(draft: StagingTable, row: int, columns: Sequence[str], said: Message, severity: Severity) -> Issue:
    part = draft.part_of(row)
    fields: list[Any] = [part.fields[name] for name in columns if name in part.fields]
    found = [draft.cells[name].text(row) for name in columns if name in part.fields]
    return Issue(
        part.sheet.file,
        part.sheet.name,
        draft.number_of(row),
        "+".join(f.letter for f in fields if f.letter),
        "+".join(f.header for f in fields),
        " ".join(found),
        said,
        severity,
    )
