"""The mixed-model engine against dense algebra; against lme4 it is held by a benchmark."""

from __future__ import annotations

import numpy as np
import pytest

from features.needs.model.mixed import fit_mixed, predict_mixed


def _crossed(seed: int, n: int = 400) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    factors = [rng.integers(0, 12, n), rng.integers(0, 40, n)]
    y = 3 + rng.normal(0, 0.8, 12)[factors[0]] + rng.normal(0, 0.5, 40)[factors[1]] + rng.normal(0, 1, n)
    return y, [f.astype(np.intp) for f in factors]


def test_predictions_and_their_errors_are_those_of_the_dense_equations() -> None:
    y, factors = _crossed(1)
    variances, residual = np.array([0.6, 0.3]), 1.1
    found = predict_mixed(y, factors, variances, residual)
    z = np.hstack([(f[:, None] == np.arange(f.max() + 1)).astype(float) for f in factors])
    x = np.ones((len(y), 1))
    prior = np.concatenate([np.full(12, 0.6), np.full(40, 0.3)])
    w = np.hstack([z, x])
    left = w.T @ w / residual
    left[range(52), range(52)] += 1 / prior
    inverse = np.linalg.inv(left)
    solution = inverse @ (w.T @ y / residual)
    np.testing.assert_allclose(np.concatenate([*found.effects, found.fixed]), solution, atol=1e-9)
    np.testing.assert_allclose(np.concatenate(found.sd), np.sqrt(np.diag(inverse)[:52]), atol=1e-9)
    given = np.linalg.inv(left[:52, :52])
    np.testing.assert_allclose(np.concatenate(found.sd_given_fixed), np.sqrt(np.diag(given)), atol=1e-9)


def test_reml_is_at_the_top_of_the_dense_likelihood() -> None:
    y, factors = _crossed(2)
    found = fit_mixed(y, factors)
    own = np.array([*found.variances, found.residual])

    def dense(values: np.ndarray) -> float:
        v = values[-1] * np.eye(len(y))
        for f, s in zip(factors, values[:-1], strict=True):
            v += s * (f[:, None] == f[None, :])
        inverse = np.linalg.inv(v)
        total = inverse.sum()
        rest = y - (inverse @ y).sum() / total
        return -0.5 * (np.linalg.slogdet(v)[1] + np.log(total) + rest @ inverse @ rest)

    top = dense(own)
    for i in range(3):
        for factor in (0.97, 1.03):
            moved = own.copy()
            moved[i] *= factor
            assert dense(moved) < top


def test_a_factor_without_variance_stays_at_the_floor() -> None:
    rng = np.random.default_rng(4)
    found = fit_mixed(rng.normal(size=300), [np.arange(300) % 30])
    assert found.variances[0] < 0.05


def test_impossible_variances_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        predict_mixed(np.zeros(4), [np.zeros(4, np.intp)], np.array([0.0]), 1.0)
