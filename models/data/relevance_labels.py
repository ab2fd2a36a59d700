"""What is learnt from: measured gains of courses taken, or, without any evidence, what was taken.

**Outcome labels** come from what was measured after the courses, never from the need rule (the closed form of
`models/effects/need_rule.py` is not imported here): a ranker taught by the rule could only repeat the rule.

For a teacher and a competency, with needs at T0 and evidence dated in (T0, T1] alone:

    later  = mean1 / reliability1                 later evidence, no longer drawn towards the mean
    beyond = later - mean0                        what the needs at T0 did not foretell (regression to the
                                                  mean is in mean0 already: it is a posterior mean)
    V      = sd1^2 / reliability1 + sd0^2         its error variance

`beyond` is centred on comparable teachers: those of the same competency who took no course on it in the
window (weighted regression on mean0 and on 1 / reliability1 - 1, then an offset by competency and by
school, both shrunk). What is left is the measured gain of a cell. A pair (teacher, course) gets the sum
over the course's goals, each competency shared among the courses that trained it by their dose, combined by
precision. Everyone who enrolled counts, also who withdrew (intention to treat). Where a course tested
before and after, `score - pre_score`, standardised within the course's form, is a second witness; how much
it says is estimated from the pairs that have both, and is nothing where they do not agree. Both are put
together by the best linear predictor; the label's reliability is the sample weight.

**Courses not taken are not zeros.** Nobody measured them. Calling them 0 would say that what is seldom
taken does no good, and the ranker would learn popularity; popularity is not worth (seats, mandates and
habit decide who takes what). So a query holds measured pairs only, and as a teacher takes one to three
courses a year, the query is the school: its pairs are compared with each other, which also cancels what the
whole school lived through.

Nuisance (centring, slope of the test score) is estimated within the teachers given as `members`. Labels of
schools held out therefore share no estimate with the labels a ranker was taught by.

Limits: a cell's reliability is partly borrowed from other competencies, so gains are somewhat understated
where evidence is indirect; evidence dated before a course of the same window dilutes its gain; selection by
what only the teacher knows is not removed. All three blur an order more than they turn it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

GRADES: Final = 5  # 0..4 by quantile, as label_gain expects
GAIN_SD: Final = 0.15  # spread of true gains between pairs, teacher-SD (the range of D5's forms)
SHOCK_SD: Final = 0.2  # what a whole school lives through in a window, teacher-SD
LEAST_RELIABILITY: Final = 0.10  # of a cell's later evidence
FEWEST_COMPARISONS: Final = 30  # cells without a course
FEWEST_IN_FORM: Final = 5  # test gains needed to standardise within a form


@dataclass(frozen=True)
class PairLabels:
    """n labelled pairs. grade 0..4 for lambdarank, value in teacher-SD units (outcome) or 0/1 (uptake).

    weight (n,) in (0, 1]: the reliability of the label, 1 for uptake. measured and variance (n,) are the
    unshrunk gain of later evidence and its error variance, NaN where there is only a test score or no
    evidence.
    """

    t_idx: Index
    c_idx: Index
    value: Array
    grade: NDArray[np.intp]
    weight: Array
    measured: Array
    variance: Array

    def __len__(self) -> int:
        return len(self.t_idx)

    def take(self, chosen: Mask | Index) -> PairLabels:
        """The labels where `chosen` (n,) is True, or at the places it names, in that order."""
        return PairLabels(
            self.t_idx[chosen], self.c_idx[chosen], self.value[chosen], self.grade[chosen],
            self.weight[chosen], self.measured[chosen], self.variance[chosen],
        )  # fmt: skip


def no_labels() -> PairLabels:
    """Nothing to learn from."""
    none, nothing = np.zeros(0, np.intp), np.zeros(0)
    return PairLabels(none, none, nothing, none, nothing, nothing, nothing)


def outcome_labels(before: Snapshot, after: Needs, taken: pd.DataFrame, members: Mask) -> PairLabels:
    """Measured gains of the pairs in `taken` (enrolments requested in the window) whose teacher is a member.

    before: everything known at T0. after: needs diagnosed from evidence in (T0, T1] alone, same teachers and
    competencies. members (N,): the teachers whose data may be used. No labels when fewer than
    FEWEST_COMPARISONS cells without a course were measured.
    """
    if after.teacher_ids != before.needs.teacher_ids or after.competency_ids != before.needs.competency_ids:
        raise ValueError("needs before and after are not about the same teachers and competencies")
    t_idx, c_idx, rows = taken_pairs(before, taken, members)
    if not len(t_idx):
        return no_labels()
    dose = before.goals[c_idx]
    trained = np.zeros(before.needs.mean.shape)
    np.add.at(trained, t_idx, dose)
    cells = measured_cells(before, after, trained, members)
    if cells is None:
        return no_labels()
    measured, variance = _pair_gains(before, cells, trained, dose, t_idx)
    test = _test_gains(before, taken.iloc[rows], c_idx)
    value, reliability = _best_predictor(measured, variance, test)
    seen = reliability > 0
    standard = value / np.sqrt(np.where(seen, reliability, 1.0))
    grade = grade_by_quantile(standard, seen)
    labels = PairLabels(t_idx, c_idx, value, grade, reliability, measured, variance)
    return labels.take(seen)


def uptake_labels(
    before: Snapshot, taken: pd.DataFrame, members: Mask, seed: int, negatives: int = 30
) -> PairLabels:
    """Next enrolments (grade 4) against up to `negatives` eligible courses not taken (grade 0).

    For cities without any evidence only: it says what will be taken, not what it is worth. Teachers who took
    nothing in the window carry no order and are left out.
    """
    t_pos, c_pos, _ = taken_pairs(before, taken, members)
    if not len(t_pos):
        return no_labels()
    rng = np.random.default_rng(seed)
    teachers = np.unique(t_pos)
    t_all, c_all, y_all = [t_pos], [c_pos], [np.ones(len(t_pos), np.intp)]
    for start in range(0, len(teachers), 2000):
        block = teachers[start : start + 2000]
        free = before.eligibility.block(block)
        inside = np.isin(t_pos, block)
        free[np.searchsorted(block, t_pos[inside]), c_pos[inside]] = False
        key = np.where(free, rng.random(free.shape), 2.0)
        kept = min(negatives, key.shape[1])
        chosen = np.argpartition(key, kept - 1, axis=1)[:, :kept]
        valid = np.take_along_axis(key, chosen, axis=1) < 2.0
        row, place = np.nonzero(valid)
        t_all.append(block[row])
        c_all.append(chosen[row, place])
        y_all.append(np.zeros(len(row), np.intp))
    t_idx, c_idx, y = np.concatenate(t_all), np.concatenate(c_all), np.concatenate(y_all)
    order = np.lexsort((c_idx, t_idx))
    t_idx, c_idx, y = t_idx[order], c_idx[order], y[order]
    nothing = np.full(len(y), np.nan)
    return PairLabels(t_idx, c_idx, y.astype(np.float64), y * (GRADES - 1), np.ones(len(y)), nothing, nothing)


def taken_pairs(before: Snapshot, taken: pd.DataFrame, members: Mask) -> tuple[Index, Index, Index]:
    """(t_idx, c_idx, row of `taken`) of distinct pairs that were really entered, sorted by pair."""
    entered = taken["status"].isin(TAKEN).to_numpy(dtype=bool)
    t = pd.Index(before.teacher_ids).get_indexer(pd.Index(taken["teacher_id"]))
    c = pd.Index(before.course_ids).get_indexer(pd.Index(taken["course_id"]))
    good = entered & (t >= 0) & (c >= 0)
    good[good] = members[t[good]]
    rows = np.flatnonzero(good)
    pair = t[rows].astype(np.int64) * max(len(before.course_ids), 1) + c[rows]
    first = np.unique(pair, return_index=True)[1]
    rows = rows[first]
    return t[rows].astype(np.intp), c[rows].astype(np.intp), rows


def grade_by_quantile(value: Array, seen: Mask) -> NDArray[np.intp]:
    """0..4 by fifths of the values that were seen; equal values get equal grades."""
    if not seen.any():
        return np.zeros(len(value), np.intp)
    edges = np.quantile(value[seen], np.arange(1, GRADES) / GRADES)
    return np.searchsorted(edges, value, side="left").astype(np.intp)


def measured_cells(
    before: Snapshot, after: Needs, trained: Array, members: Mask
) -> tuple[Array, Array] | None:
    """(gain, variance), both (N, K): beyond expectation and comparable teachers; NaN where not measured."""
    now = before.needs
    known = now.applies & after.applies & (after.reliability >= LEAST_RELIABILITY) & members[:, None]
    rho = np.where(known, after.reliability, 1.0)
    beyond = after.mean / rho - now.mean
    variance = np.maximum(after.sd**2 / rho + now.sd**2, 1e-6)
    untrained = known & (trained <= 0)
    if untrained.sum() < FEWEST_COMPARISONS:
        return None
    design = np.stack([np.ones_like(beyond), now.mean, 1.0 / rho - 1.0], axis=-1)
    x, y, w = design[untrained], beyond[untrained], 1.0 / variance[untrained]
    gram = x.T @ (x * w[:, None]) + np.diag([1e-9, 1.0, 1.0])
    rest = beyond - design @ np.linalg.solve(gram, x.T @ (w * y))
    pull = np.where(untrained, 1.0 / variance, 0.0)
    rest = rest - (pull * rest).sum(axis=0) / (pull.sum(axis=0) + 1.0 / SHOCK_SD**2)
    school = pd.factorize(before.tables["teachers"]["school_id"])[0]
    schools = int(school.max()) + 1
    strength = np.bincount(school, pull.sum(axis=1), schools)
    shock = np.bincount(school, (pull * rest).sum(axis=1), schools) / (strength + 1.0 / SHOCK_SD**2)
    rest = rest - shock[school][:, None]
    spread = float(np.clip(np.average(rest[untrained] ** 2 * w), 0.5, 5.0))  # is V as large as it says?
    return np.where(known, rest, np.nan), np.where(known, variance * spread, np.nan)


def _pair_gains(
    before: Snapshot, cells: tuple[Array, Array], trained: Array, dose: Array, t_idx: Index
) -> tuple[Array, Array]:
    """(measured, variance), both (n,): a course's gain over its goals, cells shared by dose; NaN unseen."""
    gain, variance = cells[0][t_idx], cells[1][t_idx]
    here = (dose > 0) & ~np.isnan(gain)
    share = np.where(here, dose / np.where(here, trained[t_idx], 1.0), 1.0)
    part = np.where(here, gain * share, 0.0)
    precision = np.where(here, 1.0 / (np.where(here, variance, 1.0) * share**2), 0.0)
    strength = (dose**2 * precision).sum(axis=1)
    seen = strength > 0
    response = (dose * part * precision).sum(axis=1) / np.where(seen, strength, 1.0)
    total = (before.needs.weight * before.needs.applies)[t_idx]
    total = (total * dose).sum(axis=1)
    seen &= total > 0
    return (
        np.where(seen, response * total, np.nan),
        np.where(seen, total**2 / np.where(seen, strength, 1.0), np.nan),
    )


