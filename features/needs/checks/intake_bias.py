"""Correlation of needs with schools' intake.

Intake of a school: the mean earlier score of its pupils (`prior_mean`), standardised within each test and weighted by
pupils; and `organizations.disadvantage`. Intervals are by bootstrap over schools (Efron 1979) with a fixed seed.
Teachers' abilities may truly differ with intake, so a correlation does not prove a bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.needs import Needs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
DRAWS: Final = 500
MIN_SCHOOLS: Final = 10
MAX_DOTS, SCHOOLS_PER_DOT = 20, 5


@dataclass(frozen=True)
class IntakeBias:
    """rows: intake (prior_scores/disadvantage), what (need/competency/source), name, unit (teacher/school), r, low, high
    (95% interval), people, schools. dots: means of intake and need over groups of at least five schools of similar
    intake.
    """

    rows: pd.DataFrame
    dots: pd.DataFrame


def intake_bias(context: DiagnosisContext, needs: Needs) -> IntakeBias:
    """Correlations with intake of the overall need, of the gap in each competency, and of the values of each source."""
    index, applies = context.hierarchy.index, needs.applies
    weight = np.where(applies, np.maximum(needs.weight, 0.0), 0.0)
    total = weight.sum(axis=1)
    overall = np.where(
        total > 0, (needs.expected_gap * weight).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan
    )
    quantities: list[tuple[str, str, Array]] = [("need", "all", overall)]
    quantities += [
        ("competency", name, np.where(applies[:, i], needs.expected_gap[:, i], np.nan))
        for i, name in enumerate(needs.competency_ids)
    ]
    quantities += [("source", name, values) for name, values in _source_means(context).items()]
    rows = []
    intakes = {"prior_scores": school_intake(context), "disadvantage": _disadvantage(context)}
    for intake, x in intakes.items():
        for what, name, values in quantities:
            for unit in ("teacher", "school"):
                estimate = correlation(values, index.school, x, unit == "school")
                if estimate is not None:
                    rows.append((intake, what, name, unit, *estimate))
    columns = ["intake", "what", "name", "unit", "r", "low", "high", "people", "schools"]
    x = next((x for x in intakes.values() if np.isfinite(x).sum() >= MIN_SCHOOLS), np.zeros(0))
    return IntakeBias(pd.DataFrame(rows, columns=columns), _dots(overall, index.school, x))


def correlation(
    values: Array, school: Index, intake: Array, by_school: bool = False
) -> tuple[float, float, float, int, int] | None:
    """Pearson's r, its 95% interval (low, high), people, schools; None with too few schools or people, or no variance.

    values (N,) of teachers, NaN where unknown; school (N,) numbers; intake (S,), NaN where unknown; by_school:
    correlate means of schools instead of teachers.
    """
    mask = np.isfinite(values) & np.isfinite(intake[school])
    group, x, y = school[mask], intake[school[mask]], values[mask]
    size = np.bincount(group, minlength=len(intake))
    present = size > 0
    if present.sum() < MIN_SCHOOLS or mask.sum() < DISTRICT_MINIMUM or np.std(x) < 1e-9 or np.std(y) < 1e-9:
        return None
    s, squares = (np.asarray(np.bincount(group, v, len(intake))[present], np.float64) for v in (y, y**2))
    n, z = size[present].astype(np.float64), intake[present]
    if by_school:
        s, squares, n = s / n, (s / n) ** 2, np.ones_like(n)
        if np.std(s) < 1e-9:
            return None
    sums = np.column_stack([n, n * z, s, n * z**2, squares, s * z])
    draws = np.random.default_rng(0).multinomial(len(n), np.full(len(n), 1.0 / len(n)), DRAWS)
    bootstrap = _pearson(np.asarray(draws @ sums, dtype=np.float64))
    low, high = np.nanpercentile(bootstrap, [2.5, 97.5])
    return float(_pearson(sums.sum(axis=0))), float(low), float(high), int(mask.sum()), len(n)


def _pearson(sums: Array) -> Array:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    vx, vy = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
    flat = (vx < 1e-12) | (vy < 1e-12)
    return np.asarray(np.where(flat, np.nan, (xy / n - x * y / n**2) / np.sqrt(np.where(flat, 1.0, vx * vy))))


def school_intake(context: DiagnosisContext) -> Array:
    """(S,) mean earlier score of each school's pupils, standardised over the units of a test; NaN where unknown."""
    rows = context.tables["results"]
    rows = rows[rows["prior_mean"].notna() & rows["unit_kind"].isin(["class", "school"])]
    schools = context.hierarchy.school_ids
    if not len(rows):
        return np.full(len(schools), np.nan)
    keys = [rows[name] for name in ("assessment_id", "dimension", "unit_kind")]
    n = rows["n"].clip(lower=1)
    count = n.groupby(keys).transform("sum")
    centered = rows["prior_mean"] - (rows["prior_mean"] * n).groupby(keys).transform("sum") / count
    sd = ((centered**2 * n).groupby(keys).transform("sum") / count).pow(0.5)
    school_of_class = context.tables["classes"].drop_duplicates("class_id").set_index("class_id")["school_id"]
    unit = rows["unit_id"].where(rows["unit_kind"] == "school", rows["unit_id"].map(school_of_class))
    index = pd.Index(schools).get_indexer(pd.Index(unit))
    mask = (index >= 0) & (sd > 1e-9).to_numpy()
    value = (centered / sd.where(sd > 1e-9)).to_numpy()
    total = np.bincount(index[mask], (n.to_numpy() * value)[mask], len(schools))
    pupils = np.bincount(index[mask], n.to_numpy()[mask], len(schools))
    return np.asarray(np.where(pupils > 0, total / np.maximum(pupils, 1.0), np.nan))


def _disadvantage(context: DiagnosisContext) -> Array:
    disadvantage = (
        context.tables["organizations"].drop_duplicates("org_id").set_index("org_id")["disadvantage"]
    )
    return np.asarray(disadvantage.reindex(context.hierarchy.school_ids).to_numpy(dtype=np.float64))


def _source_means(context: DiagnosisContext) -> dict[str, Array]:
    """Source of the model -> (N,) mean of its values on each teacher, NaN where it has none."""
    means = {}
    n = len(context.hierarchy.index.school)
    for cell in context.evidence.cells:
        count = np.bincount(cell.t, minlength=n)
        total = np.bincount(cell.t, cell.mean, n)
        means[cell.name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def _dots(values: Array, school: Index, intake: Array) -> pd.DataFrame:
    """intake, need, schools, people of groups of schools of similar intake, so that no school can be identified."""
    columns = ["intake", "need", "schools", "people"]
    if not len(intake):
        return pd.DataFrame([], columns=columns)
    mask = np.isfinite(values) & np.isfinite(intake[school])
    n = np.bincount(school[mask], minlength=len(intake))
    mean = np.bincount(school[mask], values[mask], len(intake)) / np.maximum(n, 1)
    schools = np.flatnonzero(n > 0)
    order = schools[np.argsort(intake[schools], kind="stable")]
    groups = min(MAX_DOTS, len(order) // SCHOOLS_PER_DOT)
    rows = [
        (float(intake[g].mean()), float(np.average(mean[g], weights=n[g])), len(g), int(n[g].sum()))
        for g in (np.array_split(order, groups) if groups else [])
        if n[g].sum() >= DISTRICT_MINIMUM
    ]
    return pd.DataFrame(rows, columns=columns)
