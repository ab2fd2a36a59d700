"""What a lottery would teach about single courses, and what knowing it is worth: before a seat is drawn.

A course's effect is known up to a relative sd `ratio` (sd over mean). A lottery lets w people in and l out; the
difference of their later outcomes is the course's effect as far as it shows, with relative error

    error = outcome sd x sqrt(1 / w + 1 / l) / signal,     signal = gain of a seat as it shows in the outcome

so the posterior mean of the effect will move by

    learnt = ratio^2 / sqrt(ratio^2 + error^2)             (normal prior and error: preposterior analysis)

Choosing by the posterior is worth E[best under the moved means] - best under today's (Raiffa and Schlaifer 1961; sample
information). Effects enter gains nearly in proportion, so a course's gains are moved together.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.needs.needs import Needs

Array = NDArray[np.float64]
LEAST_SIGNAL: Final = 1e-6  # teacher-SD; a course without any gain shows nothing
LEAST_RELIABILITY: Final = 0.1  # of the later evidence, as for measured gains
DRAWS: Final = 64  # pairs of a draw and its mirror image
WIDEST: Final = 1.5  # of a relative sd: wider priors say nothing


def outcome_sd(needs: Needs, concentration: float) -> float:
    """Sd of one teacher's measured gain on the goals of a course, teacher-SD units, if later evidence is as good as
    today's. concentration: sum of squared shares of a usual course's goals. NaN where nothing was measured."""
    measured = needs.applies & (needs.reliability >= LEAST_RELIABILITY)
    if not measured.any():
        return float("nan")
    variance = needs.sd[measured] ** 2 * (1.0 + 1.0 / needs.reliability[measured])
    return float(np.sqrt(variance.mean() * concentration))


def learnt_ratio(ratio: Array, signal: Array, let_in: Array, left_out: Array, noise: float) -> Array:
    """(C,) relative sd by which posterior means will differ from today's.

    ratio: today's relative sd. signal: what a seat adds to the outcome, teacher-SD. let_in, left_out: people drawn, 0 for none.
    noise: sd of one person's outcome.
    """
    drawn = (let_in > 0) & (left_out > 0) & (signal > LEAST_SIGNAL)
    people = 1.0 / np.where(drawn, let_in, 1.0) + 1.0 / np.where(drawn, left_out, 1.0)
    error = noise * np.sqrt(people) / np.where(drawn, signal, 1.0)
    prior = np.minimum(ratio, WIDEST)
    total = np.sqrt(prior**2 + error**2)
    return np.where(drawn & (total > 0), prior**2 / np.where(total > 0, total, 1.0), 0.0)


def value_of_choice(gain: Array, learnt: Array, each: int, seed: int, draws: int = DRAWS) -> float:
    """Mean gain a person, teacher-SD, of choosing her `each` best courses by the posterior instead of by today's means.

    gain (n, C): expected gains, 0 or less where a course is not open. learnt (C,): `learnt_ratio`. Never below 0; an upper
    estimate where seats are few, since everyone may choose the same course.
    """
    moved = np.flatnonzero(learnt > 0)
    width = min(each, gain.shape[1])
    if not len(moved) or not len(gain) or width < 1:
        return 0.0
    rng = np.random.default_rng(seed)
    today = np.argpartition(-gain, width - 1, axis=1)[:, :width]
    total = 0.0
    for _ in range(draws):
        z = np.zeros(gain.shape[1])
        z[moved] = learnt[moved] * rng.standard_normal(len(moved))
        for shift in (z, -z):
            other = gain * np.maximum(1.0 + shift, 0.0)
            best = -np.partition(-other, width - 1, axis=1)[:, :width]
            total += float((best.sum(axis=1) - np.take_along_axis(other, today, axis=1).sum(axis=1)).mean())
    return total / (2 * draws)
