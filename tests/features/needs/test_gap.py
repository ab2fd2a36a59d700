import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.needs.gap import band, expected_gap, p_need

gaps = st.floats(-4, 4)
sds = st.floats(0.01, 3)


@given(gaps, sds)
def test_expected_gap_is_the_mean_of_the_positive_part(mean, sd):
    grid = mean + sd * np.linspace(-9, 9, 20_001)
    density = np.exp(-0.5 * ((grid - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
    want = np.trapezoid(np.maximum(grid, 0) * density, grid)
    np.testing.assert_allclose(expected_gap(np.array(mean), np.array(sd)), want, atol=1e-4)


@given(gaps)
def test_certainty_is_the_limit_of_a_small_sd(mean):
    exact, near = (expected_gap(np.array(mean), np.array(sd)) for sd in (0.0, 1e-9))
    np.testing.assert_allclose(exact, near, atol=1e-8)


def test_p_need_counts_only_gaps_worth_a_course():
    np.testing.assert_allclose(p_need(np.array([0.3, 0.3, 0.31]), np.array([1.0, 0.0, 0.0])), [0.5, 0.0, 1.0])


def test_bands_at_their_edges_and_indirect_sources_never_clear():
    reliability = np.array([0.29, 0.30, 0.5, 0.5, 0.5])
    probability = np.array([0.99, 0.80, 0.30, 0.31, 0.95])
    indirect = np.array([False, False, False, False, True])
    got = band(reliability, probability, indirect)
    assert got.tolist() == ["thin", "clear", "none", "possible", "possible"]
