"""What a recommender has to beat: chance, popularity, hours still owed, what teachers say of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.hours import ANY, hours_owed
from features.needs.evidence.indicator_map import IndicatorMap
from features.snapshot import Snapshot
from models.data.relevance_labels import TAKEN
from models.effects.need_rule import NeedRule
from models.rankers.scorer import Scorer, TrainingData

__all__ = ["HoursOwed", "NeedRule", "Popularity", "Random", "SelfReportMatch"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
YEAR: Final = pd.Timedelta(days=365)
WHOLE_COUNT: Final = 20.0  # teachers' worth of the whole city in the rate of a stage and subject


@dataclass
class Random(Scorer):
    """A number in [0, 1) made of the two ids and the seed: the same in every run and for any other pairs."""

    seed: int = 0
    name: str = "random"

    def fit(self, train: TrainingData) -> Self:
        """Nothing to learn."""
        return self

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,)"""
        with np.errstate(over="ignore"):
            mixed = _hashed(snapshot.teacher_ids, t_idx) * np.uint64(3) + _hashed(snapshot.course_ids, c_idx)
            mixed += np.uint64(self.seed) * np.uint64(0x9E3779B97F4A7C15)
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
                mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.asarray((mixed >> np.uint64(11)) / 2.0**53, dtype=np.float64)


@dataclass
class Popularity(Scorer):
    """Enrolments of the last year by stage and subject, the rate of the whole mixed in where they are few."""

    name: str = "popularity"
    # kind of teacher ("" for the whole) -> course -> rate
    rates: dict[str, dict[str, float]] = field(default_factory=dict)

    def fit(self, train: TrainingData) -> Self:
        """Count the members' enrolments."""
        snapshot, members = train.snapshot, train.members
        taken = snapshot.enrolments
        recent = taken["status"].isin(TAKEN) & (taken["requested_on"] > pd.Timestamp(snapshot.as_of) - YEAR)
        taken = taken[recent & members[taken["t"].to_numpy(np.intp)]]
        kind = _kinds(snapshot)
        size = pd.Series(kind[members]).value_counts()
        whole = taken["course_id"].value_counts() / max(int(members.sum()), 1)
        counts = taken.groupby([kind[taken["t"].to_numpy(np.intp)], "course_id"]).size()
        self.rates = {"": {str(c): float(r) for c, r in whole.items()}}
        for name, people in size.items():
            own = counts.loc[name] if name in counts.index else pd.Series(dtype=np.float64)
            mixed = whole * WHOLE_COUNT + own.reindex(whole.index).fillna(0.0)
            self.rates[str(name)] = {str(c): float(r) for c, r in (mixed / (people + WHOLE_COUNT)).items()}
        return self

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) enrolments a teacher and year; a kind of teacher not seen in training gets the whole's."""
        code, kinds = pd.factorize(_kinds(snapshot))
        none: dict[str, float] = {}
        held = [pd.Series(self.rates.get(str(k), self.rates.get("", none)), dtype=np.float64) for k in kinds]
        grid = np.array([h.reindex(snapshot.course_ids).fillna(0.0).to_numpy() for h in held])
        return np.asarray(grid.reshape(len(kinds), -1)[code[t_idx], c_idx], dtype=np.float64)


