"""Which column of a table each column of a sheet is: the assignment with the best sum of name and content."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.schema import Column, Table
from features.sources.guess.name_scores import NameScore, Reason, name_score
from features.sources.guess.value_profile import distinct_values, is_telling, share_that_fits
from features.sources.read.header import looks_like_id_cards
from features.sources.read.sheet import Sheet, letter

LEAST: Final = 0.5  # a pair with less is no guess
BY_CONTENT: Final = 0.6  # of a column whose header says nothing and whose every cell fits
SURE: Final = 0.8


@dataclass(frozen=True)
class ColumnGuess:
    """A column of a sheet and what it probably is; column None: nothing of the table.

    score 0 to 1; near: the name that the header is like. alternative: the next best column, None where there is none.
    fits: the share of its cells that can be read there, None where cells say nothing.
    """

    letter: str
    header: str
    column: str | None
    score: float
    reason: Reason | None
    near: str = ""
    alternative: str | None = None
    fits: float | None = None

    @property
    def sure(self) -> bool:
        """Whether nobody need look at it."""
        return self.column is not None and self.score >= SURE


def guess_columns(sheet: Sheet, table: Table, known: Mapping[str, Collection[str]]) -> tuple[ColumnGuess, ...]:
    """One guess for each column of the sheet that has a header, in its order. known: table -> its ids and names.

    Columns with numbers of identity cards are never guessed.
    """
    indices = [i for i, header in enumerate(sheet.header) if header]
    usable = [i for i in indices if not looks_like_id_cards(sheet.header[i], sheet.columns[i])]
    values = {i: distinct_values(sheet.columns[i]) for i in usable}
    pairs = {
        (i, c): _pair(sheet.header[i], table, column, values[i], known)
        for i in usable
        for c, column in enumerate(table.columns)
    }
    scores = np.array([[pairs[i, c][0] for c in range(len(table.columns))] for i in usable]).reshape(
        len(usable), len(table.columns)
    )
    from scipy.optimize import linear_sum_assignment  # not in processes that only serve

    rows, columns = linear_sum_assignment(-scores)
    chosen = {usable[r]: int(c) for r, c in zip(rows, columns, strict=True) if scores[r, c] >= LEAST}
    taken = set(chosen.values())
    guesses = []
    for i in indices:
        name, at = sheet.header[i], letter(i)
        if i not in chosen:
            near = _best(scores[usable.index(i)], taken) if i in values else None
            guesses.append(ColumnGuess(at, name, None, 0.0, None, "", None if near is None else table.columns[near].name))
            continue
        c = chosen[i]
        score, about, fits = pairs[i, c]
        other = _best(scores[usable.index(i)], {c})
        guesses.append(ColumnGuess(
            at, name, table.columns[c].name, score, about.reason, about.near,
            None if other is None else table.columns[other].name, fits,
        ))  # fmt: skip
    return tuple(guesses)


def _pair(
    header: str, table: Table, column: Column, values: Sequence[str], known: Mapping[str, Collection[str]]
) -> tuple[float, NameScore, float | None]:
    """(score, reason, share of the cells that can be read there); cells are read only where something may speak for it."""
    name = name_score(header, table, column.name)
    telling = is_telling(column, known)
    if name is None and not telling:
        return 0.0, NameScore(0.0, "content"), None
    fits = share_that_fits(values, column, known)
    if name is None:
        score = BY_CONTENT * fits if fits is not None and fits >= 0.9 and telling else 0.0
        return score, NameScore(score, "content"), fits
    return name.score * (1.0 if fits is None else 0.5 + 0.5 * fits), name, fits


def _best(scores: np.ndarray, without: Collection[int]) -> int | None:
    order = [int(c) for c in np.argsort(-scores, kind="stable") if int(c) not in without]
    return order[0] if order and scores[order[0]] >= LEAST else None
