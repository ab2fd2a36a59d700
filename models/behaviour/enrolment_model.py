"""P(the teacher enrols in the course within a year), for near-ties and for cities without any evidence.

Learnt from the last year of the teachers' history: columns as they stood a year ago, outcome what they took
since. Courses not taken are sampled and weighted back, so the probabilities are those of all open pairs. It
says what will be taken, never what it is worth. Without enough history: a stated prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.eligibility import OWN_ONLY, Eligibility, subject_grid
from features.snapshot import Snapshot
from features.tables import Tables
from models.behaviour.logistic import PortableLogistic
from models.data.relevance_labels import TAKEN
from models.rankers.scorer import TrainingData

Array = NDArray[np.float64]
Index = NDArray[np.intp]

NAMES: Final = (
    "popularity_by_kind", "popularity_by_school", "activity", "subject_named", "own", "log_hours", "online",
)  # fmt: skip
PRIOR: Final = PortableLogistic(
    NAMES,
    mean=(0.0,) * 7,
    scale=(1.0,) * 7,
    slopes=(0.3, 0.3, 0.3, 0.5, 0.3, -0.2, 0.2),
    intercept=float(np.log(0.02 / 0.98)),
)
YEAR: Final = pd.Timedelta(days=365)
FEWEST: Final = 60  # enrolments in the last year and before it
TEACHERS: Final = 4000  # looked at while learning
NOT_TAKEN: Final = 40  # courses sampled a teacher
BLOCK: Final = 1000
KIND_COUNT: Final = 20.0  # teachers' worth of the whole in the rate of a stage and subject
SCHOOL_COUNT: Final = 10.0  # teachers' worth of that in the rate of a school


@dataclass
class EnrolmentModel:
    """The prior until it is fitted."""

    model: PortableLogistic = PRIOR
    enrolments: int = 0
    _last: tuple[Snapshot, _Year] | None = field(default=None, repr=False, compare=False)

    def fit(self, train: TrainingData) -> Self:
        """Learn from what the members took in the last year that the snapshot knows."""
        self.model, self.enrolments, self._last = PRIOR, 0, None
        snapshot = train.snapshot
        start = pd.Timestamp(snapshot.as_of) - YEAR
        taken = snapshot.enrolments
        taken = taken[taken["status"].isin(TAKEN) & (taken["c"] >= 0)]
        recent = taken[(taken["requested_on"] > start) & train.members[taken["t"].to_numpy(np.intp)]]
        if len(recent) < FEWEST or int((taken["requested_on"] <= start).sum()) < FEWEST:
            return self
        then = start.date()
        before = snapshot.tables.until(then)
        t, c, y, weight = _sample(train, Eligibility(before, then), recent)
        if y.sum() >= FEWEST and not y.all():
            self.model = PortableLogistic.fitted(NAMES, _Year(before, then).columns(t, c), y, weight)
            self.enrolments = int(y.sum())
        return self

    def probability(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) P(enrols within a year)."""
        last = self._last  # one read: another thread may set it in between
        if last is None or last[0] is not snapshot:
            self._last = last = (snapshot, _Year(snapshot.tables, snapshot.as_of))
        return self.model.probability(last[1].columns(t_idx, c_idx))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle."""
        return {"model": self.model.to_json(), "enrolments": self.enrolments}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`. Raises ValueError when it was fitted on other columns."""
        return cls(PortableLogistic.from_json(content["model"], NAMES), int(content["enrolments"]))


