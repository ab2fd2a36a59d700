"""The need rule: the closed-form gain of measurement D5, with the estimated needs and effects of courses.

    gain = P(complete | enrolled) x sum_k weight_k E[min(gap_k+, effect x share_k x readiness_k x (1 - overlap_k))]

`effect` is what a completed course of this form lifts a teacher by, in teacher-SD, spread over the course's goals as
they share it; a course closes no more of a gap than there is. It is a prior, set low on purpose (no effect of lectures in
Loyalka et al. 2019; coaching .49 SD of instruction in small trials, a fraction of it at scale, Kraft et al. 2018).
Mechanisms move its mean (Sims et al. 2021), evidence of low grade or none widens its sd. D5 writes the effect as a
share of a capped gap; trials and courses' own tests measure lifts (docs/decisions/0204).

The mean integrates over the normal effect and gap together. The sd takes effect and readiness (to first order),
completion (done or not) and needs as independent, and the errors of a teacher's needs as independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import (
    GapClosure,
    GoalTable,
    gap_closure,
    readiness,
    readiness_variance,
    teacher_levels,
)
from features.snapshot import Snapshot
from features.tables import split_list
from models.effects.effect_estimates import CourseEffects
from models.rankers.scorer import Scorer, TrainingData

Array = NDArray[np.float64]
Index = NDArray[np.intp]

FORMS: Final = {  # mean and sd, teacher-SD
    "lecture": (0.03, 0.04),
    "workshop": (0.10, 0.08),
    "practice": (0.20, 0.12),
    "studio": (0.20, 0.15),
    "coaching": (0.35, 0.18),
}
OTHER_FORM: Final = (0.10, 0.15)
GRADES: Final = {"A": 0.7, "B": 0.85, "C": 1.0, "D": 1.15}  # factor of the sd
NO_GRADE: Final = 1.3
MECHANISMS: Final = (0.70, 0.85, 1.0, 1.15, 1.3)  # factor of the mean, by how many of the four are present
NO_MECHANISMS_SD: Final = 1.2  # factor of the sd where mechanisms are not recorded
TYPICAL_COMPLETION: Final = 0.75  # for the rule without a completion model; changes no order
LEAST_READINESS: Final = 1e-3  # below it a goal's lift is nothing, however unsure
BLOCK: Final = 50_000  # pairs computed at once


@dataclass(frozen=True)
class PairGains:
    """(n,) each, teacher-SD units. `sd` is the whole uncertainty of the gain; `course_sd` is the part of it that
    comes from the course's effect, one and the same for everybody who takes the course."""

    mean: Array
    sd: Array
    course_sd: Array


