"""Hours that rules still ask of the people of a planning problem, and which courses count towards them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.hours import ANY, OwedRule, course_hours, course_last_days, hours_owed
from features.snapshot import Snapshot
from recommender.planning.problem.candidate_pairs import Array, Index, Mask

CATEGORIES: Final = ("public", "professional", "elective", ANY)
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class OwedByCategory:
    """N people by `CATEGORIES`: the hours that can still count (at most those owed), and the running cycle's last day.

    countable (N, 4): 0 where no rule asks for hours. cycle_end (N, 4): NaT where no rule applies.
    """

    countable: Array
    cycle_end: Days

    def take(self, rows: Any) -> OwedByCategory:
        """Some of the people, by index or mask."""
        return OwedByCategory(self.countable[rows], self.cycle_end[rows])

    def rules(self, teacher: int) -> list[OwedRule]:
        """The rules of one of the people."""
        return [
            OwedRule(category, end.item(), float(hours), float(hours))
            for category, hours, end in zip(CATEGORIES, self.countable[teacher], self.cycle_end[teacher], strict=True)
            if not np.isnat(end)
        ]

    def counting(self, courses: pd.DataFrame) -> tuple[Index, Mask]:
        """(C,) the kind of each course, and (N, K, 4) whether a course of a kind counts for a person in a category.

        As `features.hours.course_hours` decides it. It is asked once for people who owe in the same categories until the
        same days, and courses of one category that end on one day; those with the same answers are one kind.
        """
        asking = np.column_stack([(self.countable > 0).astype(np.int64), self.cycle_end.astype(np.int64)])
        _, first, profile = np.unique(asking, axis=0, return_index=True, return_inverse=True)
        categories, days = courses["category"].astype(str), course_last_days(courses)
        answers = np.zeros((len(courses), len(first), len(CATEGORIES)), bool)
        for i, teacher in enumerate(first):
            rules, cached = self.rules(int(teacher)), {}
            for c, pair in enumerate(zip(categories, days, strict=True)):
                if pair not in cached:
                    counted = {part.category for part in course_hours(rules, pair[0], np.inf, pair[1]).counted}
                    cached[pair] = [category in counted for category in CATEGORIES]
                answers[c, i] = cached[pair]
        kinds, kind = np.unique(answers.reshape(len(courses), -1), axis=0, return_inverse=True)
        by_profile = kinds.reshape(len(kinds), len(first), len(CATEGORIES)).transpose(1, 0, 2)
        return kind.astype(np.intp).ravel(), by_profile[profile.ravel()]


def owed_by_category(snapshot: Snapshot, people: Index) -> OwedByCategory:
    """people: indices of teachers of the snapshot, in the order of the rows of the answer."""
    table = hours_owed(snapshot.tables, snapshot.as_of)
    countable = np.zeros((len(people), len(CATEGORIES)))
    cycle_end = np.full(countable.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    place = pd.Index(snapshot.teacher_ids[people]).get_indexer(pd.Index(table["teacher_id"], dtype=object))
    kind = pd.Index(CATEGORIES).get_indexer(pd.Index(table["category"], dtype=object))
    mask = (place >= 0) & (kind >= 0)
    rules, number = table[mask], np.float64
    room = rules["maximum"].to_numpy(number) - rules["counted"].to_numpy(number)
    countable[place[mask], kind[mask]] = np.maximum(np.minimum(rules["owed"].to_numpy(number), room), 0.0)
    cycle_end[place[mask], kind[mask]] = rules["cycle_end"].to_numpy("datetime64[D]")
    return OwedByCategory(countable, cycle_end)
