"""Relevance labels: measured gains of courses taken, or, without any evidence, the enrolments themselves.

**Outcome labels** come from what was measured after the courses, never from the need rule (the closed form of
`models/effects/need_rule.py` is not imported here): a ranker trained on the rule's output could only repeat the rule.

For a teacher and a competency, with needs at T0 and evidence dated in (T0, T1] only:

    later  = mean1 / reliability1                 later evidence, without the shrinkage towards the mean
    beyond = later - mean0                        its residual given the needs at T0 (regression to the mean is in
                                                  mean0 already: it is a posterior mean)
    V      = sd1^2 / reliability1 + sd0^2         its error variance

`beyond` is centred on comparable teachers: those of the same competency without a course on it in the window (weighted
regression on mean0 and on 1 / reliability1 - 1, then an offset by competency and by school, both shrunk). The residual
is the measured gain of a cell. A pair (teacher, course) gets the sum over the course's goals, each competency divided
among the courses that trained it by their dose, combined by precision. Everyone who enrolled counts, also those who
withdrew (intention to treat). Where a course tested before and after, `score - pre_score`, standardised within the
course's form, is a second measurement; its covariance with the gain is estimated from the pairs that have both, and is
0 where they do not agree. The best linear predictor combines both; the label's reliability is the sample weight.

**Courses not taken are not zeros.** They were not measured. A label of 0 would mean that a rarely taken course has no
effect, and the ranker would learn popularity; popularity is not effect (seats, mandates and habit decide who takes
what). So a query has measured pairs only, and as a teacher takes one to three courses a year, the query is the school:
its pairs are compared with each other, which also cancels shocks to the whole school.

Nuisance parameters (centring, slope of the test score) are estimated within the teachers given as `members`. Labels of
test schools therefore share no estimate with the labels a ranker was trained on.

Limits: a cell's reliability is partly borrowed from other competencies, so gains are somewhat underestimated where
evidence is indirect; evidence dated before a course of the same window dilutes its gain; selection on what only the
teacher knows is not removed. All three add noise to an order more than bias.
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
SHOCK_SD: Final = 0.2  # of school-wide shocks in a window, teacher-SD
MIN_RELIABILITY: Final = 0.10  # of a cell's later evidence
MIN_CONTROL_CELLS: Final = 30  # without a course
MIN_TESTS_PER_FORM: Final = 5  # test gains needed to standardise within a form


@dataclass(frozen=True)
class PairLabels:
    """n labelled pairs. grade 0..4 for lambdarank, value in teacher-SD units (outcome) or 0/1 (uptake).

    weight (n,) in (0, 1]: the reliability of the label, 1 for uptake. measured and variance (n,) are the
    unshrunk gain from later evidence and its error variance, NaN where there is only a test score or no
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

    def take(self, rows: Mask | Index) -> PairLabels:
        """The labels where the mask `rows` (n,) is True, or at these indices, in their order."""
        return PairLabels(
            self.t_idx[rows], self.c_idx[rows], self.value[rows], self.grade[rows],
            self.weight[rows], self.measured[rows], self.variance[rows],
        )  # fmt: skip


def no_labels() -> PairLabels:
    """No pairs."""
    index, values = np.zeros(0, np.intp), np.zeros(0)
    return PairLabels(index, index, values, index, values, values, values)


