"""What a person says of the guesses: which table a sheet is, which column is which, what the sheet does not say.

    {"tables": {PLACE: table}, "columns": {PLACE: {letter: column or ""}}, "values": {PLACE: {column: value}},
     "answers": {PLACE: {question: value}}, "confirmed": true}

PLACE is `FILE` or `FILE[SHEET]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from features.errors import UsageError
from features.schema import TABLES
from features.sources.guess.guess_files import FileGuesses
from features.sources.guess.sheet_guess import SheetGuess
from features.sources.guess.wide.wide_guess import WideGuess

LEAVE_OUT: Final = ""


def sheet_place(file: str, sheet: str | None) -> str:
    """The name of a sheet in corrections."""
    return file if sheet is None else f"{file}[{sheet}]"


def named_place(place: str) -> tuple[str, str | None]:
    """File and sheet of a place; names of sheets have no brackets, those of files may."""
    file, bracket, sheet = place.removesuffix("]").rpartition("[")
    return (file, sheet) if bracket and place.endswith("]") else (place, None)


def corrected(guesses: FileGuesses, corrections: Mapping[str, Any]) -> FileGuesses:
    """The guesses as the person has them. Raises UsageError where two columns stand for one, and for
    answers that cannot be."""
    columns, values = corrections.get("columns", {}), corrections.get("values", {})
    answers, sheets = corrections.get("answers", {}), []
    for sheet in guesses.sheets:
        place = sheet_place(sheet.file, sheet.sheet)
        sheets.append(_sheet(sheet, columns.get(place, {}), values.get(place, {})))
    wide = tuple(_answered(guess, answers.get(sheet_place(guess.file, guess.sheet), {})) for guess in guesses.wide)
    return replace(guesses, sheets=tuple(sheets), wide=wide)


def _sheet(sheet: SheetGuess, columns: Mapping[str, str], values: Mapping[str, str]) -> SheetGuess:
    table = TABLES[sheet.table]
    known = {column.name for column in table.columns}
    guesses = tuple(
        guess
        if guess.letter not in columns
        else replace(guess, column=None, score=0.0, reason=None)
        if columns[guess.letter] not in known
        else guess
        if guess.sure and guess.column == columns[guess.letter]
        else replace(guess, column=columns[guess.letter], score=1.0, reason="chosen")
        for guess in sheet.columns
    )
    used = [guess.column for guess in guesses if guess.column is not None]
    twice = next((name for name in used if used.count(name) > 1), None)
    if twice is not None:
        letters = [guess.letter for guess in guesses if guess.column == twice]
        raise UsageError("uploads.column_twice", column=table.column(twice).label, letters=letters)
    said = {name: value.strip() for name, value in values.items() if name in known and value.strip()}
    granted = {name: value for name, value in {**sheet.granted, **said}.items() if name not in used}
    missing = tuple(c.name for c in table.columns if c.required and c.name not in used and c.name not in granted)
    return replace(sheet, columns=guesses, granted=granted, missing=missing)


def _answered(guess: WideGuess, answers: Mapping[str, str]) -> WideGuess:
    for name, value in answers.items():
        guess = guess.answered(name, value)
    return guess
