"""Does a need only repeat who came in? Correlation of needs with schools' intake.

Intake of a school: the mean earlier score of its pupils (`prior_mean`), standardised within each test and weighted by
pupils; and `organizations.disadvantage` where it is given. Intervals are by bootstrap over schools (Efron 1979), with
draws that depend on nothing but their number. Teachers may truly differ with intake, so a correlation is a question
to ask, not a proof of a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.source_reliability import FEWEST
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.needs import Needs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
DRAWS: Final = 500
FEWEST_SCHOOLS: Final = 10
DOTS, SCHOOLS_A_DOT = 20, 5


@dataclass(frozen=True)
class IntakeBias:
    """rows: intake (prior_scores/disadvantage), what (need/source), unit (teacher/school), name, r, low, high,
    people, schools. dots: means of intake and need over groups of alike schools, at least five each."""

    rows: pd.DataFrame
    dots: pd.DataFrame


def neutrality(found: DiagnosisContext, needs: Needs) -> IntakeBias:
    """Of the need in all competencies, of each competency, and of what each source says."""
    index, applies = found.hierarchy.index, needs.applies
    weight = np.where(applies, np.maximum(needs.weight, 0.0), 0.0)
    total = weight.sum(axis=1)
    overall = np.where(
        total > 0, (needs.expected_gap * weight).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan
    )
    asked: list[tuple[str, str, Array]] = [("need", "all", overall)]
    asked += [
        ("competency", name, np.where(applies[:, i], needs.expected_gap[:, i], np.nan))
        for i, name in enumerate(needs.competency_ids)
    ]
    asked += [("source", name, values) for name, values in _said(found).items()]
    rows = []
    intakes = {"prior_scores": school_intake(found), "disadvantage": _disadvantage(found)}
    for intake, x in intakes.items():
        for what, name, values in asked:
            for unit in ("teacher", "school"):
                told = correlation(values, index.school, x, unit == "school")
                if told is not None:
                    rows.append((intake, what, name, unit, *told))
    columns = ["intake", "what", "name", "unit", "r", "low", "high", "people", "schools"]
    x = next((x for x in intakes.values() if np.isfinite(x).sum() >= FEWEST_SCHOOLS), np.zeros(0))
    return IntakeBias(pd.DataFrame(rows, columns=columns), _dots(overall, index.school, x))


def correlation(
    values: Array, school: Index, intake: Array, by_school: bool = False
) -> tuple[float, float, float, int, int] | None:
    """r, 95% interval, people, schools; None where too few schools or people, or nothing varies.

    values (N,) of teachers, NaN where unknown; school (N,); intake (S,), NaN where unknown.
    """
    here = np.isfinite(values) & np.isfinite(intake[school])
    group, x, y = school[here], intake[school[here]], values[here]
    size = np.bincount(group, minlength=len(intake))
    told = size > 0
    if told.sum() < FEWEST_SCHOOLS or here.sum() < FEWEST or np.std(x) < 1e-9 or np.std(y) < 1e-9:
        return None
    s, squares = (np.asarray(np.bincount(group, v, len(intake))[told], np.float64) for v in (y, y**2))
    n, z = size[told].astype(np.float64), intake[told]
    if by_school:
        s, squares, n = s / n, (s / n) ** 2, np.ones_like(n)
        if np.std(s) < 1e-9:
            return None
    sums = np.column_stack([n, n * z, s, n * z**2, squares, s * z])
    draws = np.random.default_rng(0).multinomial(len(n), np.full(len(n), 1.0 / len(n)), DRAWS)
    drawn = _pearson(np.asarray(draws @ sums, dtype=np.float64))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(_pearson(sums.sum(axis=0))), float(low), float(high), int(here.sum()), len(n)


def _pearson(sums: Array) -> Array:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    vx, vy = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
    flat = (vx < 1e-12) | (vy < 1e-12)
    return np.asarray(np.where(flat, np.nan, (xy / n - x * y / n**2) / np.sqrt(np.where(flat, 1.0, vx * vy))))


def school_intake(found: DiagnosisContext) -> Array:
    """(S,) mean earlier score of each school's pupils, 0 the mean and 1 the SD of units of a test."""
    rows = found.tables["results"]
    rows = rows[rows["prior_mean"].notna() & rows["unit_kind"].isin(["class", "school"])]
    schools = found.hierarchy.school_ids
    if not len(rows):
        return np.full(len(schools), np.nan)
    keys = [rows[name] for name in ("assessment_id", "dimension", "unit_kind")]
    n = rows["n"].clip(lower=1)
    count = n.groupby(keys).transform("sum")
    rest = rows["prior_mean"] - (rows["prior_mean"] * n).groupby(keys).transform("sum") / count
    sd = ((rest**2 * n).groupby(keys).transform("sum") / count).pow(0.5)
    home = found.tables["classes"].drop_duplicates("class_id").set_index("class_id")["school_id"]
    unit = rows["unit_id"].where(rows["unit_kind"] == "school", rows["unit_id"].map(home))
    place = pd.Index(schools).get_indexer(pd.Index(unit))
    kept = (place >= 0) & (sd > 1e-9).to_numpy()
    value = (rest / sd.where(sd > 1e-9)).to_numpy()
    total = np.bincount(place[kept], (n.to_numpy() * value)[kept], len(schools))
    pupils = np.bincount(place[kept], n.to_numpy()[kept], len(schools))
    return np.asarray(np.where(pupils > 0, total / np.maximum(pupils, 1.0), np.nan))


def _disadvantage(found: DiagnosisContext) -> Array:
    held = found.tables["organizations"].drop_duplicates("org_id").set_index("org_id")["disadvantage"]
    return np.asarray(held.reindex(found.hierarchy.school_ids).to_numpy(dtype=np.float64))


def _said(found: DiagnosisContext) -> dict[str, Array]:
    """(N,) the mean of what each source says of a teacher; class results with and without earlier scores apart."""
    told = {}
    n = len(found.hierarchy.index.school)
    for cell in found.evidence.cells:
        count = np.bincount(cell.t, minlength=n)
        total = np.bincount(cell.t, cell.mean, n)
        told[cell.name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return told


def _dots(values: Array, school: Index, intake: Array) -> pd.DataFrame:
    """intake, need, schools, people: alike schools together, so that none can be recognised."""
    columns = ["intake", "need", "schools", "people"]
    if not len(intake):
        return pd.DataFrame([], columns=columns)
    here = np.isfinite(values) & np.isfinite(intake[school])
    n = np.bincount(school[here], minlength=len(intake))
    mean = np.bincount(school[here], values[here], len(intake)) / np.maximum(n, 1)
    told = np.flatnonzero(n > 0)
    order = told[np.argsort(intake[told], kind="stable")]
    groups = min(DOTS, len(order) // SCHOOLS_A_DOT)
    rows = [
        (float(intake[g].mean()), float(np.average(mean[g], weights=n[g])), len(g), int(n[g].sum()))
        for g in (np.array_split(order, groups) if groups else [])
        if n[g].sum() >= FEWEST
    ]
    return pd.DataFrame(rows, columns=columns)