class _Year:
    """Who took what in the year before a date, by stage and subject and by school."""

    def __init__(self, tables: Tables, as_of: date) -> None:
        teachers, courses = tables["teachers"], tables["courses"]
        self._courses = max(len(courses), 1)
        kind = teachers.groupby(["stage", "subject"], dropna=False).ngroup()
        self._kind: Index = np.asarray(kind, dtype=np.intp)
        self._school: Index = pd.factorize(teachers["school_id"], sort=True)[0].astype(np.intp)
        taken = tables["enrolments"]
        since = pd.Timestamp(as_of) - YEAR
        taken = taken[taken["status"].isin(TAKEN) & (taken["requested_on"] > since)]
        t = pd.Index(teachers["teacher_id"]).get_indexer(pd.Index(taken["teacher_id"]))
        c = pd.Index(courses["course_id"]).get_indexer(pd.Index(taken["course_id"]))
        known = (t >= 0) & (c >= 0)
        t, c = t[known].astype(np.intp), c[known].astype(np.intp)
        self._activity = np.log1p(np.bincount(t, minlength=len(teachers)))
        asked_for = np.bincount(c, minlength=len(courses)).astype(np.float64)
        self._whole: Array = (asked_for + 0.5) / (len(teachers) + 1.0)
        self._by_kind = _Counts(self._kind[t] * self._courses + c, self._kind)
        self._by_school = _Counts(self._school[t] * self._courses + c, self._school)
        held, holds = pd.factorize(teachers["subject"], use_na_sentinel=False)
        asked, asks = pd.factorize(courses["subjects"], use_na_sentinel=False)
        grid = subject_grid(pd.Series(holds, dtype="str"), pd.Series(asks, dtype="str"))
        grid &= ~pd.isna(np.asarray(asks, dtype=object))[None, :]
        self._held, self._asked, self._named = held, asked, grid.astype(np.float64)
        self._own = courses["owner_level"].isin(OWN_ONLY).to_numpy(np.float64)
        self._hours = np.log(np.maximum(courses["hours"].to_numpy(np.float64), 1.0))
        self._online = (courses["mode"] == "online").to_numpy(np.float64)

    def columns(self, t: Index, c: Index) -> Array:
        """(n, 7). Popularities are log rates a teacher and year, the wider group's rate mixed in."""
        kind, school = self._kind[t], self._school[t]
        whole = self._whole[c]
        by_kind = self._by_kind.rate(kind * self._courses + c, kind, whole, KIND_COUNT)
        by_school = self._by_school.rate(school * self._courses + c, school, by_kind, SCHOOL_COUNT)
        typical = np.log(1.0 / self._courses)
        return np.column_stack([
            np.log(by_kind) - typical, np.log(by_school / by_kind), self._activity[t],
            self._named[self._held[t], self._asked[c]], self._own[c], self._hours[c] - np.log(16.0),
            self._online[c],
        ])  # fmt: skip


class _Counts:
    """How often a (group, course) key occurs, and how many teachers a group has."""

    def __init__(self, keys: Index, group: Index) -> None:
        self._keys, self._count = np.unique(keys, return_counts=True)
        self._size = np.bincount(group).astype(np.float64)

    def rate(self, key: Index, group: Index, wider: Array, strength: float) -> Array:
        """(n,) occurrences a teacher, `strength` teachers of the wider rate mixed in."""
        found = np.zeros(len(key))
        if len(self._keys):
            place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
            found = np.where(self._keys[place] == key, self._count[place], 0.0)
        return np.asarray((found + strength * wider) / (self._size[group] + strength), dtype=np.float64)


def _sample(
    train: TrainingData, open_then: Eligibility, recent: pd.DataFrame
) -> tuple[Index, Index, NDArray[np.bool_], Array]:
    """(t, c, taken, weight): all pairs taken and some not taken of members, among those open a year ago."""
    rng = np.random.default_rng(train.seed)
    members = np.flatnonzero(train.members)
    chosen = np.sort(rng.permutation(members)[:TEACHERS])
    width = len(train.snapshot.course_ids)
    keys = np.unique(recent["t"].to_numpy(np.intp) * width + recent["c"].to_numpy(np.intp))
    parts = []
    for start in range(0, len(chosen), BLOCK):
        block = chosen[start : start + BLOCK]
        row, c = np.nonzero(open_then.block(block))
        y = np.isin(block[row] * width + c, keys)
        open_to = np.bincount(row[~y], minlength=len(block))
        share = np.minimum(NOT_TAKEN / np.maximum(open_to, 1), 1.0)[row]
        kept = y | (rng.random(len(row)) < share)
        weight = np.where(y, 1.0, 1.0 / share)
        parts.append((block[row][kept], c[kept], y[kept], weight[kept]))
    t_idx, c_idx, y_all, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return t_idx.astype(np.intp), c_idx.astype(np.intp), y_all.astype(np.bool_), weights.astype(np.float64)
