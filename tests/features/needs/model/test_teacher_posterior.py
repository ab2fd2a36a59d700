"""The posterior of one teacher after a change of her own values is what the whole city computed again would give her."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.needs.diagnose import elimination, posterior_inputs
from features.needs.diagnosis_context import diagnosis_context
from features.needs.evidence.cycle_averages import cycle_averages
from features.needs.evidence.measurement_blocks import MeasurementBlocks
from features.needs.model.hierarchical_elimination import HierarchicalElimination
from features.needs.model.teacher_posterior import CHANGEABLE, OwnValue, PosteriorState, teacher_posterior
from features.simulate import simulate
from features.sources.read_tables import read_tables


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    tables = read_tables([simulate(tmp_path_factory.mktemp("own"), teachers=200, seed=77) / "tables"]).tables
    return diagnosis_context(tables, tables.latest_evidence())


@pytest.fixture(scope="module")
def solved(context):
    return elimination(context)[0]


@pytest.fixture(scope="module")
def state(context, solved):
    norms = next(source.norms for source in context.evidence.sources if source.name == CHANGEABLE)
    cycles = cycle_averages(context.evidence.sources, len(context.tables["teachers"]), context.tables.latest_evidence())
    return PosteriorState.of(solved, norms, cycles)


def _posteriors(solved):
    means, sds = np.zeros_like(solved.prior.mean), np.zeros_like(solved.prior.mean)
    for teachers in solved.parts:
        departments = solved.departments(teachers)
        for reduced in solved.reduced_blocks(teachers):
            conditionals = solved.given_department(reduced)
            people = reduced.block.teachers
            means[people], sds[people] = solved.teacher_posterior(reduced, conditionals, departments)
    return means, sds


def test_without_a_change_it_is_that_of_the_diagnosis(solved, state):
    means, sds = _posteriors(solved)
    for teacher in range(0, len(means), 7):
        posterior = teacher_posterior(state, teacher)
        np.testing.assert_allclose(posterior.mean, means[teacher], atol=1e-7)
        np.testing.assert_allclose(posterior.sd, sds[teacher], atol=1e-7)


@pytest.mark.parametrize("kind", ["more answers", "other answers", "none left"])
def test_a_change_is_what_the_whole_city_computed_again_gives(context, solved, state, kind):
    cell = next(c for c in context.evidence.cells if c.name == CHANGEABLE)
    teacher = int(cell.t[len(cell.t) // 2])
    mine = np.flatnonzero(cell.t == teacher)
    removed = [OwnValue(int(cell.j[i]), float(cell.mean[i]), float(cell.age[i]), True) for i in mine]
    added = [OwnValue(int(cell.j[i]), -1.0, 0.0) for i in mine[:4]]
    changes = {"more answers": added, "other answers": removed + added, "none left": removed}[kind]
    assert cell.n[mine].max() == 1
    mean, n, age = cell.mean.copy(), cell.n.copy(), cell.age.copy()
    if kind == "more answers":
        mean[mine[:4]], n[mine[:4]], age[mine[:4]] = (mean[mine[:4]] - 1.0) / 2, 2.0, age[mine[:4]] / 2
        keep = np.ones(len(mean), dtype=bool)
    else:
        mean[mine[:4]], age[mine[:4]] = -1.0, 0.0
        keep = np.ones(len(mean), dtype=bool)
        keep[mine[4:] if kind == "other answers" else mine] = False
    new = replace(cell, t=cell.t[keep], j=cell.j[keep], mean=mean[keep], n=n[keep], age=age[keep], share=cell.share[keep])
    cells = [new if c.name == CHANGEABLE else c for c in solved_cells(context)]
    rows = MeasurementBlocks(
        cells, solved.measurements.components, len(context.tables["teachers"]), solved.k, center=state.center
    )
    inputs = posterior_inputs(context)
    again = HierarchicalElimination(rows, inputs.prior, context.hierarchy.index, inputs.schools, inputs.districts)
    means, sds = _posteriors(again)
    posterior = teacher_posterior(state, teacher, changes)
    np.testing.assert_allclose(posterior.mean, means[teacher], atol=1e-7)
    np.testing.assert_allclose(posterior.sd, sds[teacher], atol=1e-7)
    before = teacher_posterior(state, teacher)
    assert np.abs(posterior.mean - before.mean).max() > 1e-3


def solved_cells(context):
    from features.needs.model.unit_information import with_unit_source

    cells = context.evidence.cells
    if len(context.evidence.schools.rows):
        cells, _ = with_unit_source(cells, context.components, len(context.competency_ids))
    return cells


def test_her_own_view_weighs_little_and_not_nothing(context, state):
    cell = next(c for c in context.evidence.cells if c.name == CHANGEABLE)
    weights = np.array([teacher_posterior(state, int(t)).own_weight for t in np.unique(cell.t)[:40]])
    assert 0.0 < weights.mean() < 0.4
    nobody = next(t for t in range(len(state.department)) if t not in set(cell.t.tolist()))
    np.testing.assert_array_equal(teacher_posterior(state, nobody).own_weight, 0.0)


def test_her_answers_raise_what_she_rates_high(state):
    low = teacher_posterior(state, 3, [OwnValue(j, -1.5, 0.0) for j in range(3)])
    high = teacher_posterior(state, 3, [OwnValue(j, 1.5, 0.0) for j in range(3)])
    rated = state.own_q[:3].sum(axis=0) > 0
    assert (high.mean > low.mean)[rated].all()
    np.testing.assert_allclose(high.sd, low.sd)
