"""A problem is a row: where it is, what was found, what is expected, in the user's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from features.messages import Lang

Severity = Literal["problem", "note"]
LONGEST = 60  # characters of a cell that are shown


class Message(NamedTuple):
    """What is expected of a cell (or, in a note, what was made of it), in both languages, and an example."""

    zh: str
    en: str
    example: str = ""


@dataclass(frozen=True)
class Issue:
    """`row` is the spreadsheet's own number, None for a whole column, table or file; `letter` and `header`
    are the column as the user sees it.

    A `note` never stops an import; a `problem` does.
    """

    file: str
    sheet: str | None
    row: int | None
    letter: str
    header: str
    value: str
    said: Message
    severity: Severity = "problem"

    @property
    def column(self) -> str:
        """Letter and name of the column, empty for a whole row, table or file."""
        return f"{self.letter} {self.header}".strip()

    def message(self, lang: Lang = "zh") -> str:
        """One sentence: place, what was found, what is expected, an example."""
        value = self.value if len(self.value) <= LONGEST else self.value[:LONGEST] + "…"
        return self._zh(value) if lang == "zh" else self._en(value)

    def as_row(self, lang: Lang = "zh") -> dict[str, str | int | None]:
        """The problem as `data check --json` gives it."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column or None,
            "value": self.value,
            "expected": self.said.zh if lang == "zh" else self.said.en,
            "example": self.said.example,
            "severity": self.severity,
            "message": self.message(lang),
        }

    def _zh(self, value: str) -> str:
        sheet = f"[{self.sheet}]" if self.sheet else ""
        row = f" 第 {self.row} 行" if self.row else ""
        letter = f" {self.letter} 列" if self.letter else ""
        header = f"「{self.header}」" if self.header else ""
        place = f"{self.file}{sheet}{row}{letter}{header}:"
        if self.severity == "note":
            return f"{place}{f'「{value}」' if value else ''}{self.said.zh}。"
        found = f"填的是「{value}」," if value else ""
        example = f",如 {self.said.example}" if self.said.example else ""
        return f"{place}{found}{self.said.zh}{example}。"

    def _en(self, value: str) -> str:
        sheet = f"[{self.sheet}]" if self.sheet else ""
        row = f"row {self.row}" if self.row else ""
        letter = f"column {self.letter}" if self.letter else ""
        if self.header:
            letter = f'{letter or "column"} "{self.header}"'
        place = f"{self.file}{sheet} {', '.join(part for part in (row, letter) if part)}".rstrip() + ": "
        if self.severity == "note":
            return f"{place}{f'{value!r}: ' if value else ''}{self.said.en}."
        found = f'found "{value}"; ' if value else ""
        example = f", e.g. {self.said.example}" if self.said.example else ""
        return f"{place}{found}expected {self.said.en}{example}."
