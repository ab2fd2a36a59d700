"""What a teacher's step and years say before anything is measured: the mean of the prior.

    general part of ability = X gamma + rest          X: ladder step, title, years of service (three slopes)

gamma is what the sources agree on: within schools, each source's mean over a teacher's values is regressed on X,
divided by the source's loading, and the coefficients are averaged with weights by precision and trust; then drawn to
0 as far as their spread is no more than chance. Fields that a teacher would not accept as an explanation (sex, age,
school of origin) are not in X (measurement D1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.source_averages import SourceAverages
from features.needs.evidence.sources.source_registry import teacher_source
from features.needs.model.variance_components import VarianceComponents
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]

KNOTS: Final = (3.0, 10.0)  # years of service at which the slope may change
RARE: Final = 8  # people with a step or title, fewer are not told apart
YEAR: Final = 365.25


def design(tables: Tables, as_of: pd.Timestamp) -> tuple[Array, tuple[str, ...]]:
    """(N, p) columns of mean 0, and their names; p is 0 where the register says nothing."""
    teachers = tables["teachers"]
    columns: dict[str, Array] = {}
    for name in ("ladder_step", "title"):
        codes = teachers[name].fillna("")
        for word, n in codes.value_counts().sort_index().items():
            if word and n >= RARE and len(codes) - n >= RARE:
                columns[f"{name}={word}"] = np.asarray((codes == word).to_numpy(), dtype=np.float64)
    step = teachers["ladder_step"].fillna("")
    for track in ("T", "P"):
        number = pd.to_numeric(step.where(step.str.startswith(track)).str[1:], errors="coerce")
        if (
            number.notna().sum() >= RARE
        ):  # so that a rare step is taken for the end of a line, not for nothing
            columns[f"steps {track}"] = (number - number.mean()).fillna(0.0).to_numpy(dtype=np.float64)
    years = ((as_of - teachers["start_date"]).dt.days / YEAR).clip(0.0, 40.0)
    if years.notna().sum() >= RARE:
        filled = years.fillna(years.mean()).to_numpy(dtype=np.float64)
        columns["years"] = np.minimum(filled, KNOTS[0])
        for low, high in zip(KNOTS, (*KNOTS[1:], 40.0), strict=True):
            columns[f"years>{low:g}"] = np.clip(filled, low, high) - low
    if not columns:
        return np.zeros((len(teachers), 0)), ()
    x = np.column_stack(list(columns.values()))
    x = x - x.mean(axis=0)
    sd = x.std(axis=0)
    varies = sd > 1e-9
    return x[:, varies] / sd[varies], tuple(n for n, k in zip(columns, varies, strict=True) if k)


def fit_prior_mean(
    tables: Tables,
    cells: Sequence[SourceAverages],
    components: VarianceComponents,
    school: Index,
    applies: NDArray[np.bool_],
    as_of: date,
) -> Array:
    """(N, K) the mean of the prior: its mean is 0 over those to whom a competency applies."""
    x, _ = design(tables, pd.Timestamp(as_of))
    loading = {name: parameters.loading for name, parameters in components.sources.items()}
    general = general_part(x, cells, loading, school)
    size = np.maximum(applies.sum(axis=0), 1)
    return np.asarray(general[:, None] - (general @ applies) / size)


def general_part(
    x: Array, cells: Sequence[SourceAverages], loading: Mapping[str, float], school: Index
) -> Array:
    """(N,) the general part of ability that X explains, mean 0, teacher-SD units."""
    p = x.shape[1]
    precision, vector = np.zeros((p, p)), np.zeros(p)
    noise = 0.0
    for cell in cells:
        if loading.get(cell.name, 0.0) < 0.05 or not p:
            continue
        n = np.bincount(cell.t, minlength=len(school))
        total = np.bincount(cell.t, cell.mean / np.maximum(cell.share, 0.1), len(school))
        people = np.flatnonzero(n)
        y = total[people] / n[people] / loading[cell.name]
        inside, y = _within(x[people], school[people]), _within(y[:, None], school[people])[:, 0]
        gram = inside.T @ inside
        first = np.linalg.solve(gram + 0.01 * len(people) * np.eye(p), inside.T @ y)
        left = float(np.var(y - inside @ first)) + 1e-9
        weight = teacher_source(cell.name).prior_mean_weight / left
        precision += weight * gram
        vector += weight * (inside.T @ y)
        noise = max(noise, weight)
    if not noise:
        return np.zeros(len(school))
    gamma = _shrunk_coefficients(precision, vector)
    fitted = x @ gamma
    return np.asarray(fitted - fitted.mean())


def _shrunk_coefficients(precision: Array, vector: Array) -> Array:
    """Coefficients under a common normal prior whose variance is their own spread less chance (empirical Bayes by
    fixed point; MacKay 1992)."""
    p = len(vector)
    prior = 0.02
    gamma = np.zeros(p)
    for _ in range(50):
        covariance = np.linalg.inv(precision + np.eye(p) / prior)
        gamma = covariance @ vector
        determined = p - float(np.trace(covariance)) / prior
        prior = float(np.clip(gamma @ gamma / max(determined, 0.5), 1e-5, 0.25))
    return np.asarray(gamma)


def _within(values: Array, group: Index) -> Array:
    n = np.maximum(np.bincount(group), 1)
    means = np.column_stack([np.bincount(group, v) / n for v in values.T])
    return np.asarray(values - means[group])
