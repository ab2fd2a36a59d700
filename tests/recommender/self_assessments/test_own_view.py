"""A self-assessment in a simulated city: items, what moves at once, and that it is small, certain and reversible."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from recommender.advice import AdviceService
from recommender.lists.own_row import own_needs
from recommender.records.self_assessment_records import SelfAnswer, SelfAssessment
from recommender.self_assessments.items import MOST, SelfItem, chosen_items
from recommender.self_assessments.own_view import OwnView
from recommender.workspace.left_out import person_hash, without_needs


@pytest.fixture(scope="module")
def service(city: Any) -> AdviceService:
    return AdviceService(city.workspace, city.settings, today=lambda: city.workspace.tables.latest_evidence())


@pytest.fixture(scope="module")
def teacher(service: AdviceService) -> str:
    return str(service.needs.teacher_ids[11])


@pytest.fixture(scope="module")
def view(service: AdviceService, teacher: str) -> OwnView:
    view = service.own_view(teacher)
    assert view is not None
    return view


def answered(view: OwnView, teacher: str, score: float, number: int = 1) -> tuple[SelfAssessment, ...]:
    answers = tuple(SelfAnswer(item.item, score, item.scale_min, item.scale_max) for item in view.chosen())
    return (SelfAssessment(number, teacher, 2026, "submitted", answers, datetime(2026, 10, 1, tzinfo=UTC)),)


def test_items_are_about_what_applies_to_her_one_for_each_domain(service: AdviceService, view: OwnView, teacher: str) -> None:
    needs, t = service.needs, service.needs.teacher_ids.index(teacher)
    applies = {c for c, yes in zip(needs.competency_ids, needs.applies[t], strict=True) if yes}
    chosen = view.chosen()
    assert 0 < len(chosen) <= MOST
    assert {c for item in chosen for c in item.competency_ids} <= applies
    assert {item.domain for item in chosen} == {item.domain for item in view.items}
    assert all(item.compared and item.choices == (1.0, 2.0, 3.0, 4.0, 5.0) for item in chosen)


def test_the_widest_come_first_but_every_domain_has_one(view: OwnView, service: AdviceService) -> None:
    sd = np.arange(len(service.needs.competency_ids), dtype=np.float64)
    domains = {item.domain for item in view.items}
    few = chosen_items(view.items, service.needs.competency_ids, sd, len(domains) + 1)
    assert len(few) == len(domains) + 1 and {item.domain for item in few} == domains
    order = {c: n for n, c in enumerate(service.needs.competency_ids)}
    assert max(order[i.competency_ids[0]] for i in few) == max(order[i.competency_ids[0]] for i in view.items)


def test_before_is_what_the_diagnosis_says(service: AdviceService, view: OwnView, teacher: str) -> None:
    t = service.needs.teacher_ids.index(teacher)
    changes = view.changes((), ())
    applies = service.needs.applies[t]
    np.testing.assert_allclose([c.before for c in changes], service.needs.mean[t][applies], atol=1e-6)
    np.testing.assert_allclose([c.before_sd for c in changes], service.needs.sd[t][applies], atol=1e-6)
    assert not any(change.moved for change in changes)


def test_a_better_view_of_herself_moves_it_up_a_little(view: OwnView, teacher: str) -> None:
    high, low = (view.changes((), answered(view, teacher, score)) for score in (5.0, 1.0))
    assert all(up.after > down.after for up, down in zip(high, low, strict=True))
    assert all(0.0 < change.own_weight < 0.5 for change in high)
    assert all(change.after_sd <= change.before_sd + 1e-9 for change in high)
    assert max(abs(change.moved) for change in (*high, *low)) < 1.0


def test_deleted_again_it_is_as_before(view: OwnView, teacher: str) -> None:
    said = answered(view, teacher, 5.0)
    back = view.changes(said, ())
    for change in back:
        assert change.before + change.moved == pytest.approx(change.after)
    np.testing.assert_allclose([c.after for c in back], [c.before for c in view.changes((), said)])


def test_scales_of_many_steps_have_five_choices() -> None:
    item = SelfItem("A", ("C",), (), None, 0.0, 100.0)  # type: ignore[arg-type]
    assert item.choices == (0.0, 25.0, 50.0, 75.0, 100.0) and not item.compared
    assert [item.allows(score) for score in (0.0, 101.0, float("nan"))] == [True, False, False]


def test_a_need_that_an_objection_withheld_stays_withheld(service: AdviceService, view: OwnView, teacher: str) -> None:
    snapshot, t = service._recommender.snapshot, service.needs.teacher_ids.index(teacher)
    competency = view.changes((), ())[0].competency_id
    later = service.as_of + timedelta(days=1)
    needs = without_needs(snapshot.needs, [(person_hash(teacher), competency, later)])
    assert needs is not snapshot.needs
    withheld = OwnView(replace(snapshot, needs=needs), view._state, t, {})
    assert competency not in {one.competency_id for one in withheld.changes((), answered(view, teacher, 1.0))}
    assert all(competency not in item.competency_ids for item in withheld.items)
    rows = needs.report[(needs.report["unit_kind"] == "teacher") & (needs.report["unit_id"] == teacher)]
    assert competency not in set(rows["competency_id"])
    own = own_needs(needs, t, np.full(len(needs.competency_ids), -3.0), np.full(len(needs.competency_ids), 0.1))
    k = needs.competency_ids.index(competency)
    assert not own.needed[t][k] and own.expected_gap[t][k] == 0 and own.needed[t].any()
