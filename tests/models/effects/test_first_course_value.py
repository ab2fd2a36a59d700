"""Values of knowing more: never negative, 0 without news, and those of a decision taken anew after each outcome."""

from __future__ import annotations

import numpy as np
import pytest

from features.snapshot import Snapshot, take_snapshot
from models.effects.first_course_value import CourseOptions, first_course_value
from models.effects.need_rule import NeedRule, PreparedNeedRule


@pytest.fixture(scope="module")
def snapshot(district, planted) -> Snapshot:
    return take_snapshot(district, planted(district, district.latest_evidence()))


@pytest.fixture(scope="module")
def rule(snapshot: Snapshot) -> PreparedNeedRule:
    return NeedRule().prepare(snapshot)


@pytest.fixture(scope="module")
def options(snapshot: Snapshot) -> CourseOptions:
    """Sixty teachers and six open courses each."""
    open_to = snapshot.eligibility.block(np.arange(len(snapshot.teacher_ids)))
    teachers = np.flatnonzero(open_to.sum(axis=1) >= 6)[:60]
    courses = np.array([np.flatnonzero(open_to[t])[:6] for t in teachers])
    return CourseOptions(teachers, courses, np.linspace(0.5, 0.9, courses.size).reshape(courses.shape))


def _root(options: CourseOptions, rule: PreparedNeedRule, share: float) -> np.ndarray:
    """Independent shifts that remove a share of each variance."""
    sd = rule.gap_sd[options.teacher] * np.sqrt(share)
    return sd[:, :, None] * np.eye(sd.shape[1])


def test_without_news_nothing_changes(options: CourseOptions, rule: PreparedNeedRule) -> None:
    value = first_course_value(rule, options, _root(options, rule, 0.0), 16, 1)
    assert not value.mean.any() and not value.changes.any()


def test_more_news_is_worth_more(options: CourseOptions, rule: PreparedNeedRule) -> None:
    little, much = (first_course_value(rule, options, _root(options, rule, share), 256, 1) for share in (0.1, 0.6))
    assert (little.mean >= 0).all() and much.mean.sum() > 1.5 * little.mean.sum() > 0
    assert much.changes.mean() > little.changes.mean() > 0


def test_it_is_the_gain_of_choosing_again_after_each_outcome(
    options: CourseOptions, rule: PreparedNeedRule, snapshot: Snapshot
) -> None:
    """By the need rule itself, on snapshots whose needs have moved."""
    from dataclasses import replace

    teachers, draws, seed = options.teacher, 24, 5
    root = _root(options, rule, 0.4)
    value = first_course_value(rule, options, root, draws, seed)
    half = np.random.default_rng(seed).standard_normal((root.shape[2], draws // 2))
    t, c, p = np.repeat(teachers, 6), options.course.ravel(), options.p_complete.ravel()

    def gains(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
        needs = snapshot.needs
        gap = np.where(needs.applies, needs.gap_mean + needs.mean - mean, 0.0)
        moved = replace(snapshot, needs=replace(needs, mean=mean, sd=sd, gap_mean=gap, gap_sd=sd))
        return NeedRule().prepare(moved).gain(t, c, p).mean.reshape(-1, 6)

    first = gains(snapshot.needs.mean, snapshot.needs.sd).argmax(axis=1)
    total = np.zeros(len(teachers))
    for z in np.concatenate([half, -half], axis=1).T:
        mean, sd = snapshot.needs.mean.copy(), snapshot.needs.sd.copy()
        mean[teachers] += root @ z
        sd[teachers] = np.sqrt(sd[teachers] ** 2 - (root**2).sum(axis=2))
        later = gains(mean, sd)
        total += later.max(axis=1) - later[np.arange(len(teachers)), first]
    np.testing.assert_allclose(value.mean, total / draws, atol=1e-9)


def test_an_expected_gain_stays_what_it_is_on_average(options: CourseOptions, rule: PreparedNeedRule) -> None:
    """A single course: nothing to choose, whatever is seen."""
    one = CourseOptions(options.teacher, options.course[:, :1], options.p_complete[:, :1])
    assert not first_course_value(rule, one, _root(options, rule, 0.5), 32, 1).mean.any()


def test_missing_courses_are_never_first(options: CourseOptions, rule: PreparedNeedRule) -> None:
    course = np.concatenate([options.course, np.full((len(options.course), 3), -1)], axis=1)
    p = np.concatenate([options.p_complete, np.ones((len(options.course), 3))], axis=1)
    root = _root(options, rule, 0.4)
    padded = first_course_value(rule, CourseOptions(options.teacher, course, p), root, 32, 1)
    np.testing.assert_allclose(padded.mean, first_course_value(rule, options, root, 32, 1).mean)
