"""Issues of the input in words: one sentence each, and the rows of `data check --json`."""

from __future__ import annotations

from typing import Final

from features.messages import Message, message
from features.sources.issue import Issue
from recommender.text import Lang, render

MAX_LENGTH: Final = 60  # characters of a cell that a sentence quotes


def issue_row(issue: Issue, lang: Lang = "zh") -> dict[str, str | int | None]:
    """The issue as `data check --json` gives it (contracts, section 1)."""
    return {
        "file": issue.file,
        "sheet": issue.sheet,
        "row": issue.row,
        "column": issue.column or None,
        "value": issue.value,
        "expected": render(issue.expected, lang),
        "example": issue.example,
        "severity": issue.severity,
        "message": issue_sentence(issue, lang),
    }


def issue_sentence(issue: Issue, lang: Lang = "zh") -> str:
    """One sentence: the place, the value found, what is expected, an example."""
    value = issue.value if len(issue.value) <= MAX_LENGTH else issue.value[:MAX_LENGTH] + "…"
    file = f"{issue.file}[{issue.sheet}]" if issue.sheet else issue.file
    place = render(_place(issue), lang)
    return render(_sentence(issue, file, place, value), lang)


def _sentence(issue: Issue, file: str, place: str, value: str) -> Message:
    if issue.severity == "note":
        if value:
            return message("sources.note_on_value", file=file, place=place, value=value, note=issue.expected)
        return message("sources.note", file=file, place=place, note=issue.expected)
    value_clause = message("sources.found_value", value=value) if value else ""
    example = message("sources.for_example", example=issue.example) if issue.example else ""
    return message(
        "sources.problem", file=file, place=place, found=value_clause, expected=issue.expected, example=example
    )


def _place(issue: Issue) -> Message | str:
    """Row and column of an issue; empty for a whole file."""
    column = _column(issue)
    if issue.row and column:
        return message("sources.place_row_column", row=issue.row, column=column)
    if issue.row:
        return message("sources.place_row", row=issue.row)
    return message("sources.place_column", column=column) if column else ""


def _column(issue: Issue) -> Message | str:
    if issue.letter and issue.header:
        return message("sources.column_letter_header", letter=issue.letter, header=issue.header)
    if issue.letter:
        return message("sources.column_letter", letter=issue.letter)
    return message("sources.column_header", header=issue.header) if issue.header else ""