def _test_gains(before: Snapshot, rows: pd.DataFrame, c_idx: Index) -> Array:
    """(n,) score - pre_score standardised within the course's form, within 3 of 0; NaN where unknown."""
    rise = (rows["score"] - rows["pre_score"]).to_numpy(dtype=np.float64)
    form = before.tables["courses"]["form"].to_numpy(dtype=object)[c_idx]
    by_form = pd.Series(rise).groupby(form)
    sd = by_form.transform("std").to_numpy(dtype=np.float64)
    enough = (by_form.transform("count").to_numpy(dtype=np.float64) >= FEWEST_IN_FORM) & (sd > 0)
    centre = by_form.transform("mean").to_numpy(dtype=np.float64)
    return np.where(enough, np.clip((rise - centre) / np.where(enough, sd, 1.0), -3.0, 3.0), np.nan)


def _best_predictor(measured: Array, variance: Array, test: Array) -> tuple[Array, Array]:
    """(value, reliability), both (n,): best linear predictor of the gain from evidence and test score.

    With spread T = GAIN_SD^2 of true gains, the evidence is gain + N(0, V) and the test score has
    covariance b with the gain; b is the slope of measured gains on test scores, shrunk to 0 and never
    negative.
    """
    spread = GAIN_SD**2
    has_y, has_z = ~np.isnan(measured), ~np.isnan(test)
    w = np.where(has_y, 1.0 / (spread + np.where(has_y, variance, 1.0)), 0.0)
    centre = float((w * np.where(has_y, measured, 0.0)).sum() / w.sum()) if w.sum() > 0 else 0.0
    y = np.where(has_y, measured - centre, 0.0)
    z = np.where(has_z, test, 0.0)
    both = w * has_z
    slope = float((both * y * z).sum() / ((both * z * z).sum() + 1.0 / (0.5 * GAIN_SD) ** 2))
    b = float(np.clip(slope, 0.0, 0.9 * GAIN_SD))
    total = np.where(has_y, spread + np.where(has_y, variance, 0.0), 1.0)
    signal = np.where(has_y, spread, 0.0)
    link = np.where(has_z, b, 0.0)
    cross = np.where(has_y & has_z, b, 0.0)
    # inverse of [[total, cross], [cross, 1]] applied to (y, z), projected on (signal, link)
    det = total - cross**2
    on_y = (signal - cross * link) / det
    on_z = (total * link - cross * signal) / det
    value = on_y * y + on_z * z
    explained = on_y * signal + on_z * link
    return value, np.clip(explained / spread, 0.0, 1.0)
