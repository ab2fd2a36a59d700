"""How old the data are, and how far the catalogue has moved on since: what pages, commands and `doctor` say of it.

Courses are judged by today, data by as-of. A course that was open at as-of and is not today, because it has begun or
ended since, is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from features.eligibility import open_courses
from features.messages import Message, message
from recommender.privacy.terms import need_expires_on, needs_expired, refuse_expired_needs


@dataclass(frozen=True)
class DataAge:
    """as_of: date of the data. open_on: the day by which courses are judged, not before as-of.

    open_then, closed: courses of the catalogue that were open at as-of, and how many of them are not open on `open_on`.
    limit: age in days from which the data are old.
    """

    as_of: date
    open_on: date
    open_then: int
    closed: int
    limit: int

    @property
    def days(self) -> int:
        """From as-of to the day of the courses."""
        return (self.open_on - self.as_of).days

    @property
    def old(self) -> bool:
        """Whether the data have reached the limit."""
        return self.days >= self.limit

    @property
    def expires_on(self) -> date:
        """The last day on which needs estimated from these data may be shown and used."""
        return need_expires_on(self.as_of)

    @property
    def expired(self) -> bool:
        """Whether that day is past."""
        return self.open_on > self.expires_on

    @property
    def expiry(self) -> Message:
        """The sentence on needs that have expired."""
        return needs_expired(self.as_of, self.open_on)

    def refuse_expired(self) -> None:
        """Raises DataError where the needs have expired."""
        refuse_expired_needs(self.as_of, self.open_on)

    @property
    def stale(self) -> bool:
        """Whether the data are old or courses have closed since."""
        return self.old or self.closed > 0

    def as_json(self) -> dict[str, Any]:
        """As answers of the interface hold it."""
        names = ("as_of", "open_on", "days", "old", "open_then", "closed", "expires_on", "expired")
        return {name: getattr(self, name) for name in names}

    @property
    def sentences(self) -> tuple[Message, ...]:
        """Both dates, closed courses, age; nothing where today is the date of the data, the expiry alone once it is past."""
        if self.open_on == self.as_of:
            return ()
        if self.expired:
            return (self.expiry,)
        lines = [message("dates.both", as_of=self.as_of, today=self.open_on)]
        if self.closed:
            lines.append(message("dates.closed", closed=self.closed, all=self.open_then))
        if self.old:
            lines.append(message("dates.old", days=self.days, limit=self.limit))
        return tuple(lines)


def data_age(courses: pd.DataFrame, as_of: date, today: date, limit: int) -> DataAge:
    """Of a catalogue (rows of `courses`); a day before as-of counts as as-of. limit: days."""
    open_on = max(today, as_of)
    then = open_courses(courses, as_of)
    closed = then & ~open_courses(courses, open_on)
    return DataAge(as_of, open_on, int(then.sum()), int(closed.sum()), limit)

