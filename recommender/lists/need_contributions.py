"""The contribution of each need to a gain: the terms of the need rule's sum."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import GoalTable, gap_closure_moments
from features.needs.needs import Needs
from features.snapshot import Snapshot
from models.effects.need_rule import PreparedNeedRule

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class NeedContributions:
    """Terms of the need rule before completion, which multiplies all terms of a pair alike."""

    def __init__(self, snapshot: Snapshot, rule: PreparedNeedRule) -> None:
        needs = snapshot.needs
        self._rule = rule
        self._goals = snapshot.goals
        self._table = GoalTable(snapshot)
        self._needs = needs  # sums are made of it for the teachers in question: those of a city would fill memory
        self._reliable = needs.reliable & needs.applies & (needs.weight > 0)
        self._needed = needs.needed
        self._short = needs.short

    def spare_memory(self, keep: Callable[[dict[str, Array]], dict[str, Array]]) -> None:
        """For a process that keeps them for long. keep: the same arrays in another place."""
        self.__dict__.update(keep({name: getattr(self, name) for name in ("_reliable", "_needed", "_short")}))

    def of_needs(self, needs: Needs, rule: PreparedNeedRule) -> NeedContributions:
        """The same for teachers whose rows of `needs` and of the rule are others."""
        other = copy.copy(self)
        other._rule, other._needs = rule, needs
        other._reliable, other._needed, other._short = needs.reliable, needs.needed, needs.short
        return other

    def terms(self, teachers: Index, courses: Index) -> Array:
        """(n, G) gain by goal of the course; G is the largest number of goals of a course."""
        return self._rule.terms(teachers, courses)

    def leaves(self, courses: Index) -> Index:
        """(n, G) the competency index of each of `terms`."""
        return self._table.leaf[courses]

    def main_need(self, teachers: Index, courses: Index, personal: NDArray[np.bool_]) -> Index:
        """(n,) the need that a course is listed for: of her clear and possible needs the one with the largest term.

        personal (n,): False where all of the course's goals are thin for her; there it is the largest term among the
        competencies that people like her are short of. -1 where there is none: the course is an extension.
        """
        terms = self.terms(teachers, courses)
        if not terms.shape[1]:
            return np.full(len(teachers), -1, np.intp)
        leaf = self._table.leaf[courses]
        rows = teachers[:, None]
        allowed = np.where(personal[:, None], self._needed[rows, leaf], self._short[rows, leaf])
        terms = np.where(allowed, terms, 0.0)
        best = terms.argmax(axis=1)[:, None]
        main = np.take_along_axis(leaf, best, 1)[:, 0]
        return np.where(np.take_along_axis(terms, best, 1)[:, 0] > 0, main, -1).astype(np.intp)

    def remaining_share(self, teachers: Index, courses: Index, competency: Index) -> Array:
        """(n,) share of each pair's gain that remains when the need in `competency` (n,) is set to 0."""
        terms = self.terms(teachers, courses)
        total = terms.sum(axis=1)
        remaining = np.where(self._table.leaf[courses] == competency[:, None], 0.0, terms).sum(axis=1)
        return np.asarray(np.divide(remaining, total, out=np.ones_like(total), where=total > 0))

    def relative_variance(self, teachers: Index) -> Array:
        """(n, C) squared coefficient of variation of the rule's sum, the uncertainty of needs alone.

        An approximation for near-ties and sums over schools that takes two matrix products for a city: every goal
        closes in proportion to what one course can close of its gap. 0 where the sum is 0.
        """
        needs = self._needs
        weight = np.where(needs.applies[teachers], needs.weight[teachers], 0.0)
        closure, closure_variance = gap_closure_moments(needs.gap_mean[teachers], needs.gap_sd[teachers])
        mean = np.where(weight > 0, weight * closure, 0.0) @ self._goals.T
        variance = np.where(weight > 0, weight**2 * closure_variance, 0.0) @ (self._goals**2).T
        return np.asarray(np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0))

    def serves_reliable_need(self, teachers: Index) -> NDArray[np.bool_]:
        """(n, C) whether a need with enough evidence (not thin) is among the goals of a course."""
        return np.asarray(self._reliable[teachers].astype(np.float64) @ (self._goals > 0).T.astype(np.float64) > 0)
