"""One study of one city: what is known when, who may be learnt from, and the models fitted on that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables
from models.completion import Completion
from models.dataset import (
    Diagnosis,
    Roles,
    Window,
    choose_window,
    evidence_between,
    school_roles,
    snapshot_at,
    taken_between,
)
from models.gain import NeedRule
from models.gate import FALLBACK, Objective
from models.labels import PairLabels, no_labels, outcome_labels, uptake_labels
from models.ranker import Ranker
from models.scorer import TrainingData
from models.served import Served, new_ranker
from models.uptake import Uptake

Progress = Callable[[str, float], None] | None


@dataclass(frozen=True)
class Study:
    """A city cut in time. `window`, `before` and `later` are None where there is too little to learn from."""

    tables: Tables
    as_of: date
    objective: Objective
    seed: int
    now: Snapshot
    window: Window | None
    before: Snapshot | None
    later: Needs | None
    taken: pd.DataFrame
    roles: Roles

    def labels(self, members: NDArray[np.bool_], negatives: int = 30) -> PairLabels:
        """Labels of the window from the members' data alone; none in a cold city."""
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
    """Cut the tables; needs now, at T0 and from later evidence alone. Raises DataRefused on a leak."""
    _tell(progress, "诊断 / Needs now", 0.0)
    now = snapshot_at(tables, needs_at, as_of)
    objective: Objective = "gain" if now.needs.has_evidence else "uptake"
    roles = school_roles(tables["teachers"]["school_id"])
    window = choose_window(tables, as_of)
    if window is None:
        return Study(
            tables, as_of, objective, seed, now, None, None, None, tables["enrolments"].iloc[:0], roles
        )
    _tell(progress, "诊断 / Needs at T0", 0.15)
    before = snapshot_at(tables, needs_at, window.t0)
    later = None
    if objective == "gain":
        _tell(progress, "诊断 / Needs from later evidence", 0.3)
        evidence = evidence_between(tables, window)
        if evidence.latest_evidence() is not None:
            later = needs_at(evidence, as_of)
    taken = taken_between(tables, window)
    return Study(tables, as_of, objective, seed, now, window, before, later, taken, roles)


def training_data(study: Study, members: NDArray[np.bool_], snapshot: Snapshot) -> TrainingData:
    """What completion, take-up and baselines learn from: the members' history as known in `snapshot`."""
    return TrainingData(snapshot, study.taken, members, study.seed)


def fit(
    study: Study,
    roles: Roles,
    snapshot: Snapshot | None,
    threads: int = 1,
    progress: Progress = None,
    with_ranker: bool = True,
) -> Served:
    """Completion and take-up from what `snapshot` knows, the ranker from the window's labels; seen schools.

    What comes back ranks as its gate's fallback does; its `ranker` is None where labels are too few.
    """
    known = snapshot if snapshot is not None else study.now
    data = training_data(study, roles.seen, known)
    _tell(progress, "训练 / Completion and take-up", 0.5)
    rule, completion, uptake = NeedRule().fit(data), Completion().fit(data), Uptake().fit(data)
    ranker: Ranker | None = None
    if with_ranker and study.before is not None:
        _tell(progress, "训练 / Ranker", 0.6)
        ranker = new_ranker(study.objective, rule, completion, uptake, study.seed, threads)
        if not ranker.fit_labels(study.before, study.labels(roles.seen), roles):
            ranker = None
    return Served(study.objective, FALLBACK[study.objective], rule, completion, uptake, ranker)


def _tell(progress: Progress, what: str, share: float) -> None:
    if progress is not None:
        progress(what, share)
