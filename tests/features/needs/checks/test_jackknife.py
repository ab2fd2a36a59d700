"""Jackknife errors against closed forms, and errors of the components of a simulated district."""

from __future__ import annotations

import numpy as np
import pytest

from features.needs.checks.jackknife import Replicates


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(size=40)
    left_out = np.array([np.delete(values, i).mean() for i in range(40)])[:, None]
    parts = (None,) * 40  # type: ignore[var-annotated]
    assert Replicates(parts, 1.0).error(left_out)[0] == pytest.approx(values.std(ddof=1) / np.sqrt(40))
    quarter = Replicates(parts, 0.25).error(left_out)[0]
    assert quarter == pytest.approx(values.std(ddof=1) / np.sqrt(40) / 2)


def test_one_replicate_or_none_has_no_error():
    assert np.isnan(Replicates((), 1.0).error(np.zeros((0, 3)))).all()
    assert np.isnan(Replicates((), 1.0).error(np.zeros((1, 3)))).all()


def test_components_carry_their_errors(results):
    rows = results.components.set_index(["name", "source"])
    assert (rows.loc[rows["se"].notna(), "se"] > 0).all()
    assert rows.loc[rows["from"] == "prior", "se"].isna().all()
    # planted: lessons show a good half of ability, self-report a third
    for source, size in (("observation", 0.6), ("self_report", 0.3)):
        row = rows.loc[("loading", source)]
        assert abs(row["value"] - size) < 3 * row["se"]
