"""What to hide where enrolments are all there is: the last year, or each teacher's own last part.

A calendar cut is honest only where people share a calendar. Where most teachers' courses fall on one side of
T0 (a register that was filled once, courses without real dates), the last fifth of each teacher's own courses
is hidden instead, and every source is fitted on what is left of everybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from features.snapshot import TAKEN, Snapshot
from features.tables import Tables
from models.data.enrolment_history import history_of
from models.data.temporal_split import FEWEST_TAKEN, TimeWindow

HIDDEN: Final = 0.2
BOTH_SIDES: Final = 0.3  # of the teachers with two courses or more, for a calendar cut


def calendar_fits(tables: Tables, window: TimeWindow) -> bool:
    """Whether enough teachers took something on both sides of T0."""
    taken = tables["enrolments"]
    taken = taken[taken["status"].isin(TAKEN)]
    later = taken["requested_on"] > pd.Timestamp(window.t0)
    by = later.groupby(taken["teacher_id"]).agg(["sum", "size"])
    by = by[by["size"] >= 2]
    both = (by["sum"] > 0) & (by["sum"] < by["size"])
    return bool(len(by)) and float(both.mean()) >= BOTH_SIDES


def leave_last_out(now: Snapshot) -> tuple[Snapshot | None, pd.DataFrame]:
    """The snapshot without the last part of each teacher's courses, and the rows that were hidden.

    None where fewer than FEWEST_TAKEN are left on either side.
    """
    history = history_of(now)
    last = history.last_part(HIDDEN)
    rows = now.tables["enrolments"]
    if int(last.sum()) < FEWEST_TAKEN or int((~last).sum()) < FEWEST_TAKEN:
        return None, rows.iloc[:0]
    width = max(history.courses, 1)
    keys = np.sort(history.t[last].astype(np.int64) * width + history.c[last])
    t = pd.Index(now.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    c = pd.Index(now.course_ids).get_indexer(pd.Index(rows["course_id"], dtype=object))
    hidden = np.isin(t.astype(np.int64) * width + c, keys) & (t >= 0) & (c >= 0)
    frames = {**now.tables.frames, "enrolments": rows[~hidden].reset_index(drop=True)}
    before = replace(now, tables=Tables(frames, now.tables.made_up))
    return before, rows[hidden].reset_index(drop=True)
