"""Changes between school years: only from differences on one instrument; intervals as wide as the model says."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from features.needs.evidence.cycle_averages import COLUMNS, cycle_averages
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.ability_change import ability_changes
from features.needs.model.source_parameters import SourceParameters
from features.needs.model.variance_components import VarianceComponents

AS_OF = pd.Timestamp("2026-06-30").date()
PHI, LOADING, RESIDUAL, SHARED = 0.8, 0.7, 0.5, 0.2
R = np.array([[1.0, 0.4], [0.4, 1.0]])


def _source(rows, name="observation", **more):
    """rows: teacher, occasion, row of q, instrument, value, date."""
    t, occasion, j, instrument, value, date = zip(*rows, strict=True)
    age = np.array([(pd.Timestamp(AS_OF) - pd.Timestamp(day)).days / 365.25 for day in date])
    indices = (np.array(part, dtype=np.intp) for part in (t, occasion, j))
    source = StandardizedSource(name, *indices, np.array(value, dtype=float), age, np.ones(len(t)), np.eye(2))
    return replace(source, instrument=np.array(instrument, dtype=np.intp), **more)


def _state(*sources, teachers=1):
    cycles = cycle_averages(sources, teachers, AS_OF)
    parameters = SourceParameters(LOADING, 0.0, 0.3, 0.1, RESIDUAL, SHARED, 0.0)
    components = VarianceComponents(R, 0.0, 0.0, 0.0, PHI, {s.name: parameters for s in sources}, pd.DataFrame())
    return SimpleNamespace(
        cycle_first=cycles.first, cycle_cells=cycles.cells, q=np.concatenate([s.q for s in sources]), phi=np.array([PHI]),
        names=np.array([s.name for s in sources]), correlation=R, components=lambda: components,
    )  # fmt: skip


def _change(low, high, instrument=(0, 0)):
    return [(0, 0, 0, instrument[0], low, "2024-05-01"), (0, 1, 0, instrument[1], high, "2026-05-01")]


def test_one_difference_is_the_formula():
    (one,) = ability_changes(_state(_source(_change(0.0, 1.0))), 0)
    years = 730 / 365.25
    prior = 2 * (1 - PHI**years)
    gain = LOADING * prior / (LOADING**2 * prior + 2 * RESIDUAL)
    assert one.mean == pytest.approx(gain) and one.prior_sd**2 == pytest.approx(prior)
    assert one.sd**2 == pytest.approx(prior * (1 - gain * LOADING))
    assert (one.from_year, one.to_year, one.n, one.sources) == (2023, 2025, (1, 1), ("observation",))
    assert 0 < one.reliability < 1


def test_a_level_says_nothing_and_another_scale_is_not_compared():
    both = [ability_changes(_state(_source(_change(level, 1.0 + level))), 0)[0] for level in (0.0, 5.0)]
    assert both[0].mean == pytest.approx(both[1].mean)
    assert ability_changes(_state(_source(_change(0.0, 1.0, instrument=(0, 1)))), 0) == ()


def test_two_sources_are_compared_each_with_itself():
    rows = _change(0.0, 1.0)
    mixed = [_source(rows[:1]), _source(rows[1:], "student_feedback")]
    assert ability_changes(_state(*mixed), 0) == ()
    one = ability_changes(_state(_source(rows)), 0)[0]
    two = ability_changes(_state(_source(rows), _source(rows, "student_feedback")), 0)[0]
    assert two.sources == ("observation", "student_feedback")
    assert two.sd < one.sd and two.mean > one.mean


def test_values_that_are_of_no_instrument_are_left_out():
    source = replace(_source(_change(0.0, 1.0), "class_gain"), instrument=np.zeros(0, dtype=np.intp))
    assert ability_changes(_state(source), 0) == ()


def test_three_years_give_each_step_and_the_whole():
    rows = [*_change(0.0, 1.0), (0, 2, 0, 0, 0.2, "2025-05-01")]
    spans = [(one.from_year, one.to_year) for one in ability_changes(_state(_source(rows)), 0)]
    assert spans == [(2023, 2024), (2024, 2025), (2023, 2025)]
    changes = {(one.from_year, one.to_year): one for one in ability_changes(_state(_source(rows)), 0)}
    steps = changes[2023, 2024].mean + changes[2024, 2025].mean
    assert changes[2023, 2025].mean == pytest.approx(steps)


def test_a_school_year_begins_in_september_and_the_errors_of_raters_widen():
    rows = [(0, 0, 0, 0, 0.0, "2025-08-31"), (0, 1, 0, 0, 1.0, "2025-09-01")]
    cells = cycle_averages([_source(rows)], 1, AS_OF).cells
    assert cells[:, COLUMNS.index("year")].tolist() == [2024.0, 2025.0]
    known = np.array([[0, 0, 0, 0.3], [1, 0, 0, 0.3]])
    plain, unsure = (ability_changes(_state(_source(_change(0.0, 1.0), **more)), 0)[0] for more in ({}, {"sampling_cov": known}))
    assert unsure.sd > plain.sd and unsure.mean < plain.mean


def test_intervals_hold_the_true_change_as_often_as_they_say():
    rng, teachers, years = np.random.default_rng(5), 3000, [2.0, 1.0, 0.0]
    steps = PHI ** np.abs(np.subtract.outer(years, years))
    ability = np.einsum("ab,tbk->tak", np.linalg.cholesky(steps), rng.standard_normal((teachers, 3, 2)) @ np.linalg.cholesky(R).T)
    style = rng.normal(0, 0.7, (teachers, 1, 2)) + rng.normal(0, 0.5, (teachers, 1, 1))
    shared = rng.normal(0, SHARED**0.5, (teachers, 3, 1))
    value = LOADING * ability + style + shared + rng.normal(0, (RESIDUAL - SHARED) ** 0.5, ability.shape)
    t, year, j = (part.ravel() for part in np.indices(value.shape))
    source = StandardizedSource(
        "observation", t, t * 3 + year, j, value.ravel(), np.array(years)[year] + 0.1, np.ones(t.size), np.eye(2), instrument=j
    )
    state = _state(source, teachers=teachers)
    changes = [(one, t, one.k) for t in range(teachers) for one in ability_changes(state, t)]
    place = {2023: 0, 2024: 1, 2025: 2}
    truth = np.array([ability[t, place[o.to_year], k] - ability[t, place[o.from_year], k] for o, t, k in changes])
    mean, sd = np.array([o.mean for o, _, _ in changes]), np.array([o.sd for o, _, _ in changes])
    for level, z in ((0.8, 1.2816), (0.9, 1.6449)):
        assert np.mean(np.abs(truth - mean) <= z * sd) == pytest.approx(level, abs=0.012)
    assert np.polyfit(mean, truth, 1)[0] == pytest.approx(1.0, abs=0.05)
