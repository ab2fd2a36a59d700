"""Severity of raters, solved jointly with schools, teachers and lessons, taken off the scores; its error is kept.

    value of a visit = school + teacher + lesson + severity of the rater + visit         all Gaussian

Method: Henderson's mixed model equations with everything nested in schools integrated out by repeated rank-one
updates (Woodbury), so that one equation a rater is left; they are solved exactly, each group of raters who are
connected through common schools by itself. Variances are moments of pairs of visits that share a lesson, a teacher, a
school or a rater and nothing else. Where nobody was seen by two raters, severity cannot be told from ability and
nothing is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Index = NDArray[np.intp]

FEWEST_PAIRS: Final = 30
LEAST: Final = 0.01  # of the variance of a visit


@dataclass(frozen=True)
class Visits:
    """n visits: one mean value each (n,), and who and where (n,), as numbers from 0."""

    value: Array
    rater: Index
    lesson: Index
    teacher: Index
    school: Index


@dataclass(frozen=True)
class RaterSeverity:
    """(raters,) severity and its standard deviation, and the variances that were found, by name."""

    value: Array
    sd: Array
    variances: dict[str, float]


def without_severity(
    value: Array, rater: Index, visit: Index, lesson: Index, teacher: Index, school: Index
) -> tuple[Array, Array]:
    """(n,) values of single items less the severity of their rater, and (n,) the variance of what was taken off.

    A visit is one rater in one lesson; all items of a visit have the same severity.
    """
    if not len(value):
        return value, np.zeros(0)
    visits = int(visit.max()) + 1
    mean = np.bincount(visit, value, visits) / np.bincount(visit, minlength=visits)
    _, first = np.unique(visit, return_index=True)
    severity = rater_severity(Visits(mean, rater[first], lesson[first], teacher[first], school[first]))
    of_visit = rater[first][visit]
    return np.asarray(value - severity.value[of_visit]), np.asarray(severity.sd[of_visit] ** 2)


def rater_severity(visits: Visits) -> RaterSeverity:
    """Severities of all raters; zeros, surely, where severity cannot be told from ability."""
    raters = int(visits.rater.max()) + 1
    variances = visit_variances(visits)
    if variances["rater"] <= 0:
        return RaterSeverity(np.zeros(raters), np.zeros(raters), variances)
    equations, right = _equations(visits, variances)
    value, sd = _solved(equations, right, _home(visits, raters))
    return RaterSeverity(value, sd, variances)


def _home(visits: Visits, raters: int) -> Index:
    """(raters,) the school of those who saw only one, -1 for those who connect schools."""
    low, high = np.full(raters, np.iinfo(np.intp).max), np.full(raters, -1)
    np.minimum.at(low, visits.rater, visits.school)
    np.maximum.at(high, visits.rater, visits.school)
    return np.where(low == high, low, -1).astype(np.intp)


def _solved(equations: sparse.csr_matrix, right: Array, home: Index) -> tuple[Array, Array]:
    """Solution and standard deviations; raters of one school are eliminated school by school, then those who connect
    schools are solved densely, each connected group by itself."""
    value, sd = np.zeros(len(right)), np.zeros(len(right))
    public = np.flatnonzero(home < 0)
    left = equations[public][:, public].tolil() if len(public) else None
    right_public = right[public].copy()
    order = np.argsort(home, kind="stable")
    cuts = np.searchsorted(home[order], np.arange(int(home.max(initial=-1)) + 2))
    schools: list[tuple[Index, Array, Array, Index]] = []
    place = np.full(len(right), -1)
    place[public] = np.arange(len(public))
    for a, b in pairwise(cuts):
        inside_school = order[a:b]
        if not len(inside_school):
            continue
        rows = equations[inside_school]
        inverse = linalg.inv(rows[:, inside_school].toarray())
        neighbours = np.unique(rows.indices)
        neighbours = neighbours[home[neighbours] < 0]
        link = rows[:, neighbours].toarray()
        schools.append((inside_school, inverse, link, place[neighbours]))
        if left is not None and len(neighbours):
            at = place[neighbours]
            left[np.ix_(at, at)] = left[np.ix_(at, at)].toarray() - link.T @ inverse @ link
            right_public[at] -= link.T @ (inverse @ right[inside_school])
    covariance: dict[int, Array] = {}
    group = np.zeros(0, dtype=np.intp)
    inside = np.zeros(len(public), dtype=np.intp)
    if left is not None:
        dense = left.tocsr()
        group = connected_components(dense, directed=False)[1]
        for g in range(int(group.max(initial=-1)) + 1):
            members = np.flatnonzero(group == g)
            covariance[g] = linalg.inv(dense[members][:, members].toarray())
            inside[members] = np.arange(len(members))
            value[public[members]] = covariance[g] @ right_public[members]
            sd[public[members]] = np.sqrt(np.diag(covariance[g]))
    for inside_school, inverse, link, at in schools:
        value[inside_school] = inverse @ (right[inside_school] - link @ value[public[at]])
        variance = np.diag(inverse).copy()
        if len(at):
            cov = np.zeros((len(at), len(at)))
            for g in np.unique(group[at]):
                in_group = group[at] == g
                cov[np.ix_(in_group, in_group)] = covariance[int(g)][
                    np.ix_(inside[at][in_group], inside[at][in_group])
                ]
            passed = inverse @ link
            variance += np.einsum("ij,jk,ik->i", passed, cov, passed)
        sd[inside_school] = np.sqrt(variance)
    return value, sd


def _equations(visits: Visits, variances: dict[str, float]) -> tuple[sparse.csr_matrix, Array]:
    """Z'V^-1 Z + I / variance and Z'V^-1 y, V the covariance of visits without their raters.

    V^-1 1 within each group is a weight a visit; going up from lesson to teacher to school, every group takes its
    common part off: weight x (1 - k x sum of weights), k = 1 / (1 / variance + sum of weights).
    """
    n, raters = len(visits.value), int(visits.rater.max()) + 1
    weight = np.full(n, 1.0 / variances["visit"])
    pulled = weight * visits.value
    z = sparse.csr_matrix((np.ones(n), (visits.rater, np.arange(n))), shape=(raters, n))
    equations = z @ sparse.diags(weight) @ z.T
    for name in ("lesson", "teacher", "school"):
        if variances[name] <= 0:
            continue
        group = getattr(visits, name)
        total = np.bincount(group, weight)
        k = 1.0 / (1.0 / variances[name] + total)
        by_group = sparse.csr_matrix((weight, (visits.rater, group)), shape=(raters, len(total)))
        equations = equations - by_group @ sparse.diags(k) @ by_group.T
        pulled = pulled - weight * (k * np.bincount(group, pulled, len(total)))[group]
        weight = weight * (1.0 - (k * total)[group])
    ridge = sparse.identity(raters) / variances["rater"]
    right = np.bincount(visits.rater, pulled, raters).astype(np.float64)
    return (equations + ridge).tocsr(), right


def visit_variances(visits: Visits) -> dict[str, float]:
    """Variances of school, teacher, lesson, rater and visit; rater 0 where it cannot be told from the others."""
    y = visits.value
    total = float(np.mean(y**2))
    keys = {
        "lesson": visits.lesson, "teacher": visits.teacher, "school": visits.school, "rater": visits.rater,
    }  # fmt: skip
    for name in ("lesson", "teacher", "school"):
        keys[f"{name} rater"] = _both(keys[name], visits.rater)
    pairs = {name: _pairs(y, key) for name, key in keys.items()}
    lesson = pairs["lesson"] - pairs["lesson rater"]
    teacher = pairs["teacher"] - pairs["lesson"] - pairs["teacher rater"] + pairs["lesson rater"]
    school = pairs["school"] - pairs["teacher"] - pairs["school rater"] + pairs["teacher rater"]
    own = _mean(school)
    between_schools = float(np.clip(own, 0.0, 0.6 * total)) if own is not None else 0.0
    same = _mean(teacher)
    ability = float(np.clip((0.35 * total if same is None else same) - between_schools, LEAST * total, total))
    once = _mean(lesson)
    of_lesson = 0.0 if once is None else float(np.clip(once - between_schools - ability, 0.0, total))
    elsewhere, own_school = pairs["rater"] - pairs["school rater"], pairs["school rater"] - pairs["teacher rater"]
    pooled = elsewhere + own_school - np.array([between_schools * own_school[1], 0.0])
    severity = _mean(pooled)
    crossed = teacher[1] >= FEWEST_PAIRS or lesson[1] >= FEWEST_PAIRS
    variances = {"school": between_schools, "teacher": ability, "lesson": of_lesson}
    variances["rater"] = max(severity, 0.0) if severity is not None and crossed else 0.0
    variances["visit"] = max(total - sum(variances.values()), 0.1 * total, 1e-9)
    return variances


def _both(one: Index, other: Index) -> Index:
    code = one.astype(np.int64) * (int(other.max()) + 1) + other
    return np.asarray(pd.factorize(code)[0], dtype=np.intp)


def _pairs(value: Array, group: Index) -> Array:
    """[sum of products, number] over ordered pairs of different values of a group."""
    n, s = np.bincount(group), np.bincount(group, value)
    return np.array([float(s @ s - value @ value), float(n @ n - len(value))])


def _mean(pairs: Array) -> float | None:
    return float(pairs[0] / pairs[1]) if pairs[1] >= FEWEST_PAIRS else None
