"""Completion: calibrated, never wiser than its date, modest with little data."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from features.snapshot import take_snapshot
from features.tables import Tables
from models.behaviour.completion import PRIOR, CompletionColumns, CompletionModel
from models.rankers.scorer import TrainingData

AS_OF = date(2026, 6, 30)


def _data(tables, planted, members=None):
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    everyone = np.ones(len(snapshot.teacher_ids), bool)
    return TrainingData(snapshot, snapshot.enrolments, everyone if members is None else members, 0)


def _pairs(data):
    return np.nonzero(data.snapshot.eligibility.block(np.arange(len(data.snapshot.teacher_ids))))


@pytest.fixture(scope="module")
def data(district, planted):
    return _data(district, planted)


def _with(tables, enrolments):
    return Tables({**tables.frames, "enrolments": enrolments.reset_index(drop=True)})


def test_it_tells_who_completes_and_its_average_is_right(data):
    fitted = CompletionModel().fit(data)
    assert any(s != 0 for s in fitted.model.slopes) and fitted.endings > 500
    taken = data.snapshot.enrolments
    ended = taken[taken["status"].isin(["completed", "withdrawn"]) & (taken["c"] >= 0)]
    done = (ended["status"] == "completed").to_numpy()
    p = fitted.prepare(data.snapshot)(ended["t"].to_numpy(np.intp), ended["c"].to_numpy(np.intp))
    assert p.mean() == pytest.approx(done.mean(), abs=0.03)
    assert p[done].mean() > p[~done].mean() + 0.03
    assert ((p > 0) & (p < 1)).all()


def test_without_enrolments_it_is_the_stated_prior_and_with_few_near_it(district, planted):
    none = _data(_with(district, district["enrolments"].iloc[:0]), planted)
    t, c = _pairs(none)
    np.testing.assert_allclose(CompletionModel().fit(none).prepare(none.snapshot)(t, c), PRIOR)
    few = district["enrolments"][district["enrolments"]["status"] == "withdrawn"].iloc[:10]
    poor = _data(_with(district, few), planted)
    p = CompletionModel().fit(poor).prepare(poor.snapshot)(t, c)
    assert np.ptp(p) < 1e-12 and 0.4 < p[0] < PRIOR


def test_a_course_not_passed_ended_without_completion(data, district, planted):
    taken = district["enrolments"]
    failed = taken.assign(status=taken["status"].where(taken["status"] != "withdrawn", "failed"))
    assert (failed["status"] == "failed").any()
    assert CompletionModel().fit(_data(_with(district, failed), planted)).to_json() == CompletionModel().fit(data).to_json()


def test_requested_and_enrolled_teach_nothing(data, district, planted):
    taken = district["enrolments"]
    ended = taken[~taken["status"].isin(["requested", "enrolled", "refused"])]
    alone = CompletionModel().fit(_data(_with(district, ended), planted))
    assert alone.to_json() == CompletionModel().fit(data).to_json()


def test_own_rates_count_only_what_had_ended_before(data, district, planted):
    """Turning the outcomes of the last year around leaves the columns of earlier rows alone."""
    fitted = CompletionModel().fit(data)
    taken = data.snapshot.enrolments
    early = taken[(taken["requested_on"] < "2024-06-01") & (taken["c"] >= 0)]
    pairs = (early["t"].to_numpy(np.intp), early["c"].to_numpy(np.intp))
    day = early["requested_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    expected = CompletionColumns(data.snapshot, fitted.usual_days, fitted.base)(*pairs, day)
    turned = district["enrolments"].copy()
    late = turned["requested_on"] > "2025-01-01"
    turned.loc[late & (turned["status"] == "completed"), "status"] = "withdrawn"
    later = _data(_with(district, turned), planted).snapshot
    columns = CompletionColumns(later, fitted.usual_days, fitted.base)(*pairs, day)
    np.testing.assert_array_equal(expected, columns)
    assert np.std(expected[:, -2]) > 0


def test_only_members_teach_and_the_same_data_give_the_same_bytes(data, district, planted):
    half = np.arange(len(data.members)) % 2 == 0
    ids = district["teachers"]["teacher_id"].to_numpy()[half]
    taken = district["enrolments"]
    own = _with(district, taken[taken["teacher_id"].isin(ids)])
    masked = CompletionModel().fit(_data(district, planted, half))
    assert CompletionModel().fit(_data(own, planted)).endings == masked.endings
    once, twice = (json.dumps(CompletionModel().fit(data).to_json(), sort_keys=True) for _ in range(2))
    assert once == twice
    back = CompletionModel.from_json(json.loads(once))
    t, c = _pairs(data)
    np.testing.assert_array_equal(
        back.prepare(data.snapshot)(t, c), CompletionModel().fit(data).prepare(data.snapshot)(t, c)
    )


def test_a_model_of_other_columns_is_refused():
    content = CompletionModel().to_json()
    content["model"]["names"][0] = "shoe_size"
    with pytest.raises(ValueError, match="other columns"):
        CompletionModel.from_json(content)
