"""The teacher's part of line 3: which hours of a course count towards what she owes, and towards which rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from features.hours import CourseHours, OwedRule, course_hours, hours_owed, owed_rules
from features.messages import Message, message
from features.snapshot import Snapshot
from recommender.lists.sorted_ids import SortedIds
from recommender.text import word
from recommender.text.formats import iso


class OwedHours:
    """Hours owed by teacher; `table` has the rows of `features.hours.hours_owed` for the teacher's own page."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.table = hours_owed(snapshot.tables, snapshot.as_of)
        codes, ids = pd.factorize(self.table["teacher_id"])  # rows of a teacher stand together
        self._ids = SortedIds(ids)
        self._starts = np.append(np.flatnonzero(np.diff(codes, prepend=-1)), len(codes)).astype(np.int32)
        columns = ("cycle_end", "owed", "counted", "maximum")
        self._columns = {name: self.table[name].to_numpy() for name in columns}
        category, names = pd.factorize(self.table["category"])
        self._columns["category"] = np.asarray(names, dtype=object)[category]  # a few strings, not one a row

    def rows(self, teacher_id: str) -> pd.DataFrame:
        """The rows of a teacher; none for an unknown one."""
        first, last = self._bounds(teacher_id)
        return self.table.iloc[first:last]

    def _bounds(self, teacher_id: str) -> tuple[int, int]:
        place = self._ids.place(teacher_id)
        return (0, 0) if place is None else (int(self._starts[place]), int(self._starts[place + 1]))

    def rules(self, teacher_id: str) -> list[OwedRule]:
        """The rules that apply to a teacher; none for an unknown one."""
        first, last = self._bounds(teacher_id)
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
