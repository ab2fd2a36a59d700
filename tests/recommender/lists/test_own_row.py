"""Her own list after a self-assessment: what a city with these estimates would give her, and nobody else's changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from recommender.advice import AdviceService
from recommender.lists.own_row import recommender_for
from recommender.lists.recommend import Recommender
from recommender.lists.teacher_choices import TeacherChoices
from recommender.pipeline import run_recommender
from recommender.records.self_assessment_records import SelfAnswer, SelfAssessment

TEACHER = 11


@pytest.fixture(scope="module")
def recommender(city: Any) -> Recommender:
    return run_recommender(city.workspace, city.settings)


def test_it_is_the_list_of_a_city_with_these_estimates(recommender: Recommender) -> None:
    needs = recommender.snapshot.needs
    rng = np.random.default_rng(3)
    mean, sd = needs.mean[TEACHER] + rng.normal(0, 0.3, needs.mean.shape[1]), needs.sd[TEACHER] * 0.9
    own = recommender_for(recommender, TEACHER, mean, sd)
    arrays = {name: np.array(getattr(needs, name)) for name in
              ("mean", "sd", "gap_mean", "gap_sd", "p_need", "expected_gap", "reliability", "measured")}  # fmt: skip
    for name in arrays:
        arrays[name][TEACHER] = getattr(own.snapshot.needs, name)[TEACHER]
    whole = Recommender(replace(recommender.snapshot, needs=replace(needs, **arrays)), recommender.bundle)
    assert whole.snapshot.needs.gap_mean[TEACHER].sum() == pytest.approx(
        ((needs.gap_mean + needs.mean)[TEACHER] - mean)[needs.applies[TEACHER]].sum()
    )
    teachers = np.array([TEACHER], np.intp)
    one, other = own.ranked(teachers), whole.ranked(teachers)
    np.testing.assert_array_equal(one.course, other.course)
    np.testing.assert_allclose(one.gain_mean, other.gain_mean)
    np.testing.assert_allclose(one.gain_sd, other.gain_sd)
    assert own.teachers(one, 5).lines == whole.teachers(other, 5).lines
    np.testing.assert_allclose(own.need_courses(TEACHER, one), whole.need_courses(TEACHER, other))
    assert own.teacher_statuses[TEACHER] == whole.teacher_statuses[TEACHER]
    before = recommender.ranked(teachers)
    assert np.abs(np.sort(before.gain_mean) - np.sort(one.gain_mean)).max() > 1e-4


def test_her_page_uses_it_at_once_and_nobody_elses_does(city: Any) -> None:
    day = city.workspace.tables.latest_evidence()
    plain = AdviceService(city.workspace, city.settings, today=lambda: day)
    teacher, other = (str(plain.needs.teacher_ids[t]) for t in (TEACHER, TEACHER + 1))
    view = plain.own_view(teacher)
    assert view is not None
    answers = tuple(SelfAnswer(item.item, 1.0, item.scale_min, item.scale_max) for item in view.chosen())
    one = SelfAssessment(1, teacher, 2026, "submitted", answers, datetime(2026, 10, 1, tzinfo=UTC))
    service = AdviceService(
        city.workspace, city.settings, today=lambda: day, submitted=lambda _: (one,),
        choices=lambda ids: TeacherChoices(self_assessed=frozenset({teacher})),
    )  # fmt: skip
    now = {need.competency_id: need for need in service.teacher_needs(teacher).needs}
    after = {change.competency_id: change for change in view.changes((), (one,))}
    assert now.keys() == after.keys()
    for name, need in now.items():
        assert need.mean == pytest.approx(after[name].after) and need.p_need == pytest.approx(after[name].p_need)
        assert "self_report" in need.sources
    lists = [s.teacher_advice(teacher, 20).recommendations for s in (plain, service)]
    assert [place.gain_mean for place in lists[0]] != [place.gain_mean for place in lists[1]]
    assert service.teacher_advice(other, 5) == plain.teacher_advice(other, 5)
    assert service.teacher_needs(other) == plain.teacher_needs(other)
