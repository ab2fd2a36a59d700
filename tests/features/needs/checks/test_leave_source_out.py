"""The posterior of a sample with sources left out."""

from __future__ import annotations

import numpy as np

from features.needs.checks.context import sample_schools
from features.needs.checks.leave_source_out import leave_source_out


def test_with_nothing_left_out_the_posterior_is_that_of_the_diagnosis(context, needs):
    again = leave_source_out(sample_schools(context, np.arange(context.hierarchy.index.schools)))
    # districts count into schools and results of whole districts are left out: close, not equal
    np.testing.assert_allclose(again.mean[needs.applies], needs.mean[needs.applies], atol=0.05)
    np.testing.assert_allclose(again.sd[needs.applies], needs.sd[needs.applies], atol=0.05)


def test_without_any_source_the_posterior_is_the_prior(sample):
    bare = leave_source_out(sample, sample.names)
    np.testing.assert_allclose(bare.mean, sample.prior_mean, atol=1e-9)
    assert np.ptp(bare.sd) < 1e-9 and (bare.sd > leave_source_out(sample).sd - 1e-9).all()
    assert set(bare.predictions.source) == {cell.name for cell in sample.cells}
