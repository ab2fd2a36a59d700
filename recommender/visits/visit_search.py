"""The search for visits: values of all single actions, the allocation, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.effects.first_course_value import FirstCourseValue
from recommender.lists.recommend import Recommender
from recommender.visits.link_values import link_values
from recommender.visits.visit_allocation import Allocation, Links, allocate
from recommender.visits.visit_plan import CENTRAL, KINDS, ExpectedWorth, VisitQuestion
from recommender.visits.visit_values import VisitValues

Array = NDArray[np.float64]
Index = NDArray[np.intp]
DRAWS: Final = 64  # to compare all teachers
FINE: Final = 512  # for those chosen, drawn again: choosing by few draws prefers lucky ones
LIST_COLUMNS: Final = ["kind", "teacher_id", "name", "class_id", "subject", "visits"]


class VisitSearch:
    """Values of all actions of a question, the allocation, and what it is worth."""

    def __init__(self, ready: Recommender, question: VisitQuestion, values: VisitValues, unlinked: pd.DataFrame) -> None:
        self._ready, self._question, self._values = ready, question, values
        self._teachers, self._school = values.teachers, ready.school_of[values.teachers]
        none = np.zeros(len(self._teachers))
        self._single = [
            self._value({kind: 1}, self._teachers) if kind in question.kinds else FirstCourseValue(none, none, none, none)
            for kind in KINDS[:2]
        ]
        register = ready.snapshot.tables["teachers"].iloc[self._teachers]
        some = unlinked if "class_link" in question.kinds else unlinked.iloc[:0]
        links = link_values(some, register, lambda occasions: self._value(occasions, self._teachers))
        self._unlinked, self._link_value, self._link_sd = links.classes, links.value, links.sd

    def _value(self, occasions: Mapping[str, int], teachers: Index, fine: bool = False) -> FirstCourseValue:
        seed = self._question.seed
        return self._values.of(teachers, occasions, FINE if fine else DRAWS, seed + 1_000_003 if fine else seed)

    def allocation(self) -> Allocation:
        """The greedy choice."""
        link_school = np.searchsorted(self._ready.school_ids, self._unlinked["school_id"].to_numpy(dtype=object))
        single = np.column_stack([one.mean for one in self._single])
        return allocate(
            single, self._school, Links(link_school.astype(np.intp), self._link_value), self._question.budget,
            self._question.per_school, self._table,
        )  # fmt: skip

    def _table(self, rows: Index) -> Array:
        """(m, 4, 2) values of so many lessons and surveys together."""
        table = np.zeros((len(rows), 4, 2))
        for lessons in range(4):
            for surveys in range(2):
                occasions = {k: n for k, n in zip(KINDS[:2], (lessons, surveys), strict=True) if n and k in self._question.kinds}
                if occasions and len(rows):
                    table[:, lessons, surveys] = self._value(occasions, self._teachers[rows]).mean
        return table

    def worth(self, allocation: Allocation) -> tuple[ExpectedWorth, float]:
        """With other draws than those it was chosen by; and the most that one person can bring to it."""
        gain = variance = changed = 0.0
        largest = float(max((one.mean.max(initial=0.0) for one in self._single), default=0.0))
        for count in np.unique(allocation.counts, axis=0):
            mine = (allocation.counts == count).all(axis=1)
            occasions = {k: int(n) for k, n in zip(KINDS[:2], count, strict=True) if n}
            value = self._value(occasions, self._teachers[allocation.teacher[mine]], fine=True)
            gain, variance, changed = gain + value.mean.sum(), variance + (value.sd**2).sum(), changed + value.changes.sum()
            largest = max(largest, float(value.mean.max(initial=0.0)))
        links = allocation.links
        gain += float(self._link_value[links].sum())
        variance += float((self._link_sd[links] ** 2).sum())
        spread = CENTRAL * float(np.sqrt(variance))
        low, high = max(float(gain) - spread, 0.0), float(gain) + spread
        return ExpectedWorth(float(gain), low, high, self._random(allocation), float(changed)), largest

    def _random(self, allocation: Allocation) -> float:
        """The same number of visits of each kind, each to another teacher drawn by lot among those it can be made to."""
        total = 0.0
        for kind, one in enumerate(self._single):
            open_to = self._values.offered(KINDS[kind])
            number = int(allocation.counts[:, kind].sum())
            if number and open_to.any():
                total += min(number, int(open_to.sum())) * float(one.mean[open_to].mean())
        if len(allocation.links):
            total += len(allocation.links) * float(self._link_value.mean())
        return total

    def actions(self, allocation: Allocation) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        """(a,) school id and (a, 3) visits by kind of each teacher and class chosen."""
        ids = self._ready.school_ids
        classes = self._unlinked["school_id"].to_numpy(dtype=object)[allocation.links]
        schools = np.concatenate([ids[self._school[allocation.teacher]], classes])
        visits = np.zeros((len(schools), 3), dtype=np.int64)
        visits[: len(allocation.teacher), :2] = allocation.counts
        visits[len(allocation.teacher) :, 2] = 1
        return schools, visits

    def rows(self, allocation: Allocation) -> pd.DataFrame:
        """LIST_COLUMNS, by kind, then by id: the order says nothing of the value."""
        register = self._ready.snapshot.tables["teachers"].iloc[self._teachers[allocation.teacher]]
        classes = self._unlinked.iloc[allocation.links][["class_id", "subject"]].assign(kind=KINDS[2], visits=1)
        parts = [
            register[["teacher_id", "name"]].assign(kind=name, visits=allocation.counts[:, kind])
            for kind, name in enumerate(KINDS[:2])
        ]
        rows = pd.concat([*parts, classes], ignore_index=True)
        rows = rows[rows["visits"] > 0].reindex(columns=LIST_COLUMNS)
        return rows.sort_values(["kind", "teacher_id", "class_id"], kind="stable", ignore_index=True)
