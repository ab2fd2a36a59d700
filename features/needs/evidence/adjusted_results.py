"""Results of classes, schools and districts, less what last year's scores predict.

In pupil-SD units, every mean less its centre over the units of the test:

    z = mean / scale_sd - slope x prior_mean / scale_sd

The slope is that of `prior_slopes`, corrected for errors in variables. Without priors z is the level. The error
variance is se^2, else s^2/n of what the prior leaves, plus pv_variance; s^2 is the mean variance within units of
the test. Errors of two dimensions of one unit are correlated because the same pupils sat
both: within_cov of `result_covariances`, else BOUND; of gains what the priors leave of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.prior_slopes import SAME_TEST, prior_slopes, reliability_of_prior
from features.tables import Tables

Array = NDArray[np.float64]
BOUND: Final = 0.7  # correlation of two scores of one pupil where none is given: on the safe side
DRAWS: Final = 5  # plausible values a pupil usually has


@dataclass(frozen=True)
class AdjustedResults:
    """rows: assessment_id, dimension, unit_kind, unit_id, n, level, z (level where no prior), gain (bool),
    variance of the error of z, level_variance, left (pupils' variance less what the prior tells), scale_sd,
    slope, slope_from (as prior_slopes has it), sd_given (bool), subject, stage, date, term, programme.
    correlation: (assessment_id, dimension, dimension) -> correlation of errors, as a frame with both orders;
    bounded: how many pairs of dimensions had no covariance given; left_out: rows of results that cannot be used, and why
    (kind)."""

    rows: pd.DataFrame
    correlation: pd.DataFrame
    bounded: int
    left_out: pd.DataFrame


def adjust(tables: Tables) -> AdjustedResults:
    """All results of `tables`, adjusted as the module says. Empty tables give empty frames."""
    rows, left_out = _complete(tables)
    rows = rows.merge(tables["assessment_dimensions"].drop(columns="name"), on=SAME_TEST)
    about = tables["assessments"][["assessment_id", "subject", "stage", "date", "term", "programme"]]
    rows = rows.merge(about, on="assessment_id")
    rows["sd_given"] = rows["sd"].notna() | rows["se"].notna()
    rows["sd"] = rows["sd"].fillna(rows["scale_sd"])
    home = tables["classes"].drop_duplicates("class_id").set_index("class_id")["school_id"]
    school = rows["unit_id"].map(home).astype("str").where(rows["unit_kind"] == "class")
    rows[["slope", "slope_from"]] = prior_slopes(rows, school)
    rows["gain"] = rows["slope"].notna() & rows["prior_mean"].notna()
    rows["slope"] = rows["slope"].where(rows["gain"], 0.0)
    size = rows["n_effective"].fillna(rows["n"]).to_numpy()
    prior = rows["prior_mean"].where(rows["gain"], 0.0).to_numpy()
    prior_variance = rows["prior_sd"].fillna(rows["sd"]) ** 2
    expected_cov = rows["slope"] * reliability_of_prior(rows) * prior_variance  # what the slope implies
    left = rows["sd"] ** 2 - 2 * rows["slope"] * rows["prior_cov"].fillna(expected_cov)
    left = left + rows["slope"] ** 2 * prior_variance
    left = left.where(rows["gain"], rows["sd"] ** 2).clip(lower=0.05 * rows["sd"] ** 2)
    alike = [rows[name] for name in (*SAME_TEST, "unit_kind", "gain")]
    left = pooled_variance(left, size, alike)
    pooled = pooled_variance(rows["sd"] ** 2, size, alike)
    rows["left"] = left
    se_variance = rows["se"] ** 2
    unit = rows["scale_sd"] ** 2
    imputation = pooled_variance(
        rows["pv_variance"].fillna(0.0) * rows["n"], np.full(len(rows), DRAWS), alike
    )
    imputation = (imputation / rows["n"]).where(rows["pv_variance"].notna(), 0.0)
    rows["variance"] = ((se_variance * left / pooled).fillna(left / size) + imputation) / unit
    rows["level_variance"] = (se_variance.fillna(pooled / size) + imputation) / unit
    rows["level"] = (rows["mean"] - rows["scale_mean"]) / rows["scale_sd"]
    raw = (rows["mean"] - rows["slope"] * prior) / rows["scale_sd"]
    rows["z"] = raw - _centres(rows, raw)
    floor = 1e-4
    rows["variance"] = rows["variance"].clip(lower=floor)
    rows["level_variance"] = rows["level_variance"].clip(lower=floor)
    correlation, bounded = _correlations(tables, rows)
    return AdjustedResults(rows.reset_index(drop=True), correlation, bounded, left_out)


def _complete(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results that can be used, and the others with a column `kind` that says why not."""
    rows = tables["results"]
    tests = tables["assessment_dimensions"][SAME_TEST]
    known = pd.MultiIndex.from_frame(rows[SAME_TEST]).isin(pd.MultiIndex.from_frame(tests))
    kind = pd.Series("", index=rows.index, dtype=object)
    kind[~known] = "dimension_unknown"
    kind[~rows["assessment_id"].isin(tables["assessments"]["assessment_id"])] = "assessment_unknown"
    kind[~(rows["n"] > 0) | rows["mean"].isna()] = "value_missing"
    return rows[kind == ""], rows.assign(kind=kind)[kind != ""]


def _centres(rows: pd.DataFrame, raw: pd.Series) -> Array:
    """(n,) pupils' mean of `raw` over the units of the same kind and test."""
    names = [*SAME_TEST, "unit_kind", "gain"]
    frame = rows[names].assign(total=raw * rows["n"], n=rows["n"])
    sums = frame.groupby(names)[["total", "n"]].transform("sum")
    return np.asarray((sums["total"] / sums["n"]).to_numpy(dtype=np.float64))


def _correlations(tables: Tables, rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Correlation of errors for each ordered pair of dimensions of a test, 1 on the diagonal."""
    classes = rows[rows["unit_kind"] == "class"] if (rows["unit_kind"] == "class").any() else rows
    total = (classes["sd"] ** 2 * classes["n"]).groupby([classes[n] for n in SAME_TEST]).sum()
    size = classes["n"].groupby([classes[n] for n in SAME_TEST]).sum()
    sd = (total / size).pow(0.5).rename("sd_of").reset_index()
    pairs = sd.merge(sd, on="assessment_id", suffixes=("_1", "_2"))
    covariances = tables["result_covariances"]
    same = covariances["other_assessment_id"].isna() | (
        covariances["other_assessment_id"] == covariances["assessment_id"]
    )
    covariances = covariances.loc[same, ["assessment_id", "dimension_1", "dimension_2", "within_cov"]]
    turned = covariances.rename(columns={"dimension_1": "dimension_2", "dimension_2": "dimension_1"})
    symmetric = pd.concat([covariances, turned]).drop_duplicates(
        ["assessment_id", "dimension_1", "dimension_2"]
    )
    pairs = pairs.merge(symmetric, on=["assessment_id", "dimension_1", "dimension_2"], how="left")
    scale = (pairs["sd_of_1"] * pairs["sd_of_2"]).clip(lower=1e-12)
    correlation = (pairs["within_cov"] / scale).clip(-0.98, 0.98)
    diagonal = pairs["dimension_1"] == pairs["dimension_2"]
    bounded = int((correlation.isna() & ~diagonal).sum() // 2)
    of_errors = correlation.fillna(BOUND) * _left_by_priors(classes, pairs)
    pairs["correlation"] = of_errors.clip(-0.98, 0.98).where(~diagonal, 1.0)
    return pairs[["assessment_id", "dimension_1", "dimension_2", "correlation"]], bounded


def _left_by_priors(classes: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """What becomes of the correlation of two scores once their priors are taken off; 1 without priors.

    The covariance of the scores times 1 - slope x slope: true traits that last by the slopes, and errors of
    two tests that have nothing to do with each other.
    """
    gains = classes[classes["gain"]]
    weight = gains["n"]
    sums = pd.DataFrame(
        {
            **{name: gains[name] for name in SAME_TEST},
            "slope": gains["slope"] * weight, "left": gains["left"] * weight,
            "whole": gains["sd"] ** 2 * weight, "weight": weight,
        }
    ).groupby(SAME_TEST).sum()  # fmt: skip
    by_dimension = pd.DataFrame(
        {"slope": sums["slope"] / sums["weight"], "kept": (sums["left"] / sums["whole"]).pow(0.5)}
    ).reset_index()
    joined = pairs[["assessment_id", "dimension_1", "dimension_2"]]
    for side in ("1", "2"):
        names = {"dimension": f"dimension_{side}", "slope": f"slope_{side}", "kept": f"kept_{side}"}
        joined = joined.merge(
            by_dimension.rename(columns=names), on=["assessment_id", f"dimension_{side}"], how="left"
        )
    residual_share = joined["kept_1"] * joined["kept_2"]
    left = (1.0 - joined["slope_1"] * joined["slope_2"]).clip(lower=0.0) / residual_share.where(
        residual_share > 0
    )
    return left.fillna(1.0).set_axis(pairs.index)


def pooled_variance(variance: pd.Series, size: Array, alike: list[pd.Series]) -> pd.Series:
    """(n,) the mean variance of the units alike, weighted by what each tells; `size` (n,) pupils behind each.

    A unit's own variance is not used: with twenty pupils it is mostly chance, and where scores are skewed it
    goes with the unit's mean, so that weights by it are biased (measured on real half-classes).
    """
    free = pd.Series(np.maximum(size - 1.0, 1e-3), index=variance.index)
    return (variance * free).groupby(alike).transform("sum") / free.groupby(alike).transform("sum")


def instruments(tables: Tables) -> pd.DataFrame:
    """Dimensions of assessments as instruments: indicator, subject, stage, assessment_id, series, date, scale.

    A series is a programme in a subject and stage.
    """
    rows = tables["assessment_dimensions"].drop(columns="name").merge(tables["assessments"])
    mean, sd = (rows[name].map("{:g}".format).astype(str) for name in ("scale_mean", "scale_sd"))
    series = rows["programme"] + " " + rows["subject"].fillna("*") + " " + rows["stage"].fillna("*")
    return rows.assign(indicator=rows["dimension"], series=series, scale=mean + " ± " + sd)
