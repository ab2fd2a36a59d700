"""The need rule: the closed-form gain of measurement D5, with the fitted needs and stated effects of courses.

    gain = P(complete | enrolled) x effect x (1 - overlap)
           x sum_k weight_k share_k readiness_k E[min(gap_k+, cap)]

`effect` is what a completed course of this form closes of a gap of one teacher-SD: a prior, set low on
purpose (no effect of lectures in Loyalka et al. 2019; coaching .49 in small trials, a fraction of it at
scale, Kraft et al. 2018). Mechanisms move its mean (Sims et al. 2021), evidence of low grade or none widens
its spread.

Its sd takes effect, completion (done or not) and needs as independent, and the errors of a teacher's needs
as independent of each other: var(XYZ) = E[X^2] E[Y^2] E[Z^2] - gain^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from features.closing import GoalTable, closing_moments, readiness, teacher_levels
from features.snapshot import Snapshot
from features.tables import split_list
from models.course_effects import CourseEffects
from models.scorer import Scorer, TrainingData

Array = NDArray[np.float64]
Index = NDArray[np.intp]

FORMS: Final = {  # mean and sd, teacher-SD per teacher-SD of gap
    "lecture": (0.03, 0.04),
    "workshop": (0.10, 0.08),
    "practice": (0.20, 0.12),
    "studio": (0.20, 0.15),
    "coaching": (0.35, 0.18),
}
OTHER_FORM: Final = (0.10, 0.15)
GRADES: Final = {"A": 0.7, "B": 0.85, "C": 1.0, "D": 1.15}  # times the sd
NO_GRADE: Final = 1.3
MECHANISMS: Final = (0.70, 0.85, 1.0, 1.15, 1.3)  # times the mean, by how many of the four are there
UNSTATED_SPREAD: Final = 1.2  # times the sd where mechanisms are not stated
USUAL_COMPLETION: Final = 0.75  # of the rule alone, which knows no completion model; moves no order
BLOCK: Final = 50_000  # pairs looked at together


@dataclass(frozen=True)
class _Prepared:
    """What one snapshot needs looked up once: the courses' goals and, (N, K) each, the teachers' sides."""

    goals: GoalTable
    close_mean: Array
    close_variance: Array
    level: Array
    level_sd: Array
    effect: Array
    effect_sd: Array


@dataclass(frozen=True)
class SchoolGains:
    """m (school, course) pairs by school then course; teacher-SD units, summed over `teachers` teachers.

    school (m,) as in `Snapshot.school_of`, course (m,) as in `Snapshot.course_ids`.
    """

    school: Index
    course: Index
    mean: Array
    sd: Array
    teachers: Index


@dataclass
class NeedRule(Scorer):
    """Stated effects of forms, moved by `learnt` where a study measured them; nothing popular can creep in."""

    forms: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(FORMS))
    learnt: CourseEffects = field(default_factory=CourseEffects)
    name: str = "need_rule"
    _last: tuple[Snapshot, _Prepared] | None = field(default=None, repr=False, compare=False)

    def fit(self, train: TrainingData) -> Self:
        """Nothing to learn: what is fitted are the needs."""
        return self

    def gain(self, snapshot: Snapshot, t_idx: Index, c_idx: Index, p_complete: Array) -> tuple[Array, Array]:
        """(mean, sd), both (n,), teacher-SD units; p_complete (n,) given enrolment."""
        known = self._prepared(snapshot)
        mean, sd = np.zeros(len(t_idx)), np.zeros(len(t_idx))
        for start in range(0, len(t_idx), BLOCK):
            here = slice(start, start + BLOCK)
            mean[here], sd[here] = _gain(snapshot, known, t_idx[here], c_idx[here], p_complete[here])
        return mean, sd

    def school_gain(
        self, snapshot: Snapshot, t_idx: Index, c_idx: Index, mean: Array, sd: Array
    ) -> SchoolGains:
        """Gains of whole schools from their open pairs and these pairs' gains, (n,) each.

        A school's gain for a course is the sum over its best teachers up to `max_seats`. The effect of the
        course is one and the same for all of them; needs and completion are each teacher's own. With r the
        effect's sd over its mean, a pair's own part of the variance is sd^2 - r^2 mean^2, so

            var(sum) = sum(sd^2 - r^2 mean^2) + r^2 (sum mean)^2

        mean and sd may be a ranker's correction of `gain` as long as it scales both alike.
        """
        courses = max(len(snapshot.course_ids), 1)
        seats = snapshot.tables["courses"]["max_seats"].fillna(np.inf).to_numpy(np.float64)
        effect, effect_sd = self.effects(snapshot)
        ratio = np.divide(effect_sd, effect, out=np.zeros_like(effect), where=effect > 0)[c_idx]
        key = snapshot.school_of[t_idx] * courses + c_idx
        order = np.lexsort((t_idx, -mean, key))
        first = np.flatnonzero(np.r_[True, key[order][1:] != key[order][:-1]][: len(order)])
        place = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
        best = order[place < seats[c_idx[order]]]
        keys, group, teachers = np.unique(key[best], return_inverse=True, return_counts=True)

        def total(values: Array) -> Array:
            return np.bincount(group, values[best], len(keys)).astype(np.float64)

        whole, shared = total(mean), total(ratio * mean)
        own = total(np.maximum(sd**2 - (ratio * mean) ** 2, 0.0))
        return SchoolGains(
            (keys // courses).astype(np.intp), (keys % courses).astype(np.intp), whole,
            np.sqrt(own + shared**2), teachers.astype(np.intp),
        )  # fmt: skip

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) the gain with the usual completion for every pair."""
        return self.gain(snapshot, t_idx, c_idx, np.full(len(t_idx), USUAL_COMPLETION))[0]

    def effects(self, snapshot: Snapshot) -> tuple[Array, Array]:
        """(mean, sd), both (C,): what a completed course closes of a gap of one teacher-SD, as learnt so far."""
        return self.learnt.of(snapshot.course_ids, *self.stated(snapshot))

    def unit(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) the gain of a completed course with an effect of 1."""
        return need_of(snapshot, self._prepared(snapshot), t_idx, c_idx)

    def stated(self, snapshot: Snapshot) -> tuple[Array, Array]:
        """(mean, sd), both (C,): the priors, by form, mechanisms and grade of evidence."""
        courses = snapshot.tables["courses"]
        stated = [self.forms.get(str(form), OTHER_FORM) for form in courses["form"]]
        mean, sd = np.array(stated, dtype=np.float64).reshape(-1, 2).T
        held = courses["mechanisms"].map(split_list).map(len).to_numpy(dtype=np.intp)
        grade = courses["evidence_grade"].map(GRADES).astype(np.float64).fillna(NO_GRADE)
        mean = mean * np.where(held > 0, np.array(MECHANISMS)[np.minimum(held, 4)], 1.0)
        sd = sd * grade.to_numpy(dtype=np.float64) * np.where(held > 0, 1.0, UNSTATED_SPREAD)
        return mean, sd

    def to_json(self) -> dict[str, Any]:
        """The stated effects, so that a bundle keeps those it was judged with."""
        forms = {form: list(pair) for form, pair in sorted(self.forms.items())}
        return {"forms": forms, "courses": self.learnt.to_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        forms = {str(form): (float(m), float(s)) for form, (m, s) in content["forms"].items()}
        return cls(forms, CourseEffects.from_json(content.get("courses", {})))

    def _prepared(self, snapshot: Snapshot) -> _Prepared:
        last = self._last  # one read: another thread may set it in between
        if last is None or last[0] is not snapshot:
            needs = snapshot.needs
            close_mean, close_variance = closing_moments(needs.gap_mean, needs.gap_sd)
            weight = np.where(needs.applies, needs.weight, 0.0)
            level, level_sd = teacher_levels(needs.mean, needs.sd)
            known = _Prepared(
                GoalTable(snapshot), weight * close_mean, weight**2 * close_variance, level, level_sd,
                *self.effects(snapshot),
            )  # fmt: skip
            self._last = last = (snapshot, known)
        return last[1]


def need_of(snapshot: Snapshot, known: _Prepared, t: Index, c: Index) -> Array:
    """(n,) the sum over goals, overlap taken off: what effect and completion multiply."""
    goals = known.goals
    ready = readiness(goals.level[c], goals.of(known.level, t, c), goals.of(known.level_sd, t, c))
    left = 1.0 - goals.overlap(snapshot, t, c)
    closing = (goals.share[c] * ready * goals.of(known.close_mean, t, c)).sum(axis=1)
    return np.asarray(closing * left, dtype=np.float64)


def _gain(snapshot: Snapshot, known: _Prepared, t: Index, c: Index, p: Array) -> tuple[Array, Array]:
    goals = known.goals
    ready = readiness(goals.level[c], goals.of(known.level, t, c), goals.of(known.level_sd, t, c))
    left = 1.0 - goals.overlap(snapshot, t, c)
    pull = goals.share[c] * ready * left[:, None]
    need = (pull * goals.of(known.close_mean, t, c)).sum(axis=1)
    need_variance = (pull**2 * goals.of(known.close_variance, t, c)).sum(axis=1)
    effect, effect_variance = known.effect[c], known.effect_sd[c] ** 2
    mean = p * effect * need
    square = p * (effect**2 + effect_variance) * (need**2 + need_variance)  # E[done^2] = p
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))
