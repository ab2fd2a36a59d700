"""What each course is expected to bring a person of whom nothing is known but that it is open to her.

A teacher who switched personalisation off gets her list and her seats in plans by these numbers: they are the same for
everybody, whatever is recorded of her. They are averages over a sample of all teachers, drawn without regard to anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.snapshot import Snapshot
from models.rankers.scoring_model import PreparedScoringModel

Array = NDArray[np.float64]
SAMPLE: Final = 2_000  # teachers
BLOCK: Final = 256  # teachers scored at once


@dataclass(frozen=True)
class CourseAverages:
    """(C,) each, over the teachers of the sample to whom a course is open; gains in teacher-SD units.

    gain_sd is that of one person's gain: the average variance, and the variance between people. A course that is open to
    fewer than DISTRICT_MINIMUM of the sample has the average of all pairs, since its own would tell about few people.
    """

    score: Array
    gain_mean: Array
    gain_sd: Array
    course_sd: Array
    p_complete: Array


def course_averages(snapshot: Snapshot, scorer: PreparedScoringModel) -> CourseAverages:
    """The averages of a snapshot; the sample depends on the number of teachers alone."""
    n_teachers, n_courses = len(snapshot.teacher_ids), len(snapshot.course_ids)
    sample = np.sort(np.random.default_rng(0).permutation(n_teachers)[:SAMPLE])
    names = ("score", "gain_mean", "square", "variance", "course_sd", "p_complete")
    total = {name: np.zeros(n_courses) for name in names}
    people = np.zeros(n_courses)
    for start in range(0, len(sample), BLOCK):
        t, c = snapshot.eligibility.pairs(sample[start : start + BLOCK])
        scores = scorer(t, c)
        people += np.bincount(c, minlength=n_courses)
        values = (
            scores.score, scores.gain_mean, scores.gain_mean**2, scores.gain_sd**2, scores.gain_course_sd,
            scores.p_complete,
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            total[name] += np.bincount(c, value, minlength=n_courses)
    few = people < DISTRICT_MINIMUM
    mean = {name: _mean(value, people, few) for name, value in total.items()}
    between = np.maximum(mean["square"] - mean["gain_mean"] ** 2, 0.0)
    return CourseAverages(
        mean["score"], mean["gain_mean"], np.sqrt(mean["variance"] + between), mean["course_sd"], mean["p_complete"]
    )


def _mean(total: Array, people: Array, few: NDArray[np.bool_]) -> Array:
    everybody = float(total.sum() / people.sum()) if people.sum() else 0.0
    own = np.divide(total, people, out=np.zeros_like(total), where=people > 0)
    return np.where(few, everybody, own)
