"""Columns of order: each of a teacher's newest courses against a course, and the usual position of a course in lists.

Candidate sources add up a teacher's courses; trees gain from separate columns for the newest, the one before, ...,
and for several counts: the very next step, within three steps, any time later. Lift is how much more often one course
follows another than its share of all that follows anything (log; pointwise mutual information, Church & Hanks 1990).
Pairs of newest courses are contexts of their own, shrunk towards the single context where the pair is rare (interpolated
Markov chains, Jelinek & Mercer 1980).

Everything is counted; the numbering of teachers and courses has no influence.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.candidates.candidate_generation import Query
from models.candidates.sequential_candidates import LONGEST, followed_by
from models.data.enrolment_history import EnrolmentHistory

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Grid = NDArray[np.float32]
NEWEST: Final = 4  # courses with columns of their own
PRIOR: Final = 2.0  # weight of the wider context in a share, in courses
LIFT_PRIOR: Final = 0.5  # the same in a lift
SOON: Final = 3  # steps
PAIR_BACK: Final = (1, 2)  # steps between the two courses of a pair
PAIR_AHEAD: Final = 4  # steps after a pair that count
PAIR_FADE: Final = 0.7
#: table, and of how many newest courses
NEWEST_TABLES: Final = {"next": 2, "soon": 4, "later": 4, "lift": 4, "next_lift": 2, "order": 2, "both": 2}
OVER_ALL: Final = ("most_lift", "most_soon", "share_with_step", "least_order", "mean_lift")
OF_COURSE: Final = (
    "opens_lists",
    "ends_lists",
    "usual_place",
    "usual_length",
    "shorter_than_usual",
    "newest_takers",
)


class SequenceFeatures:
    """Counts of one history (N teachers, C courses)."""

    names: Final = (
        *(f"{name}_after_{age}" for name, ages in NEWEST_TABLES.items() for age in range(ages)),
        *OVER_ALL, "pair_newest", "pair_third", *OF_COURSE,
    )  # fmt: skip

    def __init__(self, history: EnrolmentHistory) -> None:
        courses = history.courses
        count = np.bincount(history.c, minlength=courses).astype(np.float64)
        takers = np.maximum(count, 1.0)
        share = count / max(count.sum(), 1.0)
        step, soon = followed_by(history, 0.0, 1), followed_by(history, 1.0, SOON)
        later = followed_by(history, 1.0)
        shares = {
            "next": _shrunk_share(step, step.sum(axis=1), share),
            "soon": _shrunk_share(soon, soon.sum(axis=1), share),
            "later": _shrunk_share(later, count, share),
        }
        self._tables: dict[str, Grid] = {name: grid.astype(np.float32) for name, grid in shares.items()}
        self._tables |= {
            "lift": _lift(later, LIFT_PRIOR),
            "next_lift": _lift(step, PRIOR),
            "order": ((later + 0.5) / (later + later.T + 1.0)).astype(np.float32),
            "both": np.log1p(later + later.T).astype(np.float32),
        }
        self._stepped = (soon > 0).astype(np.float32)
        self._pairs, self._pair_rows = _pair_contexts(history)
        ends = np.maximum(history.length[history.t] - 1, 1)
        self._course = np.stack([
            np.bincount(history.c[history.place == 0], minlength=courses) / takers,
            np.bincount(history.c[history.age == 0], minlength=courses) / takers,
            np.bincount(history.c, history.place / ends, courses) / takers,
            np.bincount(history.c, np.log(np.maximum(history.length[history.t], 1)), courses) / takers,
        ])  # fmt: skip
        self._takers = np.log1p(count)

    def columns(self, query: Query, row: Index, course: Index) -> Grid:
        """(m, len(names)) of pairs by their row in `query` and their course; NaN where she has too few courses."""
        history = query.history
        newest = _newest(history, len(query.teachers))
        columns: list[NDArray[np.floating]] = []
        for name, ages in NEWEST_TABLES.items():
            for age in range(ages):
                taken = newest[row, age]
                columns.append(np.where(taken >= 0, self._tables[name][taken, course], np.nan))
        columns += [grid[row, course] for grid in self._over_all(history, len(query.teachers))]
        columns += [self._pair(newest[:, (1, 0)], row, course), self._pair(newest[:, (2, 0)], row, course)]
        opens, ends, place, length = (one[course] for one in self._course)
        own = np.log(np.maximum(history.length, 1))[row]
        last = newest[row, 0]
        columns += [opens, ends, place, length, length - own, np.where(last >= 0, self._takers[last], -1.0)]
        return np.column_stack(columns).astype(np.float32)

    def _over_all(self, history: EnrolmentHistory, n: int) -> list[Grid]:
        """(n, C) each, in the order of OVER_ALL."""
        lift, soon, order = self._tables["lift"], self._tables["soon"], self._tables["order"]
        max_lift = np.full((n, history.courses), -9.0, np.float32)
        max_soon = np.zeros((n, history.courses), np.float32)
        min_order = np.full((n, history.courses), 1.0, np.float32)
        for age in range(min(int(history.length.max(initial=0)), LONGEST)):
            rows = np.flatnonzero(history.age == age)  # a teacher once, so plain indexing will do
            t, c = history.t[rows], history.c[rows]
            max_lift[t] = np.maximum(max_lift[t], lift[c])
            max_soon[t] = np.maximum(max_soon[t], soon[c])
            min_order[t] = np.minimum(min_order[t], order[c])
        mean = sparse.diags_array(1.0 / np.maximum(history.length, 1)) @ history.matrix()
        stepped, lifted = (np.asarray(mean @ grid, dtype=np.float32) for grid in (self._stepped, lift))
        return [max_lift, max_soon, stepped, min_order, lifted]

    def _pair(self, pair: Index, row: Index, course: Index) -> Array:
        """(m,) share of a course after two courses (n, 2), the earlier first."""
        wider = self._tables["later"]
        keys = pair[:, 0] * wider.shape[0] + pair[:, 1]
        at = np.minimum(np.searchsorted(self._pairs, keys), max(len(self._pairs) - 1, 0))
        complete = np.asarray((pair >= 0).all(axis=1), dtype=np.bool_)
        counted: NDArray[np.bool_] = np.zeros(len(keys), np.bool_)
        if len(self._pairs):
            counted = np.asarray(complete & (self._pairs[at] == keys), dtype=np.bool_)
        counts = np.zeros((len(keys), wider.shape[0]))
        counts[counted] = self._pair_rows[at[counted]].toarray()
        share = (counts[row, course] + PRIOR * wider[pair[row, 1], course]) / (
            counts.sum(axis=1)[row] + PRIOR
        )
        return np.where(complete[row], share, np.nan)


def _newest(history: EnrolmentHistory, n: int) -> Index:
    """(n, NEWEST) course numbers, the newest first, -1 where there is none."""
    newest = np.full((n, NEWEST), -1, np.intp)
    rows = np.flatnonzero(history.age < NEWEST)
    newest[history.t[rows], history.age[rows]] = history.c[rows]
    return newest


def _shrunk_share(count: Array, of: Array, share: Array) -> Array:
    """(C, C) shares of `of` (C,), shrunk with weight PRIOR towards the overall share (C,)."""
    return np.asarray((count + PRIOR * share) / (of[:, None] + PRIOR))


def _lift(count: Array, prior: float) -> Grid:
    """(C, C) log of how much more often the second follows the first than it follows anything."""
    follows = (count.sum(axis=0) + 1e-3) / (count.sum() + 1e-3 * len(count))
    share = (count + prior * follows) / (count.sum(axis=1, keepdims=True) + prior)
    return np.asarray(np.log(share / follows + 1e-3), dtype=np.float32)


def _pair_contexts(history: EnrolmentHistory) -> tuple[Index, sparse.csr_matrix]:
    """Keys (P,) of pairs of courses taken close to each other, and (P, C) what was taken soon after them."""
    width = history.courses
    pairs, next_courses, weights = [], [], []
    for back in PAIR_BACK:
        for ahead in range(1, PAIR_AHEAD + 1):
            at = np.flatnonzero((history.place >= back) & (history.age >= ahead))
            pairs.append(history.c[at - back] * width + history.c[at])
            next_courses.append(history.c[at + ahead])
            weights.append(np.full(len(at), PAIR_FADE ** (ahead - 1)))
    keys, row = np.unique(np.concatenate(pairs), return_inverse=True)
    cells = (row, np.concatenate(next_courses))
    return keys.astype(np.intp), sparse.csr_matrix((np.concatenate(weights), cells), shape=(len(keys), width))
