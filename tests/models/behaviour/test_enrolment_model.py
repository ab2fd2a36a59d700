"""Enrolment probability: calibrated on all open pairs, blind to what comes later, modest without history."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.snapshot import take_snapshot
from features.tables import Tables
from models.behaviour.enrolment_model import PRIOR, EnrolmentModel
from models.rankers.scorer import TrainingData

AS_OF = date(2025, 6, 30)


def _data(tables, planted, members=None, as_of=AS_OF):
    snapshot = take_snapshot(tables, planted(tables, as_of))
    everyone = np.ones(len(snapshot.teacher_ids), bool)
    return TrainingData(snapshot, snapshot.enrolments, everyone if members is None else members, 0)


def _pairs(data):
    return np.nonzero(data.snapshot.eligibility.block(np.arange(len(data.snapshot.teacher_ids))))


@pytest.fixture(scope="module")
def data(district, planted):
    return _data(district, planted)


def test_the_next_year_is_predicted_better_than_by_chance(data, district):
    fitted = EnrolmentModel().fit(data)
    assert fitted.enrolments >= 60
    t, c = _pairs(data)
    p = fitted.prepare(data.snapshot)(t, c)
    later = district["enrolments"]
    later = later[(later["requested_on"] > pd.Timestamp(AS_OF)) & (later["requested_on"] <= "2026-06-30")]
    keys = set(zip(later["teacher_id"], later["course_id"], strict=True))
    ids = zip(data.snapshot.teacher_ids[t], data.snapshot.course_ids[c], strict=True)
    took = np.array([pair in keys for pair in ids])
    assert took.sum() > 50 and ((p > 0) & (p < 1)).all()
    assert p[took].mean() > 1.5 * p[~took].mean()
    assert took.mean() / 2 < p.mean() < 2 * took.mean()  # sampled courses were weighted back


def test_without_history_it_is_the_stated_prior(district, planted):
    bare = _data(Tables({**district.frames, "enrolments": district["enrolments"].iloc[:0]}), planted)
    fitted = EnrolmentModel().fit(bare)
    assert fitted.model == PRIOR and fitted.enrolments == 0
    p = fitted.prepare(bare.snapshot)(*_pairs(bare))
    assert np.ptp(p) > 0 and p.max() < 0.5
    assert EnrolmentModel().fit(_data(district, planted, as_of=date(2022, 12, 31))).model == PRIOR
    assert EnrolmentModel().fit(_data(district, planted, np.zeros(len(bare.members), bool))).model == PRIOR


def test_later_enrolments_change_nothing(data, district, planted):
    cut = Tables({
        **district.frames,
        "enrolments": district["enrolments"][
            district["enrolments"]["requested_on"] <= pd.Timestamp(AS_OF)
        ].reset_index(drop=True),
    })  # fmt: skip
    assert EnrolmentModel().fit(_data(cut, planted)).to_json() == EnrolmentModel().fit(data).to_json()


def test_the_same_data_give_the_same_bytes_and_they_travel(data):
    once, twice = (json.dumps(EnrolmentModel().fit(data).to_json(), sort_keys=True) for _ in range(2))
    assert once == twice
    t, c = _pairs(data)
    p = EnrolmentModel().fit(data).prepare(data.snapshot)(t, c)
    back = EnrolmentModel.from_json(json.loads(once))
    np.testing.assert_array_equal(back.prepare(data.snapshot)(t, c), p)
    np.testing.assert_allclose(back.prepare(data.snapshot)(t[5:7], c[5:7]), p[5:7], rtol=1e-12)
    assert len(back.prepare(data.snapshot)(t[:0], c[:0])) == 0


def test_no_courses_no_trouble(district, planted):
    gone = {name: district[name].iloc[:0] for name in ("courses", "course_goals", "enrolments")}
    bare = _data(Tables({**district.frames, **gone}), planted)
    none = np.zeros(0, np.intp)
    assert len(EnrolmentModel().fit(bare).prepare(bare.snapshot)(none, none)) == 0
