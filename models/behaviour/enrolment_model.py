"""P(the teacher enrols in the course within a year), for near-ties and for cities without any evidence.

Fitted to the last year of the teachers' history: columns as of a year ago, outcome the enrolments since.
Courses not taken are sampled and weighted by the inverse of their sampling share, so the probabilities are those
of all open pairs. It predicts enrolment, never gain. Without enough history: a prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.eligibility import OWN_ONLY, Eligibility, effective_subjects, subject_grid
from features.snapshot import TAKEN, Snapshot
from features.tables import Tables
from models.behaviour.logistic import PortableLogistic
from models.rankers.scorer import PreparedScorer, TrainingData

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
MAX_TEACHERS: Final = 4000  # sampled for fitting
NEGATIVES: Final = 40  # courses not taken, sampled a teacher
BLOCK: Final = 1000
GROUP_PRIOR: Final = 20.0  # weight of the overall rate in the rate of a stage and subject, in teachers
SCHOOL_PRIOR: Final = 10.0  # weight of that in the rate of a school, in teachers


@dataclass
class EnrolmentModel:
    """The prior until it is fitted."""

    model: PortableLogistic = PRIOR
    enrolments: int = 0

    def fit(self, train: TrainingData) -> Self:
        """Fits to the members' enrolments of the last year that the snapshot knows."""
        self.model, self.enrolments = PRIOR, 0
        snapshot = train.snapshot
        start = pd.Timestamp(snapshot.as_of) - YEAR
        taken = snapshot.enrolments
        taken = taken[taken["status"].isin(TAKEN) & (taken["c"] >= 0)]
        recent = taken[(taken["requested_on"] > start) & train.members[taken["t"].to_numpy(np.intp)]]
        if len(recent) < FEWEST or int((taken["requested_on"] <= start).sum()) < FEWEST:
            return self
        year_ago = start.date()
        before = snapshot.tables.until(year_ago)
        t, c, y, weight = _sample(train, Eligibility(before, year_ago), recent)
        if y.sum() >= FEWEST and not y.all():
            self.model = PortableLogistic.fitted(NAMES, EnrolmentColumns(before, year_ago)(t, c), y, weight)
            self.enrolments = int(y.sum())
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """P(enrols within a year of the snapshot's date)."""
        model, columns = self.model, EnrolmentColumns(snapshot.tables, snapshot.as_of)
        return lambda t_idx, c_idx: model.probability(columns(t_idx, c_idx))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle."""
        return {"model": self.model.to_json(), "enrolments": self.enrolments}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`. Raises ValueError when it was fitted on other columns."""
        return cls(PortableLogistic.from_json(content["model"], NAMES), int(content["enrolments"]))


class EnrolmentColumns:
    """The model's columns: enrolments of the year before a date, by stage and subject and by school."""

    def __init__(self, tables: Tables, as_of: date) -> None:
        teachers, courses = tables["teachers"], tables["courses"]
        self._width = max(len(courses), 1)
        group = teachers.groupby(["stage", "subject"], dropna=False).ngroup()
        self._group: Index = np.asarray(group, dtype=np.intp)
        self._school: Index = pd.factorize(teachers["school_id"], sort=True)[0].astype(np.intp)
        taken = tables["enrolments"]
        taken = taken[taken["status"].isin(TAKEN) & (taken["requested_on"] > pd.Timestamp(as_of) - YEAR)]
        t = pd.Index(teachers["teacher_id"]).get_indexer(pd.Index(taken["teacher_id"]))
        c = pd.Index(courses["course_id"]).get_indexer(pd.Index(taken["course_id"]))
        indexed = (t >= 0) & (c >= 0)
        t, c = t[indexed].astype(np.intp), c[indexed].astype(np.intp)
        self._activity = np.log1p(np.bincount(t, minlength=len(teachers)))
        count = np.bincount(c, minlength=len(courses)).astype(np.float64)
        self._overall: Array = (count + 0.5) / (len(teachers) + 1.0)
        self._by_group = GroupRates(self._group[t] * self._width + c, self._group)
        self._by_school = GroupRates(self._school[t] * self._width + c, self._school)
        self._taught, subjects = pd.factorize(
            effective_subjects(teachers["subject"], teachers["stage"]), use_na_sentinel=False
        )
        self._admitted, lists = pd.factorize(courses["subjects"], use_na_sentinel=False)
        grid = subject_grid(pd.Series(subjects, dtype="str"), pd.Series(lists, dtype="str"))
        grid &= ~pd.isna(np.asarray(lists, dtype=object))[None, :]
        self._named = grid.astype(np.float64)
        self._own = courses["owner_level"].isin(OWN_ONLY).to_numpy(np.float64)
        self._hours = np.log(np.maximum(courses["hours"].to_numpy(np.float64), 1.0))
        self._online = (courses["mode"] == "online").to_numpy(np.float64)

    def __call__(self, t: Index, c: Index) -> Array:
        """(n, 7). Popularities are log rates a teacher and year, shrunk towards the wider group's rate."""
        group, school = self._group[t], self._school[t]
        by_group = self._by_group(group * self._width + c, group, self._overall[c], GROUP_PRIOR)
        by_school = self._by_school(school * self._width + c, school, by_group, SCHOOL_PRIOR)
        uniform = np.log(1.0 / self._width)
        return np.column_stack([
            np.log(by_group) - uniform, np.log(by_school / by_group), self._activity[t],
            self._named[self._taught[t], self._admitted[c]], self._own[c], self._hours[c] - np.log(16.0),
            self._online[c],
        ])  # fmt: skip


class GroupRates:
    """Occurrences of (group, course) keys for each teacher of the group."""

    def __init__(self, keys: Index, group: Index) -> None:
        self._keys, self._count = np.unique(keys, return_counts=True)
        self._size = np.bincount(group).astype(np.float64)

    def __call__(self, key: Index, group: Index, prior: Array, strength: float) -> Array:
        """(n,) occurrences a teacher, shrunk towards the rate `prior` (n,) with the weight of `strength` teachers."""
        count = np.zeros(len(key))
        if len(self._keys):
            at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
            count = np.where(self._keys[at] == key, self._count[at], 0.0)
        return np.asarray((count + strength * prior) / (self._size[group] + strength), dtype=np.float64)


def _sample(
    train: TrainingData, eligibility: Eligibility, recent: pd.DataFrame
) -> tuple[Index, Index, NDArray[np.bool_], Array]:
    """(t, c, y, weight): members' pairs open a year ago, all that were taken and a sample of the others."""
    rng = np.random.default_rng(train.seed)
    members = np.flatnonzero(train.members)
    teachers = np.sort(rng.permutation(members)[:MAX_TEACHERS])
    width = len(train.snapshot.course_ids)
    keys = np.unique(recent["t"].to_numpy(np.intp) * width + recent["c"].to_numpy(np.intp))
    parts = []
    for start in range(0, len(teachers), BLOCK):
        block = teachers[start : start + BLOCK]
        row, c = np.nonzero(eligibility.block(block))
        y = np.isin(block[row] * width + c, keys)
        not_taken = np.bincount(row[~y], minlength=len(block))
        share = np.minimum(NEGATIVES / np.maximum(not_taken, 1), 1.0)[row]
        sample = y | (rng.random(len(row)) < share)
        weight = np.where(y, 1.0, 1.0 / share)
        parts.append((block[row][sample], c[sample], y[sample], weight[sample]))
    t_idx, c_idx, y_all, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return t_idx.astype(np.intp), c_idx.astype(np.intp), y_all.astype(np.bool_), weights.astype(np.float64)
