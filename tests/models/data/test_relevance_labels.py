"""Labels on a planted city: gains are found, what is no gain is not, and the need rule has no say."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables, typed_frame
from models.data.relevance_labels import outcome_labels, uptake_labels

SCHOOLS, PER_SCHOOL, K, C = 40, 30, 4, 8
N = SCHOOLS * PER_SCHOOL
EFFECT = np.array([0.0, 0.0, 0.4, 0.4, 0.8, 0.8, 1.2, 1.2])  # of the courses


def _needs(mean, reliability, as_of):
    full = np.full((N, K), 1.0)
    empty = pd.DataFrame({"n_evidence": [1]})
    sd = np.sqrt(1 - reliability) * full
    return Needs(
        as_of, tuple(f"T{i:04}" for i in range(N)), tuple(f"K{k}" for k in range(K)),
        np.ones((N, K), bool), mean, sd, -mean, sd, full * 0.5, full * 0.5, reliability * full, full,
        empty, empty, empty, empty,
    )  # fmt: skip


def _city(seed=0, drift=0.0, shock=0.0, picks="weak", score_says=0.0):
    """Half the teachers take one course; the weak more often when `picks` is weak."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 1, (N, K))
    rho = 0.6
    m0 = rho * (theta + rng.normal(0, np.sqrt((1 - rho) / rho), (N, K)))
    goals = np.zeros((C, K))
    goals[np.arange(C), np.arange(C) % K] = 1.0
    course = rng.integers(0, C, N)
    weak = m0[np.arange(N), course % K]
    takes = rng.random(N) < (1 / (1 + np.exp(2 * weak)) if picks == "weak" else 0.5)
    gain = np.zeros((N, K))
    gain[np.arange(N), course % K] = np.where(takes, EFFECT[course], 0.0)
    school = np.repeat(np.arange(SCHOOLS), PER_SCHOOL)
    later = theta + gain + drift + shock * rng.normal(0, 1, SCHOOLS)[school][:, None]
    m1 = rho * (later + rng.normal(0, np.sqrt((1 - rho) / rho), (N, K)))
    ids = [f"T{i:04}" for i in range(N)]
    rise = score_says * (EFFECT[course] - 0.6) + rng.normal(0, 1, N)
    taken = typed_frame("enrolments", pd.DataFrame({
        "teacher_id": ids, "course_id": [f"C{c}" for c in course],
        "requested_on": pd.Timestamp("2026-02-01"),
        "status": np.where(rng.random(N) < 0.2, "withdrawn", "completed"),
        "score": 60 + rise, "pre_score": 60.0,
    })[takes])  # fmt: skip
    courses = pd.DataFrame({"course_id": [f"C{c}" for c in range(C)], "form": "workshop"})
    teachers = pd.DataFrame({"teacher_id": ids, "school_id": [f"S{s:02}" for s in school]})
    frames = {"teachers": teachers, "courses": courses}
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    before = Snapshot(tables, _needs(m0, rho, date(2025, 12, 31)), date(2025, 12, 31))
    before.__dict__["goals"] = goals
    return before, _needs(m1, rho, date(2026, 12, 31)), taken, gain


def _found(city):
    before, after, taken, gain = city
    labels = outcome_labels(before, after, taken, np.ones(N, bool))
    truth = gain[labels.t_idx, labels.c_idx % K]
    return labels, truth


@pytest.mark.parametrize("kind", [{}, {"drift": 0.7}, {"shock": 1.0}, {"picks": "any"}])
def test_measured_gains_find_the_planted_ones_whatever_else_happens(kind):
    labels, truth = _found(_city(**kind))
    worst, best = labels.measured[truth == 0.0], labels.measured[truth == 1.2]
    assert best.mean() - worst.mean() == pytest.approx(1.2, abs=0.3)
    assert worst.mean() == pytest.approx(0.0, abs=0.25)  # no gain out of regression to the mean
    assert np.corrcoef(labels.value, truth)[0, 1] > 0.25
    assert labels.grade[truth == 1.2].mean() > labels.grade[truth == 0.0].mean() + 0.5


def test_error_variances_are_as_large_as_the_errors():
    labels, truth = _found(_city(picks="any"))
    z = (labels.measured - truth) / np.sqrt(labels.variance)
    assert np.std(z) == pytest.approx(1.0, abs=0.15)


def test_the_test_score_counts_as_far_as_it_agrees_with_the_evidence():
    silent, _ = _found(_city(score_says=0.0))
    telling, truth = _found(_city(score_says=3.0))
    assert telling.weight.mean() > 1.5 * silent.weight.mean()
    assert np.corrcoef(telling.value, truth)[0, 1] > 0.35


def test_withdrawn_count_and_refused_do_not():
    before, after, taken, _ = _city()
    labels = outcome_labels(before, after, taken, np.ones(N, bool))
    assert len(labels) == len(taken)
    refused = taken.assign(status=taken["status"].where(taken["status"] != "withdrawn", "refused"))
    fewer = outcome_labels(before, after, refused, np.ones(N, bool))
    assert len(fewer) == (refused["status"] != "refused").sum()


def test_two_courses_on_one_competency_share_its_gain():
    before, after, taken, _ = _city()
    other = {f"C{c}": f"C{(c + K) % C}" for c in range(C)}
    double = pd.concat([taken, taken.assign(course_id=taken["course_id"].map(other))], ignore_index=True)
    one = outcome_labels(before, after, taken, np.ones(N, bool))
    two = outcome_labels(before, after, typed_frame("enrolments", double), np.ones(N, bool))
    assert two.measured.sum() == pytest.approx(one.measured.sum(), rel=1e-6)


def test_only_members_are_used_and_nothing_else_moves_their_labels():
    before, after, taken, _ = _city()
    members = np.arange(N) < N // 2
    ours = outcome_labels(before, after, taken, members)
    after.mean[N // 2 :] += 5.0
    again = outcome_labels(before, after, taken, members)
    assert (ours.t_idx < N // 2).all()
    np.testing.assert_array_equal(ours.value, again.value)


def test_too_little_to_compare_with_gives_no_labels():
    before, after, taken, _ = _city()
    members = np.zeros(N, bool)
    members[:5] = True
    assert len(outcome_labels(before, after, taken, members)) == 0
    assert len(outcome_labels(before, after, taken.iloc[:0], np.ones(N, bool))) == 0


def test_the_need_rule_cannot_change_labels():
    """They do not even know it: neither the labels nor what they import reach the closed form."""
    import models.data.relevance_labels as module

    source = sys.modules[module.__name__].__dict__
    assert "NeedRule" not in source
    imported = {getattr(value, "__module__", "") for value in source.values()}
    assert not {
        name
        for name in imported
        if name and name.startswith("models.") and name != "models.data.relevance_labels"
    }


def test_uptake_labels_compare_the_taken_with_eligible_ones():
    before, _, taken, _ = _city()

    class Open:
        def block(self, teachers):
            free = np.ones((len(teachers), C), bool)
            free[:, 0] = False
            return free

    before.__dict__["eligibility"] = Open()
    labels = uptake_labels(before, taken, np.ones(N, bool), seed=0, negatives=4)
    assert labels.value.sum() == len(taken)
    assert not ((labels.c_idx == 0) & (labels.value == 0)).any()
    per_teacher = np.bincount(labels.t_idx)
    assert set(per_teacher[per_teacher > 0]) == {5}
    pairs = labels.t_idx * C + labels.c_idx
    assert len(np.unique(pairs)) == len(pairs)
