"""Line 1, the need: where she (or the school) stands on the competency that carries the course's gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import SCHOOL_MINIMUM
from features.messages import BilingualText, Message, message
from features.snapshot import Snapshot
from recommender.lists.top_lists import ScoredPairs
from recommender.text.formats import interval
from recommender.types import POINTS_PER_SD, Z_90


class NeedLine:
    """Points below target with the 90% range; points are 50 + 10 x teacher-SD."""

    def __init__(
        self,
        snapshot: Snapshot,
        competencies: Sequence[BilingualText],
        members: NDArray[np.intp],
        school_ids: NDArray[np.object_],
    ) -> None:
        """competencies: (K,) names. members: (S, K) people of each school to whom a competency applies.

        Both in the order of `snapshot.needs.competency_ids`, schools in the order of school_ids.
        """
        self._snapshot = snapshot
        self._competencies = competencies
        self._members = members
        self._school_gap, self._school_sd, self._school_expected = _school_gaps(snapshot, school_ids)

    def main_of_schools(self, rows: ScoredPairs) -> NDArray[np.intp]:
        """(n,) the goal with the largest part in the gaps of the school's teachers; -1 where none has any."""
        part = self._snapshot.goals[rows.course] * self._school_expected[rows.unit]
        if not part.shape[1]:
            return np.full(len(rows), -1, np.intp)
        return np.where(part.max(axis=1) > 0, part.argmax(axis=1), -1)

    def teacher(self, teacher: int, competency: int, basis: str) -> Message:
        """One row of a teacher's list."""
        if basis == "uptake":
            return message("reasons.teacher_without_evidence")
        if competency < 0:
            return message("reasons.teacher_need_unrecorded")
        needs = self._snapshot.needs
        gap, sd = float(needs.gap_mean[teacher, competency]), float(needs.gap_sd[teacher, competency])
        need = self._gap(message("reasons.teacher_is"), competency, gap, sd)
        return message("reasons.need_of_group", need=need) if basis == "group" else need

    def school(self, school: int, competency: int, basis: str) -> Message:
        """One row of a school's list."""
        if basis == "uptake":
            return message("reasons.school_without_evidence")
        if competency < 0:
            return message("reasons.school_need_unrecorded")
        if self._members[school, competency] < SCHOOL_MINIMUM:
            return message("reasons.school_need_hidden", minimum=SCHOOL_MINIMUM)
        gap, sd = float(self._school_gap[school, competency]), float(self._school_sd[school, competency])
        return self._gap(message("reasons.school_is"), competency, gap, sd)

    def _gap(self, who: Message, competency: int, gap: float, sd: float) -> Message:
        return message(
            "reasons.need_below" if gap >= 0 else "reasons.need_above",
            who=who,
            competency=self._competencies[competency],
            points=abs(gap) * POINTS_PER_SD,
            interval=interval((gap - Z_90 * sd) * POINTS_PER_SD, (gap + Z_90 * sd) * POINTS_PER_SD),
        )


def _school_gaps(
    snapshot: Snapshot, school_ids: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(S, K) mean and sd of each school's mean gap, and its expected gap; NaN, NaN, 0 where not reported."""
    report = snapshot.needs.report
    rows = report[report["unit_kind"] == "school"]
    shape = (len(school_ids), len(snapshot.needs.competency_ids))
    gap, sd, expected = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    s = pd.Index(school_ids).get_indexer(pd.Index(rows["unit_id"], dtype=object))
    k = pd.Index(np.array(snapshot.needs.competency_ids, dtype=object)).get_indexer(
        rows["competency_id"].astype(object)
    )
    reported = (s >= 0) & (k >= 0)
    at = s[reported], k[reported]
    gap[at] = rows["gap_mean"].to_numpy(np.float64)[reported]
    sd[at] = rows["gap_sd"].to_numpy(np.float64)[reported]
    expected[at] = rows["expected_gap"].to_numpy(np.float64)[reported]
    return gap, sd, expected
