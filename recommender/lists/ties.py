"""Whether two courses of one list are about equal: the better one helps more with a chance of less than 60%.

The gains of two courses for one teacher share her needs, the level of the effects of a form, and her habit of completing;
what is shared cancels from the difference. With S the closure of the gaps by a completed course (need rule), p the chance of
completion, s the derivative of S by the effect, and ratio the trained correction of a gain:

    G = ratio p S                      the expected help; whether she completes is chance, not doubt about the order
    var(G1 - G2) = sum over competencies of var over her gap of (a1 w1 closure1 - a2 w2 closure2)      a = ratio p
                 + (level of effects)  (a1 s1 sd1 - a2 s2 sd2)^2 in one form, their squares added in two
                 + (own part)          (a1 s1 own1)^2 + (a2 s2 own2)^2

A course's effect is its form's level plus its own deviation. Tests measure differences between courses, so the uncertainty
of the level stays the prior's and is common to the form; own^2 is what remains of the variance (docs/decisions/0401).
Like the gain itself: exact in the gaps at the mean effect, of first order in the effect.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import gap_closure_covariance
from features.normal import normal_quantile
from features.snapshot import Snapshot
from models.effects.need_rule import PreparedNeedRule
from recommender.lists.top_lists import Array, Index, ScoredPairs

TIED_BELOW: Final = 0.60  # chance that the course with the larger gain really helps more (docs/decisions/0401)
TIED_WITHIN: Final = float(normal_quantile(TIED_BELOW))  # the same in standard deviations of the difference


class GainDifferences:
    """Standard deviations of differences between gains of two courses."""

    def __init__(self, snapshot: Snapshot, rule: PreparedNeedRule) -> None:
        self._goals = snapshot.goals
        self._form = snapshot.tables["courses"]["form"].to_numpy(dtype=object)
        self._rule = rule
        self._level_sd = np.minimum(rule.prior_sd, rule.effect_sd)
        self._own_var = rule.effect_sd**2 - self._level_sd**2

    def teachers(self, one: ScoredPairs, other: ScoredPairs) -> Array:
        """(n,) sd of the difference of the gains of two courses for the same teacher, row by row."""
        rule, t = self._rule, one.unit
        weights, lifts, leaves, gaps = [], [], [], []
        for rows in (one, other):
            weight, closure = rule.closures(t, rows.course)
            completed = (weight * closure.mean).sum(axis=1)
            scale = np.divide(rows.gain_mean, completed, out=np.zeros(len(rows)), where=completed > 0)
            leaf = rule.goals.leaf[rows.course]
            weights.append(weight * scale[:, None])
            lifts.append(rule.effect[rows.course][:, None] * rule.loadings(t, rows.course))
            leaves.append(leaf)
            gaps.append((rule.gap[t[:, None], leaf], rule.gap_sd[t[:, None], leaf]))
        own = [
            (weight**2 * gap_closure_covariance(gap, sd, lift, lift)).sum(axis=1)
            for weight, (gap, sd), lift in zip(weights, gaps, lifts, strict=True)
        ]
        same = leaves[0][:, :, None] == leaves[1][:, None, :]
        gap, sd = (np.broadcast_to(part[:, :, None], same.shape) for part in gaps[0])
        lift, other_lift = lifts[0][:, :, None], lifts[1][:, None, :]
        shared = np.where(same, gap_closure_covariance(gap, sd, lift, other_lift), 0.0)
        needs = own[0] + own[1] - 2.0 * np.einsum("ng,nh,ngh->n", *weights, shared)
        return np.asarray(np.sqrt(np.maximum(needs, 0.0) + self._effects(one, other)))

    def schools(self, one: ScoredPairs, other: ScoredPairs) -> Array:
        """(n,) the same for sums over a school's teachers.

        The common part of the needs is approximated by the overlap of the goals (cosine), at the sums' own variances.
        """
        common = self._overlap(one.course, other.course) * np.sqrt(one.need_var * other.need_var)
        needs = one.need_var + other.need_var - 2.0 * common
        return np.asarray(np.sqrt(np.maximum(needs, 0.0) + self._effects(one, other)))

    def _effects(self, one: ScoredPairs, other: ScoredPairs) -> Array:
        """(n,) variance that effects give to the difference; `course_sd` is the gain's slope by the effect times its sd."""
        effect_sd = self._rule.effect_sd
        first, second = (
            np.divide(rows.course_sd, effect_sd[rows.course], out=np.zeros(len(rows)), where=effect_sd[rows.course] > 0)
            for rows in (one, other)
        )
        level_1, level_2 = first * self._level_sd[one.course], second * self._level_sd[other.course]
        same_form = self._form[one.course] == self._form[other.course]
        level = np.where(same_form, (level_1 - level_2) ** 2, level_1**2 + level_2**2)
        own = first**2 * self._own_var[one.course] + second**2 * self._own_var[other.course]
        return np.asarray(level + np.where(one.course == other.course, 0.0, own), dtype=np.float64)

    def _overlap(self, one: Index, other: Index) -> Array:
        """(n,) cosine of the goals of two courses; 0 where a course has no goals."""
        goals = self._goals
        length = np.sqrt((goals**2).sum(axis=1))
        scale = length[one] * length[other]
        dots = (goals[one] * goals[other]).sum(axis=1)
        return np.asarray(np.divide(dots, scale, out=np.zeros(len(one)), where=scale > 0))

    def tied(self, kind: str, rows: ScoredPairs) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(n,) each: tied with the previous place of the same list, and with its first; a first place never is."""
        position = rows.positions()
        previous, first = (np.zeros(len(rows), dtype=bool) for _ in range(2))
        later = np.flatnonzero(position > 0)
        if len(later):
            sd = self.teachers if kind == "teacher" else self.schools
            for tied, with_row in ((previous, later - 1), (first, later - position[later])):
                one, other = rows.take(with_row), rows.take(later)
                tied[later] = np.abs(one.gain_mean - other.gain_mean) <= TIED_WITHIN * sd(one, other)
        return previous, first