@dataclass
class NeedRule(Scorer):
    """Prior effects by form, replaced by `estimated` where a course has its own evidence; popularity plays no part."""

    forms: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(FORMS))
    estimated: CourseEffects = field(default_factory=CourseEffects)
    name: str = "need_rule"

    def fit(self, train: TrainingData) -> Self:
        """No parameters: needs and effects are estimated elsewhere."""
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedNeedRule:
        """Scores are gains with the same typical completion for every pair."""
        needs = snapshot.needs
        level, level_sd = teacher_levels(needs.mean, needs.sd)
        weight = np.where(needs.applies, needs.weight, 0.0)
        return PreparedNeedRule(
            snapshot, GoalTable(snapshot), weight, needs.gap_mean, needs.gap_sd, level, level_sd,
            *self.effects(snapshot), self.prior_effects(snapshot)[1],
        )  # fmt: skip

    def effects(self, snapshot: Snapshot) -> tuple[Array, Array]:
        """(mean, sd), both (C,): by how much a completed course lifts, teacher-SD, estimated or prior."""
        return self.estimated.of(snapshot.course_ids, *self.prior_effects(snapshot))

    def prior_effects(self, snapshot: Snapshot) -> tuple[Array, Array]:
        """(mean, sd), both (C,): the priors, by form, mechanisms and grade of evidence."""
        courses = snapshot.tables["courses"]
        priors = [self.forms.get(str(form), OTHER_FORM) for form in courses["form"]]
        mean, sd = np.array(priors, dtype=np.float64).reshape(-1, 2).T
        count = courses["mechanisms"].map(split_list).map(len).to_numpy(dtype=np.intp)
        grade = courses["evidence_grade"].map(GRADES).astype(np.float64).fillna(NO_GRADE)
        mean = mean * np.where(count > 0, np.array(MECHANISMS)[np.minimum(count, 4)], 1.0)
        sd = sd * grade.to_numpy(dtype=np.float64) * np.where(count > 0, 1.0, NO_MECHANISMS_SD)
        return mean, sd

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle: the effects that it was evaluated with."""
        forms = {form: list(pair) for form, pair in sorted(self.forms.items())}
        return {"forms": forms, "courses": self.estimated.to_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        forms = {str(form): (float(m), float(s)) for form, (m, s) in content["forms"].items()}
        return cls(forms, CourseEffects.from_json(content.get("courses", {})))


@dataclass(frozen=True)
class PreparedNeedRule:
    """The rule on one snapshot: the courses' goals and effects (C,), the teachers' arrays (N, K).

    prior_sd (C,): the part of `effect_sd` that is the uncertain level of the course's form, common to its courses.
    """

    snapshot: Snapshot
    goals: GoalTable
    weight: Array
    gap: Array
    gap_sd: Array
    level: Array
    level_sd: Array
    effect: Array
    effect_sd: Array
    prior_sd: Array

    def spare_memory(self, keep: Callable[[dict[str, Array]], dict[str, Array]]) -> None:
        """For a process that keeps a rule for long. keep: the same arrays in another place."""
        for name, array in keep({name: getattr(self, name) for name in ("weight", "level", "level_sd")}).items():
            object.__setattr__(self, name, array)

    def __call__(self, t_idx: Index, c_idx: Index) -> Array:
        """(n,) the mean gain with the typical completion for every pair."""
        return self.gain(t_idx, c_idx, np.full(len(t_idx), TYPICAL_COMPLETION)).mean

    def gain(self, t_idx: Index, c_idx: Index, p_complete: Array) -> PairGains:
        """Gains of the pairs; p_complete (n,) given enrolment."""
        mean, sd, course_sd = (np.zeros(len(t_idx)) for _ in range(3))
        for start in range(0, len(t_idx), BLOCK):
            rows = slice(start, start + BLOCK)
            block = self._gain(t_idx[rows], c_idx[rows], p_complete[rows])
            mean[rows], sd[rows], course_sd[rows] = block.mean, block.sd, block.course_sd
        return PairGains(mean, sd, course_sd)

    def terms(self, t_idx: Index, c_idx: Index) -> Array:
        """(n, G) the weighted gap closure of each goal of a completed course; G as in `GoalTable`."""
        weight, closure = self.closures(t_idx, c_idx)
        return weight * closure.mean

    def loadings(self, t: Index, c: Index) -> Array:
        """(n, G) share of the course's effect that reaches each goal: its weight, times readiness, times what is new."""
        ready = readiness(*self._levels(t, c))
        novelty = 1.0 - self.goals.overlap(self.snapshot, t, c)
        return np.asarray(self.goals.share[c] * ready * novelty, dtype=np.float64)

    def _levels(self, t: Index, c: Index) -> tuple[Array, Array, Array]:
        """(n, G) level of the course, mean and sd of the teacher's."""
        goals = self.goals
        return goals.level[c], goals.of(self.level, t, c), goals.of(self.level_sd, t, c)

    def closures(self, t: Index, c: Index) -> tuple[Array, GapClosure]:
        """(n, G) weights of the goals, and closures of their gaps by the completed course."""
        goals, loading = self.goals, self.loadings(t, c)
        gap, gap_sd = goals.of(self.gap, t, c), goals.of(self.gap_sd, t, c)
        closure = gap_closure(gap, gap_sd, loading, self.effect[c], self.effect_sd[c])
        return goals.of(self.weight, t, c), closure

    def _gain(self, t: Index, c: Index, p: Array) -> PairGains:
        weight, closure = self.closures(t, c)
        completed = (weight * closure.mean).sum(axis=1)
        from_needs = (weight**2 * closure.variance).sum(axis=1)
        from_effect = (weight * closure.slope).sum(axis=1) * self.effect_sd[c]
        from_readiness = self._from_readiness(weight * closure.slope, t, c)
        mean = p * completed
        square = p * (completed**2 + from_needs + from_effect**2 + from_readiness)  # E[completion^2] = p
        return PairGains(mean, np.sqrt(np.maximum(square - mean**2, 0.0)), p * from_effect)

    def _from_readiness(self, slope: Array, t: Index, c: Index) -> Array:
        """(n,) variance of the closure by readiness, whose relative error moves a goal's lift as the effect's does."""
        levels = self._levels(t, c)
        relative = readiness_variance(*levels) / np.maximum(readiness(*levels), LEAST_READINESS) ** 2
        square = self.effect[c] ** 2 + self.effect_sd[c] ** 2
        return np.asarray((slope**2 * relative).sum(axis=1) * square, dtype=np.float64)
