"""Features of a (teacher, course) pair: gaps on its goals, readiness, overlap, peers, hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from features.builders.builder import Array, FeatureColumn, Index
from features.eligibility import effective_subjects, subject_grid
from features.gap_closure import GoalTable, readiness, teacher_levels
from features.hours import ANY, hours_owed
from features.organizations import Organizations
from features.snapshot import Snapshot

YEAR: Final = pd.Timedelta(days=365)
CATEGORIES: Final = ("public", "professional", "elective")


@dataclass(frozen=True)
class MatchFeatures:
    """(n, 13)"""

    name: str = "match"
    kind: Literal["pair"] = "pair"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn("expected_gap_mean_by_goals", "teacher-SD", "目标上的预期差距", "gap on its goals", 1),
        FeatureColumn(
            "expected_gap_max_by_goals", "teacher-SD", "最大的预期差距", "largest gap on a goal", 1
        ),
        FeatureColumn("p_need_mean_by_goals", "0..1", "目标上有需求的概率", "chance of a need", 1),
        FeatureColumn("policy_weight_mean_by_goals", "weight", "目标的政策权重", "policy weight"),
        FeatureColumn("gap_sd_mean_by_goals", "teacher-SD", "差距的不确定度", "uncertainty of the gap"),
        FeatureColumn("reliability_mean_by_goals", "0..1", "目标上的信度", "reliability on its goals"),
        FeatureColumn("readiness_mean_by_goals", "0..1", "水平相宜程度", "right level for her", 1),
        FeatureColumn("level_above_mean_by_goals", "levels", "课程水平与现有水平之差", "level above hers"),
        FeatureColumn("overlap_by_goals_3y", "0..1", "近三年已学比例", "already taken, three years", -1),
        FeatureColumn("subject_match_by_pair", "0/1", "学科明确对应", "names her subject"),
        FeatureColumn("owner_steps_by_pair", "steps", "主办单位距离", "steps to the provider"),
        FeatureColumn("peers_share_by_school_365d", "0..1", "同校近一年修读比例", "colleagues who took it"),
        FeatureColumn("hours_owed_by_category", "hours", "该类别所欠学时", "hours owed in its category"),
    )

    def prepare(self, snapshot: Snapshot) -> MatchColumns:
        """Arrays of all teachers and courses of one snapshot."""
        return MatchColumns(snapshot)

    def __call__(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n, 13)"""
        return self.prepare(snapshot)(t_idx, c_idx)


