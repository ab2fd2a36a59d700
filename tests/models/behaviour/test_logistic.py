"""The portable logistic regression: planted slopes, missing values, JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from models.behaviour.logistic import PortableLogistic


def test_the_logistic_finds_planted_slopes_and_takes_missing_as_the_mean():
    rng = np.random.default_rng(0)
    x = rng.normal(3.0, 2.0, (20_000, 2))
    y = rng.random(len(x)) < 1 / (1 + np.exp(-(x[:, 0] - 3.0) / 2))
    x[::7, 1] = np.nan
    model = PortableLogistic.fitted(("a", "b"), x, y, np.ones(len(x)))
    assert model.slopes[0] == pytest.approx(1.0, abs=0.08) and abs(model.slopes[1]) < 0.05
    assert model.probability(x).mean() == pytest.approx(y.mean(), abs=1e-3)
    usual = model.probability(np.array([[np.nan, np.nan], [model.mean[0], model.mean[1]]]))
    assert usual[0] == pytest.approx(usual[1])
    assert pd.Series(model.probability(np.array([[1e9, 0.0], [-1e9, 0.0]]))).between(0, 1).all()


def test_it_travels_as_json_and_refuses_other_columns():
    x = np.random.default_rng(1).normal(size=(200, 2))
    model = PortableLogistic.fitted(("a", "b"), x, x[:, 0] > 0, np.ones(200))
    content = json.loads(json.dumps(model.to_json()))
    assert PortableLogistic.from_json(content, ("a", "b")) == model
    with pytest.raises(ValueError, match="other columns"):
        PortableLogistic.from_json(content, ("b", "a"))
    constant = PortableLogistic.constant(("a", "b"), 0.3)
    np.testing.assert_allclose(constant.probability(x), 0.3)
