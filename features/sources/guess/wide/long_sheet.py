"""Score sheets with a row a pupil and subject, as systems export them: one [[pupils]] a subject, each with its own rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from features.sources.guess.wide.occasion import Occasion
from features.sources.guess.wide.roles import role_of, subject_in
from features.sources.guess.wide.score_sheet import ScoreSheetGuess, guess_score_sheet
from features.sources.guess.wide.sheet_cells import different
from features.sources.guess.wide.wide_guess import WideColumn
from features.sources.read.sheet import Sheet, letter

MOST_SUBJECTS: Final = 15
ENOUGH: Final = 0.9  # of the different cells of a column of subjects


def guess_long_sheet(
    sheet: Sheet, header: Sequence[int], occasion: Occasion, classes: Collection[str], stem: str
) -> ScoreSheetGuess | None:
    """The guess; None where no column holds two or more school subjects, or a subject's rows are no score sheet."""
    place = _column_of_subjects(sheet)
    if place is None:
        return None
    cells = np.array([str(cell).strip() for cell in sheet.columns[place].to_pylist()])
    guesses: dict[str, ScoreSheetGuess] = {}
    where: dict[str, str] = {}
    for word in different(sheet.columns[place]):
        subject = subject_in(word)
        if not subject or subject in guesses or "'" in word:
            return None
        rows = sheet.take(np.flatnonzero(cells == word))
        guess = guess_score_sheet(rows, header, replace(occasion, subject=subject), classes, stem)
        if guess is None or set(guess.by_subject) != {subject}:
            return None
        guesses[subject] = guess
        where[subject] = f"`{sheet.header[place]}` == '{word}'"
    first = next(iter(guesses.values()))
    columns = tuple(_marked(column, letter(place)) for column in first.columns)
    by_subject = {subject: guess.by_subject[subject] for subject, guess in guesses.items()}
    words = tuple(dict.fromkeys(word for guess in guesses.values() for word in guess.missing_words))
    return replace(first, columns=columns, by_subject=by_subject, missing_words=words, where=where)


def _column_of_subjects(sheet: Sheet) -> int | None:
    for i, text in enumerate(sheet.header):
        if not text or role_of(text) is not None:
            continue
        words = different(sheet.columns[i])
        if 2 <= len(words) <= MOST_SUBJECTS and sum(bool(subject_in(word)) for word in words) >= ENOUGH * len(words):
            return i
    return None


def _marked(column: WideColumn, place: str) -> WideColumn:
    return replace(column, use="subject", why=None) if column.letter == place else column
