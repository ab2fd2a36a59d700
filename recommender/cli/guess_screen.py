"""Guesses of what files are, shown and asked about on a terminal."""

from __future__ import annotations

from dataclasses import replace

import typer

from features.schema import TABLES
from features.sources.guess.column_guess import ColumnGuess
from features.sources.guess.guess_files import FileGuesses
from features.sources.guess.sheet_guess import SheetGuess
from features.sources.guess.wide.wide_guess import WideGuess
from recommender.cli.screen import bilingual, say, show
from recommender.cli.wide_screen import alike, ask_about_wide, show_wide, wide_as_json


def show_guesses(guesses: FileGuesses) -> None:
    """Every sheet with its columns, why each is read so, what is taken for granted and what is missing."""
    for sheet in guesses.sheets:
        rows = [_row(sheet, guess) for guess in sheet.columns]
        headers = [bilingual(f"guess.column_{name}", " ") for name in ("source", "target", "reason", "alternative")]
        show(_title(sheet), headers, rows)
        for column, value in sheet.granted.items():
            say(bilingual("guess.granted", column=_label(sheet, column), value=value))
        if sheet.missing:
            say("✗ " + bilingual("guess.missing", columns=[_label(sheet, name) for name in sheet.missing]))
    for guess in guesses.wide:
        show_wide(guess)
    for file, name in guesses.unknown:
        code = "guess.unknown_file" if name is None else "guess.unknown_sheet"
        say("✗ " + bilingual(code, file=file, sheet=name))


def ask_about(guesses: FileGuesses) -> FileGuesses | None:
    """The guesses completed by the person at the terminal; None where she does not want them."""
    sheets = []
    for sheet in guesses.sheets:
        completed = _completed(sheet)
        if completed is None:
            return None
        sheets.append(completed)
    wide: list[WideGuess] = []
    for guess in guesses.wide:
        answered = ask_about_wide(alike(guess, wide))
        if answered is None:
            return None
        wide.append(answered)
    if not typer.confirm(bilingual("guess.ask_use"), default=True):
        return None
    return replace(guesses, sheets=tuple(sheets), wide=tuple(wide))


def as_json(guesses: FileGuesses) -> list[dict[str, object]]:
    """The guesses for scripts."""
    tables: list[dict[str, object]] = [
        {
            "file": sheet.file, "sheet": sheet.sheet, "table": sheet.table, "header": list(sheet.header),
            "granted": dict(sheet.granted), "missing": list(sheet.missing), "others": list(sheet.others),
            "columns": [
                {
                    "letter": g.letter, "header": g.header, "column": g.column, "score": round(g.score, 3),
                    "reason": g.reason, "alternative": g.alternative, "sure": g.sure,
                }
                for g in sheet.columns
            ],
        }
        for sheet in guesses.sheets
    ]  # fmt: skip
    return [*tables, *(wide_as_json(guess) for guess in guesses.wide)]


def _completed(sheet: SheetGuess) -> SheetGuess | None:
    columns, granted = list(sheet.columns), dict(sheet.granted)
    for name in sheet.missing:
        column = TABLES[sheet.table].column(name)
        example = column.choices[0] if column.choices else "A001"
        while True:
            reply = typer.prompt(
                bilingual("guess.ask_missing", column=_label(sheet, name), example=example), default="", show_default=False
            ).strip()
            if not reply:
                return None
            if reply.startswith("=") and len(reply) > 1:
                granted[name] = reply[1:].strip()
                break
            place = next((i for i, guess in enumerate(columns) if guess.letter == reply.upper()), None)
            if place is not None:
                columns[place] = replace(columns[place], column=name, score=1.0, reason="name")
                break
            say(bilingual("guess.no_such_letter", letter=reply))
    return replace(sheet, columns=tuple(columns), granted=granted, missing=())


def _title(sheet: SheetGuess) -> str:
    code = "guess.title" if sheet.sheet is None else "guess.title_sheet"
    return bilingual(
        code, file=sheet.file, sheet=sheet.sheet, table=TABLES[sheet.table].label, header="–".join(map(str, sheet.header))
    )


def _row(sheet: SheetGuess, guess: ColumnGuess) -> list[str]:
    if guess.column is None:
        return [f"{guess.letter} {guess.header}", bilingual("guess.unused"), "", _alternative(sheet, guess)]
    why = bilingual(f"guess.{guess.reason}", near=guess.near)
    if guess.fits is not None and guess.fits < 1:
        why += bilingual("guess.fits", share=guess.fits)
    mark = "" if guess.sure else "? "
    return [f"{guess.letter} {guess.header}", f"{mark}{_label(sheet, guess.column)}", why, _alternative(sheet, guess)]


def _alternative(sheet: SheetGuess, guess: ColumnGuess) -> str:
    return "" if guess.alternative is None or guess.sure else _label(sheet, guess.alternative)


def _label(sheet: SheetGuess, name: str) -> str:
    return f"{TABLES[sheet.table].column(name).zh} {name}"
