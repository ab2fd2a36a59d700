"""Slope of a test's scores on the same pupils' earlier scores, corrected for errors in variables (Fuller 1987, section 1.2).

Three ways, the first that the data allow:

- `covariance`: pooled within-class covariance of score and prior over pooled prior variance x prior reliability;
- `classes`: where no covariance is given, means of classes on their prior means within schools; the variance of the prior
  means is reduced by that of measurement errors, (1 - reliability) x prior_sd^2 / n. Tests of few classes are shrunk to the
  slope of all such tests;
- `reliability`: where classes are too few as well, the slope of true scores that correlate STABILITY.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
SAME_TEST: Final = ["assessment_id", "dimension"]
USUAL_RELIABILITY: Final = 0.85
STABILITY: Final = 0.9  # correlation of pupils' true scores a year apart
MAX_SLOPE: Final = 1.5
MIN_CLASSES: Final = 30  # beyond one a school and test, below which classes give no slope
MIN_TRUE_SHARE: Final = 0.4  # of the variance of prior means within schools that is not measurement error
MAX_SLOPE_SE: Final = 0.15  # of the slope of all classes
SLOPE_SD: Final = 0.10  # of tests' slopes around that of all tests


def prior_slopes(rows: pd.DataFrame, school: pd.Series) -> pd.DataFrame:
    """Columns slope and slope_from, by row of `rows`: NaN and "" where the test has no earlier scores.

    rows: results with n, mean, sd, prior_mean, prior_sd, prior_cov, scale_sd, reliability, prior_reliability, unit_kind,
    assessment_id, dimension; school: of each row's class, by row, missing for other units.
    """
    tests = rows[SAME_TEST].drop_duplicates(ignore_index=True)
    test = pd.MultiIndex.from_frame(tests).get_indexer(pd.MultiIndex.from_frame(rows[SAME_TEST]))
    slope = _from_covariances(rows, test, len(tests))
    source = np.where(np.isfinite(slope), "covariance", "")
    has_prior = np.bincount(test, rows["prior_mean"].notna(), len(tests)) > 0
    open_tests = has_prior & ~np.isfinite(slope)
    if open_tests.any():
        by_classes = _from_classes(rows, test, len(tests), school, open_tests)
        source = np.where(open_tests, np.where(np.isfinite(by_classes), "classes", "reliability"), source)
        by_reliability = _from_reliabilities(rows, test, len(tests))
        filled = np.where(np.isfinite(by_classes), by_classes, by_reliability)
        slope = np.where(open_tests, filled, slope)
    frame = pd.DataFrame({"slope": slope[test], "slope_from": source[test]}, index=rows.index)
    return frame.astype({"slope_from": "str"})


def reliability_of_prior(rows: pd.DataFrame) -> pd.Series:
    """The reliability of the earlier scores, USUAL_RELIABILITY where none is given."""
    return rows["prior_reliability"].fillna(USUAL_RELIABILITY)


def _from_covariances(rows: pd.DataFrame, test: NDArray[np.intp], tests: int) -> Array:
    usable = (rows["prior_cov"].notna() & rows["prior_sd"].notna() & rows["prior_mean"].notna()).to_numpy()
    kinds = set(rows["unit_kind"][usable])
    finest = next((kind for kind in ("class", "school", "district") if kind in kinds), "class")
    usable = usable & (rows["unit_kind"] == finest).to_numpy()
    weight = (rows["n"] - 1).clip(lower=0).to_numpy()[usable]
    covariance = np.bincount(test[usable], rows["prior_cov"].to_numpy()[usable] * weight, tests)
    variance = np.bincount(test[usable], rows["prior_sd"].to_numpy()[usable] ** 2 * weight, tests)
    reliability = np.full(tests, USUAL_RELIABILITY)
    reliability[test] = reliability_of_prior(rows)
    true_variance = variance * reliability
    slope = np.divide(covariance, true_variance, out=np.full(tests, np.nan), where=true_variance > 0)
    return np.asarray(np.clip(slope, 0.0, MAX_SLOPE))


def _from_classes(
    rows: pd.DataFrame, test: NDArray[np.intp], tests: int, school: pd.Series, open_tests: NDArray[np.bool_]
) -> Array:
    """(tests,) slopes of the open tests that have classes, NaN elsewhere and for all where classes say too little."""
    nothing = np.full(tests, np.nan)
    in_class = (rows["unit_kind"] == "class") & rows["prior_mean"].notna() & school.notna()
    usable = open_tests[test] & in_class.to_numpy()
    part, of_test = rows[usable], test[usable]
    if not len(part):
        return nothing
    unit = part["scale_sd"].to_numpy()
    x, y = part["prior_mean"].to_numpy() / unit, part["mean"].to_numpy() / unit
    error = (1.0 - reliability_of_prior(part).to_numpy()) * part["prior_sd"].fillna(
        part["sd"]
    ).to_numpy() ** 2
    error = error / (unit**2 * part["n"].to_numpy())
    group = pd.factorize(pd.Series(of_test, index=part.index).astype(str) + "|" + school[usable])[0]
    size = np.bincount(group)
    x, y = (values - (np.bincount(group, values) / size)[group] for values in (x, y))
    sxx, sxy = np.bincount(of_test, x * x, tests), np.bincount(of_test, x * y, tests)
    true_sxx = sxx - np.bincount(of_test, error * (1.0 - 1.0 / size[group]), tests)
    freedom = len(part) - len(size)
    if freedom < MIN_CLASSES or true_sxx.sum() < MIN_TRUE_SHARE * sxx.sum() or true_sxx.sum() <= 0:
        return nothing
    common = sxy.sum() / true_sxx.sum()
    residual = float(((y - common * x) ** 2).sum()) / max(freedom - 1, 1)
    if np.sqrt(residual * sxx.sum()) / true_sxx.sum() > MAX_SLOPE_SE:
        return nothing
    prior_weight = max(residual / SLOPE_SD**2, 1e-9)
    informative = true_sxx > MIN_TRUE_SHARE * sxx
    top, bottom = (np.where(informative, sums, 0.0) for sums in (sxy, true_sxx))
    slope = (top + prior_weight * common) / (bottom + prior_weight)
    measured = np.bincount(of_test, minlength=tests) > 0
    return np.where(measured, np.clip(slope, 0.0, MAX_SLOPE), np.nan)


def _from_reliabilities(rows: pd.DataFrame, test: NDArray[np.intp], tests: int) -> Array:
    """Slope of true scores, STABILITY x their SD over that of the true earlier scores."""
    true_now = rows["sd"] ** 2 * rows["reliability"].fillna(USUAL_RELIABILITY)
    true_before = rows["prior_sd"].fillna(rows["sd"]) ** 2 * reliability_of_prior(rows)
    now, before = (_by_test(variance, test, tests) for variance in (true_now, true_before))
    ratio = np.divide(now, before, out=np.ones(tests), where=before > 0)
    return np.clip(STABILITY * np.sqrt(ratio), 0.0, MAX_SLOPE)


def _by_test(values: pd.Series, test: NDArray[np.intp], tests: int) -> Array:
    """(tests,) means over a test's rows."""
    return np.asarray(
        np.bincount(test, values.to_numpy(), tests) / np.maximum(np.bincount(test, minlength=tests), 1)
    )
