"""Results of classes as evidence on the teachers who taught them, results of schools on the schools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.adjusted_results import SAME_TEST, AdjustedResults
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.standardized_evidence import YEAR, StandardizedSource
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]
GENERALIST = "generalist"
LEAST_SHARE = 0.3  # of a class's lessons: who taught less is not told from it


@dataclass(frozen=True)
class UnitValues:
    """Results of schools or districts. rows: unit (place in organizations), j (row of q), value and
    variance in pupil-SD, age in years, gain (else a level), assessment_id, dimension; correlation of errors
    as in Adjusted.
    """

    rows: pd.DataFrame
    q: Array
    correlation: pd.DataFrame


def class_results(
    tables: Tables, adjusted: AdjustedResults, indicator_map: IndicatorMap, as_of: date, name: str, gain: bool
) -> StandardizedSource:
    """One value a class, test, dimension and teacher; an occasion is one class in one test for one teacher.

    gain: the adjusted values, or those of tests without priors (levels), which say much of the intake.
    Values are in SD of all such values; `share` is the teacher's share of the lessons.
    """
    rows = adjusted.rows
    rows = rows[(rows["unit_kind"] == "class") & (rows["gain"] == gain)]
    j, q = indicator_map.of("assessment", rows.assign(indicator=rows["dimension"]))
    rows = rows.assign(j=j)[j >= 0]
    attributed = _with_teachers(tables, rows)
    sd = float(attributed["z"].std()) if len(attributed) > 1 else 1.0
    sd = sd if sd > 1e-9 else 1.0
    sitting = attributed["assessment_id"] + "|" + attributed["unit_id"] + "|" + attributed["t"].astype(str)
    occasion = pd.factorize(sitting)[0]
    attributed = attributed.assign(occasion=occasion)
    age = (pd.Timestamp(as_of) - attributed["date"]).dt.days.to_numpy() / YEAR
    return StandardizedSource(
        name,
        attributed["t"].to_numpy(dtype=np.intp), occasion.astype(np.intp), attributed["j"].to_numpy(dtype=np.intp),
        attributed["z"].to_numpy() / sd, age, attributed["share"].to_numpy(), q,
        _sampling_cov(attributed, adjusted.correlation, sd),
    )  # fmt: skip


def unit_results(
    tables: Tables, adjusted: AdjustedResults, indicator_map: IndicatorMap, as_of: date, kind: str
) -> UnitValues:
    """Results of schools or districts that no class results of the same test speak for.

    A school whose classes were reported would be counted twice; monitoring reports no classes.
    """
    rows = adjusted.rows
    covered = set(rows.loc[rows["unit_kind"] == "class", "assessment_id"])
    if kind == "district":
        covered |= set(rows.loc[rows["unit_kind"] == "school", "assessment_id"])
    rows = rows[(rows["unit_kind"] == kind) & ~rows["assessment_id"].isin(covered)]
    j, q = indicator_map.of("assessment", rows.assign(indicator=rows["dimension"]))
    unit = pd.Index(tables["organizations"]["org_id"]).get_indexer(pd.Index(rows["unit_id"]))
    age = (pd.Timestamp(as_of) - rows["date"]).dt.days / YEAR
    rows = rows.assign(unit=unit, j=j, value=rows["z"], age=age)[(j >= 0) & (unit >= 0)]
    names = ["unit", "j", "value", "variance", "age", "gain", *SAME_TEST]
    return UnitValues(rows[names].reset_index(drop=True), q, adjusted.correlation)


def _with_teachers(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a teacher of the class in the test's subject and term.

    A test without a term counts for the latest term of its class begun by its date. A generalist's class
    matches a test of any subject, and a test over several subjects (`generalist`) any teacher of the class.
    """
    classes = tables["classes"]
    classes = classes[["class_id", "subject", "term", "teacher_id", "share"]].fillna({"share": 1.0})
    classes = classes[classes["class_id"].isin(rows["unit_id"])]
    total = classes.groupby(["class_id", "subject", "term"])["share"].transform("sum").clip(lower=1.0)
    classes = classes.assign(share=classes["share"] / total)
    has_term = rows["term"].notna()
    parts = [
        _joined(part, classes, ["term"]).drop(columns="taught_subject")
        for part in (rows[has_term],)
        if len(part)
    ]
    if (~has_term).any():
        free = _joined(rows[~has_term].drop(columns="term"), classes, [])
        start = term_begins(free["term"])
        start = start.where(start <= free["date"])
        latest = start.groupby([free[name] for name in ("assessment_id", "dimension", "unit_id")])
        parts.append(free[start == latest.transform("max")].drop(columns="taught_subject"))
    if not parts:
        return rows.assign(teacher_id="", share=0.0, t=0).iloc[:0]
    joined = pd.concat(parts, ignore_index=True)
    t = pd.Index(tables["teachers"]["teacher_id"]).get_indexer(pd.Index(joined["teacher_id"]))
    joined = joined.assign(t=t)
    attributed: pd.DataFrame = joined[(t >= 0) & (joined["share"] >= LEAST_SHARE)]
    return attributed.drop_duplicates(["assessment_id", "dimension", "unit_id", "t"], ignore_index=True)


