"""The need rule: the closed-form gain of measurement D5, with the fitted needs and stated effects of courses.

    gain = P(complete | enrolled) x sum_k weight_k E[min(gap_k+, effect x share_k x readiness_k x (1 - overlap))]

`effect` is what a completed course of this form lifts a teacher by, in teacher-SD, spread over the course's goals as
they share it; a course closes no more of a gap than there is. It is a prior, set low on purpose (no effect of lectures in
Loyalka et al. 2019; coaching .49 SD of instruction in small trials, a fraction of it at scale, Kraft et al. 2018).
Mechanisms move its mean (Sims et al. 2021), evidence of low grade or none widens its spread. D5 writes the effect as a
share of a capped gap; trials and courses' own tests measure lifts (docs/decisions/0204).

The mean integrates over the normal effect and gap together. The sd takes effect (to first order), completion (done
or not) and needs as independent, and the errors of a teacher's needs as independent of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import GapClosure, GoalTable, gap_closure, readiness, teacher_levels
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
    weight: Array
    gap: Array
    gap_sd: Array
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
        effect's sd over its mean, r mean is the part of a pair's sd that is common (to a few percent: somewhat less
        is, where effects are larger than gaps), so

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
        """(mean, sd), both (C,): what a completed course lifts by, teacher-SD, as learnt so far."""
        return self.learnt.of(snapshot.course_ids, *self.stated(snapshot))

    def terms(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n, G) what a completed course closes of each of its goals' gaps, weighted; G as in `GoalTable`."""
        return _terms(snapshot, self._prepared(snapshot), t_idx, c_idx)[0]

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
            weight = np.where(needs.applies, needs.weight, 0.0)
            level, level_sd = teacher_levels(needs.mean, needs.sd)
            known = _Prepared(
                GoalTable(snapshot), weight, needs.gap_mean, needs.gap_sd, level, level_sd,
                *self.effects(snapshot),
            )  # fmt: skip
            self._last = last = (snapshot, known)
        return last[1]


def _terms(snapshot: Snapshot, known: _Prepared, t: Index, c: Index) -> tuple[Array, GapClosure, Array]:
    """(n, G) weighted closings, what they are made of, and the weights."""
    goals = known.goals
    ready = readiness(goals.level[c], goals.of(known.level, t, c), goals.of(known.level_sd, t, c))
    left = 1.0 - goals.overlap(snapshot, t, c)
    pull = goals.share[c] * ready * left[:, None]  # of the effect, what reaches each goal
    closed = gap_closure(
        goals.of(known.gap, t, c), goals.of(known.gap_sd, t, c), pull, known.effect[c], known.effect_sd[c]
    )
    weight = goals.of(known.weight, t, c)
    return weight * closed.mean, closed, weight


def _gain(snapshot: Snapshot, known: _Prepared, t: Index, c: Index, p: Array) -> tuple[Array, Array]:
    terms, closed, weight = _terms(snapshot, known, t, c)
    done = terms.sum(axis=1)
    spread = (weight**2 * closed.variance).sum(axis=1)
    spread += ((weight * closed.slope).sum(axis=1) * known.effect_sd[c]) ** 2
    mean = p * done
    return mean, np.sqrt(np.maximum(p * (done**2 + spread) - mean**2, 0.0))  # E[done or not squared] = p
