"""The need rule against simulation of its own words, and its monotone behaviour."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.gap_closure import READY_WITHIN, GoalTable, teacher_levels
from features.needs.gap import expected_gap, p_need
from features.needs.needs import Needs
from features.snapshot import Snapshot, take_snapshot
from features.tables import Tables, typed_frame
from models.effects.need_rule import FORMS, NeedRule

AS_OF = date(2026, 6, 30)


def _snapshot(gap, sd, goals, form="practice", level=2, taken=(), **course):
    """One teacher with gaps (K,), one course a row of goals (C, K)."""
    gap, goals = np.atleast_2d(gap).astype(float), np.atleast_2d(goals).astype(float)
    n, k = gap.shape
    competency = [f"A{i}" for i in range(k)]
    offered = pd.DataFrame(
        {"course_id": [f"K{i}" for i in range(len(goals))], "form": form, "hours": 10.0, **course}
    )
    rows = [
        (f"K{c}", competency[j], w, level) for c, row in enumerate(goals) for j, w in enumerate(row) if w > 0
    ]
    done = pd.DataFrame({
        "teacher_id": "T0", "course_id": list(taken), "status": "completed",
        "requested_on": pd.Timestamp("2026-01-01"), "completed_on": pd.Timestamp("2026-02-01"),
    })  # fmt: skip
    frames = {
        "teachers": pd.DataFrame({"teacher_id": [f"T{i}" for i in range(n)], "school_id": "S"}),
        "competencies": pd.DataFrame({"competency_id": competency}), "courses": offered, "enrolments": done,
        "course_goals": pd.DataFrame(rows, columns=["course_id", "competency_id", "weight", "level"]),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    sd = np.broadcast_to(np.asarray(sd, dtype=float), gap.shape)
    one, none = np.ones_like(gap), pd.DataFrame()
    needs = Needs(
        AS_OF, tuple(tables["teachers"]["teacher_id"]), tuple(competency), one.astype(bool),
        -gap, sd, gap, sd, p_need(gap, sd), expected_gap(gap, sd), one / 2, one, none, none, none, none,
    )  # fmt: skip
    return Snapshot(tables, needs, AS_OF)


def _gain(snapshot, course=0, p=0.8, teacher=0):
    gain = NeedRule().prepare(snapshot).gain(np.array([teacher]), np.array([course]), np.array([p]))
    return gain.mean[0], gain.sd[0]


def test_gain_and_its_sd_are_those_of_simulated_parts():
    snapshot = _snapshot([0.8, 0.3], 0.5, [0.6, 0.4])
    mean, sd = _gain(snapshot, p=0.7)
    rng = np.random.default_rng(1)
    n = 400_000
    gap = rng.normal([0.8, 0.3], 0.5, (n, 2))
    level, level_sd = teacher_levels(np.array([-0.8, -0.3]), np.array([0.5, 0.5]))
    stands = rng.normal(level, level_sd, (n, 2))
    loading = np.array([0.6, 0.4]) * np.exp(-((2.0 - stands) ** 2) / (2 * READY_WITHIN**2))
    effect_mean, effect_sd = NeedRule().effects(snapshot)
    lift = rng.normal(effect_mean[0], effect_sd[0], n)[:, None] * loading
    closed = np.maximum(gap, 0) - np.maximum(gap - lift, 0)
    simulated = (rng.random(n) < 0.7) * closed.sum(axis=1)
    assert mean == pytest.approx(simulated.mean(), rel=0.03) and sd == pytest.approx(simulated.std(), rel=0.04)


def test_more_need_more_gain_more_overlap_less():
    gains = [_gain(_snapshot([g, 0.0], 0.5, [1.0, 0.0], level=None))[0] for g in (-0.5, 0.0, 0.5, 0.9)]
    assert gains == sorted(gains) and gains[0] > 0
    fresh = _snapshot([0.8, 0.8], 0.5, [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    after = _snapshot([0.8, 0.8], 0.5, [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]], taken=["K1"])
    assert 0.66 * _gain(fresh, 0)[0] < _gain(after, 0)[0] < 0.75 * _gain(fresh, 0)[0]  # less and less closes
    assert _gain(after, 2)[0] == pytest.approx(_gain(fresh, 2)[0])
    assert _gain(fresh, 1)[0] / 2 < _gain(after, 1)[0] < 0.6 * _gain(fresh, 1)[0]


def test_overlap_is_by_volume_and_never_all_or_nothing():
    """A lecture of two hours takes little from thirty hours of coaching."""
    goals, hours = [[1.0, 0.0]] * 2, [2.0, 30.0]
    fresh, after = (_snapshot([0.8, 0.8], 0.5, goals, hours=hours, taken=taken) for taken in ((), ["K0"]))
    overlap = GoalTable(after).overlap(after, np.array([0, 0]), np.array([0, 1]))
    np.testing.assert_allclose(overlap[:, 0], [2 / 4, 2 / 32])
    assert _gain(after, 1)[0] > 0.9 * _gain(fresh, 1)[0]


def test_forms_mechanisms_and_grades_move_effects_as_stated():
    def effect(form="practice", **course):
        mean, sd = NeedRule().effects(_snapshot([0.5], 0.5, [1.0], form, **course))
        return mean[0], sd[0]

    for form, (mean, _) in FORMS.items():
        assert effect(form)[0] == pytest.approx(mean)
    all_four = effect(mechanisms="goals;insight;practice;technique", evidence_grade="A")
    one = effect(mechanisms="insight", evidence_grade="D")
    assert all_four[0] > effect()[0] > one[0]
    assert all_four[1] < one[1] < effect()[1] * 1.01
    assert effect("lecture")[0] < effect("workshop")[0] < effect("coaching")[0]


def test_a_need_without_target_or_weight_gives_nothing():
    snapshot = _snapshot([0.8], 0.5, [1.0])
    for name in ("applies", "weight"):
        changed = {**snapshot.needs.__dict__, name: np.zeros_like(getattr(snapshot.needs, name))}
        assert _gain(Snapshot(snapshot.tables, Needs(**changed), AS_OF))[0] == 0.0


def test_pairs_of_a_city_one_by_one_and_together_and_a_rule_that_travels(district, planted):
    snapshot = take_snapshot(district, planted(district, AS_OF))
    t, c = np.nonzero(snapshot.eligibility.block(np.arange(50)))
    p = np.full(len(t), 0.75)
    rule = NeedRule()
    prepared = rule.prepare(snapshot)
    gain = prepared.gain(t, c, p)
    assert (gain.mean >= 0).all() and gain.mean.max() > 0 and np.isfinite(gain.sd).all()
    assert (gain.sd[gain.mean > 0] > 0).all() and (gain.course_sd <= gain.sd).all()
    np.testing.assert_allclose(prepared.gain(t[3:5], c[3:5], p[3:5]).mean, gain.mean[3:5], rtol=1e-12)
    np.testing.assert_array_equal(prepared(t, c), gain.mean)
    back = NeedRule.from_json(json.loads(json.dumps(rule.to_json())))
    np.testing.assert_array_equal(back.prepare(snapshot).gain(t, c, p).sd, gain.sd)
