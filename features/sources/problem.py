"""A problem is a row: where it is, what was found, what is expected, in the user's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True)
class Problem:
    """`row` is the spreadsheet's own number (header = 1), None for a whole column or file.

    A `note` never stops an import; a `problem` does.
    """

    file: str
    row: int | None
    column: str | None
    value: str
    expected_zh: str
    expected_en: str
    example: str = ""
    severity: Literal["problem", "note"] = "problem"

    def message(self, lang: Lang = "zh") -> str:
        """One sentence: place, what was found, what is expected, an example."""
        if lang == "zh":
            place = "".join(
                (f"第 {self.row} 行" if self.row else "", f"「{self.column}」" if self.column else "")
            )
            example = f",如 {self.example}" if self.example else ""
            return f"{self.file} {place}:填的是「{self.value}」,{self.expected_zh}{example}。"
        parts = [f"row {self.row}" if self.row else "", f'column "{self.column}"' if self.column else ""]
        place = ", ".join(part for part in parts if part)
        example = f", e.g. {self.example}" if self.example else ""
        return f'{self.file} {place}: found "{self.value}"; expected {self.expected_en}{example}.'