@dataclass
class HoursOwed(Scorer):
    """The hours of a course that count towards what the teacher still owes in its category, or in any."""

    name: str = "hours_owed"
    _last: tuple[Snapshot, Array] | None = field(default=None, repr=False, compare=False)

    def fit(self, train: TrainingData) -> Self:
        """Nothing to learn."""
        return self

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) hours; 0 without a rule."""
        courses = snapshot.tables["courses"]
        if self._last is None or self._last[0] is not snapshot:
            self._last = (snapshot, _owed(snapshot))
        kinds = pd.Index(sorted(courses["category"].dropna().unique()), dtype=object)
        column = kinds.get_indexer(pd.Index(courses["category"], dtype=object))
        owed = self._last[1][t_idx, column[c_idx]]
        counting = np.minimum(courses["hours"].to_numpy(np.float64)[c_idx], owed)
        return np.asarray(counting, dtype=np.float64)


@dataclass
class SelfReportMatch(Scorer):
    """How low teachers rate themselves on what a course is for, by their latest self-reports."""

    name: str = "self_report"
    _last: tuple[Snapshot, Array] | None = field(default=None, repr=False, compare=False)

    def fit(self, train: TrainingData) -> Self:
        """Nothing to learn."""
        return self

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) 0 to 1: one less the rating, averaged over goals; others' average where she did not answer."""
        if self._last is None or self._last[0] is not snapshot:
            self._last = (snapshot, _lowness(snapshot))
        return np.asarray((self._last[1][t_idx] * snapshot.goals[c_idx]).sum(axis=1), dtype=np.float64)


def _hashed(ids: NDArray[np.object_], chosen: Index) -> NDArray[np.uint64]:
    places, where = np.unique(chosen, return_inverse=True)
    hashed = pd.util.hash_array(ids[places].astype(object), categorize=False)
    return np.asarray(hashed, dtype=np.uint64)[where]


def _kinds(snapshot: Snapshot) -> NDArray[np.object_]:
    """(N,) stage and subject as one word."""
    teachers = snapshot.tables["teachers"]
    return (teachers["stage"] + "|" + teachers["subject"]).to_numpy(dtype=object)


def _owed(snapshot: Snapshot) -> Array:
    """(N, categories of courses in order) hours owed, the larger of the category's own and of any."""
    rows = hours_owed(snapshot.tables, snapshot.as_of)
    kinds = sorted(snapshot.tables["courses"]["category"].dropna().unique())
    t = pd.Index(snapshot.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    column = pd.Index([*kinds, ANY], dtype=object).get_indexer(pd.Index(rows["category"], dtype=object))
    grid = np.zeros((len(snapshot.teacher_ids), len(kinds) + 1))
    used = column >= 0
    grid[t[used], column[used]] = rows["owed"].to_numpy(np.float64)[used]
    return np.maximum(grid[:, :-1], grid[:, -1:])


def _lowness(snapshot: Snapshot) -> Array:
    """(N, K) one less the scaled rating of the latest self-report on each leaf."""
    teachers, surveys = snapshot.tables["teachers"], snapshot.tables["surveys"]
    shape = (len(teachers), len(snapshot.needs.competency_ids))
    surveys = surveys[surveys["kind"] == "self_report"]
    t = pd.Index(snapshot.teacher_ids).get_indexer(pd.Index(surveys["teacher_id"], dtype=object))
    surveys = surveys.assign(t=t)[t >= 0].sort_values(["t", "date", "survey_id"], kind="stable")
    surveys = surveys.drop_duplicates(["t", "item"], keep="last")
    t = surveys["t"].to_numpy(np.intp)
    cases = pd.DataFrame({
        "indicator": surveys["item"].to_numpy(),
        "subject": teachers["subject"].to_numpy()[t],
        "stage": teachers["stage"].to_numpy()[t],
        "assessment_id": pd.Series([None] * len(t), dtype="str").to_numpy(),
    }).astype("str")  # fmt: skip
    row, q = IndicatorMap(snapshot.tables).of("self_report", cases)
    span = (surveys["scale_max"] - surveys["scale_min"]).to_numpy(np.float64)
    low = (surveys["scale_max"] - surveys["mean"]).to_numpy(np.float64) / np.where(span > 0, span, 1.0)
    says = row >= 0
    weight = q[row[says]]
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, t[says], weight * low[says][:, None])
    np.add.at(count, t[says], weight)
    heard = count.sum(axis=0)
    usual = np.where(heard > 0, total.sum(axis=0) / np.where(heard > 0, heard, 1.0), 0.5)
    return np.where(count > 0, total / np.where(count > 0, count, 1.0), usual[None, :])
