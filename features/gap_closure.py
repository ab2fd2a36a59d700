"""Expected gap closure by a course: the parts of measurement D5 that need no model.

    min(gap+, lift)        closure of a gap by a lift; min(gap+, CAP) the most that any course closes
    exp(-d^2 / 2 w^2)      readiness: d levels between the course and where the teacher stands
    hours / (hours + own)  overlap: hours on a goal completed in the last three years, over those plus the course's own

A gap is normal with the posterior's mean and sd, so the moments have closed forms. Levels 1..4 are quarters
of the teachers: a teacher at the quantile p of a competency stands at level 0.5 + 4 p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, owens_t

from features.needs.gap import expected_gap
from features.normal import normal_density, normal_probability
from features.snapshot import Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.intp]
CAP: Final = 1.0  # teacher-SD; one course does not close more of a gap
TINY: Final = 1e-9  # teacher-SD, of a gap without uncertainty
READY_WITHIN: Final = 0.8  # levels, the width of D5


def gap_closure_moments(gap_mean: Array, gap_sd: Array, cap: float = CAP) -> tuple[Array, Array]:
    """Mean and variance of min(max(gap, 0), cap), elementwise, for gap ~ N(gap_mean, gap_sd^2)."""
    mean = expected_gap(gap_mean, gap_sd) - expected_gap(gap_mean - cap, gap_sd)
    sd = np.where(gap_sd > 0, gap_sd, 1.0)
    low, high = -gap_mean / sd, (cap - gap_mean) / sd
    inside = normal_probability(high) - normal_probability(low)
    square = (gap_mean**2 + sd**2) * inside + 2 * gap_mean * sd * (normal_density(low) - normal_density(high))
    square += sd**2 * (low * normal_density(low) - high * normal_density(high)) + cap**2 * normal_probability(-high)
    variance = np.where(gap_sd > 0, np.maximum(square - mean**2, 0.0), 0.0)
    return mean, variance


@dataclass(frozen=True)
class GapClosure:
    """Closure of gaps, (n, G) each: `mean`; `variance` from the uncertainty of the gap, at the mean effect;
    `slope`, the derivative of the mean by the effect."""

    mean: Array
    variance: Array
    slope: Array


def gap_closure(gap: Array, gap_sd: Array, loading: Array, effect: Array, effect_sd: Array) -> GapClosure:
    """Of min(gap+, effect x loading), gap ~ N(gap, gap_sd^2) and loading (n, G), effect ~ N(effect, effect_sd^2) (n,).

    The mean is E[gap+] - E[(gap - effect x loading)+]: exact for an effect that may also be below 0 and open a gap.
    """
    sd = np.maximum(gap_sd, TINY)
    lift = effect[:, None] * loading
    total_sd = np.sqrt(sd**2 + (effect_sd[:, None] * loading) ** 2)
    gap_plus, _, gap_square = _positive(gap, sd)
    remaining, above, remaining_square = _positive(gap - lift, sd)
    mean_at_effect = gap_plus - remaining
    # min(g, l)^2 = g^2 - (g - l)^2 - 2 l (g - l) where g > l
    square = gap_square - remaining_square - 2.0 * lift * remaining
    return GapClosure(
        np.where(loading > 0, gap_plus - _positive(gap - lift, total_sd)[0], 0.0),
        np.where(loading > 0, np.maximum(square - mean_at_effect**2, 0.0), 0.0),
        loading * above,
    )


def gap_closure_covariance(gap: Array, gap_sd: Array, lift: Array, other: Array) -> Array:
    """Covariance, over gap ~ N(gap, gap_sd^2), of the closures of one gap by two lifts; elementwise.

    A closure is g+ - (g - lift)+. With a <= b, E[(g - a)+ (g - b)+] = E[((g - b)+)^2] + (b - a) E[(g - b)+].
    """
    sd = np.maximum(gap_sd, TINY)

    def product(one: Array, two: Array) -> Array:
        mean, _, square = _positive(gap - np.maximum(one, two), sd)
        return square + np.abs(one - two) * mean

    zero = np.zeros_like(gap)
    both = product(zero, zero) - product(zero, other) - product(lift, zero) + product(lift, other)
    positive = _positive(gap, sd)[0]
    means = [positive - _positive(gap - by, sd)[0] for by in (lift, other)]
    return np.asarray(both - means[0] * means[1])


def _positive(mean: Array, sd: Array) -> tuple[Array, Array, Array]:
    """E[x+], P(x > 0) and E[(x+)^2] of x ~ N(mean, sd^2), elementwise."""
    z = mean / sd
    above = ndtr(z)
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return mean * above + sd * density, above, (mean**2 + sd**2) * above + mean * sd * density


def teacher_levels(mean: Array, sd: Array) -> tuple[Array, Array]:
    """Mean and sd of a teacher's level (0.5..4.5) from the posterior of her standing, elementwise.

    Exact for a normal standing x: E[ndtr(x)^2] is the bivariate normal probability with both limits
    z = mean / sqrt(1 + sd^2) and correlation sd^2 / (1 + sd^2), in Owen's T (Owen 1980, 10,010.8 and 20,010.4).
    """
    z = mean / np.sqrt(1.0 + sd**2)
    quantile = ndtr(z)
    square = quantile - 2.0 * owens_t(z, 1.0 / np.sqrt(1.0 + 2.0 * sd**2))
    return 0.5 + 4.0 * quantile, 4.0 * np.sqrt(np.maximum(square - quantile**2, 0.0))


def readiness(course: Array, level: Array, level_sd: Array) -> Array:
    """Expected readiness, elementwise; where a course has no level, the average over the four."""
    return _over_levels(course, level, level_sd, 1.0)


def readiness_variance(course: Array, level: Array, level_sd: Array) -> Array:
    """Variance of readiness from the uncertain level of the teacher and, where a course has none, of the course."""
    square = _over_levels(course, level, level_sd, 2.0)
    return np.maximum(square - readiness(course, level, level_sd) ** 2, 0.0)


def _over_levels(course: Array, level: Array, level_sd: Array, power: float) -> Array:
    """E[readiness^power] over a normal level of the teacher."""

    def at(course_level: Array) -> Array:
        variance = READY_WITHIN**2 + power * level_sd**2
        distance = power * (course_level - level) ** 2
        return READY_WITHIN / np.sqrt(variance) * np.exp(-distance / (2.0 * variance))

    missing = np.isnan(course)
    ready = at(np.where(missing, 0.0, course))
    if missing.any():
        average = np.mean([at(np.full_like(course, step)) for step in (1, 2, 3, 4)], axis=0)
        ready = np.where(missing, average, ready)
    return np.asarray(ready, dtype=np.float64)


class GoalTable:
    """The few goals of each course side by side, so that pairs are computed by goal and not by leaf."""

    def __init__(self, snapshot: Snapshot) -> None:
        """leaf (C, G) of the g-th goal, share (C, G) its weight (0 after the last), level (C, G)."""
        goals = snapshot.goals
        width = max(int((goals > 0).sum(axis=1).max(initial=0)), 1) if goals.shape[1] else 0
        self.leaf: Index = np.argsort(-goals, axis=1, kind="stable")[:, :width].astype(np.intp)
        self.share: Array = np.take_along_axis(goals, self.leaf, axis=1)
        self.level: Array = np.take_along_axis(snapshot.levels, self.leaf, axis=1)

    def of(self, grid: NDArray[np.float64], t_idx: Index, c_idx: Index) -> Array:
        """(n, G) cells of a teacher's (N, K) grid on the goals of each pair's course."""
        return np.asarray(grid[t_idx[:, None], self.leaf[c_idx]], dtype=np.float64)

    def overlap(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n, G) share of each goal that earlier training already covers, by volume: the hours that the teacher
        completed on it in the last three years, over those plus the hours that the course spends on it."""
        earlier = self.of(snapshot.recent_hours, t_idx, c_idx)
        own = self.share[c_idx] * snapshot.course_hours[c_idx, None]
        total = earlier + own
        return np.asarray(np.where(own > 0, earlier / np.where(total > 0, total, 1.0), 0.0), dtype=np.float64)
