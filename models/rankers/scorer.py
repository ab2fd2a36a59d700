"""What every scorer of pairs can do, and what it may learn from."""

from __future__ import annotations

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
    """Everything a scorer may look at while it learns.

    snapshot: what was known at the date of training, enrolments with their outcomes among it.
    taken: enrolments requested in the label window after T0, with what became of them; they are later than a
    snapshot at T0, so only what learns from the window reads them.
    members (N,): the teachers whose history may be learnt from.
    seed: of everything that draws.
    """

    snapshot: Snapshot
    taken: pd.DataFrame
    members: NDArray[np.bool_]
    seed: int


class Scorer(Protocol):
    """Orders (teacher, course) pairs; higher is better, ties go to the smaller course index."""

    name: str

    def fit(self, train: TrainingData) -> Self:
        """Learn and return itself; a scorer with nothing to learn just returns itself."""
        ...

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) score of the pairs given by index arrays of equal length n."""
        ...
