"""Which reason the gate gives where there is too little, which rivals there are, and how test teachers are sampled."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import UsageError
from features.messages import message
from features.tables import Tables
from models.data.study import open_study
from models.evaluation.evaluation import evaluate_study, subsample


def test_a_subsample_is_spread_over_the_members_and_no_larger_than_asked():
    members = np.arange(1000) % 2 == 0
    sample = subsample(members, 100)
    assert 50 < sample.sum() <= 100 and not (sample & ~members).any()
    assert np.flatnonzero(sample)[-1] > 900
    np.testing.assert_array_equal(subsample(members, 5000), members)
    assert not subsample(np.zeros(10, bool), 5).any()


def test_a_city_without_enrolments_says_so_and_still_knows_its_scorers(district, planted):
    empty = Tables({**district.frames, "enrolments": district["enrolments"].iloc[:0]}, district.made_up)
    study = open_study(empty, planted, district.latest_evidence(), seed=0)
    report = evaluate_study(study)
    assert not report.rows and not report.labels and not report.decision.promoted
    assert report.decision.reason.values["reason"] == message("models.gate_few_enrolments")
    assert "ranked by need_rule" in repr(report) and len(repr(report).splitlines()) <= 10
    with pytest.raises(UsageError, match="nobody"):
        evaluate_study(study, rival="nobody")
