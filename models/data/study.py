"""A study of one city: snapshots in time, the school split, labels, and the models fitted to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import Message, message
from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.data.leave_last_out import common_calendar, leave_last_out
from models.data.relevance_labels import PairLabels, no_labels, outcome_labels, uptake_labels
from models.data.temporal_split import (
    Diagnosis,
    HeldOut,
    SchoolSplit,
    TimeWindow,
    UnitKind,
    choose_window,
    enrolments_between,
    evidence_between,
    school_roles,
    snapshot_at,
    split_units,
)
from models.effects.effect_estimates import CourseEffects, estimate_effects
from models.effects.need_rule import NeedRule
from models.effects.pre_post_tests import pre_post_sums
from models.effects.treatment_effects import compare_courses, no_comparison
from models.evaluation.promotion_gate import FALLBACK, Objective
from models.rankers.gain_ranker import GainRanker
from models.rankers.next_course import NextCourse
from models.rankers.scorer import TrainingData
from models.rankers.scoring_model import ScoringModel, new_ranker

Progress = Callable[[Message, float], None] | None  # the step, and the share done


@dataclass(frozen=True, repr=False)
class Study:
    """A city split in time and by schools. `window`, `before` and `later` are None where there are too few data.

    now, before: snapshots at as-of and at T0. later: needs from the evidence of the window. taken: enrolments of the
    window. units (N,): the unit of the split of each teacher, of `unit_kind`. Without evidence and without a common calendar
    (`models/data/leave_last_out.py`) `window` is None and `before` lacks the last part of each teacher's courses.
    """

    tables: Tables
    as_of: date
    objective: Objective
    seed: int
    now: Snapshot
    window: TimeWindow | None
    before: Snapshot | None
    later: Needs | None
    taken: pd.DataFrame
    roles: SchoolSplit
    units: NDArray[np.object_]
    unit_kind: UnitKind = "school"

    def __repr__(self) -> str:
        window = "none" if self.window is None else f"{self.window.t0} to {self.window.t1}"
        sizes = ", ".join(f"{int(getattr(self.roles, name).sum())} {name}" for name in ("train", "valid", "test"))
        return (
            f"Study at {self.as_of} ({self.objective}): label window {window}; "
            f"teachers: {sizes}\n  held out: {self.held_out}"
        )

    @property
    def held_out(self) -> HeldOut:
        """The units of the test set among all."""
        return HeldOut(self.unit_kind, len(set(self.units[self.roles.test])), len(set(self.units)))

    def labels(self, members: NDArray[np.bool_], negatives: int = 30) -> PairLabels:
        """Labels of the window from the data of the members (N,) only; none where there are too few data."""
        if self.before is None:
            return no_labels()
        if self.objective == "uptake":
            return uptake_labels(self.before, self.taken, members, self.seed, negatives)
        if self.later is None:
            return no_labels()
        return outcome_labels(self.before, self.later, self.taken, members)


def open_study(
    tables: Tables, needs_at: Diagnosis, as_of: date, seed: int, progress: Progress = None
) -> Study:
    """Split the tables; compute needs now, at T0 and from later evidence only. Raises DataError on a leak."""
    _report(progress, "models.needs_now", 0.0)
    now = snapshot_at(tables, needs_at, as_of)
    objective: Objective = "gain" if now.needs.has_evidence else "uptake"
    kind, units = split_units(tables["teachers"], objective)
    roles, names = school_roles(units), units.to_numpy(dtype=object)
    window = choose_window(tables, as_of)
    if objective == "uptake" and not (window and common_calendar(tables.until(as_of), window)):
        before, hidden = leave_last_out(now)
        return Study(tables, as_of, objective, seed, now, None, before, None, hidden, roles, names, kind)
    if window is None:
        nothing = tables["enrolments"].iloc[:0]
        return Study(tables, as_of, objective, seed, now, None, None, None, nothing, roles, names, kind)
    _report(progress, "models.needs_t0", 0.15)
    before = snapshot_at(tables, needs_at, window.t0)
    later = None
    if objective == "gain":
        _report(progress, "models.needs_later", 0.3)
        evidence = evidence_between(tables, window)
        if evidence.latest_evidence() is not None:
            later = needs_at(evidence, as_of)
    taken = enrolments_between(tables, window)
    return Study(tables, as_of, objective, seed, now, window, before, later, taken, roles, names, kind)


def training_data(study: Study, members: NDArray[np.bool_], snapshot: Snapshot) -> TrainingData:
    """The data of completion, enrolment and baseline models: the members' history as known in `snapshot`."""
    return TrainingData(snapshot, study.taken, members, study.seed)


def fit(
    study: Study,
    roles: SchoolSplit,
    snapshot: Snapshot | None,
    threads: int = 1,
    progress: Progress = None,
    with_ranker: bool = True,
) -> ScoringModel:
    """Completion and enrolment fitted to `snapshot`, the ranker to the window's labels, on train and valid schools.

    The model ranks by the gate's fallback; its `ranker` is None where there are too few labels.
    """
    snapshot = snapshot if snapshot is not None else study.now
    data = training_data(study, roles.development, snapshot)
    _report(progress, "models.train_completion", 0.5)
    completion, enrolment = CompletionModel().fit(data), EnrolmentModel().fit(data)
    rule = NeedRule()
    if study.objective == "gain":
        _report(progress, "models.course_effects", 0.55)
        rule.estimated = course_effects(study, roles.development, snapshot)
    ranker: GainRanker | NextCourse | None = None
    if with_ranker and study.before is not None:
        _report(progress, "models.train_ranker", 0.6)
        ranker = new_ranker(study.objective, rule, completion, enrolment, study.seed, threads)
        if not ranker.fit_labels(study.before, study.labels(roles.development, negatives=1), roles):
            ranker = None
    return ScoringModel(study.objective, FALLBACK[study.objective], rule, completion, enrolment, ranker)


def course_effects(study: Study, members: NDArray[np.bool_], snapshot: Snapshot) -> CourseEffects:
    """Course effects from the members' tests, and the claims that later evidence supports."""
    compared = no_comparison(len(snapshot.course_ids))
    if study.before is not None and study.later is not None:
        compared = compare_courses(study.before, study.later, study.taken, members)
    return estimate_effects(snapshot, *NeedRule().prior_effects(snapshot), pre_post_sums(snapshot, members), compared)


def _report(progress: Progress, code: str, share: float) -> None:
    if progress is not None:
        progress(message(code), share)
