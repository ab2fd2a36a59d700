"""Which row speaks for whom: an empty selector cell means all, the row with most selectors filled wins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.tables import split_list


def winning_rows(rows: pd.DataFrame, cases: pd.DataFrame, selectors: tuple[str, ...]) -> NDArray[np.intp]:
    """(len(cases),) position of the row of `rows` that wins for each case, -1 where none matches.

    selectors: names of columns in both frames, the strongest in a tie first; more filled selectors beat any
    tie. A cell of `cases` may be a `;` list, of which one item has to match. Rows are few, cases many: the
    loop runs over rows.
    """
    best = np.full(len(cases), -1, dtype=np.intp)
    strength = np.full(len(cases), -1.0)
    cells_of = {name: _Cells(cases[name]) for name in selectors}
    for place, row in enumerate(rows[list(selectors)].itertuples(index=False)):
        filled = [isinstance(cell, str) for cell in row]
        matches = np.ones(len(cases), dtype=bool)
        for name, cell, is_filled in zip(selectors, row, filled, strict=True):
            if is_filled:
                matches &= cells_of[name].has(cell)
        rank = sum(filled) + sum(2.0 ** -(i + 1) for i, is_filled in enumerate(filled) if is_filled) / 2
        wins = matches & (rank > strength)
        best[wins], strength[wins] = place, rank
    return best


class _Cells:
    """Answers which cells hold an item, each distinct cell looked at once."""

    def __init__(self, cells: pd.Series) -> None:
        self.codes, kinds = pd.factorize(cells, use_na_sentinel=False)
        self.items = [set(split_list(kind)) for kind in kinds]

    def has(self, item: str) -> NDArray[np.bool_]:
        if not len(self.items):
            return np.zeros(len(self.codes), dtype=bool)
        return np.array([item in items for items in self.items], dtype=bool)[self.codes]
