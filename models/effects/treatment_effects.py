"""What later evidence says of courses, against people who did not take them.

Outcome of a teacher and a course: her later standing on the course's goals beyond what was foretold at T0
(`models/data/relevance_labels.py`: measured cells, centred on comparable teachers, competencies and schools), weighted by the
goals. First the lottery: all who drew, by whether they were let in (intention to treat). Else doubly robust, effect
on those who took it: outcome and propensity models fitted on other schools (five folds), error by school; only
where people overlap (effective sample size of the comparison, standardised differences after weighting,
propensity below .95). Else nothing is claimed. Methods: Chernozhukov et al. 2018 (cross-fitting), Sant'Anna and
Zhao 2020 (doubly robust effect on the treated), measurement D8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot
from models.data.relevance_labels import measured_cells, taken_pairs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
Claim = Literal["works", "no_effect", "unknown"]
FEWEST: Final = 15  # measured people on each side
LEAST_ESS: Final = 30.0
LARGEST_DIFFERENCE: Final = 0.1  # standardised, after weighting
FOLDS: Final = 5
CERTAIN: Final = {"lottery": 1.96, "comparison": 2.58}  # errors above 0; more where selection may be left
NOTHING: Final = 0.05  # teacher-SD of the goals; an effect surely below is none worth having


@dataclass(frozen=True)
class TreatmentEffect:
    """(C,) each. effect: on the goals of those treated, teacher-SD, NaN where no comparison holds."""

    effect: Array
    error: Array
    treated: NDArray[np.int64]
    comparison: NDArray[np.int64]
    by: NDArray[np.object_]
    shared: Array  # taken off `effect` as what all compared courses share

    def claims(self) -> NDArray[np.object_]:
        """(C,) works, no_effect or unknown.

        No effect is claimed where the whole 90% interval lies within NOTHING of 0 (two one-sided tests of
        equivalence, Schuirmann 1987): an estimate far below 0 speaks of selection, not of a course without effect.
        """
        sure = np.array([CERTAIN.get(str(by), np.inf) for by in self.by])
        known = ~np.isnan(self.effect)
        effect, error = np.nan_to_num(self.effect), np.nan_to_num(self.error, nan=1.0)
        works = known & (effect > sure * error)
        raw = effect + self.shared  # nothing taken off
        none = known & (np.abs(raw) + 1.645 * error < NOTHING)
        return np.where(works, "works", np.where(none, "no_effect", "unknown")).astype(object)


def compare_courses(before: Snapshot, after: Needs, taken: pd.DataFrame, members: Mask) -> TreatmentEffect:
    """Every course of the window against a comparison; see `outcome_labels` for the arguments."""
    courses = len(before.course_ids)
    found = no_comparison(courses)
    t_idx, c_idx, _ = taken_pairs(before, taken, members)
    if not len(t_idx):
        return found
    trained = np.zeros(before.needs.mean.shape)
    np.add.at(trained, t_idx, before.goals[c_idx])
    cells = measured_cells(before, after, trained, members)
    if cells is None:
        return found
    school, facts = before.school_of, _facts(before)
    drew = _lotteries(before, taken, members)
    for course in np.unique(c_idx):
        goals = before.goals[course]
        y, known = _outcome(cells[0], cells[1], goals)
        ours = np.zeros(len(y), dtype=bool)
        ours[t_idx[c_idx == course]] = True
        here = drew.get(int(course))
        if here is not None:
            won, lost = here[0][known[here[0]]], here[1][known[here[1]]]
            if min(len(won), len(lost)) >= FEWEST:
                effect, error = _difference(y, won, lost)
                _keep(found, course, effect, error, len(won), len(lost), "lottery")
                continue
        free = known & ~ours & members & (trained[:, goals > 0].sum(axis=1) <= 0)
        ours &= known
        if min(int(ours.sum()), int(free.sum())) < FEWEST:
            continue
        told = _doubly_robust(y, ours, free, facts, school)
        if told is not None:
            _keep(found, course, *told, int(ours.sum()), int(free.sum()), "comparison")
    return _less_what_all_share(found)


def _less_what_all_share(found: TreatmentEffect) -> TreatmentEffect:
    """Compared effects less their own average where it is above 0, which selection alone may make.

    People who choose a course differ from those who do not, whichever course it is. What all courses share is
    laid to that; how unevenly they share it widens the error.
    """
    rows = np.flatnonzero(found.by == "comparison")
    if not len(rows):
        return found
    weight = 1.0 / np.maximum(found.error[rows], 1e-6) ** 2
    average = float((weight * found.effect[rows]).sum() / weight.sum())
    excess = float(np.mean((found.effect[rows] - average) ** 2 - found.error[rows] ** 2))
    found.effect[rows] -= max(average, 0.0)
    found.shared[rows] = max(average, 0.0)
    found.error[rows] = np.sqrt(found.error[rows] ** 2 + 1.0 / weight.sum() + max(excess, 0.0) / 2.0)
    return found


def no_comparison(courses: int) -> TreatmentEffect:
    """Of no course is anything known."""
    return TreatmentEffect(
        np.full(courses, np.nan), np.full(courses, np.nan), np.zeros(courses, np.int64),
        np.zeros(courses, np.int64), np.full(courses, "", dtype=object), np.zeros(courses),
    )  # fmt: skip


def _keep(
    found: TreatmentEffect, course: int, effect: float, error: float, treated: int, comparison: int, by: str
) -> None:
    found.effect[course], found.error[course] = effect, error
    found.treated[course], found.comparison[course], found.by[course] = treated, comparison, by


def _facts(before: Snapshot) -> Array:
    """(N, 5) what may decide who takes a course: standing, how well known, lessons, courses taken, newcomer."""
    needs, teachers = before.needs, before.tables["teachers"]
    count = np.maximum(needs.applies.sum(axis=1), 1)
    standing = np.where(needs.applies, needs.mean, 0.0).sum(axis=1) / count
    known = np.where(needs.applies, needs.reliability, 0.0).sum(axis=1) / count
    lessons = teachers["weekly_lessons"].to_numpy(np.float64)
    courses = np.log1p(np.bincount(before.enrolments["t"].to_numpy(np.intp), minlength=len(teachers)))
    step = pd.to_numeric(teachers["ladder_step"].str[1:]).to_numpy(np.float64)
    columns = np.column_stack([standing, known, lessons, courses, step])
    filled = np.where(
        np.isnan(columns), np.nan_to_num(np.nanmean(np.r_[columns, np.zeros((1, 5))], 0)), columns
    )
    spread = filled.std(axis=0)
    return np.asarray((filled - filled.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0), dtype=np.float64)


def _outcome(gain: Array, variance: Array, goals: Array) -> tuple[Array, Mask]:
    """(N,) goal-weighted gain over the measured goals, and where at least half of the weight was measured."""
    here = ~np.isnan(gain[:, goals > 0])
    weight = np.where(here, goals[goals > 0], 0.0)
    total = weight.sum(axis=1)
    value = (weight * np.nan_to_num(gain[:, goals > 0])).sum(axis=1) / np.where(total > 0, total, 1.0)
    return value, np.asarray(total >= 0.5 * goals.sum())


def _lotteries(before: Snapshot, taken: pd.DataFrame, members: Mask) -> dict[int, tuple[Index, Index]]:
    """Course -> (let in, refused) among those who drew in the window."""
    rows = taken[taken["assignment"] == "lottery"]
    t = pd.Index(before.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    c = pd.Index(before.course_ids).get_indexer(pd.Index(rows["course_id"], dtype=object))
    won = rows["status"].isin(TAKEN).to_numpy(dtype=bool)
    lost = (rows["status"] == "refused").to_numpy(dtype=bool)
    good = (t >= 0) & (c >= 0)
    good[good] = members[t[good]]
    found: dict[int, tuple[Index, Index]] = {}
    for course in np.unique(c[good]):
        here = good & (c == course)
        let_in = np.unique(t[here & won]).astype(np.intp)
        found[int(course)] = (let_in, np.setdiff1d(t[here & lost], let_in).astype(np.intp))
    return found


def _difference(y: Array, won: Index, lost: Index) -> tuple[float, float]:
    a, b = y[won], y[lost]
    return float(a.mean() - b.mean()), float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


def _doubly_robust(
    y: Array, ours: Mask, free: Mask, facts: Array, school: Index
) -> tuple[float, float] | None:
    """Effect on the treated and its error by school; None where people do not overlap."""
    who = np.flatnonzero(ours | free)
    x, treated, fold = facts[who], ours[who], school[who] % FOLDS
    odds, expected = np.zeros(len(who)), np.zeros(len(who))
    for k in range(FOLDS):
        held, rest = fold == k, fold != k
        if not held.any():
            continue
        if min(treated[rest].sum(), (~treated[rest]).sum()) < FEWEST // 2:
            return None
        chance = LogisticRegression(C=1.0).fit(x[rest], treated[rest]).predict_proba(x[held])[:, 1]
        if chance.max() > 0.95:
            return None
        odds[held] = chance / (1.0 - chance)
        control = rest & ~treated
        design = np.column_stack([np.ones(len(who)), x])
        gram = design[control].T @ design[control] + np.diag([1e-9, *np.ones(x.shape[1])])
        expected[held] = design[held] @ np.linalg.solve(gram, design[control].T @ y[who[control]])
    weight = np.where(treated, 0.0, odds)
    if weight.sum() ** 2 / (weight**2).sum() < LEAST_ESS:
        return None
    away = x[treated].mean(axis=0) - (weight[:, None] * x).sum(axis=0) / weight.sum()
    if np.abs(away).max() > max(LARGEST_DIFFERENCE, 2.0 / np.sqrt(treated.sum())):
        return None
    rest_of_it = y[who] - expected
    share = treated.mean()
    effect = float(rest_of_it[treated].mean() - (weight * rest_of_it).sum() / weight.sum())
    part = treated * (rest_of_it - effect) / share - weight * (rest_of_it - _mean(rest_of_it, weight)) / (
        weight.sum() / len(who)
    )
    by_school = np.bincount(school[who], part)
    return effect, float(np.sqrt((by_school**2).sum()) / len(who))


def _mean(values: Array, weight: Array) -> float:
    return float((values * weight).sum() / weight.sum())