def _joined(rows: pd.DataFrame, classes: pd.DataFrame, more: list[str]) -> pd.DataFrame:
    """Rows with the teachers of their class: of the same subject, or of any where either is a generalist's."""
    rows = rows.rename(columns={"unit_id": "class_id"})
    teaching = classes.assign(taught_subject=classes["subject"])
    parts = [rows.merge(teaching, on=["class_id", "subject", *more])]
    any_subject = rows["subject"] == GENERALIST
    if any_subject.any():
        parts.append(rows[any_subject].merge(teaching.drop(columns="subject"), on=["class_id", *more]))
    alone = teaching[teaching["subject"] == GENERALIST].drop(columns="subject")
    if len(alone):
        parts.append(rows[~any_subject].merge(alone, on=["class_id", *more]))
    return pd.concat(parts, ignore_index=True).rename(columns={"class_id": "unit_id"})


def term_begins(terms: pd.Series) -> pd.Series:
    """The day a term begins, NaT for a term in another form.

    `2025-1` begins in February and `2025-2` in September of 2025; `2025-2026-1` in September of 2025 and
    `2025-2026-2` in February of 2026.
    """
    distinct = pd.Series(terms.unique(), dtype="str")
    calendar = distinct.str.extract(r"^(\d{4})-([12])$")
    school = distinct.str.extract(r"^(\d{4})-(\d{4})-([12])$")
    by_year = calendar[0] + calendar[1].map({"1": "-02-01", "2": "-09-01"})
    by_school_year = (school[0] + "-09-01").where(school[2] == "1", school[1] + "-02-01")
    days = pd.to_datetime(by_year.where(calendar[0].notna(), by_school_year), errors="coerce")
    return terms.map(dict(zip(distinct, days, strict=True))).astype(days.dtype)


def _sampling_cov(attributed: pd.DataFrame, correlation: pd.DataFrame, sd: float) -> Array:
    """(p, 4) occasion, j, j', covariance of the sampling errors of two values of one occasion."""
    part = attributed[["occasion", "assessment_id", "dimension", "j", "variance"]]
    pairs = part.merge(part.drop(columns="assessment_id"), on="occasion", suffixes=("_1", "_2"))
    pairs = pairs.merge(correlation, on=["assessment_id", "dimension_1", "dimension_2"])
    covariance = pairs["correlation"] * np.sqrt(pairs["variance_1"] * pairs["variance_2"]) / sd**2
    return np.column_stack([pairs["occasion"], pairs["j_1"], pairs["j_2"], covariance]).astype(np.float64)