def outcome_labels(before: Snapshot, after: Needs, taken: pd.DataFrame, members: Mask) -> PairLabels:
    """Measured gains of the pairs in `taken` (enrolments requested in the window) whose teacher is a member.

    before: everything known at T0. after: needs from evidence in (T0, T1] only, same teachers and competencies.
    members (N,): the teachers whose data may be used. No labels when fewer than MIN_CONTROL_CELLS cells without a
    course were measured. Raises ValueError where teachers or competencies differ.
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
    informative = reliability > 0
    standardized = value / np.sqrt(np.where(informative, reliability, 1.0))
    grade = grade_by_quantile(standardized, informative)
    labels = PairLabels(t_idx, c_idx, value, grade, reliability, measured, variance)
    return labels.take(informative)


def uptake_labels(
    before: Snapshot, taken: pd.DataFrame, members: Mask, seed: int, negatives: int = 30
) -> PairLabels:
    """Next enrolments (grade 4) against up to `negatives` eligible courses not taken (grade 0).

    Only for cities without any evidence: it predicts enrolment, not effect. Teachers without an enrolment in the window
    have no order and are left out.
    """
    t_pos, c_pos, _ = taken_pairs(before, taken, members)
    if not len(t_pos):
        return no_labels()
    rng = np.random.default_rng(seed)
    teachers = np.unique(t_pos)
    t_all, c_all, y_all = [t_pos], [c_pos], [np.ones(len(t_pos), np.intp)]
    for start in range(0, len(teachers), 2000):
        block = teachers[start : start + 2000]
        eligible = before.eligibility.block(block)
        in_block = np.isin(t_pos, block)
        eligible[np.searchsorted(block, t_pos[in_block]), c_pos[in_block]] = False
        key = np.where(eligible, rng.random(eligible.shape), 2.0)
        size = min(negatives, key.shape[1])
        sample = np.argpartition(key, size - 1, axis=1)[:, :size]
        row, column = np.nonzero(np.take_along_axis(key, sample, axis=1) < 2.0)
        t_all.append(block[row])
        c_all.append(sample[row, column])
        y_all.append(np.zeros(len(row), np.intp))
    t_idx, c_idx, y = np.concatenate(t_all), np.concatenate(c_all), np.concatenate(y_all)
    order = np.lexsort((c_idx, t_idx))
    t_idx, c_idx, y = t_idx[order], c_idx[order], y[order]
    missing = np.full(len(y), np.nan)
    return PairLabels(t_idx, c_idx, y.astype(np.float64), y * (GRADES - 1), np.ones(len(y)), missing, missing)


def taken_pairs(before: Snapshot, taken: pd.DataFrame, members: Mask) -> tuple[Index, Index, Index]:
    """(t_idx, c_idx, row of `taken`) of distinct pairs with a status in TAKEN, sorted by pair."""
    enrolled = taken["status"].isin(TAKEN).to_numpy(dtype=bool)
    t = pd.Index(before.teacher_ids).get_indexer(pd.Index(taken["teacher_id"]))
    c = pd.Index(before.course_ids).get_indexer(pd.Index(taken["course_id"]))
    mask = enrolled & (t >= 0) & (c >= 0)
    mask[mask] = members[t[mask]]
    rows = np.flatnonzero(mask)
    pair = t[rows].astype(np.int64) * max(len(before.course_ids), 1) + c[rows]
    first = np.unique(pair, return_index=True)[1]
    rows = rows[first]
    return t[rows].astype(np.intp), c[rows].astype(np.intp), rows


def grade_by_quantile(value: Array, mask: Mask) -> NDArray[np.intp]:
    """(n,) 0..4 by fifths of the values where `mask` (n,) is True; equal values get equal grades."""
    if not mask.any():
        return np.zeros(len(value), np.intp)
    edges = np.quantile(value[mask], np.arange(1, GRADES) / GRADES)
    return np.searchsorted(edges, value, side="left").astype(np.intp)


def measured_cells(
    before: Snapshot, after: Needs, trained: Array, members: Mask
) -> tuple[Array, Array] | None:
    """(gain, variance), both (N, K): residual gain relative to comparable teachers; NaN where not measured."""
    now = before.needs
    measured = now.applies & after.applies & (after.reliability >= MIN_RELIABILITY) & members[:, None]
    rho = np.where(measured, after.reliability, 1.0)
    beyond = after.mean / rho - now.mean
    variance = np.maximum(after.sd**2 / rho + now.sd**2, 1e-6)
    untrained = measured & (trained <= 0)
    if untrained.sum() < MIN_CONTROL_CELLS:
        return None
    design = np.stack([np.ones_like(beyond), now.mean, 1.0 / rho - 1.0], axis=-1)
    x, y, w = design[untrained], beyond[untrained], 1.0 / variance[untrained]
    gram = x.T @ (x * w[:, None]) + np.diag([1e-9, 1.0, 1.0])
    residual = beyond - design @ np.linalg.solve(gram, x.T @ (w * y))
    precision = np.where(untrained, 1.0 / variance, 0.0)
    residual = residual - (precision * residual).sum(axis=0) / (precision.sum(axis=0) + 1.0 / SHOCK_SD**2)
    school = pd.factorize(before.tables["teachers"]["school_id"])[0]
    schools = int(school.max()) + 1
    school_precision = np.bincount(school, precision.sum(axis=1), schools)
    shock = np.bincount(school, (precision * residual).sum(axis=1), schools)
    residual = residual - (shock / (school_precision + 1.0 / SHOCK_SD**2))[school][:, None]
    dispersion = float(np.clip(np.average(residual[untrained] ** 2 * w), 0.5, 5.0))  # of V, from the controls
    return np.where(measured, residual, np.nan), np.where(measured, variance * dispersion, np.nan)


def _pair_gains(
    before: Snapshot, cells: tuple[Array, Array], trained: Array, dose: Array, t_idx: Index
) -> tuple[Array, Array]:
    """(measured, variance), both (n,): a course's gain over its goals, cells divided by dose; NaN where unmeasured."""
    gain, variance = cells[0][t_idx], cells[1][t_idx]
    mask = (dose > 0) & ~np.isnan(gain)
    share = np.where(mask, dose / np.where(mask, trained[t_idx], 1.0), 1.0)
    part = np.where(mask, gain * share, 0.0)
    precision = np.where(mask, 1.0 / (np.where(mask, variance, 1.0) * share**2), 0.0)
    information = (dose**2 * precision).sum(axis=1)
    informative = information > 0
    response = (dose * part * precision).sum(axis=1) / np.where(informative, information, 1.0)
    weight = (before.needs.weight * before.needs.applies)[t_idx]
    total = (weight * dose).sum(axis=1)
    informative &= total > 0
    return (
        np.where(informative, response * total, np.nan),
        np.where(informative, total**2 / np.where(informative, information, 1.0), np.nan),
    )


