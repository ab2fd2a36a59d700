"""By when an objection is answered: 15 working days, the term that offices in China set for requests about personal data.

Working days are Monday to Friday. Public holidays are not known to the program, so the day named is never too late.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import numpy as np

WORKING_DAYS: Final = 15


def due_on(at: datetime) -> date:
    """The last day for an answer to what came at `at`, by the calendar of this machine's time zone."""
    arrived = np.datetime64(at.astimezone().date(), "D")
    last: date = np.busday_offset(arrived, WORKING_DAYS, roll="backward").astype(object)
    return last


def is_overdue(at: datetime, now: datetime) -> bool:
    """Whether that day is past."""
    return now.astimezone().date() > due_on(at)
