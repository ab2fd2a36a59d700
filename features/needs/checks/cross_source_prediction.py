"""Calibration without a known truth: each source's values predicted from all other sources.

Values are means of a teacher's occasions on one indicator, in SD of single values. If the model holds,
- the slope of value on prediction is 1 (forecast unbiasedness: Chetty, Friedman and Rockoff 2014, section IV);
- a 50, 80 or 90% predictive interval covers 50, 80 or 90% of the values, and the probability integral transform (PIT)
  of the values is uniform (Dawid 1984).
Loadings were estimated from products of the same sources, so this checks structure and variances together, not the size
of the loadings. Standard errors are clustered by school.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.checks.leave_source_out import HeldOutPredictions
from features.needs.evidence.sources.source_registry import reported_name
from features.normal import normal_probability, normal_quantile

Array = NDArray[np.float64]
Index = NDArray[np.intp]
LEVELS: Final = (50, 80, 90)
BINS: Final = 10
MIN_SCHOOLS: Final = 5
MIN_VALUES: Final = 100
MISFIT_Z: Final = 3.5  # standard errors of a slope from 1 at which one of many indicators is reported
MISFIT_SLOPE: Final = 0.3  # distance of a slope from 1 that matters


@dataclass(frozen=True)
class CrossSourcePredictions:
    """sources: one row a source, "all" first; indicators: one row a source and indicator (row of q);
    pit: source, bin (1..10), share; curve: mean prediction (`forecast`) and mean value in tenths of the predictions."""

    sources: pd.DataFrame
    indicators: pd.DataFrame
    pit: pd.DataFrame
    curve: pd.DataFrame


def score_predictions(predictions: HeldOutPredictions, school: Index) -> CrossSourcePredictions:
    """Scores of predictions against the values left out; school: (n,) of each teacher of the sample."""
    source = np.array([reported_name(name) for name in predictions.source], dtype=object)
    names = sorted(set(source))
    masks = {"all": np.ones(len(source), dtype=bool), **{name: source == name for name in names}}
    rows, pit = [], []
    for name, mask in masks.items():
        statistics = _statistics(predictions, mask, school)
        if statistics:
            rows.append({"source": name, **statistics})
            pit += _pit(name, predictions, mask)
    indicators = []
    for part in sorted(set(predictions.source)):
        for j in np.unique(predictions.j[predictions.source == part]):
            mask = (predictions.source == part) & (predictions.j == j)
            statistics = _statistics(predictions, mask, school) if mask.sum() >= MIN_VALUES else {}
            if statistics:
                indicators.append({"source": part, "j": int(j), **statistics})
    columns = [
        "people",
        "schools",
        "values",
        "slope",
        "slope_se",
        "agreement",
        "expected_agreement",
        "spread",
    ]
    columns += [f"cover{level}" for level in LEVELS] + [f"cover{level}_se" for level in LEVELS]
    return CrossSourcePredictions(
        pd.DataFrame(rows, columns=["source", *columns]),
        pd.DataFrame(indicators, columns=["source", "j", *columns]),
        pd.DataFrame(pit, columns=["source", "bin", "share"]),
        _curve(predictions),
    )


def misfit(rows: pd.DataFrame) -> pd.Series:
    """Standard errors of the slope from 1 where it is more than MISFIT_SLOPE from it; 0 elsewhere."""
    off = rows["slope"] - 1.0
    return (off.abs() / rows["slope_se"].clip(lower=1e-6)).where(off.abs() > MISFIT_SLOPE, 0.0).fillna(0.0)


def _statistics(predictions: HeldOutPredictions, mask: NDArray[np.bool_], school: Index) -> dict[str, float]:
    """All statistics of the values in `mask`; empty with too few people or schools."""
    people, group = np.unique(predictions.t[mask]), school[predictions.t[mask]]
    schools = len(np.unique(group))
    if len(people) < DISTRICT_MINIMUM or schools < MIN_SCHOOLS:
        return {}
    x, y, sd = predictions.mean[mask], predictions.value[mask], predictions.sd[mask]
    x_centered, y_centered = x - x.mean(), y - y.mean()
    sum_of_squares, slope, error = float(x_centered @ x_centered), float("nan"), float("nan")
    if sum_of_squares > 1e-9:
        slope = float(x_centered @ y_centered / sum_of_squares)
        error = _clustered_error(x_centered * (y_centered - slope * x_centered), group) / sum_of_squares
    z = (y - x) / sd
    expected = float(np.sqrt(np.var(x) / (np.var(x) + np.mean(sd**2))))
    both_vary = np.std(x) > 1e-9 and np.std(y) > 1e-9
    statistics = {
        "people": len(people), "schools": schools, "values": len(x), "slope": slope, "slope_se": error,
        "agreement": float(np.corrcoef(x, y)[0, 1]) if both_vary else float("nan"), "expected_agreement": expected,
        "spread": float(np.mean(z**2)),
    }  # fmt: skip
    for level in LEVELS:
        inside = (np.abs(z) < normal_quantile(0.5 + level / 200)).astype(np.float64)
        statistics[f"cover{level}"] = float(inside.mean())
        statistics[f"cover{level}_se"] = _clustered_error(inside - inside.mean(), group) / len(x)
    return statistics


def _clustered_error(parts: Array, group: Index) -> float:
    """Standard error of the sum of `parts`, clustered by `group`."""
    sums = np.bincount(group, parts)
    schools = len(np.unique(group))
    return float(np.sqrt((sums**2).sum() * schools / max(schools - 1, 1)))


def _pit(name: str, predictions: HeldOutPredictions, mask: NDArray[np.bool_]) -> list[tuple[str, int, float]]:
    pit = normal_probability((predictions.value[mask] - predictions.mean[mask]) / predictions.sd[mask])
    count = np.bincount(np.minimum((pit * BINS).astype(np.intp), BINS - 1), minlength=BINS)
    return [(name, i + 1, float(n / mask.sum())) for i, n in enumerate(count)]


def _curve(predictions: HeldOutPredictions) -> pd.DataFrame:
    """Mean prediction and value in tenths of the predictions; tenths of fewer than DISTRICT_MINIMUM people are left out."""
    order = np.argsort(predictions.mean, kind="stable")
    rows = []
    for i, part in enumerate(np.array_split(order, BINS)):
        if len(part) and len(np.unique(predictions.t[part])) >= DISTRICT_MINIMUM:
            error = float(np.std(predictions.value[part]) / np.sqrt(len(part)))
            rows.append(
                (i + 1, float(predictions.mean[part].mean()), float(predictions.value[part].mean()), error)
            )
    return pd.DataFrame(rows, columns=["bin", "forecast", "value", "se"])
