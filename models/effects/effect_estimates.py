"""What each course does: stated by its form, moved by what all courses of the form and what this one showed.

    effect_c = stated_c x (1 + grade_c) + form_c + own_c        own_c ~ N(0, (spread x stated_c)^2)

Evidence: courses' own tests (`models/effects/pre_post_tests.py`), which know differences between courses only. The level
stays the stated one, and its uncertainty is added to every course's. Everything is linear and normal, so the
posterior is one solve; the spread is estimated from the courses themselves. D5: "shrunk by own evidence".
Claims come from comparisons alone (`models/effects/treatment_effects.py`). Measured gains of those who chose a course are not
used for its mean: people who choose courses do better than their diagnosis foretells, whatever the course
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
FORM_SD: Final = 0.10  # of how far a form's average may be from what is stated, teacher-SD
GRADE_SD: Final = 0.5  # of how much of the stated effect grade A adds
SPREAD: Final = (
    0.6  # of courses of one form around it, as a share of the stated effect; where it is estimated from
)
SPREADS: Final = (0.3, 1.2)
LEAST: Final = 0.005  # teacher-SD; an effect is never listed below


@dataclass(frozen=True)
class CourseEffects:
    """By course id: mean, sd, people treated and compared, claim; empty before anything is learnt."""

    courses: Mapping[str, tuple[float, float, int, int, str]] = field(default_factory=dict)

    def of(self, course_ids: NDArray[np.object_], mean: Array, sd: Array) -> tuple[Array, Array]:
        """(mean, sd), both (C,): what was learnt, and what is stated of courses that are new."""
        held = [self.courses.get(str(c)) for c in course_ids]
        return (
            np.array([m if h is None else h[0] for h, m in zip(held, mean, strict=True)], dtype=np.float64),
            np.array([s if h is None else h[1] for h, s in zip(held, sd, strict=True)], dtype=np.float64),
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
    snapshot: Snapshot, stated: Array, stated_sd: Array, tests: PrePostSums, compared: TreatmentEffect
) -> CourseEffects:
    """stated, stated_sd (C,): the priors; the rest as known in `snapshot`."""
    courses = snapshot.tables["courses"]
    form = courses["form"].to_numpy(dtype=object)
    grade = courses["evidence_grade"].map(GRADES).astype(np.float64).fillna(0.0).to_numpy()
    by_form = [(form == name).astype(np.float64) for name in FORMS]
    design = np.column_stack([*by_form, grade * stated])
    prior = np.array([*([FORM_SD**2] * len(FORMS)), GRADE_SD**2])
    own = np.maximum(SPREAD * stated, 0.02)
    heard = tests.zz > 0
    mean, sd = stated, stated_sd
    if heard.any():
        for _ in range(6):
            mean, sd, left = _posterior(stated, design, prior, own, tests)
            ratio = float(np.sqrt(left[heard].mean()))
            own = np.clip(own * ratio, SPREADS[0] * stated, np.maximum(SPREADS[1] * stated, 0.03))
        sd = np.sqrt(sd**2 + stated_sd**2)
    done = snapshot.enrolments
    done = done[(done["status"] == "completed") & (done["c"] >= 0)]
    finished = np.bincount(done["c"].to_numpy(np.intp), minlength=len(stated))
    claims = compared.claims()
    return CourseEffects({
        str(c): (max(float(m), LEAST), float(s), int(n), int(k), str(claim))
        for c, m, s, n, k, claim in zip(
            snapshot.course_ids, mean, sd, finished, compared.comparison, claims, strict=True
        )
    })  # fmt: skip


def _posterior(
    stated: Array, design: Array, prior: Array, own: Array, tests: PrePostSums
) -> tuple[Array, Array, Array]:
    """(mean, sd, squared own part over its prior variance), (C,) each."""
    d, c = design.shape[1], len(stated)
    zz = tests.zz
    whole = np.zeros((1 + d + c, 1 + d + c))
    right = np.zeros(1 + d + c)
    whole[0, 0] = tests.w.sum() + 1e-6
    right[0] = tests.y.sum() - (tests.z * stated).sum()
    whole[0, 1 : 1 + d] = tests.z @ design
    whole[0, 1 + d :] = tests.z
    whole[1 : 1 + d, 1 : 1 + d] = design.T @ (zz[:, None] * design) + np.diag(1.0 / prior)
    whole[1 : 1 + d, 1 + d :] = (design * zz[:, None]).T
    whole[1 + d :, 1 + d :] = np.diag(zz + 1.0 / own**2)
    whole = np.triu(whole) + np.triu(whole, 1).T
    rest = tests.zy - zz * stated
    right[1 : 1 + d], right[1 + d :] = design.T @ rest, rest
    variance = np.linalg.inv(whole)
    found = variance @ right
    turn = np.column_stack([design, np.eye(c)])
    mean = stated + turn @ found[1:]
    sd = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", turn, variance[1:, 1:], turn), 1e-8))
    left = (found[1 + d :] ** 2 + np.diag(variance)[1 + d :]) / own**2
    return mean, sd, left
