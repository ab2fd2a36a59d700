"""Status of a unit's list as a whole: listed, thin, no_course or met.

no_course   no course is open to the unit
listed      at least one need is clear or possible, with an estimate below the target
met         at least one competency has enough evidence, and none of those is a need
thin        no competency has enough evidence, or there is no record of the teacher; courses are listed all the same
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import LEAST_SHORT, Needs

Bools = NDArray[np.bool_]


def teacher_statuses(needs: Needs) -> NDArray[np.object_]:
    """(N,) status of each teacher, before eligibility (no_course) is considered."""
    return _statuses(np.asarray(needs.reliable.any(axis=1)), np.asarray(needs.needed.any(axis=1)))


def school_statuses(report: pd.DataFrame, school_ids: NDArray[np.object_]) -> NDArray[np.object_]:
    """(S,) the same for schools, from the bands of the needs report; a school without rows is thin."""
    rows = report[report["unit_kind"] == "school"]
    place = pd.Index(school_ids).get_indexer(pd.Index(rows["unit_id"], dtype=object))
    in_report = place >= 0

    def has(mask: Bools) -> Bools:
        return np.asarray(np.bincount(place[in_report & mask], minlength=len(school_ids)) > 0)

    short = (rows["gap_mean"] >= LEAST_SHORT).to_numpy(bool)
    needed = rows["band"].isin(("clear", "possible")).to_numpy(bool) & short
    return _statuses(has((rows["band"] != "thin").to_numpy(bool)), has(needed))


def with_courses(statuses: NDArray[np.object_], has_course: Bools) -> NDArray[np.object_]:
    """no_course where no course is open to the unit, else its status."""
    return np.where(has_course, statuses, "no_course").astype(object)


def _statuses(reliable: Bools, needed: Bools) -> NDArray[np.object_]:
    codes = np.where(needed, 2, np.where(reliable, 1, 0))
    return np.array(["thin", "met", "listed"], dtype=object)[codes]  # three strings, not one a unit
