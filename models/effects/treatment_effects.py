"""Treatment effects of courses: later evidence on takers against people who did not take them.

Outcome of a teacher and a course: her later standing on the course's goals minus its prediction at T0
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

from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot
from models.data.relevance_labels import measured_cells, taken_pairs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
Claim = Literal["works", "no_effect", "unknown"]
FEWEST: Final = 15  # measured people on each side
LEAST_ESS: Final = 30.0
MAX_STANDARDISED_DIFFERENCE: Final = 0.1  # after weighting
FOLDS: Final = 5
CRITICAL_VALUES: Final = {
    "lottery": 1.96,
    "comparison": 2.58,
}  # standard errors; more where selection may remain
EQUIVALENCE_MARGIN: Final = 0.05  # teacher-SD of the goals; a smaller effect is not relevant


@dataclass(frozen=True)
class TreatmentEffect:
    """(C,) each. effect: on the goals of those treated, teacher-SD, NaN where no comparison holds."""

    effect: Array
    error: Array
    treated: NDArray[np.int64]
    comparison: NDArray[np.int64]
    by: NDArray[np.object_]
    shared: Array  # subtracted from `effect`: what all compared courses have in common

    def claims(self) -> NDArray[np.object_]:
        """(C,) works, no_effect or unknown.

        No effect is claimed where the whole 90% interval lies within EQUIVALENCE_MARGIN of 0 (two one-sided tests of
        equivalence, Schuirmann 1987): an estimate far below 0 indicates selection, not a course without effect.
        """
        critical = np.array([CRITICAL_VALUES.get(str(by), np.inf) for by in self.by])
        estimated = ~np.isnan(self.effect)
        effect, error = np.nan_to_num(self.effect), np.nan_to_num(self.error, nan=1.0)
        works = estimated & (effect > critical * error)
        raw = effect + self.shared  # before subtraction
        none = estimated & (np.abs(raw) + 1.645 * error < EQUIVALENCE_MARGIN)
        return np.where(works, "works", np.where(none, "no_effect", "unknown")).astype(object)


def compare_courses(before: Snapshot, after: Needs, taken: pd.DataFrame, members: Mask) -> TreatmentEffect:
    """Every course of the window against a comparison; see `outcome_labels` for the arguments."""
    courses = len(before.course_ids)
    effects = no_comparison(courses)
    t_idx, c_idx, _ = taken_pairs(before, taken, members)
    if not len(t_idx):
        return effects
    trained = np.zeros(before.needs.mean.shape)
    np.add.at(trained, t_idx, before.goals[c_idx])
    cells = measured_cells(before, after, trained, members)
    if cells is None:
        return effects
    school, covariates = before.school_of, _covariates(before)
    lotteries = _lotteries(before, taken, members)
    for course in np.unique(c_idx):
        goals = before.goals[course]
        y, measured = _outcome(cells[0], goals)
        treated = np.zeros(len(y), dtype=bool)
        treated[t_idx[c_idx == course]] = True
        lottery = lotteries.get(int(course))
        if lottery is not None:
            won, lost = lottery[0][measured[lottery[0]]], lottery[1][measured[lottery[1]]]
            if min(len(won), len(lost)) >= FEWEST:
                effect, error = _difference(y, won, lost)
                _set_effect(effects, course, effect, error, len(won), len(lost), "lottery")
                continue
        control = measured & ~treated & members & (trained[:, goals > 0].sum(axis=1) <= 0)
        treated &= measured
        if min(int(treated.sum()), int(control.sum())) < FEWEST:
            continue
        estimate = _doubly_robust(y, treated, control, covariates, school)
        if estimate is not None:
            _set_effect(effects, course, *estimate, int(treated.sum()), int(control.sum()), "comparison")
    return _less_common_effect(effects)


def _less_common_effect(effects: TreatmentEffect) -> TreatmentEffect:
    """Compared effects less their own average where it is above 0, which selection alone may make.

    People who choose a course differ from those who do not, whichever course it is. What all courses share is
    attributed to that; its variation between courses widens the error.
    """
    rows = np.flatnonzero(effects.by == "comparison")
    if not len(rows):
        return effects
    weight = 1.0 / np.maximum(effects.error[rows], 1e-6) ** 2
    average = float((weight * effects.effect[rows]).sum() / weight.sum())
    excess = float(np.mean((effects.effect[rows] - average) ** 2 - effects.error[rows] ** 2))
    effects.effect[rows] -= max(average, 0.0)
    effects.shared[rows] = max(average, 0.0)
    effects.error[rows] = np.sqrt(effects.error[rows] ** 2 + 1.0 / weight.sum() + max(excess, 0.0) / 2.0)
    return effects


def no_comparison(courses: int) -> TreatmentEffect:
    """No comparison for any course."""
    return TreatmentEffect(
        np.full(courses, np.nan), np.full(courses, np.nan), np.zeros(courses, np.int64),
        np.zeros(courses, np.int64), np.full(courses, "", dtype=object), np.zeros(courses),
    )  # fmt: skip


def _set_effect(
    effects: TreatmentEffect, course: int, effect: float, error: float, treated: int, comparison: int, by: str
) -> None:
    effects.effect[course], effects.error[course] = effect, error
    effects.treated[course], effects.comparison[course], effects.by[course] = treated, comparison, by


def _covariates(before: Snapshot) -> Array:
    """(N, 5) covariates of selection: standing, reliability, lessons, courses taken, ladder step."""
    needs, teachers = before.needs, before.tables["teachers"]
    count = np.maximum(needs.applies.sum(axis=1), 1)
    standing = np.where(needs.applies, needs.mean, 0.0).sum(axis=1) / count
    reliability = np.where(needs.applies, needs.reliability, 0.0).sum(axis=1) / count
    lessons = teachers["weekly_lessons"].to_numpy(np.float64)
    courses = np.log1p(np.bincount(before.enrolments["t"].to_numpy(np.intp), minlength=len(teachers)))
    step = pd.to_numeric(teachers["ladder_step"].str[1:]).to_numpy(np.float64)
    columns = np.column_stack([standing, reliability, lessons, courses, step])
    filled = np.where(
        np.isnan(columns), np.nan_to_num(np.nanmean(np.r_[columns, np.zeros((1, 5))], 0)), columns
    )
    sd = filled.std(axis=0)
    return np.asarray((filled - filled.mean(axis=0)) / np.where(sd > 1e-9, sd, 1.0), dtype=np.float64)


def _outcome(gain: Array, goals: Array) -> tuple[Array, Mask]:
    """(N,) goal-weighted gain over the measured goals, and where at least half of the weight was measured."""
    measured = ~np.isnan(gain[:, goals > 0])
    weight = np.where(measured, goals[goals > 0], 0.0)
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
    lotteries: dict[int, tuple[Index, Index]] = {}
    for course in np.unique(c[good]):
        entrants = good & (c == course)
        let_in = np.unique(t[entrants & won]).astype(np.intp)
        lotteries[int(course)] = (let_in, np.setdiff1d(t[entrants & lost], let_in).astype(np.intp))
    return lotteries


def _difference(y: Array, won: Index, lost: Index) -> tuple[float, float]:
    a, b = y[won], y[lost]
    return float(a.mean() - b.mean()), float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


def _doubly_robust(
    y: Array, treated_mask: Mask, control_mask: Mask, covariates: Array, school: Index
) -> tuple[float, float] | None:
    """Effect on the treated and its error by school; None where people do not overlap."""
    who = np.flatnonzero(treated_mask | control_mask)
    x, treated, fold = covariates[who], treated_mask[who], school[who] % FOLDS
    odds, expected = np.zeros(len(who)), np.zeros(len(who))
    for k in range(FOLDS):
        test, train = fold == k, fold != k
        if not test.any():
            continue
        if min(treated[train].sum(), (~treated[train]).sum()) < FEWEST // 2:
            return None
        from sklearn.linear_model import LogisticRegression  # not in processes that only serve

        propensity = LogisticRegression(C=1.0).fit(x[train], treated[train]).predict_proba(x[test])[:, 1]
        if propensity.max() > 0.95:
            return None
        odds[test] = propensity / (1.0 - propensity)
        control = train & ~treated
        design = np.column_stack([np.ones(len(who)), x])
        gram = design[control].T @ design[control] + np.diag([1e-9, *np.ones(x.shape[1])])
        expected[test] = design[test] @ np.linalg.solve(gram, design[control].T @ y[who[control]])
    weight = np.where(treated, 0.0, odds)
    if weight.sum() ** 2 / (weight**2).sum() < LEAST_ESS:
        return None
    difference = x[treated].mean(axis=0) - (weight[:, None] * x).sum(axis=0) / weight.sum()
    if np.abs(difference).max() > max(MAX_STANDARDISED_DIFFERENCE, 2.0 / np.sqrt(treated.sum())):
        return None
    residual = y[who] - expected
    share = treated.mean()
    effect = float(residual[treated].mean() - (weight * residual).sum() / weight.sum())
    influence = treated * (residual - effect) / share - weight * (residual - _mean(residual, weight)) / (
        weight.sum() / len(who)
    )
    by_school = np.bincount(school[who], influence)
    return effect, float(np.sqrt((by_school**2).sum()) / len(who))


def _mean(values: Array, weight: Array) -> float:
    return float((values * weight).sum() / weight.sum())
