"""What every scorer of (teacher, course) pairs can do, and what it may learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.snapshot import Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class TrainingData:
    """Everything a scorer may read while it is fitted.

    snapshot: what was known at the date of training, enrolments with their outcomes among it.
    taken: enrolments requested in the label window after T0, with their outcomes; they are later than a
    snapshot at T0, so only what learns from the window reads them.
    members (N,): the teachers whose history may be learnt from.
    seed: of every random generator.
    """

    snapshot: Snapshot
    taken: pd.DataFrame
    members: NDArray[np.bool_]
    seed: int


class PreparedScorer(Protocol):
    """A fitted scorer with everything computed that one snapshot needs once; safe to call from threads."""

    def __call__(self, t_idx: Index, c_idx: Index, /) -> Array:
        """(n,) scores of the pairs in index arrays of equal length n; a pair's score depends on no other pair."""
        ...


Prepare = Callable[[Snapshot], PreparedScorer]


class Scorer(Protocol):
    """Orders (teacher, course) pairs; higher is better, ties go to the smaller course index."""

    name: str

    def fit(self, train: TrainingData) -> Self:
        """Fits and returns itself; a scorer without parameters returns itself unchanged."""
        ...

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """The scorer of this snapshot's pairs. Later calls of `fit` do not change it."""
        ...
