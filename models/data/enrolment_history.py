"""Enrolment histories: each teacher's courses in their order, the data of every candidate source.

Order is that of `requested_on`. Rows of one teacher with the same date have no order; they are sorted by a hash of their
ids, so that results do not depend on how ids were assigned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.snapshot import TAKEN, Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MIN_ORDERED_SHARE: Final = 0.1  # of the steps from one course to the next lead to a later day


@dataclass(frozen=True)
class EnrolmentHistory:
    """m enrolments of N teachers in C courses, teacher by teacher, each pair once, the earliest first.

    t, c (m,): indices as in the snapshot. age (m,): 0 for a teacher's newest course, 1 for the one before.
    """

    t: Index
    c: Index
    teachers: int
    courses: int

    @cached_property
    def first(self) -> Index:
        """(N + 1,) index of each teacher's first row."""
        return np.searchsorted(self.t, np.arange(self.teachers + 1)).astype(np.intp)

    @cached_property
    def length(self) -> Index:
        """(N,) courses of each teacher."""
        return np.diff(self.first).astype(np.intp)

    @cached_property
    def place(self) -> Index:
        """(m,) 0 for the first course of a teacher."""
        return (np.arange(len(self.t)) - self.first[self.t]).astype(np.intp)

    @cached_property
    def age(self) -> Index:
        """(m,) 0 for the newest course of a teacher."""
        return (self.length[self.t] - 1 - self.place).astype(np.intp)

    def matrix(self, weight: Array | None = None) -> sparse.csr_matrix:
        """(N, C) sparse, `weight` (m,), 1 by default, where a course was taken."""
        data = np.ones(len(self.t)) if weight is None else weight
        return sparse.csr_matrix((data, (self.t, self.c)), shape=(self.teachers, self.courses))

    def recent(self, decay: float) -> sparse.csr_matrix:
        """(N, C) sparse, decay^age, so that the newest course counts 1."""
        return self.matrix(decay ** self.age.astype(np.float64))

    def take(self, rows: NDArray[np.bool_]) -> EnrolmentHistory:
        """The enrolments where `rows` (m,) is True."""
        return EnrolmentHistory(self.t[rows], self.c[rows], self.teachers, self.courses)

    def last_part(self, share: float) -> NDArray[np.bool_]:
        """(m,) True for the newest `share` of each teacher's courses, at least one, but not her only one."""
        hidden = np.maximum(np.round(share * self.length), 1).astype(np.intp)
        hidden = np.where(self.length > 1, hidden, 0)
        return np.asarray(self.age < hidden[self.t])


def history_of(snapshot: Snapshot) -> EnrolmentHistory:
    """The courses that teachers took up, whatever the outcome, as known in `snapshot`."""
    taken = snapshot.enrolments
    taken = taken[taken["status"].isin(TAKEN) & (taken["c"] >= 0)]
    t, c = taken["t"].to_numpy(np.intp), taken["c"].to_numpy(np.intp)
    day = taken["requested_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    tie_break = pd.util.hash_array(
        (taken["course_id"] + "|" + taken["teacher_id"]).to_numpy(object), categorize=False
    )
    order = np.lexsort((tie_break, day, t))
    t, c = t[order], c[order]
    key = t.astype(np.int64) * max(len(snapshot.course_ids), 1) + c
    first = np.zeros(len(t), dtype=bool)
    first[np.unique(key, return_index=True)[1]] = True
    return EnrolmentHistory(t[first], c[first], len(snapshot.teacher_ids), len(snapshot.course_ids))


def has_order(snapshot: Snapshot) -> bool:
    """Whether dates order teachers' courses: at least MIN_ORDERED_SHARE of all steps lead to a later day."""
    taken = snapshot.enrolments
    taken = taken[taken["status"].isin(TAKEN) & (taken["c"] >= 0)]
    t = taken["t"].to_numpy(np.intp)
    day = taken["requested_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((day, t))
    same = t[order][1:] == t[order][:-1]
    return bool(same.any()) and float((np.diff(day[order]) > 0)[same].mean()) >= MIN_ORDERED_SHARE
