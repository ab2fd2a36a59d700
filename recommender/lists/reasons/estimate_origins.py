"""Where a teacher's estimates come from when they are not her own: colleagues with records, else teachers of her step."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import SCHOOL_MINIMUM
from features.snapshot import Snapshot

Origin = Literal["department", "school", "step"]
ORIGINS: Final[tuple[Origin, ...]] = ("department", "school", "step")


class EstimateOrigins:
    """Groups with records of at least `SCHOOL_MINIMUM` others, by teacher; smaller ones are not named.

    measured_others: (2, N) numbers of measured colleagues in the department and in the school, herself left out.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        teachers = snapshot.tables["teachers"]
        measured = np.asarray(snapshot.needs.measured, dtype=np.intp)
        keys = (teachers["school_id"] + "|" + teachers["subject"].fillna(""), teachers["school_id"])
        self.measured_others = np.stack([_sums(key, measured) - measured for key in keys])

    def of(self, teacher: int) -> tuple[Origin, ...]:
        """The groups that her estimates reflect; the city's teachers of her step and years always do."""
        large = [bool(n >= SCHOOL_MINIMUM) for n in self.measured_others[:, teacher]]
        return tuple(name for name, named in zip(ORIGINS, (*large, True), strict=True) if named)

    def shown(self, teacher: int) -> bool:
        """Whether a number may be given: her school has enough people with records, or none at all."""
        others = int(self.measured_others[1, teacher])
        return others == 0 or others >= SCHOOL_MINIMUM


def _sums(key: pd.Series, measured: NDArray[np.intp]) -> NDArray[np.intp]:
    codes = pd.factorize(key)[0]
    return np.asarray(np.bincount(codes, measured, len(codes) or 1)[codes], dtype=np.intp)
