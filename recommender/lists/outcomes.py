"""What can be said of a unit's list as a whole: listed, thin, no_course or met.

no_course   no course is open to the unit
listed      at least one need is clear or possible
met         something is known well enough, and none of it is a need
thin        nothing is known well enough; courses are listed all the same
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.gap import NONE_UP_TO, THIN_BELOW
from features.needs.needs import Needs

Bools = NDArray[np.bool_]


def teacher_states(needs: Needs) -> NDArray[np.object_]:
    """(N,) status of each teacher, apart from whether a course is open to her."""
    known = needs.applies & (needs.reliability >= THIN_BELOW)
    needed = known & (needs.p_need > NONE_UP_TO)
    return _states(np.asarray(known.any(axis=1)), np.asarray(needed.any(axis=1)))


def school_states(report: pd.DataFrame, school_ids: NDArray[np.object_]) -> NDArray[np.object_]:
    """(S,) the same for schools, from the bands of the report; a school that is not in it is thin."""
    rows = report[report["unit_kind"] == "school"]
    place = pd.Index(school_ids).get_indexer(pd.Index(rows["unit_id"], dtype=object))
    held = place >= 0

    def has(bands: tuple[str, ...]) -> Bools:
        return (
            np.bincount(place[held & rows["band"].isin(bands).to_numpy(bool)], minlength=len(school_ids)) > 0
        )

    return _states(has(("clear", "possible", "none")), has(("clear", "possible")))


def with_courses(states: NDArray[np.object_], has_course: Bools) -> NDArray[np.object_]:
    """no_course where nothing is open to the unit, else what is known of it."""
    return np.where(has_course, states, "no_course").astype(object)


def _states(known: Bools, needed: Bools) -> NDArray[np.object_]:
    return np.where(needed, "listed", np.where(known, "met", "thin")).astype(object)