def _test_gains(before: Snapshot, rows: pd.DataFrame, c_idx: Index) -> Array:
    """(n,) score - pre_score standardised within the course's form, within 3 of 0; NaN where unknown."""
    difference = (rows["score"] - rows["pre_score"]).to_numpy(dtype=np.float64)
    form = before.tables["courses"]["form"].to_numpy(dtype=object)[c_idx]
    by_form = pd.Series(difference).groupby(form)
    sd = by_form.transform("std").to_numpy(dtype=np.float64)
    valid = (by_form.transform("count").to_numpy(dtype=np.float64) >= MIN_TESTS_PER_FORM) & (sd > 0)
    mean = by_form.transform("mean").to_numpy(dtype=np.float64)
    return np.where(valid, np.clip((difference - mean) / np.where(valid, sd, 1.0), -3.0, 3.0), np.nan)


def _best_predictor(measured: Array, variance: Array, test: Array) -> tuple[Array, Array]:
    """(value, reliability), both (n,): best linear predictor of the gain from evidence and test score.

    With variance GAIN_SD^2 of true gains, the evidence is gain + N(0, V) and the test score has covariance b with the
    gain; b is the slope of measured gains on test scores, shrunk towards 0 and not negative.
    """
    gain_variance = GAIN_SD**2
    has_y, has_z = ~np.isnan(measured), ~np.isnan(test)
    w = np.where(has_y, 1.0 / (gain_variance + np.where(has_y, variance, 1.0)), 0.0)
    mean = float((w * np.where(has_y, measured, 0.0)).sum() / w.sum()) if w.sum() > 0 else 0.0
    y = np.where(has_y, measured - mean, 0.0)
    z = np.where(has_z, test, 0.0)
    w_both = w * has_z
    slope = float((w_both * y * z).sum() / ((w_both * z * z).sum() + 1.0 / (0.5 * GAIN_SD) ** 2))
    b = float(np.clip(slope, 0.0, 0.9 * GAIN_SD))
    total = np.where(has_y, gain_variance + np.where(has_y, variance, 0.0), 1.0)
    y_cov = np.where(has_y, gain_variance, 0.0)
    z_cov = np.where(has_z, b, 0.0)
    cross = np.where(has_y & has_z, b, 0.0)
    # inverse of [[total, cross], [cross, 1]] applied to (y, z), projected on (y_cov, z_cov)
    det = total - cross**2
    on_y = (y_cov - cross * z_cov) / det
    on_z = (total * z_cov - cross * y_cov) / det
    value = on_y * y + on_z * z
    explained = on_y * y_cov + on_z * z_cov
    return value, np.clip(explained / gain_variance, 0.0, 1.0)
