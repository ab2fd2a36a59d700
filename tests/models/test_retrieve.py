"""Every source: finite scores of the right shape, the same for the same history, and what it is for is found."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables, typed_frame
from models.candidates.candidate_features import CandidateFeatures
from models.candidates.candidate_generation import FitData, first_candidates, list_positions, query_for
from models.candidates.collaborative_candidates import Neighbours, PeerPopularity
from models.candidates.content_candidates import Text
from models.candidates.sequence_features import SequenceFeatures
from models.candidates.sequential_candidates import Backward, Directed, UsualOrder
from models.data.enrolment_history import EnrolmentHistory, has_order, history_of
from models.data.leave_last_out import calendar_fits, leave_last_out
from models.data.temporal_split import TimeWindow
from models.rankers.next_course import FAMILIES

N, C = 120, 12
SOURCES = [variant for family in FAMILIES for variant in family]


def _snapshot(order="chain"):
    """Teachers take courses 0, 1, 2, ... of one of two chains, starting anywhere; ids say nothing of the order."""
    rng = np.random.default_rng(3)
    names = [f"C{i:02}" for i in range(C)]
    rows = []
    for t in range(N):
        chain, start = t % 2, int(rng.integers(0, 3))
        held = [2 * i + chain for i in range(start, start + 4)]
        if order == "none":
            held = list(rng.permutation(held))
        rows += [(f"T{t:03}", names[c], i) for i, c in enumerate(held) if c < C]
    taken = pd.DataFrame(rows, columns=["teacher_id", "course_id", "day"])
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(taken.pop("day") * (order != "none"), unit="D")
    titles = [("分数教学" if i % 2 else "reading aloud") + f" {i}" for i in range(C)]
    frames = {
        "teachers": pd.DataFrame({
            "teacher_id": [f"T{t:03}" for t in range(N)], "school_id": "S", "role": "teacher", "stage": "primary",
            "subject": "generalist",
        }),
        "organizations": pd.DataFrame({"org_id": ["S"], "name": ["S"], "kind": ["school"]}),
        "competencies": pd.DataFrame({
            "competency_id": ["K0", "K1"], "name_zh": "x", "name_en": "x", "framework": "f", "version": "1",
        }),
        "courses": pd.DataFrame({
            "course_id": names, "title": titles, "provider_id": "S", "owner_level": "city", "mode": "online",
            "form": "lecture", "hours": 8.0, "category": "elective", "fixed_cost": 0, "seat_cost": 0, "min_seats": 1,
            "max_seats": 99, "release_days": 0,
        }),
        "course_goals": pd.DataFrame({
            "course_id": names, "competency_id": [f"K{i % 2}" for i in range(C)], "weight": 1.0,
        }),
        "enrolments": taken.assign(requested_on=day, completed_on=day, status="completed"),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    full = np.ones((N, 2))
    empty = pd.DataFrame({"n_evidence": [0]})
    as_of = date(2025, 6, 30)
    needs = Needs(
        as_of, tuple(tables["teachers"]["teacher_id"]), ("K0", "K1"), full > 0, full * 0, full, full * [1, 0],
        full * 0.1, full * 0.5, full * 0.5, full * 0, full, empty, empty, empty, empty,
    )  # fmt: skip
    return Snapshot(tables, needs, as_of)


@pytest.fixture(scope="module")
def snapshot():
    return _snapshot()


def test_history_is_in_order_and_its_last_part_never_a_teachers_only_course(snapshot):
    history = history_of(snapshot)
    assert (np.diff(history.t) >= 0).all() and history.length.sum() == len(history.t)
    mine = history.c[history.first[0] : history.first[1]]
    assert (np.diff(mine) == 2).all()  # the chain, in its order
    hidden = history.last_part(0.2)
    assert (history.age[hidden] == 0).all() and hidden.sum() == (history.length > 1).sum()
    alone = EnrolmentHistory(np.array([0]), np.array([1]), 1, 2)
    assert not alone.last_part(0.9).any()


def test_what_has_no_order_is_put_into_one_that_ids_do_not_decide():
    history = history_of(_snapshot("none"))
    first = history.c[history.first[:-1]]
    assert len(set(first)) > C // 2 and abs(np.corrcoef(history.c, history.place)[0, 1]) < 0.2


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.name}-{hash(s) % 1000}")
def test_every_source_scores_every_course_the_same_whoever_stands_beside(snapshot, source):
    history = history_of(snapshot)
    fitted = source.fit(FitData(snapshot, history))
    some, one = np.array([3, 50, 7]), np.array([50])
    scores = fitted(query_for(history, some))
    assert scores.shape == (3, C) and scores.dtype == np.float32 and np.isfinite(scores).all()
    np.testing.assert_allclose(fitted(query_for(history, one))[0], scores[1], rtol=1e-5, atol=1e-7)
    new = EnrolmentHistory(np.zeros(0, np.intp), np.zeros(0, np.intp), N, C)
    assert np.isfinite(fitted(query_for(new, some))).all()
    nobody = source.fit(FitData(snapshot, new))
    assert np.isfinite(nobody(query_for(new, some))).all()


@pytest.mark.parametrize("source", [Directed(), UsualOrder(), Neighbours(ordered=True)], ids=lambda s: s.name)
def test_sources_of_order_prefer_what_comes_after(snapshot, source):
    history = history_of(snapshot)
    after = EnrolmentHistory(np.zeros(2, np.intp), np.array([4, 6]), N, C)
    scores = source.fit(FitData(snapshot, history))(query_for(after, np.array([0])))[0]
    assert scores[8] > scores[2]


def test_backward_tells_what_came_before_and_peers_what_is_taken(snapshot):
    history = history_of(snapshot)
    after = EnrolmentHistory(np.zeros(2, np.intp), np.array([4, 6]), N, C)
    asked = query_for(after, np.array([0]))
    assert Backward().fit(FitData(snapshot, history))(asked)[0, 2] > 0
    rate = PeerPopularity().fit(FitData(snapshot, history))(asked)[0]
    assert rate.argmax() == np.bincount(history.c).argmax()


def test_texts_in_both_languages_find_their_like(snapshot):
    history = EnrolmentHistory(np.zeros(1, np.intp), np.array([1]), N, C)
    scores = Text().fit(FitData(snapshot, history))(query_for(history, np.array([0])))[0]
    assert scores[[3, 5, 7]].min() > scores[[0, 2, 4]].max()


def test_places_and_candidates_keep_to_open_courses():
    scores = np.array([[3, 2, 2, 1]], np.float32)
    open_to = np.array([[False, True, True, True]])
    found = {"one": list_positions(scores, open_to)}
    assert found["one"][0].tolist() == [3, 0, 1, 2]
    assert first_candidates(found, ["one"], open_to, 2)[0].tolist() == [False, True, True, False]


def test_the_table_gives_a_column_for_every_name(snapshot):
    table = CandidateFeatures(snapshot, [family[0] for family in FAMILIES], each=5)
    block = table.block(np.arange(4))
    row, course = np.nonzero(block.open_to)
    columns = table.columns(block, row, course)
    assert columns.shape == (len(row), len(table.names)) and len(set(table.names)) == len(table.names)
    first = len(table.names) - len(SequenceFeatures.names)
    assert np.isfinite(columns[:, :first]).all() and not np.isinf(columns).any()
    taken = table.history.c[table.history.t < 4]
    assert not block.open_to[table.history.t[table.history.t < 4], taken].any()


def test_columns_of_order_say_what_follows_the_newest_course(snapshot):
    history = history_of(snapshot)
    found = SequenceFeatures(history)
    asked = query_for(EnrolmentHistory(np.zeros(2, np.intp), np.array([2, 4]), 2, C), np.arange(2))
    row, course = np.repeat([0, 1], 2), np.tile([6, 3], 2)  # the next of the chain, one of the other chain
    column = dict(zip(found.names, found.columns(asked, row, course).T, strict=True))
    for name in ("next_after_0", "soon_after_0", "lift_after_1", "pair_newest", "most_lift"):
        assert column[name][0] > column[name][1]
    assert np.isnan(column["next_after_0"][2:]).all()  # she has no course
    assert np.isnan(column["pair_third"]).all() and not np.isnan(column["pair_newest"][:2]).any()
    empty = SequenceFeatures(EnrolmentHistory(np.zeros(0, np.intp), np.zeros(0, np.intp), 2, C))
    assert not np.isinf(empty.columns(asked, row, course)).any()
    assert has_order(snapshot) and not has_order(_snapshot("none"))


def test_columns_of_order_do_not_hang_on_numbers(snapshot):
    history = history_of(snapshot)
    new = np.random.default_rng(0).permutation(C)
    other = EnrolmentHistory(history.t, new[history.c], N, C)
    row, course = np.repeat(np.arange(20), C), np.tile(np.arange(C), 20)
    some = np.arange(20)
    one = SequenceFeatures(history).columns(query_for(history, some), row, course)
    two = SequenceFeatures(other).columns(query_for(other, some), row, new[course])
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_without_a_common_calendar_each_teachers_last_part_is_hidden(snapshot):
    before, hidden = leave_last_out(snapshot)
    assert before is not None
    assert len(before.tables["enrolments"]) + len(hidden) == len(snapshot.tables["enrolments"])
    assert hidden["teacher_id"].is_unique  # a fifth of four courses is one
    assert calendar_fits(snapshot.tables, TimeWindow(date(2025, 1, 2), date(2025, 6, 30)))
    assert not calendar_fits(snapshot.tables, TimeWindow(date(2024, 12, 1), date(2025, 6, 30)))
