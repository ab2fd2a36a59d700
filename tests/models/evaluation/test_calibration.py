"""Groups of forecasts: about ten people at least, all pairs in one of them, constant forecasts in one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from features.disclosure import DISTRICT_MINIMUM
from models.evaluation.calibration import GROUPS, _groups, rounded


def _study(people: int):
    return SimpleNamespace(units=np.array([f"S{i % 7}" for i in range(people)], dtype=object), seed=0)


@pytest.mark.parametrize(("people", "groups"), [(9, 0), (10, 1), (25, 2), (400, GROUPS["completion"])])
def test_no_group_is_about_fewer_than_ten_people_and_none_is_hidden(people, groups):
    rng = np.random.default_rng(1)
    t = np.repeat(np.arange(people), 2)
    forecast, value = np.repeat(rng.random(people), 2), rng.random(2 * people)
    rows = _groups("completion", forecast, value, t, _study(people))
    assert len(rows) == groups
    if groups:
        assert min(row.people for row in rows) >= DISTRICT_MINIMUM and sum(row.pairs for row in rows) == len(t)
        assert np.isclose(sum(row.value * row.pairs for row in rows), value.sum())
        assert [row.forecast for row in rows] == sorted(row.forecast for row in rows)


def test_a_constant_forecast_is_one_group_whose_interval_holds_the_truth():
    rng = np.random.default_rng(2)
    t = np.arange(700)
    (row,) = _groups("completion", np.full(700, 0.7), (rng.random(700) < 0.7).astype(float), t, _study(700))
    assert row.low < 0.7 < row.high and row.low < row.value < row.high


def test_figures_are_rounded_and_words_are_not():
    assert rounded({"a": 1 / 3, "b": None, "c": "x", "d": 3}) == {"a": 0.333333, "b": None, "c": "x", "d": 3}
