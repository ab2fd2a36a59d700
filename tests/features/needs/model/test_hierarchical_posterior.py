"""The tree's elimination gives what one big matrix gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import features.needs.model.hierarchical_elimination as elimination
from features.needs.evidence.measurement_blocks import MeasurementBlocks
from features.needs.evidence.source_averages import SourceAverages
from features.needs.model.hierarchical_elimination import HierarchicalElimination, UnitInformation
from features.needs.model.hierarchical_posterior import GroupMembers, joint_posterior
from features.needs.model.hierarchical_prior import prior_of
from features.needs.model.hierarchy_index import HierarchyIndex
from features.needs.model.source_parameters import SourceParameters
from features.needs.model.variance_components import VarianceComponents

K, N = 3, 11
SCHOOL = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3])
DISTRICT = np.array([0, 0, 1, 1])
DEPARTMENT = np.array([0, 0, 1, 2, 2, 3, 4, 3, 4, 5, 6])
C, SHARE, NEAR, APART = 0.4, 0.2, 0.08, 0.1
SHAPE = (1 - C) * np.eye(K) + C


@pytest.fixture
def parts():
    noises = {
        "a": SourceParameters(0.7, 0.1, 0.12, 0.05, 0.4, 0.1, 0.06),
        "b": SourceParameters(0.4, 0.1, 0.30, 0.20, 0.3, 0.2, 0.02),
    }
    return VarianceComponents(SHAPE, SHARE, NEAR, APART, 0.93, noises, pd.DataFrame())


def _cells(rng):
    result = []
    for name, q in (("a", np.eye(K)), ("b", np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))):
        t, j = np.nonzero(rng.random((N - 1, len(q))) < 0.6)  # the last teacher has nothing
        n = rng.integers(1, 5, len(t)).astype(float)
        age, share = rng.random(len(t)), rng.choice([1.0, 0.5], len(t))
        result.append(SourceAverages(name, t, j, rng.normal(size=len(t)), n, age, share, q, np.zeros((0, 4))))
    return result


def _dense(rows, prior, parts, direct, excluded=()):
    """Mean and covariance of all abilities (N x K) by conditioning on all sources but `excluded` at once."""
    same_department = DEPARTMENT[:, None] == DEPARTMENT[None, :]
    same_school = SCHOOL[:, None] == SCHOOL[None, :]
    same_district = DISTRICT[SCHOOL][:, None] == DISTRICT[SCHOOL][None, :]
    covariance = (
        np.kron(np.eye(N), prior.teacher) + np.kron(same_department, prior.department)
        + np.kron(same_school, prior.school) + np.kron(same_district, prior.district)
    )  # fmt: skip
    design, error, value, owner, source = [], [], [], [], []
    for block in rows.blocks():
        for i, t in enumerate(block.teachers):
            seen = np.abs(block.design[i]).sum(axis=1) > 0
            for name in excluded:
                seen &= block.school_design[i][:, rows.names.index(name)] == 0
            h = np.zeros((seen.sum(), N * K))
            h[:, t * K : (t + 1) * K] = block.design[i][seen]
            design.append(h)
            error.append(block.error[i][np.ix_(seen, seen)])
            value.append(block.value[i][seen])
            owner += [t] * int(seen.sum())
            source += list(block.school_design[i][seen].argmax(axis=1))
    h, y = np.concatenate(design), np.concatenate(value)
    r = np.zeros((len(y), len(y)))
    at = 0
    for e in error:
        r[at : at + len(e), at : at + len(e)] = e
        at += len(e)
    school_source = np.array([parts.sources[name].school_source_variance for name in rows.names])
    home, source = SCHOOL[np.array(owner)], np.array(source)
    together = (home[:, None] == home[None, :]) & (source[:, None] == source[None, :])
    r += together * school_source[source][:, None]
    # the district's own measurement: of D itself, so the prior of [theta, D] is needed
    big = np.zeros(((N + 2) * K, (N + 2) * K))
    big[: N * K, : N * K] = covariance
    for d in range(2):
        s = slice((N + d) * K, (N + d + 1) * K)
        big[s, s] = prior.district
        district_effect = np.kron((DISTRICT[SCHOOL] == d).astype(float)[:, None], prior.district)
        big[: N * K, s], big[s, : N * K] = district_effect, district_effect.T
    hd = np.zeros((len(direct[0]), (N + 2) * K))
    for row, (d, w) in enumerate(zip(direct[0], direct[1], strict=True)):
        hd[row, (N + d) * K : (N + d + 1) * K] = w
    h = np.concatenate([np.pad(h, ((0, 0), (0, 2 * K))), hd])
    y = np.concatenate([y, direct[2]])
    full = np.zeros((len(y), len(y)))
    full[: len(r), : len(r)] = r
    full[len(r) :, len(r) :] = np.diag(direct[3])
    gain = big @ h.T @ np.linalg.inv(h @ big @ h.T + full)
    mu = np.concatenate([prior.mean.ravel(), np.zeros(2 * K)])
    mean, covariance = mu + gain @ (y - h @ mu), big - gain @ h @ big
    return mean[: N * K], covariance[: N * K, : N * K]


@pytest.mark.parametrize("part", [3, 12_000])
def test_teachers_groups_and_districts_equal_one_big_matrix(parts, part, monkeypatch):
    monkeypatch.setattr(elimination, "PART", part)  # a school or two at a time, or everybody at once
    rng = np.random.default_rng(4)
    rows = MeasurementBlocks(_cells(rng), parts, N, K)
    tree = HierarchyIndex(SCHOOL, DISTRICT, DEPARTMENT)
    prior = prior_of(parts, 0.3 * rng.normal(size=(N, 1)) + np.zeros(K), tree)
    member_lists = [[0, 1], [3], [5, 6, 8], *[np.flatnonzero(s == SCHOOL) for s in range(4)]]
    members = sparse.csr_matrix(np.array([np.isin(np.arange(N), m) for m in member_lists], dtype=float))
    counts = rng.random((N, K)) < 0.8
    counts[5:9, 0] = False  # nobody of one school counts for this competency
    nothing = UnitInformation.none(K + 2)
    d, w, v, var = np.array([1, 1]), np.array([[1.0, 0, 0], [0, 0.5, 0.5]]), np.array([0.3, -0.2]), [0.1, 0.2]
    info = sum(np.outer(x, x) / s for x, s in zip(w, var, strict=True))
    vector = sum(x * y / s for x, y, s in zip(w, v, var, strict=True))
    information = UnitInformation(np.array([1]), info[None], vector[None])
    home = np.array([0, 1, 2, 0, 1, 2, 3])
    joint = joint_posterior(rows, prior, tree, GroupMembers(members, home, np.arange(3, 7), counts), nothing, information)
    mean, covariance = _dense(rows, prior, parts, (d, w, v, var))
    np.testing.assert_allclose(joint.mean, mean.reshape(N, K), atol=1e-9)
    np.testing.assert_allclose(joint.sd.ravel() ** 2, np.diag(covariance), atol=1e-9)
    for groups, found_mean, found_variance in (
        (member_lists, joint.group_mean, joint.group_variance),
        (
            [np.flatnonzero(DISTRICT[SCHOOL] == d) for d in range(2)],
            joint.district_mean,
            joint.district_variance,
        ),
    ):
        for g, people in enumerate(groups):
            for k in range(K):
                who = [t for t in people if counts[t, k]]
                if not who:
                    assert np.isnan(found_mean[g, k])
                    continue
                pick = np.zeros(N * K)
                pick[[t * K + k for t in who]] = 1 / len(who)
                assert found_mean[g, k] == pytest.approx(pick @ mean, abs=1e-9)
                assert found_variance[g, k] == pytest.approx(pick @ covariance @ pick, abs=1e-9)


@pytest.mark.parametrize("excluded", [(), ("a",), ("b",), ("a", "b")])
@pytest.mark.parametrize(("part", "cached"), [(3, 0), (12_000, 0), (12_000, 4_000)])
def test_an_excluded_source_is_as_if_it_had_never_been(parts, excluded, part, cached, monkeypatch):
    monkeypatch.setattr(elimination, "PART", part)
    monkeypatch.setattr(elimination, "CACHED", cached)
    rng = np.random.default_rng(4)
    rows = MeasurementBlocks(_cells(rng), parts, N, K)
    index = HierarchyIndex(SCHOOL, DISTRICT, DEPARTMENT)
    prior = prior_of(parts, 0.3 * rng.normal(size=(N, 1)) + np.zeros(K), index)
    nothing = [UnitInformation.none(width) for width in (K + 2, K)]
    solved = HierarchicalElimination(rows, prior, index, *nothing, frozenset(excluded))
    mean, sd = np.zeros((N, K)), np.zeros((N, K))
    for teachers in solved.parts:
        departments = solved.departments(teachers)
        for reduced in solved.reduced_blocks(teachers):
            people = reduced.block.teachers
            conditionals = solved.given_department(reduced)
            mean[people], sd[people] = solved.teacher_posterior(reduced, conditionals, departments)
    if len(excluded) == 2:
        expected, variance = prior.mean, np.tile(np.diag(sum_of_levels(prior)), (N, 1))
    else:
        no_rows = (np.zeros(0, np.intp), np.zeros((0, K)), np.zeros(0), np.zeros(0))
        expected, covariance = _dense(rows, prior, parts, no_rows, excluded)
        variance = np.diag(covariance)
    np.testing.assert_allclose(mean.ravel(), np.ravel(expected), atol=1e-9)
    np.testing.assert_allclose(sd.ravel() ** 2, np.ravel(variance), atol=1e-9)


def sum_of_levels(prior):
    return prior.teacher + prior.department + prior.school + prior.district
