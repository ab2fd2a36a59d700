"""One issue found in the input: its place, the value of the cell and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.messages import Message

Severity = Literal["problem", "note"]


def with_example(expected: Message, example: str) -> Message:
    """The message with an example of a value that would be accepted; a sentence of an issue ends with it."""
    return Message(expected.code, {**expected.values, "example": example})


@dataclass(frozen=True)
class Issue:
    """An issue at a cell, row, column, table or file; `recommender.text.issue_rows` puts it into words.

    row: the spreadsheet's own number, None for a whole column, table or file. letter, header: the column as the
    user sees it. expected: what a cell should hold or, for a note, how it was read; its values may hold an
    `example`. severity: a `problem` stops an import, a `note` never does.
    """

    file: str
    sheet: str | None
    row: int | None
    letter: str
    header: str
    value: str
    expected: Message
    severity: Severity = "problem"

    @property
    def column(self) -> str:
        """Letter and name of the column, empty for a whole row, table or file."""
        return f"{self.letter} {self.header}".strip()

    @property
    def example(self) -> str:
        """A value that would be accepted, empty where none is given."""
        return str(self.expected.values.get("example", ""))
