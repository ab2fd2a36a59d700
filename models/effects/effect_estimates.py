"""Effects of courses: a prior by form, updated by the evidence of all courses of the form and of the course itself.

    effect_c = prior_c x (1 + grade_c) + form_c + own_c        own_c ~ N(0, (ratio x prior_c)^2)
                                                               form_c ~ N(0, (FORM_SHARE x sd of the form's prior)^2)

Evidence: courses' own tests (`models/effects/pre_post_tests.py`), which identify differences between courses only. The level
stays the prior one, and its uncertainty is added to every course's. Everything is linear and normal, so the
posterior is one solve; the ratio is estimated from the courses themselves. D5: "shrunk by own evidence".
Claims come from comparisons alone (`models/effects/treatment_effects.py`). Measured gains of those who chose a course are not
used for its mean: people who choose courses do better than their diagnosis predicts, whatever the course
(docs/decisions/0203).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.effects.pre_post_tests import PrePostSums
from models.effects.treatment_effects import TreatmentEffect

Array = NDArray[np.float64]
FORMS: Final = ("lecture", "workshop", "practice", "coaching", "studio")
GRADES: Final = {"A": 1.0, "B": 0.5, "C": 0.0, "D": -0.5}
FORM_SHARE: Final = 0.25  # sd of a form's average around its prior, as a share of the prior's sd (docs/decisions/0512)
GRADE_SD: Final = 0.5  # of the share of the prior effect that grade A adds
OWN_RATIO: Final = (
    0.6  # sd of courses of one form as a share of the prior effect; initial value of its estimate
)
OWN_RATIO_RANGE: Final = (0.3, 1.2)
MIN_EFFECT: Final = 0.005  # teacher-SD; no estimate is below


@dataclass(frozen=True)
class CourseEffects:
    """By course id: mean, sd, people treated and compared, claim; empty before any evidence."""

    courses: Mapping[str, tuple[float, float, int, int, str]] = field(default_factory=dict)

    def of(self, course_ids: NDArray[np.object_], mean: Array, sd: Array) -> tuple[Array, Array]:
        """(mean, sd), both (C,): the estimates, and for courses without one the priors `mean`, `sd` (C,)."""
        estimates = [self.courses.get(str(c)) for c in course_ids]
        return (
            np.array(
                [m if e is None else e[0] for e, m in zip(estimates, mean, strict=True)], dtype=np.float64
            ),
            np.array(
                [s if e is None else e[1] for e, s in zip(estimates, sd, strict=True)], dtype=np.float64
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle."""
        return {course: list(row) for course, row in sorted(self.courses.items())}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        return cls({
            str(c): (float(r[0]), float(r[1]), int(r[2]), int(r[3]), str(r[4])) for c, r in content.items()
        })  # fmt: skip


def estimate_effects(
    snapshot: Snapshot, prior: Array, prior_sd: Array, tests: PrePostSums, comparisons: TreatmentEffect
) -> CourseEffects:
    """Posteriors and claims. prior, prior_sd (C,), teacher-SD; tests and comparisons as known in `snapshot`."""
    courses = snapshot.tables["courses"]
    form = courses["form"].to_numpy(dtype=object)
    grade = courses["evidence_grade"].map(GRADES).astype(np.float64).fillna(0.0).to_numpy()
    by_form = [(form == name).astype(np.float64) for name in FORMS]
    design = np.column_stack([*by_form, grade * prior])
    form_sd = [FORM_SHARE * float(prior_sd[form == name].mean()) if (form == name).any() else 0.1 for name in FORMS]
    coefficient_var = np.array([*form_sd, GRADE_SD]) ** 2
    own_sd = np.maximum(OWN_RATIO * prior, 0.02)
    tested = tests.zz > 0
    mean, sd = prior, prior_sd
    if tested.any():
        for _ in range(6):
            mean, sd, own_square = _posterior(prior, design, coefficient_var, own_sd, tests)
            ratio = float(np.sqrt(own_square[tested].mean()))
            own_sd = np.clip(
                own_sd * ratio, OWN_RATIO_RANGE[0] * prior, np.maximum(OWN_RATIO_RANGE[1] * prior, 0.03)
            )
        sd = np.sqrt(sd**2 + prior_sd**2)
    completed = snapshot.enrolments
    completed = completed[(completed["status"] == "completed") & (completed["c"] >= 0)]
    finished = np.bincount(completed["c"].to_numpy(np.intp), minlength=len(prior))
    claims = comparisons.claims()
    return CourseEffects({
        str(c): (max(float(m), MIN_EFFECT), float(s), int(n), int(k), str(claim))
        for c, m, s, n, k, claim in zip(
            snapshot.course_ids, mean, sd, finished, comparisons.comparison, claims, strict=True
        )
    })  # fmt: skip


def _posterior(
    prior_mean: Array, design: Array, coefficient_var: Array, own_sd: Array, tests: PrePostSums
) -> tuple[Array, Array, Array]:
    """(mean, sd, E[own^2] over its prior variance), (C,) each; the offset of the tests has a flat prior."""
    d, c = design.shape[1], len(prior_mean)
    zz = tests.zz
    precision = np.zeros((1 + d + c, 1 + d + c))
    right = np.zeros(1 + d + c)
    precision[0, 0] = tests.w.sum() + 1e-6
    right[0] = tests.y.sum() - (tests.z * prior_mean).sum()
    precision[0, 1 : 1 + d] = tests.z @ design
    precision[0, 1 + d :] = tests.z
    precision[1 : 1 + d, 1 : 1 + d] = design.T @ (zz[:, None] * design) + np.diag(1.0 / coefficient_var)
    precision[1 : 1 + d, 1 + d :] = (design * zz[:, None]).T
    precision[1 + d :, 1 + d :] = np.diag(zz + 1.0 / own_sd**2)
    precision = np.triu(precision) + np.triu(precision, 1).T
    residual = tests.zy - zz * prior_mean
    right[1 : 1 + d], right[1 + d :] = design.T @ residual, residual
    variance = np.linalg.inv(precision)
    solution = variance @ right
    contrast = np.column_stack([design, np.eye(c)])
    mean = prior_mean + contrast @ solution[1:]
    sd = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", contrast, variance[1:, 1:], contrast), 1e-8))
    own_square = (solution[1 + d :] ** 2 + np.diag(variance)[1 + d :]) / own_sd**2
    return mean, sd, own_square
