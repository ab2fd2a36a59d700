"""Temporal and school splits: train, valid and test schools, a label window, and a check against leaks.

    .............. T0 ............... T1 = as-of
    features, needs | label window: enrolments, and what was measured afterwards

Features are those known at T0 (`tables.until(T0)`), labels come only from (T0, T1]. A quarter of the schools, chosen by
a hash of their id and so the same in every run, is the test set; a fifth of the others is the validation set for early
stopping. The evaluation is on both: a later period and test schools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from features.needs.evidence.sources.source_registry import evidence_tables
from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot, take_snapshot
from features.tables import DATED, Tables
from models.data.relevance_labels import PairLabels

UnitKind = Literal["school", "teacher"]
Diagnosis = Callable[[Tables, date], Needs]
TEST_SHARE: Final = 0.25  # of all schools
VALID_SHARE: Final = 0.20  # of the other schools, for early stopping
WINDOWS: Final = (12, 6)  # months of the label window; the first with enough enrolments
MIN_ENROLMENTS: Final = 60  # enrolments before T0, and in the window
MIN_UNITS: Final = 24  # schools; a quarter of fewer is too small a test set


@dataclass(frozen=True)
class TimeWindow:
    """Features are known at the end of `t0`, labels are dated in (t0, t1]."""

    t0: date
    t1: date


@dataclass(frozen=True)
class SchoolSplit:
    """(N,) masks of teachers by their school's set. Every school is in exactly one."""

    train: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    test: NDArray[np.bool_]

    @property
    def development(self) -> NDArray[np.bool_]:
        """Teachers of the train and validation schools."""
        return np.asarray(self.train | self.valid)


@dataclass(frozen=True)
class HeldOut:
    """What a scorer is evaluated on: `units` of `total` schools, or teachers where there are too few schools to hold out."""

    kind: UnitKind
    units: int
    total: int

    def __str__(self) -> str:
        return f"{self.units} of {self.total} {self.kind}s"

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {"kind": self.kind, "units": self.units, "total": self.total}


def choose_window(tables: Tables, as_of: date) -> TimeWindow | None:
    """The last year before `as_of`, else the last half-year; None when neither has enough enrolments on each side."""
    enrolments = tables["enrolments"]
    requested = enrolments.loc[enrolments["status"].isin(TAKEN), "requested_on"]
    end = pd.Timestamp(as_of)
    for months in WINDOWS:
        start = end - pd.DateOffset(months=months)
        inside = int(((requested > start) & (requested <= end)).sum())
        if inside >= MIN_ENROLMENTS and int((requested <= start).sum()) >= MIN_ENROLMENTS:
            return TimeWindow(start.date(), as_of)
    return None


def school_roles(school_ids: pd.Series) -> SchoolSplit:
    """The set of each teacher's school by a hash of its id; row order and seeds do not matter.

    school_ids (N,). Whether a school is in the test set depends only on its id: a new school never moves another one.
    """
    codes, names = pd.factorize(school_ids)
    test = np.array([_uniform("judge", str(s)) < TEST_SHARE for s in names], dtype=bool)
    draw = np.where(test, 2.0, [_uniform("stop", str(s)) for s in names])
    valid = np.zeros(len(names), dtype=bool)
    valid[np.argsort(draw, kind="stable")[: int(np.ceil(VALID_SHARE * (~test).sum()))]] = True
    return SchoolSplit((~test & ~valid)[codes], (~test & valid)[codes], test[codes])


def split_units(teachers: pd.DataFrame, objective: str) -> tuple[UnitKind, pd.Series]:
    """The kind of unit of the split and (N,) the units: schools, or teachers where only enrolments are evaluated and
    there are fewer than MIN_UNITS schools."""
    if objective == "uptake" and teachers["school_id"].nunique() < MIN_UNITS:
        return "teacher", teachers["teacher_id"]
    return "school", teachers["school_id"]


def without_test(roles: SchoolSplit) -> SchoolSplit:
    """The split for the final model, after the evaluation: test schools are trained on too."""
    return SchoolSplit(roles.train | roles.test, roles.valid, np.zeros_like(roles.test))


def snapshot_at(tables: Tables, needs_at: Diagnosis, as_of: date) -> Snapshot:
    """Everything known at `as_of`. Raises DataError on a leak."""
    snapshot = take_snapshot(tables, needs_at(tables.until(as_of), as_of))
    refuse_leaks(snapshot, as_of)
    return snapshot


def refuse_leaks(snapshot: Snapshot, t0: date) -> None:
    """Raises DataError when the snapshot, its needs or a row of its tables is dated after `t0`."""
    end = pd.Timestamp(t0)
    if snapshot.as_of > t0 or snapshot.needs.as_of > t0:
        latest = max(snapshot.as_of, snapshot.needs.as_of)
        raise DataError("models.leak_as_of", latest=latest, t0=t0)
    dated = [*DATED.items(), ("enrolments", "completed_on")]
    for name, column in dated:
        late = int((snapshot.tables[name][column] > end).sum())
        if late:
            raise DataError("models.leak_rows", rows=late, table=name, column=column, t0=t0)


def evidence_between(tables: Tables, window: TimeWindow) -> Tables:
    """Only the evidence dated in the window, no enrolments: the tables for later needs."""
    frames = dict(tables.until(window.t1).frames)
    start = pd.Timestamp(window.t0)
    for name in evidence_tables():
        frame = frames[name]
        frames[name] = frame[frame[DATED[name]] > start].reset_index(drop=True)
    assessments = frames["assessments"]["assessment_id"]
    for name in ("results", "result_covariances", "assessment_dimensions"):
        frame = frames[name]
        frames[name] = frame[frame["assessment_id"].isin(assessments)].reset_index(drop=True)
    frames["enrolments"] = frames["enrolments"].iloc[:0]
    return Tables(frames, tables.made_up)


def enrolments_between(tables: Tables, window: TimeWindow) -> pd.DataFrame:
    """Enrolments requested in the window, with their status at its end."""
    enrolments = tables.until(window.t1)["enrolments"]
    return enrolments[enrolments["requested_on"] > pd.Timestamp(window.t0)].reset_index(drop=True)


def by_query(labels: PairLabels, query: NDArray[np.intp]) -> tuple[PairLabels, NDArray[np.intp]]:
    """The labels sorted by query (n,), and the length of each query that has an order.

    Queries with one pair or with equal grades throughout are left out.
    """
    if not len(labels):
        return labels, np.zeros(0, np.intp)
    codes = np.unique(query, return_inverse=True)[1]
    count = int(codes.max()) + 1
    low = np.full(count, np.iinfo(np.intp).max)
    high = np.full(count, -1)
    np.minimum.at(low, codes, labels.grade)
    np.maximum.at(high, codes, labels.grade)
    useful = (low < high)[codes]
    order = np.argsort(codes, kind="stable")
    order = order[useful[order]]
    sizes = np.unique(codes[order], return_counts=True)[1]
    return labels.take(order), sizes.astype(np.intp)


def _uniform(salt: str, name: str) -> float:
    """A number in [0, 1), a hash of both strings."""
    return int.from_bytes(hashlib.sha256(f"{salt}|{name}".encode()).digest()[:8], "big") / 2.0**64
