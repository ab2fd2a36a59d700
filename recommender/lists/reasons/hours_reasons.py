"""The teacher's part of line 3: which hours of a course count towards what she owes, and towards which rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from features.hours import CourseHours, OwedRule, course_hours, hours_owed, owed_rules
from features.messages import Message, message
from features.snapshot import Snapshot
from recommender.text import word
from recommender.text.formats import iso


class OwedHours:
    """Hours owed by teacher; `table` has the rows of `features.hours.hours_owed` for the teacher's own page."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.table = hours_owed(snapshot.tables, snapshot.as_of)
        ids = self.table["teacher_id"].to_numpy(dtype=object)
        new = np.r_[True, ids[1:] != ids[:-1], True] if len(ids) else np.zeros(0, bool)  # none without rules of hours
        bounds = np.flatnonzero(new)
        columns = ("category", "cycle_end", "owed", "counted", "maximum")
        self._columns = {name: self.table[name].to_numpy() for name in columns}
        self._rows = {str(ids[i]): (int(i), int(j)) for i, j in pairwise(bounds)}

    def rows(self, teacher_id: str) -> pd.DataFrame:
        """The rows of a teacher; none for an unknown one."""
        first, last = self._rows.get(teacher_id, (0, 0))
        return self.table.iloc[first:last]

    def rules(self, teacher_id: str) -> list[OwedRule]:
        """The rules that apply to a teacher; none for an unknown one."""
        first, last = self._rows.get(teacher_id, (0, 0))
        return owed_rules({name: column[first:last] for name, column in self._columns.items()})


def hours_line(rules: Sequence[OwedRule], category: str, hours: float, ends_on: date | None) -> Message:
    """The part of the sentence."""
    return hours_message(course_hours(rules, category, hours, ends_on))


def hours_message(result: CourseHours) -> Message:
    """What `course_hours` decided, in words."""
    if result.status == "unrecorded" or result.cycle_end is None:
        return message("reasons.hours_unrecorded")
    if result.status != "counts":
        return message(f"reasons.hours_{result.status}", end=iso(result.cycle_end))
    first, *others = [
        message(
            "reasons.hours_part",
            hours=part.hours,
            owed=part.owed,
            category=word("owed", part.category),
            end=iso(part.cycle_end),
        )
        for part in result.counted
    ]
    if not others:
        return message("reasons.hours_counted", part=first)
    return message("reasons.hours_counted_twice", first=first, second=others[0])
