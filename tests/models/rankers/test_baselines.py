"""Each baseline does what its name says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.hours import hours_owed
from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame
from models.rankers.baselines import HoursOwed, NeedRule, Popularity, Random, SelfReportMatch
from models.rankers.scorer import TrainingData

AS_OF = date(2026, 6, 30)
ALL = [Random(), Popularity(), HoursOwed(), SelfReportMatch(), NeedRule()]


def _data(tables, planted, members=None):
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    everyone = np.ones(len(snapshot.teacher_ids), bool)
    return TrainingData(snapshot, snapshot.enrolments, everyone if members is None else members, 0)


@pytest.fixture(scope="module")
def data(district, planted):
    return _data(district, planted)


@pytest.fixture(scope="module")
def pairs(data):
    return np.nonzero(data.snapshot.eligibility.block(np.arange(len(data.snapshot.teacher_ids))))


def test_names_are_those_of_the_report():
    names = [s.name for s in ALL]
    assert names == ["random", "popularity", "hours_owed", "self_report", "need_rule"]


def test_random_is_even_and_seeds_differ(data, pairs):
    one, two = (Random(seed).prepare(data.snapshot)(*pairs) for seed in (0, 1))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.05
    assert one.mean() == pytest.approx(0.5, abs=0.02) and one.min() >= 0 and one.max() < 1
    by_course = pd.Series(one).groupby(pairs[1]).mean()
    assert by_course[pd.Series(pairs[1]).value_counts() > 50].between(0.3, 0.7).all()


def test_popularity_counts_members_of_the_last_year_and_shrinks_to_the_whole(data, pairs, district, planted):
    fitted = Popularity().fit(data)
    taken = district["enrolments"]
    recent = taken[(taken["requested_on"] > "2025-06-30") & (taken["requested_on"] <= "2026-06-30")]
    recent = recent[recent["status"].isin(["enrolled", "completed", "withdrawn"])]
    counts = recent["course_id"].value_counts() / len(district["teachers"])
    assert fitted.rates[""] == pytest.approx(counts.to_dict())
    nobody = Popularity().fit(_data(district, planted, np.zeros(len(data.members), bool)))
    assert not nobody.prepare(data.snapshot)(*pairs).any()
    kind = "primary|语文"
    top = max(fitted.rates[kind], key=lambda c: fitted.rates[kind][c])
    assert fitted.rates[kind][top] >= fitted.rates[""][top] * 0.3


def test_hours_owed_never_counts_more_than_a_course_or_a_debt(data, pairs):
    scores = HoursOwed().prepare(data.snapshot)(*pairs)
    hours = data.snapshot.tables["courses"]["hours"].to_numpy()[pairs[1]]
    owed = hours_owed(data.snapshot.tables, AS_OF).groupby("teacher_id")["owed"].max()
    debt = owed.reindex(data.snapshot.teacher_ids).to_numpy()[pairs[0]]
    assert (scores <= hours).all() and (scores <= debt).all() and (scores >= 0).all()


def test_self_reports_rank_what_she_rates_lowest_and_the_latest_counts(planted):
    surveys = pd.DataFrame({
        "survey_id": ["1", "1", "2"], "item": ["A", "B", "A"], "kind": "self_report", "teacher_id": "T0",
        "date": pd.to_datetime(["2025-01-01", "2025-01-01", "2026-01-01"]), "n": 1.0,
        "mean": [1.0, 3.0, 5.0], "scale_min": 1.0, "scale_max": 5.0,
    })  # fmt: skip
    frames = {
        "teachers": pd.DataFrame({"teacher_id": ["T0", "T1"], "subject": "语文", "stage": "primary"}),
        "competencies": pd.DataFrame({"competency_id": ["A", "B"]}), "surveys": surveys,
        "courses": pd.DataFrame({"course_id": ["K0", "K1"]}),
        "course_goals": pd.DataFrame({"course_id": ["K0", "K1"], "competency_id": ["A", "B"], "weight": 1.0}),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    scores = SelfReportMatch().prepare(snapshot)(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(scores, [0.0, 0.5, 0.0, 0.5])
