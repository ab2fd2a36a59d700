"""Who may take which course on a date: the contract's rule of eligibility, in blocks."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.tables import Tables


class Eligibility:
    """Answers for blocks of teachers, so that a city of 131,000 x 2,000 never stands in memory at once."""

    def __init__(self, tables: Tables, as_of: date) -> None:
        raise NotImplementedError

    def block(self, teachers: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(len(teachers), C): True where the course is open to the teacher."""
        raise NotImplementedError
