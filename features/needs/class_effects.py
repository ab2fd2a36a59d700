"""What each class adds given its prior (its level where there is none), on the test's own scale.

For each assessment, the vector of a class over the dimensions of the test:

    y = center + school part + class part + error       covariances S, C and the known sampling R

S and C are estimated by moments over classes of one school, all dimensions together, so that a dimension
borrows from the others (multivariate empirical Bayes); missing dimensions carry no information.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.posterior import posterior
from features.needs.results import Adjusted

Array = NDArray[np.float64]
Index = NDArray[np.intp]
COLUMNS: Final = ["assessment_id", "dimension", "class_id", "mean", "sd"]
CLASS_SD, SCHOOL_SD = 0.15, 0.15  # prior, in pupil-SD
PRIOR_CLASSES: Final = 20.0  # what it is worth
PRIOR_CORRELATION: Final = 0.6
MOST: Final = 4_000_000  # numbers in one matrix of a chunk of schools


def class_effects(adjusted: Adjusted, classes: pd.DataFrame) -> pd.DataFrame:
    """Rows assessment_id, dimension, class_id, mean, sd for every class with a result."""
    rows = adjusted.rows[adjusted.rows["unit_kind"] == "class"]
    home = classes.drop_duplicates("class_id").set_index("class_id")["school_id"]
    school = rows["unit_id"].map(home).astype("str")
    rows = rows.assign(school=school.where(school.notna(), "?" + rows["unit_id"]))
    frames = [
        _of_test(str(test), group, adjusted.correlation)
        for test, group in rows.groupby("assessment_id", sort=True)
    ]
    if not frames:
        return pd.DataFrame(
            {name: pd.Series([], dtype="float64" if name in ("mean", "sd") else "str") for name in COLUMNS}
        )
    return pd.concat(frames, ignore_index=True).sort_values(COLUMNS[:3], ignore_index=True)


def _of_test(test: str, rows: pd.DataFrame, correlation: pd.DataFrame) -> pd.DataFrame:
    dimension, names = pd.factorize(rows["dimension"], sort=True)
    unit, units = pd.factorize(rows["unit_id"], sort=True)
    shape = (len(units), len(names))
    y, variance = np.full(shape, np.nan), np.ones(shape)
    scale, center = np.ones(len(names)), np.zeros(len(names))
    y[unit, dimension], variance[unit, dimension] = rows["z"], rows["variance"]
    scale[dimension] = rows["scale_sd"]
    home = np.empty(len(units), dtype=object)
    home[unit] = rows["school"]
    school = pd.factorize(home, sort=True)[0].astype(np.intp)
    together = _correlation(test, names, correlation)
    error = together * np.sqrt(variance[:, :, None] * variance[:, None, :])
    of_class, of_school = _between(y, error, school)
    mean, sd = np.zeros(shape), np.zeros(shape)
    for chosen, grid in _chunks(school, len(names)):
        mean[chosen], sd[chosen] = _posterior(y, error, of_class, of_school, grid)
    # a level has its place on the scale, an addition has none
    level = ~rows["gain"].to_numpy(dtype=bool)
    base = np.zeros(shape)
    base[unit[level], dimension[level]] = ((rows["mean"] / rows["scale_sd"]) - rows["z"]).to_numpy()[level]
    mean = mean + base + center
    return pd.DataFrame(
        {
            "assessment_id": test,
            "dimension": np.asarray(names, dtype=object)[dimension],
            "class_id": rows["unit_id"].to_numpy(dtype=object),
            "mean": (mean * scale)[unit, dimension],
            "sd": (sd * scale)[unit, dimension],
        }
    ).astype({name: "str" for name in COLUMNS[:3]})


def _correlation(test: str, names: pd.Index, correlation: pd.DataFrame) -> Array:
    mine = correlation[correlation["assessment_id"] == test]
    table = mine.pivot(index="dimension_1", columns="dimension_2", values="correlation")
    found = table.reindex(index=names, columns=names).to_numpy(dtype=np.float64, copy=True)
    found = np.where(np.isnan(found), 0.0, found)
    np.fill_diagonal(found, 1.0)
    return _positive(found, 1e-3)


def _between(y: Array, error: Array, school: Index) -> tuple[Array, Array]:
    """(D, D) covariances of class and school parts: products of classes of one school tell the latter."""
    d = y.shape[1]
    here = ~np.isnan(y)
    value, seen = np.where(here, y, 0.0), here.astype(np.float64)
    schools = int(school.max()) + 1
    sums, counts = np.zeros((schools, d)), np.zeros((schools, d))
    np.add.at(sums, school, value)
    np.add.at(counts, school, seen)
    own, own_n = value.T @ value, seen.T @ seen
    cross, cross_n = sums.T @ sums - own, counts.T @ counts - own_n
    sampling = np.einsum("cij,ci,cj->ij", error, seen, seen)
    shape = (1 - PRIOR_CORRELATION) * np.eye(d) + PRIOR_CORRELATION
    of_school = (cross + PRIOR_CLASSES * SCHOOL_SD**2 * shape * 5) / (cross_n + PRIOR_CLASSES * 5)
    of_school = _positive(of_school, 1e-4)
    left = own - sampling - of_school * own_n
    of_class = (left + PRIOR_CLASSES * CLASS_SD**2 * shape) / (own_n + PRIOR_CLASSES)
    return _positive(of_class, 1e-4), of_school


def _positive(matrix: Array, least: float) -> Array:
    """The nearest symmetric matrix whose eigenvalues are at least `least`."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, least)) @ vectors.T)


def _chunks(school: Index, d: int) -> Iterator[tuple[Index, Index]]:
    """(classes, grid (schools, most classes) of places or -1), schools of alike size together."""
    order = np.argsort(school, kind="stable")
    sizes = np.bincount(school)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    by_size = np.argsort(sizes, kind="stable")
    at = 0
    while at < len(by_size):
        end = at + 1
        while end < len(by_size) and (end + 1 - at) * (sizes[by_size[end]] * d) ** 2 <= MOST:
            end += 1
        chosen = by_size[at:end]
        widest = int(sizes[chosen].max())
        grid = np.full((len(chosen), widest), -1, dtype=np.intp)
        inside = np.arange(widest) < sizes[chosen][:, None]
        grid[inside] = np.concatenate([order[starts[s] : starts[s + 1]] for s in chosen])
        yield grid[inside], grid
        at = end


def _posterior(y: Array, error: Array, of_class: Array, of_school: Array, grid: Index) -> tuple[Array, Array]:
    """Means and SDs (classes, D) of school plus class part, in the order of the grid's filled places."""
    s, m = grid.shape
    d = y.shape[1]
    inside = grid >= 0
    value = np.where(inside[:, :, None], y[grid], np.nan).reshape(s, m * d)
    prior = np.kron(np.eye(m), of_class) + np.kron(np.ones((m, m)), of_school)
    noise = np.zeros((s, m, d, m, d))
    each = np.arange(m)
    noise[:, each, :, each, :] = np.where(inside[:, :, None, None], error[grid], np.eye(d)).transpose(
        1, 0, 2, 3
    )
    found = posterior(np.zeros((s, m * d)), prior, np.eye(m * d), value, noise.reshape(s, m * d, m * d))
    return found.mean.reshape(s, m, d)[inside], found.sd.reshape(s, m, d)[inside]
