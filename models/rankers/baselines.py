"""Baselines that a recommender has to beat: chance, popularity, hours owed, self-reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.hours import ANY, hours_owed
from features.needs.evidence.indicator_map import IndicatorMap
from features.snapshot import TAKEN, Snapshot
from models.effects.need_rule import NeedRule
from models.rankers.scorer import PreparedScorer, Scorer, TrainingData

__all__ = ["HoursOwed", "NeedRule", "Popularity", "Random", "SelfReportMatch"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
YEAR: Final = pd.Timedelta(days=365)
PRIOR_TEACHERS: Final = 20.0  # weight of the overall rate in the rate of a stage and subject, in teachers


@dataclass
class Random(Scorer):
    """A hash in [0, 1) of the two ids and the seed: the same in every run and whatever other pairs are scored."""

    seed: int = 0
    name: str = "random"

    def fit(self, train: TrainingData) -> Self:
        """No parameters."""
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """Hashes of the ids."""
        seed = np.uint64(self.seed)
        teachers, courses = _hashes(snapshot.teacher_ids), _hashes(snapshot.course_ids)

        def score(t_idx: Index, c_idx: Index) -> Array:
            with np.errstate(over="ignore"):
                mixed = teachers[t_idx] * np.uint64(3) + courses[c_idx]
                mixed += seed * np.uint64(0x9E3779B97F4A7C15)
                for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
                    mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
            return np.asarray((mixed >> np.uint64(11)) / 2.0**53, dtype=np.float64)

        return score


@dataclass
class Popularity(Scorer):
    """Enrolments of the last year by stage and subject, shrunk towards the overall rate."""

    name: str = "popularity"
    # stage|subject ("" for all teachers) -> course -> enrolments a teacher and year
    rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def fit(self, train: TrainingData) -> Self:
        """Counts the members' enrolments."""
        snapshot, members = train.snapshot, train.members
        taken = snapshot.enrolments
        recent = taken["status"].isin(TAKEN) & (taken["requested_on"] > pd.Timestamp(snapshot.as_of) - YEAR)
        taken = taken[recent & members[taken["t"].to_numpy(np.intp)]]
        group = _stage_subject(snapshot)
        sizes = pd.Series(group[members]).value_counts()
        overall = taken["course_id"].value_counts() / max(int(members.sum()), 1)
        counts = taken.groupby([group[taken["t"].to_numpy(np.intp)], "course_id"]).size()
        rates = {"": {str(c): float(r) for c, r in overall.items()}}
        for name, size in sizes.items():
            own = counts.loc[name] if name in counts.index else pd.Series(dtype=np.float64)
            total = overall * PRIOR_TEACHERS + own.reindex(overall.index).fillna(0.0)
            rates[str(name)] = {str(c): float(r) for c, r in (total / (size + PRIOR_TEACHERS)).items()}
        self.rates = rates
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """Enrolments a teacher and year; a stage and subject absent from training gets the overall rate."""
        code, groups = pd.factorize(_stage_subject(snapshot))
        empty: dict[str, float] = {}
        rates = [
            pd.Series(self.rates.get(str(g), self.rates.get("", empty)), dtype=np.float64) for g in groups
        ]
        grid = np.array([r.reindex(snapshot.course_ids).fillna(0.0).to_numpy() for r in rates])
        grid = grid.reshape(len(groups), -1)
        return lambda t_idx, c_idx: np.asarray(grid[code[t_idx], c_idx], dtype=np.float64)


@dataclass
class HoursOwed(Scorer):
    """Hours of a course that count towards what the teacher still owes in its category, or in any; 0 without a rule."""

    name: str = "hours_owed"

    def fit(self, train: TrainingData) -> Self:
        """No parameters."""
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """Hours owed by category."""
        courses = snapshot.tables["courses"]
        owed, categories = _owed(snapshot)
        column = pd.Index(categories, dtype=object).get_indexer(
            pd.Index(courses["category"], dtype=object)
        )  # -1: any
        hours = courses["hours"].to_numpy(np.float64)

        def score(t_idx: Index, c_idx: Index) -> Array:
            return np.asarray(np.minimum(hours[c_idx], owed[t_idx, column[c_idx]]), dtype=np.float64)

        return score


@dataclass
class SelfReportMatch(Scorer):
    """How low teachers rate themselves on the goals of a course, by their latest self-reports, 0 to 1.

    One minus the scaled rating, averaged over goals; the others' average where a teacher did not answer.
    """

    name: str = "self_report"

    def fit(self, train: TrainingData) -> Self:
        """No parameters."""
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """Scaled ratings by teacher and competency."""
        deficit, goals = _self_rated_deficit(snapshot), snapshot.goals
        return lambda t_idx, c_idx: np.asarray((deficit[t_idx] * goals[c_idx]).sum(axis=1), dtype=np.float64)


def _hashes(ids: NDArray[np.object_]) -> NDArray[np.uint64]:
    return np.asarray(pd.util.hash_array(ids.astype(object), categorize=False), dtype=np.uint64)


def _stage_subject(snapshot: Snapshot) -> NDArray[np.object_]:
    """(N,) stage|subject."""
    teachers = snapshot.tables["teachers"]
    return (teachers["stage"] + "|" + teachers["subject"]).to_numpy(dtype=object)


def _owed(snapshot: Snapshot) -> tuple[Array, list[str]]:
    """(N, categories + 1) hours owed, the larger of the category's own and of any, last any alone; and the categories."""
    rows = hours_owed(snapshot.tables, snapshot.as_of)
    categories = sorted(snapshot.tables["courses"]["category"].dropna().unique())
    t = pd.Index(snapshot.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    column = pd.Index([*categories, ANY], dtype=object).get_indexer(pd.Index(rows["category"], dtype=object))
    grid = np.zeros((len(snapshot.teacher_ids), len(categories) + 1))
    used = column >= 0
    grid[t[used], column[used]] = rows["owed"].to_numpy(np.float64)[used]
    return np.column_stack([np.maximum(grid[:, :-1], grid[:, -1:]), grid[:, -1]]), categories


def _self_rated_deficit(snapshot: Snapshot) -> Array:
    """(N, K) one minus the scaled rating of the latest self-report on each leaf competency."""
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
    row, loading = IndicatorMap(snapshot.tables).of("self_report", cases)
    span = (surveys["scale_max"] - surveys["scale_min"]).to_numpy(np.float64)
    deficit = (surveys["scale_max"] - surveys["mean"]).to_numpy(np.float64) / np.where(span > 0, span, 1.0)
    mapped = row >= 0
    weight = loading[row[mapped]]
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, t[mapped], weight * deficit[mapped][:, None])
    np.add.at(count, t[mapped], weight)
    answers = count.sum(axis=0)
    average = np.where(answers > 0, total.sum(axis=0) / np.where(answers > 0, answers, 1.0), 0.5)
    return np.where(count > 0, total / np.where(count > 0, count, 1.0), average[None, :])
