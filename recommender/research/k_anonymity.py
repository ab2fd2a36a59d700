"""k-anonymity by full-domain generalisation: whole columns become coarser until few rows stand in small classes.

A class is the rows that agree in all quasi-identifiers. Method: greedy search over the lattice of levels (Sweeney 2002, Achieving
k-anonymity privacy protection using generalization and suppression, there called Datafly), with the step that takes
most rows out of small classes for what it costs; then back, where a column can be finer again. Rows that are left in classes
below k are suppressed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ANY: Final = "*"
"""The coarsest value: nothing is said."""


@dataclass(frozen=True)
class Generalisation:
    """levels: by column, 0 as it was. frame: the generalised columns of all n rows. kept: (n,) False where suppressed."""

    levels: Mapping[str, int]
    frame: pd.DataFrame
    kept: NDArray[np.bool_]


def class_sizes(frame: pd.DataFrame) -> NDArray[np.int64]:
    """(n,) how many rows agree with each row in all columns; empty cells agree with each other."""
    number = class_numbers(frame)
    return np.asarray(np.bincount(number)[number] if len(number) else number, np.int64)


def class_numbers(frame: pd.DataFrame) -> NDArray[np.int64]:
    """(n,) number of the class of each row, from 0."""
    number = np.zeros(len(frame), np.int64)
    for name in frame.columns:
        codes, values = pd.factorize(frame[name], use_na_sentinel=False)
        number = pd.factorize(number * max(len(values), 1) + codes)[0]
    return np.asarray(number, np.int64)


def generalise(hierarchies: Mapping[str, Sequence[pd.Series]], k: int, most_suppressed: float) -> Generalisation:
    """The first frame on the way up in which at most a share `most_suppressed` of rows stands in classes below k.

    hierarchies: column -> its values at each level, finest first; the last level says nothing. Raises ValueError for k < 2.
    """
    if k < 2:
        raise ValueError("k is at least 2")
    levels = dict.fromkeys(hierarchies, 0)
    frame = _at(hierarchies, levels)
    small = class_sizes(frame) < k
    while small.mean() > most_suppressed if len(frame) else False:
        steps = [name for name, level in levels.items() if level + 1 < len(hierarchies[name])]
        if not steps:
            break
        tried = [(_gain(hierarchies, levels, name, k, int(small.sum())), name) for name in steps]
        _, best = max(tried, key=lambda one: one[0])
        levels[best] += 1
        frame = _at(hierarchies, levels)
        small = class_sizes(frame) < k
    levels = _finest(hierarchies, levels, k, most_suppressed)
    frame = _at(hierarchies, levels)
    return Generalisation(levels, frame, class_sizes(frame) >= k)


def _finest(
    hierarchies: Mapping[str, Sequence[pd.Series]], levels: dict[str, int], k: int, most_suppressed: float
) -> dict[str, int]:
    """Steps back, that with most classes first, while the share of small ones allows it: no column could be finer then."""
    while True:
        allowed = []
        for name in (name for name, level in levels.items() if level):
            finer = {**levels, name: levels[name] - 1}
            sizes = class_sizes(_at(hierarchies, finer))
            if len(sizes) and (sizes < k).mean() <= most_suppressed:
                allowed.append(((1.0 / sizes).sum(), name))
        if not allowed:
            return levels
        levels = {**levels, max(allowed)[1]: levels[max(allowed)[1]] - 1}


def _gain(
    hierarchies: Mapping[str, Sequence[pd.Series]], levels: Mapping[str, int], name: str, k: int, small: int
) -> tuple[float, int]:
    """Rows taken out of small classes for the share of a column's detail that a step costs; then the number of its values."""
    frame = _at(hierarchies, {**levels, name: levels[name] + 1})
    rescued = small - int((class_sizes(frame) < k).sum())
    cost = 1.0 / (len(hierarchies[name]) - 1)
    return rescued / cost, int(hierarchies[name][levels[name]].nunique())


def _at(hierarchies: Mapping[str, Sequence[pd.Series]], levels: Mapping[str, int]) -> pd.DataFrame:
    return pd.DataFrame({name: hierarchies[name][level] for name, level in levels.items()})
