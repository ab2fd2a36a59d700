import numpy as np
import pytest

from features.needs.model.posterior import posterior


def _case(seed=0, blocks=5, k=3, m=4):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(k, k)), rng.normal(size=(m, m))
    return (
        rng.normal(size=(blocks, k)),
        a @ a.T + np.eye(k),
        rng.normal(size=(m, k)),
        rng.normal(size=(blocks, m)),
        b @ b.T + np.eye(m),
    )


def test_equals_conditioning_the_joint_precision():
    mu, prior, design, values, errors = _case()
    got = posterior(mu, prior, design, values, errors)
    precision = np.linalg.inv(prior) + design.T @ np.linalg.inv(errors) @ design
    want_v = np.linalg.inv(precision)
    want_m = (np.linalg.inv(prior) @ mu.T + design.T @ np.linalg.inv(errors) @ values.T).T @ want_v.T
    np.testing.assert_allclose(got.covariance, np.broadcast_to(want_v, got.covariance.shape), atol=1e-10)
    np.testing.assert_allclose(got.mean, want_m, atol=1e-10)


def test_a_missing_value_is_the_same_as_a_row_left_out():
    mu, prior, design, values, errors = _case(1)
    values[:, 2] = np.nan
    keep = [0, 1, 3]
    got = posterior(mu, prior, design, values, errors)
    want = posterior(mu, prior, design[keep], values[:, keep], errors[np.ix_(keep, keep)])
    np.testing.assert_allclose(got.mean, want.mean, atol=1e-10)
    np.testing.assert_allclose(got.covariance, want.covariance, atol=1e-10)


def test_no_evidence_leaves_the_prior_and_reliability_zero():
    mu, prior, design, values, errors = _case(2)
    got = posterior(mu, prior, design, np.full_like(values, np.nan), errors)
    np.testing.assert_allclose(got.mean, mu)
    np.testing.assert_allclose(got.reliability(np.diag(prior)), 0.0, atol=1e-12)


def test_shared_errors_are_not_taken_for_shared_evidence():
    """Two dimensions with errors correlated .9 tell less of the level than two that are independent."""
    mu, prior, design = np.zeros((1, 2)), np.full((2, 2), 0.9) + 0.1 * np.eye(2), np.eye(2)
    values = np.array([[1.0, 1.0]])
    shared = posterior(mu, prior, design, values, np.full((2, 2), 0.9) + 0.1 * np.eye(2))
    alone = posterior(mu, prior, design, values, np.eye(2))
    assert shared.sd[0, 0] > alone.sd[0, 0]
    assert shared.mean[0, 0] < alone.mean[0, 0]


def test_intervals_cover_as_promised():
    rng = np.random.default_rng(3)
    prior, errors = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([[0.8, 0.4], [0.4, 0.8]])
    theta = rng.multivariate_normal([0, 0], prior, 20_000)
    values = theta + rng.multivariate_normal([0, 0], errors, 20_000)
    got = posterior(np.zeros((20_000, 2)), prior, np.eye(2), values, errors)
    for level, z in ((0.5, 0.6745), (0.8, 1.2816), (0.9, 1.6449)):
        assert np.mean(np.abs(theta - got.mean) < z * got.sd) == pytest.approx(level, abs=0.01)


@pytest.mark.parametrize("part", ["design", "prior", "errors"])
def test_shapes_that_do_not_fit_are_refused(part):
    mu, prior, design, values, errors = _case()
    given = {"prior": prior, "design": design, "errors": errors}
    given[part] = given[part][:-1, :-1]
    with pytest.raises(ValueError, match=part):
        posterior(mu, given["prior"], given["design"], values, given["errors"])


def test_an_error_variance_of_zero_is_refused():
    mu, prior, design, values, errors = _case()
    errors[0, :] = errors[:, 0] = 0
    with pytest.raises(ValueError, match="positive error variance"):
        posterior(mu, prior, design, values, errors)
