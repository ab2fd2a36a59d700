"""Line 1, the need: where she (or the school) stands on the competency that carries the course's gain."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import SCHOOL_MINIMUM
from features.messages import BilingualText, Message, message
from features.needs.needs import LEAST_SHORT
from features.snapshot import Snapshot
from recommender.lists.reasons.estimate_origins import EstimateOrigins
from recommender.lists.top_lists import ScoredPairs
from recommender.text.formats import interval
from recommender.types import NeedPoints

Floats = NDArray[np.float64]


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
        self._origins = EstimateOrigins(snapshot)
        self._school_mean, self._school_sd, self._school_gap, self._school_expected, is_need = _school_gaps(
            snapshot, school_ids
        )
        self._school_short = self._school_gap >= LEAST_SHORT
        self._school_needed = self._school_short & is_need

    def of_snapshot(self, snapshot: Snapshot) -> NeedLine:
        """The same for teachers whose needs are others."""
        other = copy.copy(self)
        other._snapshot = snapshot
        return other

    def main_of_schools(self, rows: ScoredPairs, basis: NDArray[np.object_]) -> NDArray[np.intp]:
        """(n,) of the school's clear and possible needs the goal with the largest part in its teachers' gaps.

        A thin list (basis group) has no such needs; there it is any goal whose target the school is below. -1 where there is
        none.
        """
        allowed = np.where((basis == "group")[:, None], self._school_short[rows.unit], self._school_needed[rows.unit])
        part = np.where(allowed, self._snapshot.goals[rows.course] * self._school_expected[rows.unit], 0.0)
        if not part.shape[1]:
            return np.full(len(rows), -1, np.intp)
        return np.where(part.max(axis=1) > 0, part.argmax(axis=1), -1)

    def teacher(self, teacher: int, competency: int, basis: str) -> Message:
        """One row of a teacher's list; competency -1: an extension course."""
        if basis == "uptake":
            return message("reasons.teacher_without_evidence")
        if basis == "unpersonalised":
            return message("reasons.teacher_unpersonalised")
        measured = bool(np.asarray(self._snapshot.needs.measured)[teacher])
        if competency < 0:
            if basis == "group":
                return message("reasons.teacher_thin_extension" if measured else "reasons.teacher_none_extension")
            return message("reasons.teacher_extension")
        if basis == "group":
            return self._group(teacher, competency, measured)
        return self._below(message("reasons.teacher_is"), competency, self._points(teacher, competency))

    def _points(self, teacher: int, competency: int) -> NeedPoints:
        needs = self._snapshot.needs
        return NeedPoints.of(*(float(a[teacher, competency]) for a in (needs.mean, needs.sd, needs.gap_mean)))

    def _group(self, teacher: int, competency: int, measured: bool) -> Message:
        """Not a finding about her: whose estimate it is, with a number where enough people stand behind it."""
        origins = [message(f"reasons.origin_{name}") for name in self._origins.of(teacher)]
        values = {"competency": self._competencies[competency], "origins": origins}
        who = message("reasons.thin_of" if measured else "reasons.none_of", competency=self._competencies[competency])
        if not self._origins.shown(teacher):
            return message("reasons.need_of_group_without_number", who=who, **values)
        below = self._points(teacher, competency).below
        code = "reasons.need_of_group" if below >= 1 else "reasons.need_of_group_close"
        return message(code, who=who, points=below, **values)

    def school(self, school: int, competency: int, basis: str) -> Message:
        """One row of a school's list; competency -1: no clear or possible need of the school."""
        if basis == "uptake":
            return message("reasons.school_without_evidence")
        if competency < 0:
            return message("reasons.school_thin_extension" if basis == "group" else "reasons.school_extension")
        if self._members[school, competency] < SCHOOL_MINIMUM:
            return message("reasons.school_need_hidden", minimum=SCHOOL_MINIMUM)
        if basis == "group":
            return message("reasons.school_thin", competency=self._competencies[competency])
        mean, sd, gap = (float(a[school, competency]) for a in (self._school_mean, self._school_sd, self._school_gap))
        return self._below(message("reasons.school_is"), competency, NeedPoints.of(mean, sd, gap))

    def _below(self, who: Message, competency: int, points: NeedPoints) -> Message:
        """A need is half a point or more below target, which may round to no whole point."""
        return message(
            "reasons.need_below" if points.below >= 1 else "reasons.need_close",
            who=who,
            competency=self._competencies[competency],
            points=points.below,
            interval=interval(*points.below_range),
        )


def _school_gaps(
    snapshot: Snapshot, school_ids: NDArray[np.object_]
) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
    """(S, K) mean and sd of each school's estimate, its mean and expected gap, and whether its band is clear or possible.

    NaN, NaN, NaN, 0, False where not reported."""
    report = snapshot.needs.report
    rows = report[report["unit_kind"] == "school"]
    shape = (len(school_ids), len(snapshot.needs.competency_ids))
    mean, sd, gap, expected = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    s = pd.Index(school_ids).get_indexer(pd.Index(rows["unit_id"], dtype=object))
    k = pd.Index(np.array(snapshot.needs.competency_ids, dtype=object)).get_indexer(
        rows["competency_id"].astype(object)
    )
    reported = (s >= 0) & (k >= 0)
    at = s[reported], k[reported]
    gap[at] = rows["gap_mean"].to_numpy(np.float64)[reported]
    mean[at] = rows["mean"].to_numpy(np.float64)[reported]
    sd[at] = rows["sd"].to_numpy(np.float64)[reported]
    expected[at] = rows["expected_gap"].to_numpy(np.float64)[reported]
    is_need = np.zeros(shape, dtype=bool)
    is_need[at] = rows["band"].isin(("clear", "possible")).to_numpy(bool)[reported]
    return mean, sd, gap, expected, is_need
