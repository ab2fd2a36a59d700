"""Calibration without knowing the truth: each source's values foretold from all other sources.

Values are means of a teacher's occasions on one indicator, in SD of single values. If the model holds,
- the slope of value on forecast is 1 (forecast-unbiasedness: Chetty, Friedman and Rockoff 2014, section IV);
- a 50, 80 or 90% predictive interval holds 50, 80 or 90% of the values, and the share of the predictive distribution
  that lies below a value (PIT) is uniform (Dawid 1984).
Loadings were estimated from products of the same sources, so this is a check of the structure and of the variances
together, not of the loadings' size. Standard errors are by whole schools.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from features.needs.checks.leave_source_out import HeldOutPredictions
from features.needs.checks.source_reliability import FEWEST
from features.needs.evidence.sources.source_registry import reported_name

Array = NDArray[np.float64]
Index = NDArray[np.intp]
LEVELS: Final = (50, 80, 90)
BINS: Final = 10
FEWEST_SCHOOLS: Final = 5
FEWEST_VALUES: Final = 100
SURE: Final = 3.5  # standard errors from 1 at which one of many indicators is named
FAR: Final = 0.3  # distance of a slope from 1 that matters


@dataclass(frozen=True)
class CrossSourcePredictions:
    """sources: one row a source, "all" first; indicators: one row a source and indicator (row of q);
    pit: source, bin (1..10), share; curve: mean forecast and mean value in ten parts of the forecasts."""

    sources: pd.DataFrame
    indicators: pd.DataFrame
    pit: pd.DataFrame
    curve: pd.DataFrame


def judge_forecasts(told: HeldOutPredictions, school: Index) -> CrossSourcePredictions:
    """school (n,) of each teacher of the sample."""
    source = np.array([reported_name(name) for name in told.source], dtype=object)
    names = sorted(set(source))
    picks = {"all": np.ones(len(source), dtype=bool), **{name: source == name for name in names}}
    rows, pits = [], []
    for name, here in picks.items():
        figures = _figures(told, here, school)
        if figures:
            rows.append({"source": name, **figures})
            pits += _pit(name, told, here)
    worst = []
    for part in sorted(set(told.source)):
        for j in np.unique(told.j[told.source == part]):
            here = (told.source == part) & (told.j == j)
            figures = _figures(told, here, school) if here.sum() >= FEWEST_VALUES else {}
            if figures:
                worst.append({"source": part, "j": int(j), **figures})
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
        pd.DataFrame(worst, columns=["source", "j", *columns]),
        pd.DataFrame(pits, columns=["source", "bin", "share"]),
        _curve(told),
    )


def misfit(rows: pd.DataFrame) -> pd.Series:
    """How many standard errors the slope is from 1, of slopes that are far from it; 0 for others."""
    off = rows["slope"] - 1.0
    return (off.abs() / rows["slope_se"].clip(lower=1e-6)).where(off.abs() > FAR, 0.0).fillna(0.0)


def _figures(told: HeldOutPredictions, here: NDArray[np.bool_], school: Index) -> dict[str, float]:
    """All figures of one set of values; empty where too few people or schools stand behind them."""
    people, group = np.unique(told.t[here]), school[told.t[here]]
    schools = len(np.unique(group))
    if len(people) < FEWEST or schools < FEWEST_SCHOOLS:
        return {}
    x, y, sd = told.mean[here], told.value[here], told.sd[here]
    centered, rest = x - x.mean(), y - y.mean()
    power = float(centered @ centered)
    slope = float(centered @ rest / power) if power > 1e-9 else float("nan")
    error = _by_school(centered * (rest - slope * centered), group) / power if power > 1e-9 else float("nan")
    z = (y - x) / sd
    expected = float(np.sqrt(np.var(x) / (np.var(x) + np.mean(sd**2))))
    alike = np.std(x) > 1e-9 and np.std(y) > 1e-9
    figures = {
        "people": len(people), "schools": schools, "values": len(x), "slope": slope, "slope_se": error,
        "agreement": float(np.corrcoef(x, y)[0, 1]) if alike else float("nan"), "expected_agreement": expected,
        "spread": float(np.mean(z**2)),
    }  # fmt: skip
    for level in LEVELS:
        inside = (np.abs(z) < norm.ppf(0.5 + level / 200)).astype(np.float64)
        figures[f"cover{level}"] = float(inside.mean())
        figures[f"cover{level}_se"] = _by_school(inside - inside.mean(), group) / len(x)
    return figures


def _by_school(parts: Array, group: Index) -> float:
    """Standard error of a sum whose parts of one school belong together."""
    sums = np.bincount(group, parts)
    schools = len(np.unique(group))
    return float(np.sqrt((sums**2).sum() * schools / max(schools - 1, 1)))


def _pit(name: str, told: HeldOutPredictions, here: NDArray[np.bool_]) -> list[tuple[str, int, float]]:
    share = norm.cdf((told.value[here] - told.mean[here]) / told.sd[here])
    count = np.bincount(np.minimum((share * BINS).astype(np.intp), BINS - 1), minlength=BINS)
    return [(name, i + 1, float(n / here.sum())) for i, n in enumerate(count)]


def _curve(told: HeldOutPredictions) -> pd.DataFrame:
    """Ten equal parts of all forecasts; none where a part would speak of fewer than FEWEST people."""
    order = np.argsort(told.mean, kind="stable")
    rows = []
    for i, part in enumerate(np.array_split(order, BINS)):
        if len(part) and len(np.unique(told.t[part])) >= FEWEST:
            error = float(np.std(told.value[part]) / np.sqrt(len(part)))
            rows.append((i + 1, float(told.mean[part].mean()), float(told.value[part].mean()), error))
    return pd.DataFrame(rows, columns=["bin", "forecast", "value", "se"])
