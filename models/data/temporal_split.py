"""From tables to something learnable: cut in time, hold whole schools out, refuse leaks.

    .............. T0 ............... T1 = as-of
    features, needs | label window: courses taken, and what was measured afterwards

Features are those known at T0 (`tables.until(T0)`), labels come from (T0, T1] alone. A quarter of the
schools, chosen by a hash of their id and so the same in every run, is never trained on; a fifth of the
other schools stops the training early. Judging needs both: later in time and schools never seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from features.needs.evidence.sources.source_registry import evidence_tables
from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot, take_snapshot
from features.tables import DATED, Tables
from models.data.relevance_labels import PairLabels

Diagnosis = Callable[[Tables, date], Needs]
HELD_OUT: Final = 0.25  # share of schools judged on
STOPPING: Final = 0.20  # share of the other schools that stops training
WINDOWS: Final = (12, 6)  # months of label window, the first that holds enough is taken
FEWEST_TAKEN: Final = 60  # enrolments before T0, and in the window
FEWEST_UNITS: Final = 24  # schools; a quarter of fewer proves nothing


@dataclass(frozen=True)
class TimeWindow:
    """Features are known at the end of `t0`, labels are dated in (t0, t1]."""

    t0: date
    t1: date


@dataclass(frozen=True)
class SchoolSplit:
    """(N,) each: the part a teacher's school plays. Every school plays exactly one."""

    fitting: NDArray[np.bool_]
    stopping: NDArray[np.bool_]
    judging: NDArray[np.bool_]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Schools that may be trained on."""
        return np.asarray(self.fitting | self.stopping)


def choose_window(tables: Tables, as_of: date) -> TimeWindow | None:
    """The last year before `as_of`, else the last half-year; None when neither leaves enough on each side."""
    taken = tables["enrolments"]
    asked = taken.loc[taken["status"].isin(TAKEN), "requested_on"]
    end = pd.Timestamp(as_of)
    for months in WINDOWS:
        start = end - pd.DateOffset(months=months)
        inside = int(((asked > start) & (asked <= end)).sum())
        if inside >= FEWEST_TAKEN and int((asked <= start).sum()) >= FEWEST_TAKEN:
            return TimeWindow(start.date(), as_of)
    return None


def school_roles(school_ids: pd.Series) -> SchoolSplit:
    """Part of each teacher's school by a hash of its id; row order and seeds do not matter.

    Whether a school is judged on depends on its id alone: one that joins never moves another into training.
    """
    codes, names = pd.factorize(school_ids)
    judged = np.array([_unit("judge", str(s)) < HELD_OUT for s in names], dtype=bool)
    draw = np.where(judged, 2.0, [_unit("stop", str(s)) for s in names])
    stops = np.zeros(len(names), dtype=bool)
    stops[np.argsort(draw, kind="stable")[: int(np.ceil(STOPPING * (~judged).sum()))]] = True
    judging, stopping = judged[codes], ~judged[codes] & stops[codes]
    return SchoolSplit(~judging & ~stopping, stopping, judging)


def role_units(teachers: pd.DataFrame, objective: str) -> pd.Series:
    """(N,) what is held out whole: the school, or the teacher herself where enrolments alone are judged and
    schools are fewer than FEWEST_UNITS."""
    few = teachers["school_id"].nunique() < FEWEST_UNITS
    return teachers["teacher_id"] if objective == "uptake" and few else teachers["school_id"]


def all_seen(roles: SchoolSplit) -> SchoolSplit:
    """For the model that is shipped once the judging is done: no school is held out."""
    return SchoolSplit(roles.fitting | roles.judging, roles.stopping, np.zeros_like(roles.judging))


def snapshot_at(tables: Tables, needs_at: Diagnosis, as_of: date) -> Snapshot:
    """Everything known at `as_of`, checked: raises DataRefused when anything later is in it."""
    snapshot = take_snapshot(tables, needs_at(tables.until(as_of), as_of))
    refuse_leaks(snapshot, as_of)
    return snapshot


def refuse_leaks(snapshot: Snapshot, t0: date) -> None:
    """Raises DataRefused when the snapshot, its needs or a row of its tables is dated after `t0`."""
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
    """Evidence dated in the window alone, no enrolments: what later needs are diagnosed from."""
    known = tables.until(window.t1)
    frames = dict(known.frames)
    start = pd.Timestamp(window.t0)
    for name in evidence_tables():
        frame = frames[name]
        frames[name] = frame[frame[DATED[name]] > start].reset_index(drop=True)
    kept = frames["assessments"]["assessment_id"]
    for name in ("results", "result_covariances", "assessment_dimensions"):
        frame = frames[name]
        frames[name] = frame[frame["assessment_id"].isin(kept)].reset_index(drop=True)
    frames["enrolments"] = frames["enrolments"].iloc[:0]
    return Tables(frames, tables.made_up)


def taken_between(tables: Tables, window: TimeWindow) -> pd.DataFrame:
    """Enrolments requested in the window, with what became of them until its end."""
    known = tables.until(window.t1)["enrolments"]
    return known[known["requested_on"] > pd.Timestamp(window.t0)].reset_index(drop=True)


def by_query(labels: PairLabels, query: NDArray[np.intp]) -> tuple[PairLabels, NDArray[np.intp]]:
    """The labels in the order of their query (n,), and the length of each query that orders something.

    Queries with one pair or with equal grades throughout carry no order and are left out.
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


def _unit(salt: str, name: str) -> float:
    """A number in [0, 1) that depends on the two words alone."""
    return int.from_bytes(hashlib.sha256(f"{salt}|{name}".encode()).digest()[:8], "big") / 2.0**64
