"""What it is worth to know more of a teacher before she is offered her first course: value of sample information.

Today's first course is the one of the largest expected gain under the posterior of her needs. After further evidence the
posterior mean has moved by a shift and its variance is smaller, and another course may be first. The value is

    E[ largest gain after the shift - gain, after the same shift, of the course that is first today ]

over shifts (Raiffa and Schlaifer 1961; the knowledge gradient of Frazier, Powell and Dayanik 2009, for one decision with
correlated beliefs). It is never negative, and 0 where no evidence could change the choice. Gains are those of the need rule
times P(complete); a gain bends with the gap (it is cut at the gap and scaled by readiness), so it is computed at each drawn
shift and not on a straight line. Effects of courses stay as they are: a visit says nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from features.gap_closure import READY_WITHIN, TINY, teacher_levels
from models.effects.need_rule import PreparedNeedRule

Array = NDArray[np.float64]
Index = NDArray[np.intp]
LEVELS: Final = (1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class CourseOptions:
    """The best courses of n teachers: teacher (n,), course (n, M) with -1 where there are fewer, p_complete (n, M)."""

    teacher: Index
    course: Index
    p_complete: Array


@dataclass(frozen=True)
class FirstCourseValue:
    """(n,) each, teacher-SD: the value; the sd of what further evidence will turn out to be worth; the standard error of the
    value by the number of draws; and the probability that another course will be first."""

    mean: Array
    sd: Array
    error: Array
    changes: Array


def first_course_value(
    rule: PreparedNeedRule, options: CourseOptions, root: Array, draws: int, seed: int
) -> FirstCourseValue:
    """root (n, K, J): of the covariance of each teacher's shift; draws: even, each with its mirror image.

    All teachers share the draws, so that they are compared with the same luck.
    """
    half = np.random.default_rng(seed).standard_normal((root.shape[2], max(draws // 2, 1)))
    z = np.concatenate([half, -half], axis=1)
    shift = root @ z  # (n, K, D)
    removed = (root**2).sum(axis=2)
    t = options.teacher
    sd = np.sqrt(np.maximum(rule.gap_sd[t] ** 2 - removed, TINY**2))
    terms = _GoalTerms(rule, options)
    today = terms.gains(rule.gap[t][:, :, None], rule.gap_sd[t], rule.snapshot.needs.mean[t][:, :, None])[:, :, 0]
    first = today.argmax(axis=1)
    later = terms.gains(rule.gap[t][:, :, None] - shift, sd, rule.snapshot.needs.mean[t][:, :, None] + shift)
    best = later.max(axis=1)
    advantage = best - np.take_along_axis(later, first[:, None, None], axis=1)[:, 0]
    pairs = (advantage[:, : len(half[0])] + advantage[:, len(half[0]) :]) / 2.0  # a draw and its mirror image
    return FirstCourseValue(
        advantage.mean(axis=1), advantage.std(axis=1), pairs.std(axis=1) / np.sqrt(pairs.shape[1]),
        (later.argmax(axis=1) != first[:, None]).mean(axis=1),
    )  # fmt: skip


class _GoalTerms:
    """What the gains of n teachers' M courses are made of, goal by goal (n, M, G)."""

    def __init__(self, rule: PreparedNeedRule, options: CourseOptions) -> None:
        m = options.course.shape[1]
        course = np.maximum(options.course, 0)
        t, c = np.repeat(options.teacher, m), course.ravel()
        self.leaf = rule.goals.leaf[course]
        shape = self.leaf.shape
        self.level = rule.goals.level[course]
        novelty = 1.0 - rule.goals.overlap(rule.snapshot, t, c).reshape(shape)
        self.loading = rule.goals.share[course] * novelty
        weight = rule.goals.of(rule.weight, t, c).reshape(shape)
        self.weight = weight * np.where(options.course >= 0, options.p_complete, 0.0)[:, :, None]
        self.effect, self.effect_sd = rule.effect[course][:, :, None], rule.effect_sd[course][:, :, None]

    def gains(self, gap: Array, gap_sd: Array, mean: Array) -> Array:
        """(n, M, D) expected gains for D states of the posterior: gap, mean (n, K, D), gap_sd (n, K) the same in all."""
        n, m, goals = self.leaf.shape
        level, level_sd = teacher_levels(mean, np.broadcast_to(gap_sd[:, :, None], mean.shape))
        total = np.zeros((n, m, gap.shape[2]))
        for g in range(goals):
            leaf = self.leaf[:, :, g]
            used = (self.weight[:, :, g] > 0) & (self.loading[:, :, g] > 0)
            if not used.any():
                continue
            i, c = np.nonzero(used)
            k = leaf[i, c]
            ready = _readiness(self.level[i, c, g][:, None], level[i, k], level_sd[i, k])
            lift_share = self.loading[i, c, g][:, None] * ready
            sd = np.maximum(gap_sd[i, k], TINY)[:, None]
            spread = np.sqrt(sd**2 + (self.effect_sd[i, c] * lift_share) ** 2)
            at_state = gap[i, k]
            closure = _positive_part(at_state, sd) - _positive_part(at_state - self.effect[i, c] * lift_share, spread)
            total[i, c] += self.weight[i, c, g][:, None] * closure
        return total


def _readiness(course: Array, level: Array, level_sd: Array) -> Array:
    """As `features.gap_closure.readiness`, course (n, 1), level (n, D)."""
    variance = READY_WITHIN**2 + level_sd**2
    scale = READY_WITHIN / np.sqrt(variance)

    def at(course_level: Array | float) -> Array:
        return np.asarray(scale * np.exp(-((course_level - level) ** 2) / (2.0 * variance)))

    missing = np.isnan(course)[:, 0]
    ready = at(np.where(np.isnan(course), 0.0, course))
    if missing.any():
        ready[missing] = np.mean([at(step)[missing] for step in LEVELS], axis=0)
    return ready


def _positive_part(mean: Array, sd: Array) -> Array:
    """E[max(x, 0)] of x ~ N(mean, sd^2)."""
    z = mean / sd
    return np.asarray(mean * ndtr(z) + sd * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))
