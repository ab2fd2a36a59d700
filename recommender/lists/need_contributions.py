"""What each need adds to a gain: the terms of the need rule's sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import GoalTable, gap_closure_moments
from features.needs.gap import THIN_BELOW
from features.snapshot import Snapshot
from models.effects.need_rule import PreparedNeedRule

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class NeedContributions:
    """The sum of the rule before completion, which moves all terms of a pair alike."""

    def __init__(self, snapshot: Snapshot, rule: PreparedNeedRule) -> None:
        needs = snapshot.needs
        self._rule = rule
        self._goals = snapshot.goals
        self._table = GoalTable(snapshot)
        weight = np.where(needs.applies, needs.weight, 0.0)
        mean, variance = gap_closure_moments(needs.gap_mean, needs.gap_sd)
        self._close = np.where(needs.applies, weight * mean, 0.0)
        self._close_variance = np.where(needs.applies, weight**2 * variance, 0.0)
        self._known = (needs.applies & (needs.reliability >= THIN_BELOW) & (weight > 0)).astype(np.float64)

    def terms(self, teachers: Index, courses: Index) -> Array:
        """(n, G) what each goal of the course adds; G the most goals a course has."""
        return self._rule.terms(teachers, courses)

    def leaves(self, courses: Index) -> Index:
        """(n, G) the competency that each term of `terms` speaks of."""
        return self._table.leaf[courses]

    def main(self, teachers: Index, courses: Index) -> Index:
        """(n,) the competency that adds most to the gain of a pair; -1 where none adds anything."""
        terms = self.terms(teachers, courses)
        if not terms.shape[1]:
            return np.full(len(teachers), -1, np.intp)
        best = terms.argmax(axis=1)[:, None]
        leaf = np.take_along_axis(self._table.leaf[courses], best, 1)[:, 0]
        return np.where(np.take_along_axis(terms, best, 1)[:, 0] > 0, leaf, -1).astype(np.intp)

    def left_without(self, teachers: Index, courses: Index, competency: Index) -> Array:
        """(n,) share of each pair's gain that is left when her need in `competency` (n,) is gone."""
        terms = self.terms(teachers, courses)
        whole = terms.sum(axis=1)
        kept = np.where(self._table.leaf[courses] == competency[:, None], 0.0, terms).sum(axis=1)
        return np.asarray(np.divide(kept, whole, out=np.ones_like(whole), where=whole > 0))

    def spread(self, teachers: Index) -> Array:
        """(n, C) variance over squared mean of the rule's sum that comes from not knowing the needs.

        A rough one for near-ties and sums over schools, a city's pairs in two products: every goal closes in
        proportion to what of its gap one course can close. 0 where the sum is 0.
        """
        mean = self._close[teachers] @ self._goals.T
        variance = self._close_variance[teachers] @ (self._goals**2).T
        return np.asarray(np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0))

    def known(self, teachers: Index) -> NDArray[np.bool_]:
        """(n, C) whether a need that is not thin is among the goals of a course."""
        return np.asarray(self._known[teachers] @ (self._goals > 0).T.astype(np.float64) > 0)
