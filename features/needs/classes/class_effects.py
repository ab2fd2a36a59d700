"""What each class adds given its prior (its level where there is none), on the test's own scale.

Tests with the same dimensions have their covariances of class and school parts estimated together, in pupil-SD;
so a dimension borrows from the others, a class from its school, and a test of few classes from tests like it.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.classes.multivariate_two_level import (
    MultivariateTwoLevel,
    class_posterior,
    fit_two_levels,
)
from features.needs.evidence.adjusted_results import AdjustedResults

Array = NDArray[np.float64]
Index = NDArray[np.intp]
COLUMNS: Final = ["assessment_id", "dimension", "class_id", "mean", "sd"]
PRIOR_SD: Final = {True: (0.15, 0.15), False: (0.30, 0.40)}  # of class and school parts of gains and levels
PRIOR_CORRELATION: Final = 0.6
PRIOR_WEIGHT: Final = 2.0  # classes and schools that the priors are worth
MOST: Final = 6_000  # classes that covariances are estimated from
BLOCK: Final = 4_000_000  # numbers in a matrix of one block of classes


def class_effects(adjusted: AdjustedResults, classes: pd.DataFrame) -> pd.DataFrame:
    """Rows assessment_id, dimension, class_id, mean, sd for every class with a result."""
    rows = adjusted.rows[adjusted.rows["unit_kind"] == "class"]
    home = classes.drop_duplicates("class_id").set_index("class_id")["school_id"]
    school = rows["unit_id"].map(home).astype("str")
    rows = rows.assign(school=school.where(school.notna(), "?" + rows["unit_id"]))
    frames = [
        _of_family(family, adjusted.correlation, bool(gain))
        for (_, gain), family in rows.groupby([_families(rows), "gain"], sort=True)
    ]
    if not frames:
        return pd.DataFrame(
            {name: pd.Series([], dtype="float64" if name in ("mean", "sd") else "str") for name in COLUMNS}
        )
    return pd.concat(frames, ignore_index=True).sort_values(COLUMNS[:3], ignore_index=True)


def _families(rows: pd.DataFrame) -> pd.Series:
    """(n,) the dimensions of each row's test, in one word: tests of one family are told together."""
    dimensions = (
        rows[["assessment_id", "dimension"]].drop_duplicates().sort_values(["assessment_id", "dimension"])
    )
    words = dimensions.groupby("assessment_id")["dimension"].agg("\x1f".join)
    return rows["assessment_id"].map(words)


def _of_family(rows: pd.DataFrame, correlation: pd.DataFrame, gain: bool) -> pd.DataFrame:
    dimension, names = pd.factorize(rows["dimension"], sort=True)
    unit, units = pd.factorize(rows["assessment_id"] + "\x1f" + rows["unit_id"], sort=True)
    shape = (len(units), len(names))
    y, variance = np.full(shape, np.nan), np.ones(shape)
    y[unit, dimension], variance[unit, dimension] = rows["z"], rows["variance"]
    test, tests = pd.factorize(rows["assessment_id"], sort=True)
    test_of, home = np.zeros(len(units), np.intp), np.zeros(len(units), np.intp)
    test_of[unit] = test
    home[unit] = pd.factorize(rows["assessment_id"] + "\x1f" + rows["school"], sort=True)[0]
    together = _correlations(tests, names, correlation)
    levels = _levels(y, variance, together[test_of], home, gain)
    mean, sd = np.zeros(shape), np.zeros(shape)
    for part in _blocks(home, len(names)):
        of_school = np.unique(home[part], return_inverse=True)[1].astype(np.intp)
        error = _errors(variance[part], together[test_of[part]])
        mean[part], sd[part] = class_posterior(y[part], error, of_school, levels)
    mean, sd = mean[unit, dimension], sd[unit, dimension]
    if not gain:  # a level has its place on the scale, an addition has none
        mean = mean + rows["mean"].to_numpy() / rows["scale_sd"].to_numpy() - rows["z"].to_numpy()
    scale = rows["scale_sd"].to_numpy()
    return pd.DataFrame(
        {
            "assessment_id": rows["assessment_id"].to_numpy(dtype=object),
            "dimension": rows["dimension"].to_numpy(dtype=object),
            "class_id": rows["unit_id"].to_numpy(dtype=object),
            "mean": mean * scale,
            "sd": sd * scale,
        }
    ).astype({name: "str" for name in COLUMNS[:3]})


def _levels(y: Array, variance: Array, together: Array, home: Index, gain: bool) -> MultivariateTwoLevel:
    """Covariances from whole schools up to about MOST classes, chosen by place, not by chance."""
    d = y.shape[1]
    shape = (1 - PRIOR_CORRELATION) * np.eye(d) + PRIOR_CORRELATION
    own, of_school = PRIOR_SD[gain]
    schools = int(home.max()) + 1
    every = max(1, round(len(y) / MOST))
    part = np.flatnonzero((np.arange(schools) % every == 0)[home])
    return fit_two_levels(
        y[part], _errors(variance[part], together[part]),
        np.unique(home[part], return_inverse=True)[1].astype(np.intp),
        of_school**2 * shape, own**2 * shape, PRIOR_WEIGHT,
    )  # fmt: skip


def _errors(variance: Array, together: Array) -> Array:
    """(C, D, D) covariances of sampling errors."""
    sd = np.sqrt(variance)
    return np.asarray(together * sd[:, :, None] * sd[:, None, :])


def _correlations(tests: pd.Index, names: pd.Index, correlation: pd.DataFrame) -> Array:
    """(tests, D, D) correlations of errors, positive definite."""
    of_tests = correlation[correlation["assessment_id"].isin(tests)]
    matrices = np.zeros((len(tests), len(names), len(names)))
    at = (
        tests.get_indexer(pd.Index(of_tests["assessment_id"])), names.get_indexer(pd.Index(of_tests["dimension_1"])),
        names.get_indexer(pd.Index(of_tests["dimension_2"])),
    )  # fmt: skip
    inside = (at[1] >= 0) & (at[2] >= 0)
    matrices[tuple(a[inside] for a in at)] = of_tests["correlation"].to_numpy()[inside]
    matrices = (matrices + matrices.transpose(0, 2, 1)) / 2
    matrices[:, range(len(names)), range(len(names))] = 1.0
    values, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * np.maximum(values, 1e-3)[:, None, :]) @ vectors.transpose(0, 2, 1))


def _blocks(home: Index, d: int) -> list[Index]:
    """Whole schools in blocks of about BLOCK numbers a matrix."""
    order = np.argsort(home, kind="stable")
    size = max(BLOCK // (d * d), 1)
    ends = np.flatnonzero(np.diff(home[order], append=-1)) + 1
    cuts = [0]
    for end in ends:
        if end - cuts[-1] >= size:
            cuts.append(int(end))
    if cuts[-1] < len(order):
        cuts.append(len(order))
    return [order[a:b] for a, b in itertools.pairwise(cuts)]
