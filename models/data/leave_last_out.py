"""Leave-last-out: the test enrolments of a city without evidence and without a common calendar.

A split by date is valid only where teachers enrol throughout the period. Where most teachers' courses are on one side
of T0 (a register that was filled once, courses without real dates), the last fifth of each teacher's own courses is
hidden instead, and every candidate source is fitted to the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from features.snapshot import TAKEN, Snapshot
from features.tables import Tables
from models.data.enrolment_history import history_of
from models.data.temporal_split import MIN_ENROLMENTS, TimeWindow

HIDDEN_SHARE: Final = 0.2
MIN_BOTH_SIDES: Final = 0.3  # of the teachers with two courses or more, for a split by date


def common_calendar(tables: Tables, window: TimeWindow) -> bool:
    """Whether at least MIN_BOTH_SIDES of the teachers with two courses enrolled both before and after T0."""
    enrolments = tables["enrolments"]
    enrolments = enrolments[enrolments["status"].isin(TAKEN)]
    later = enrolments["requested_on"] > pd.Timestamp(window.t0)
    counts = later.groupby(enrolments["teacher_id"]).agg(["sum", "size"])
    counts = counts[counts["size"] >= 2]
    on_both_sides = (counts["sum"] > 0) & (counts["sum"] < counts["size"])
    return bool(len(counts)) and float(on_both_sides.mean()) >= MIN_BOTH_SIDES


def leave_last_out(now: Snapshot) -> tuple[Snapshot | None, pd.DataFrame]:
    """The snapshot without the last HIDDEN_SHARE of each teacher's courses, and the hidden rows.

    None instead of a snapshot where fewer than MIN_ENROLMENTS are on either side.
    """
    history = history_of(now)
    last = history.last_part(HIDDEN_SHARE)
    rows = now.tables["enrolments"]
    if int(last.sum()) < MIN_ENROLMENTS or int((~last).sum()) < MIN_ENROLMENTS:
        return None, rows.iloc[:0]
    width = max(history.courses, 1)
    keys = np.sort(history.t[last].astype(np.int64) * width + history.c[last])
    t = pd.Index(now.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    c = pd.Index(now.course_ids).get_indexer(pd.Index(rows["course_id"], dtype=object))
    hidden = np.isin(t.astype(np.int64) * width + c, keys) & (t >= 0) & (c >= 0)
    frames = {**now.tables.frames, "enrolments": rows[~hidden].reset_index(drop=True)}
    before = replace(now, tables=Tables(frames, now.tables.made_up))
    return before, rows[hidden].reset_index(drop=True)
