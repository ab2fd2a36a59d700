"""A school's gain: its best teachers up to the seats, its uncertainty against simulation."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.gap_closure import readiness, teacher_levels
from features.needs.gap import expected_gap, p_need
from features.needs.needs import Needs
from features.snapshot import Snapshot, take_snapshot
from features.tables import Tables, typed_frame
from models.effects.need_rule import NeedRule
from recommender.lists.top_lists import ScoredPairs, first_places, rank_schools

AS_OF = date(2026, 6, 30)
GAP_SD = 0.5
P_COMPLETE = 0.7


def _one_school(gaps, form="practice"):
    """Teachers of one school with one gap each, one course for that competency."""
    n = len(gaps)
    frames = {
        "teachers": pd.DataFrame({"teacher_id": [f"T{i}" for i in range(n)], "school_id": "S"}),
        "competencies": pd.DataFrame({"competency_id": ["A"]}),
        "courses": pd.DataFrame({"course_id": ["K"], "form": form}),
        "course_goals": pd.DataFrame({"course_id": ["K"], "competency_id": "A", "weight": 1.0, "level": 2.0}),
    }
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    gap = np.array(gaps)[:, None]
    sd, one, none = np.full_like(gap, GAP_SD), np.ones_like(gap), pd.DataFrame()
    needs = Needs(
        AS_OF, tuple(tables["teachers"]["teacher_id"]), ("A",), one.astype(bool), -gap, sd, gap, sd,
        p_need(gap, sd), expected_gap(gap, sd), one / 2, one, none, none, none, none,
    )  # fmt: skip
    return Snapshot(tables, needs, AS_OF)


def _scored(t, c, gain, p):
    n = len(t)
    return ScoredPairs(
        t, c, gain.mean, gain.mean, gain.sd, gain.course_sd, np.full(n, p), np.zeros(n), np.ones(n, np.intp),
        np.ones(n, bool),
    ).ordered()  # fmt: skip


def _school_gain(gaps, seats, form="practice"):
    snapshot = _one_school(gaps, form)
    t, c = np.arange(len(gaps)), np.zeros(len(gaps), np.intp)
    gain = NeedRule().prepare(snapshot).gain(t, c, np.full(len(t), P_COMPLETE))
    pairs = _scored(t, c, gain, P_COMPLETE)
    return snapshot, gain, rank_schools(pairs, snapshot.school_of, np.array([float(seats)]))


def test_a_school_gets_its_best_teachers_up_to_the_seats():
    _, gain, school = _school_gain([0.2, 0.9, 0.5], seats=2)
    assert school.members.tolist() == [2] and school.unit.tolist() == [0]
    assert school.gain_mean[0] == pytest.approx(np.sort(gain.mean)[1:].sum())
    _, gain, single = _school_gain([0.9], seats=5)
    assert (single.gain_mean[0], single.gain_sd[0]) == pytest.approx((gain.mean[0], gain.sd[0]))


@pytest.mark.parametrize(("form", "rel"), [("practice", 0.03), ("coaching", 0.04), ("workshop", 0.04)])
def test_the_course_effect_is_shared_and_personal_errors_are_not(form, rel):
    """One draw of the effect for the whole school; needs and completion drawn for each teacher."""
    gaps = np.array([0.8, 0.3, 0.5, 0.6, -0.2, 1.2])
    snapshot, gain, school = _school_gain(gaps, seats=10, form=form)
    rng = np.random.default_rng(2)
    n = 200_000
    effect_mean, effect_sd = NeedRule().effects(snapshot)
    ready = readiness(np.full(len(gaps), 2.0), *teacher_levels(-gaps, np.full(len(gaps), GAP_SD)))
    effect = rng.normal(effect_mean[0], effect_sd[0], n)
    gap = rng.normal(gaps, GAP_SD, (n, len(gaps)))
    closed = np.maximum(gap, 0) - np.maximum(gap - effect[:, None] * ready, 0)
    total = ((rng.random(gap.shape) < P_COMPLETE) * closed).sum(axis=1)
    assert school.gain_mean[0] == pytest.approx(total.mean(), rel=0.01)
    assert school.gain_sd[0] == pytest.approx(total.std(), rel=rel)
    assert np.sqrt((gain.sd**2).sum()) < school.gain_sd[0] < gain.sd.sum()


def test_the_schools_of_a_city_are_sums_of_their_pairs_in_any_order(district, planted):
    snapshot = take_snapshot(district, planted(district, AS_OF))
    t, c = snapshot.eligibility.pairs(np.arange(len(snapshot.teacher_ids)))
    gain = NeedRule().prepare(snapshot).gain(t, c, np.full(len(t), 0.75))
    pairs = _scored(t, c, gain, 0.75)
    seats = district["courses"]["max_seats"].to_numpy(np.float64)
    schools = rank_schools(pairs, snapshot.school_of, seats)
    assert (schools.members <= seats[schools.course]).all() and np.isfinite(schools.gain_sd).all()
    pick = len(schools) // 2
    inside = (snapshot.school_of[t] == schools.unit[pick]) & (c == schools.course[pick])
    best = np.sort(gain.mean[inside])[::-1][: int(seats[schools.course[pick]])]
    assert schools.gain_mean[pick] == pytest.approx(best.sum()) and schools.members[pick] == len(best)
    shuffled = pairs.take(np.random.default_rng(0).permutation(len(pairs)))
    again = rank_schools(shuffled, snapshot.school_of, seats)
    np.testing.assert_array_equal(again.course, schools.course)
    np.testing.assert_allclose(again.gain_sd, schools.gain_sd)
    assert len(rank_schools(pairs.take(np.zeros(0, np.intp)), snapshot.school_of, seats)) == 0


def test_first_places_keeps_the_best_of_each_unit():
    score = np.array([1.0, 3.0, 2.0, 5.0])
    n = len(score)
    zeros, ones = np.zeros(n), np.ones(n, np.intp)
    pairs = ScoredPairs(
        np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]), score, score, ones * 1.0, zeros, zeros, zeros, ones,
        ones > 0,
    ).ordered()  # fmt: skip
    first = first_places(pairs, 2)
    assert first.unit.tolist() == [0, 0, 1] and first.course.tolist() == [1, 2, 0]