class MatchColumns:
    """Arrays of one snapshot; pairs by indexing alone."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        needs, courses = snapshot.needs, snapshot.tables["courses"]
        self._goals = GoalTable(snapshot)
        self._weight = np.where(needs.applies, needs.weight, 0.0)
        self._gap_sd = np.where(needs.applies, needs.gap_sd, 0.0)
        self._level, self._level_sd = teacher_levels(needs.mean, needs.sd)
        self._teacher_kind, self._course_kind, self._subject = _subjects(snapshot)
        orgs = Organizations(
            snapshot.tables["organizations"], snapshot.tables["teachers"]["school_id"], courses["provider_id"]
        )
        self._orgs = orgs
        self._school = orgs.places(snapshot.tables["teachers"]["school_id"])
        self._provider = orgs.places(courses["provider_id"])
        self._peer_keys, self._peers, self._school_size = _peers(snapshot)
        self._owed, self._category = _owed(snapshot)

    def __call__(self, t_idx: Index, c_idx: Index) -> Array:
        """(n, 13)"""
        goals, needs = self._goals, self._snapshot.needs
        share = goals.share[c_idx]
        gap = goals.of(needs.expected_gap, t_idx, c_idx)
        level, level_sd = goals.of(self._level, t_idx, c_idx), goals.of(self._level_sd, t_idx, c_idx)
        course_level = goals.level[c_idx]
        has_level = ~np.isnan(course_level) & (share > 0)
        above = np.where(has_level, share * (np.nan_to_num(course_level) - level), 0.0).sum(axis=1)
        weight = np.where(has_level, share, 0.0).sum(axis=1)
        steps = self._orgs.distance(self._school[t_idx], self._provider[c_idx]).astype(np.float64)

        def mean(grid: Array) -> Array:
            return np.asarray((share * goals.of(grid, t_idx, c_idx)).sum(axis=1), dtype=np.float64)

        return np.column_stack([
            (share * gap).sum(axis=1),
            np.where(share > 0, gap, 0.0).max(axis=1, initial=0.0),
            mean(needs.p_need),
            mean(self._weight),
            mean(self._gap_sd),
            mean(needs.reliability),
            (share * readiness(course_level, level, level_sd)).sum(axis=1),
            np.where(weight > 0, above / np.where(weight > 0, weight, 1.0), np.nan),
            (share * goals.overlap(self._snapshot, t_idx, c_idx)).sum(axis=1),
            self._subject[self._teacher_kind[t_idx], self._course_kind[c_idx]],
            np.where(steps >= 0, steps, np.nan),
            self._peer_share(t_idx, c_idx),
            self._owed[t_idx, self._category[c_idx]],
        ])  # fmt: skip

    def _peer_share(self, t_idx: Index, c_idx: Index) -> Array:
        """(n,) share of the teachers of the school, the teacher herself included."""
        school = self._snapshot.school_of[t_idx]
        key = school * max(len(self._snapshot.course_ids), 1) + c_idx
        if not len(self._peer_keys):
            return np.zeros(len(t_idx))
        place = np.minimum(np.searchsorted(self._peer_keys, key), len(self._peer_keys) - 1)
        count = np.where(self._peer_keys[place] == key, self._peers[place], 0.0)
        return np.asarray(count / np.maximum(self._school_size[school], 1.0), dtype=np.float64)


def _subjects(snapshot: Snapshot) -> tuple[Index, Index, Array]:
    """Code of each teacher's and each course's subject list, and the grid of codes that share a subject."""
    teachers, course_subjects = snapshot.tables["teachers"], snapshot.tables["courses"]["subjects"]
    teacher_subjects = effective_subjects(teachers["subject"], teachers["stage"])
    t_kind, t_names = pd.factorize(teacher_subjects, use_na_sentinel=False)
    c_kind, c_names = pd.factorize(course_subjects, use_na_sentinel=False)
    grid = subject_grid(pd.Series(t_names, dtype="str"), pd.Series(c_names, dtype="str"))
    has_list = ~pd.isna(np.asarray(c_names, dtype=object))
    return t_kind.astype(np.intp), c_kind.astype(np.intp), (grid & has_list[None, :]).astype(np.float64)


def _peers(snapshot: Snapshot) -> tuple[Index, Array, Array]:
    """Sorted keys (school x course), teachers who requested it in the last year, and schools' sizes."""
    taken = snapshot.enrolments
    recent = (taken["requested_on"] > pd.Timestamp(snapshot.as_of) - YEAR) & (taken["c"] >= 0)
    pairs = taken.loc[recent, ["t", "c"]].drop_duplicates()
    width = max(len(snapshot.course_ids), 1)
    key = snapshot.school_of[pairs["t"].to_numpy(np.intp)] * width + pairs["c"].to_numpy(np.intp)
    keys, count = np.unique(key, return_counts=True)
    return keys, count.astype(np.float64), np.bincount(snapshot.school_of).astype(np.float64)


def _owed(snapshot: Snapshot) -> tuple[Array, Index]:
    """(N, 4) hours owed by category of course, the last column for any, and each course's column.

    Where no rule names a category, the hours of any category are those owed in it.
    """
    rows = hours_owed(snapshot.tables, snapshot.as_of)
    t = pd.Index(snapshot.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    owed = rows["owed"].to_numpy(np.float64)
    column = pd.Index([*CATEGORIES, ANY]).get_indexer(pd.Index(rows["category"], dtype=object))
    grid = np.full((len(snapshot.teacher_ids), len(CATEGORIES) + 1), np.nan)
    grid[t, column] = owed
    grid[:, :-1] = np.where(np.isnan(grid[:, :-1]), grid[:, -1:], grid[:, :-1])
    kind = pd.Index(CATEGORIES).get_indexer(pd.Index(snapshot.tables["courses"]["category"], dtype=object))
    return grid, np.where(kind >= 0, kind, len(CATEGORIES)).astype(np.intp)
