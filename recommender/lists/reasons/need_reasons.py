"""Line 1, the need: where she (or the school) stands on the competency that carries the course's gain."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.snapshot import Snapshot
from recommender.lists.reasons.reason_words import BilingualText
from recommender.lists.top_lists import ScoredPairs

SCALE = 10.0  # points per teacher-SD
NINETY = 1.6449  # half a 90% range, in standard deviations
SMALLEST_GROUP = 5  # fewer people behind a mean: it would tell about them


class NeedLine:
    """Says points below target with the 90% range; points are 50 + 10 x teacher-SD."""

    def __init__(
        self, snapshot: Snapshot, members: NDArray[np.intp], school_ids: NDArray[np.object_]
    ) -> None:
        """members: (S, K) people of each school to whom a competency applies, in the order of school_ids."""
        self._snapshot = snapshot
        names = snapshot.tables["competencies"].set_index("competency_id")
        self._names = [
            BilingualText(str(names.at[k, "name_zh"]), str(names.at[k, "name_en"]))
            for k in snapshot.needs.competency_ids
        ]
        self._members = members
        self._school_gap, self._school_sd, self._school_expected = _school_gaps(snapshot, school_ids)

    def main_of_schools(self, rows: ScoredPairs) -> NDArray[np.intp]:
        """(n,) the goal with the largest part in the gaps of the school's teachers; -1 where none has any."""
        pull = self._snapshot.goals[rows.course] * self._school_expected[rows.unit]
        if not pull.shape[1]:
            return np.full(len(rows), -1, np.intp)
        return np.where(pull.max(axis=1) > 0, pull.argmax(axis=1), -1)

    def teacher(self, teacher: int, competency: int, basis: str) -> BilingualText:
        """One row of a teacher's list."""
        if basis == "uptake":
            return BilingualText(
                "没有可用的测评数据：本表按学科、学段和以往选课排列，不是按您的需求。",
                "No assessment data to go on: "
                "this list follows subject, stage and past enrolments, not your needs.",
            )
        if competency < 0:
            return BilingualText(
                "课程目标与您的需求之间的关系：未记录。",
                "How this course relates to your needs: not recorded.",
            )
        needs = self._snapshot.needs
        said = _below(
            self._names[competency], "您", "You are",
            float(needs.gap_mean[teacher, competency]), float(needs.gap_sd[teacher, competency]),
        )  # fmt: skip
        if basis == "group":
            return BilingualText(
                f"{said.zh}依据不足：这一估计主要来自与您同类教师的整体情况。",
                f"{said.en} Little to go on: this mostly reflects teachers like you as a group.",
            )
        return said

    def school(self, school: int, competency: int, basis: str) -> BilingualText:
        """One row of a school's list."""
        if basis == "uptake":
            return BilingualText(
                "没有可用的测评数据：本表按以往选课排列，不是按学校需求。",
                "No assessment data to go on: this list follows past enrolments, not the school's needs.",
            )
        if competency < 0:
            return BilingualText(
                "本校平均水平与课程目标的差距：未记录。",
                "How this course relates to the school's needs: not recorded.",
            )
        if self._members[school, competency] < SMALLEST_GROUP:
            return BilingualText(
                "相关教师少于 5 人，为保护隐私不显示需求。",
                "It concerns fewer than 5 people: the need is hidden to protect privacy.",
            )
        gap, sd = float(self._school_gap[school, competency]), float(self._school_sd[school, competency])
        return _below(
            self._names[competency], "本校教师平均", "The school's teachers are on average", gap, sd
        )

    def name(self, competency: int) -> BilingualText:
        """What the competency is called."""
        return self._names[competency]


def _below(name: BilingualText, who_zh: str, who_en: str, gap: float, sd: float) -> BilingualText:
    low, high = (gap - NINETY * sd) * SCALE, (gap + NINETY * sd) * SCALE
    span = f"{low:.0f} – {high:.0f}".replace("-0 ", "0 ")
    if gap >= 0:
        return BilingualText(
            f"{who_zh}在「{name.zh}」离目标约差 {gap * SCALE:.0f} 分（90% 可能范围 {span}）。",
            f'{who_en} about {gap * SCALE:.0f} points below target in "{name.en}" (90% range {span}).',
        )
    return BilingualText(
        f"{who_zh}在「{name.zh}」估计高于目标约 {-gap * SCALE:.0f} 分，但不能确定"
        f"（离目标的差 90% 可能范围 {span}）。",
        f'{who_en} about {-gap * SCALE:.0f} points above target in "{name.en}", not for certain '
        f"(points below target, 90% range {span}).",
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
    held = (s >= 0) & (k >= 0)
    gap[s[held], k[held]] = rows["gap_mean"].to_numpy(np.float64)[held]
    sd[s[held], k[held]] = rows["gap_sd"].to_numpy(np.float64)[held]
    expected[s[held], k[held]] = rows["expected_gap"].to_numpy(np.float64)[held]
    return gap, sd, expected
