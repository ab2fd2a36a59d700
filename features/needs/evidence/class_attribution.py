"""Results of classes as evidence on the teachers who taught them, results of schools on the schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.class_teachers import with_teachers
from features.needs.evidence.prior_slopes import SAME_TEST
from features.needs.evidence.standardized_evidence import MIN_SPREAD, YEAR, StandardizedSource, used_rows
from features.needs.evidence.unused_evidence import EvidenceLedger, named
from features.needs.org_hierarchy import org_hierarchy

if TYPE_CHECKING:
    from features.needs.evidence.sources.class_result_source import ClassResultSource
    from features.needs.evidence.sources.evidence_source import ReaderInputs, UnitSource

Array = NDArray[np.float64]
Index = NDArray[np.intp]
UnitKind = Literal["school", "district"]
ROW_ID: Final = ["assessment_id", "dimension", "unit_id"]
MAX_TERM_AGE: Final = (
    1.0  # years from the begin of a class's latest term to the test; beyond, the attribution is reported
)


@dataclass(frozen=True)
class UnitValues:
    """Results of schools or districts. rows: unit (place in organizations), j (row of q), value and
    variance in pupil-SD, age in years, gain (else a level), assessment_id, dimension; correlation of errors
    as in Adjusted.
    """

    rows: pd.DataFrame
    q: Array
    correlation: pd.DataFrame


def class_results(inputs: ReaderInputs, source: ClassResultSource) -> StandardizedSource:
    """One value a class, test, dimension and teacher; an occasion is one class in one test for one teacher.

    Values are those of the source's kind, gains or levels, in SD of all of them; `share` is the teacher's share of the lessons.
    A test that compares no two teachers is left out.
    """
    adjusted, ledger, name = inputs.adjusted, inputs.ledger, source.reported.name
    rows = adjusted.rows
    rows = named(rows[(rows["unit_kind"] == "class") & (rows["gain"] == source.gain)], ROW_ID, "dimension")
    j, q = inputs.indicator_map.of(source.indicators, rows.assign(indicator=rows["dimension"]))
    ledger.leave_out(name, "indicator_unknown", rows[j < 0])
    rows = rows.assign(j=j)[j >= 0]
    attributed, kind = with_teachers(inputs.tables, rows)
    kind = kind.where(kind != "", _uncompared(rows, attributed))
    compared = attributed[attributed["row"].isin(rows.index[(kind == "").to_numpy()])]
    teachers = compared.groupby("j")["t"].nunique()  # values of one indicator are counted from their own mean
    alone = rows["j"].isin(teachers.index[teachers < 2]) & (kind == "")
    kind = kind.mask(alone, "one_teacher")
    for reason in sorted(set(kind) - {""}):
        ledger.leave_out(name, reason, rows[(kind == reason).to_numpy()])
    used = (kind == "").to_numpy()
    attributed = attributed[attributed["row"].isin(rows.index[used])].reset_index(drop=True)
    ledger.use(name, attributed["row"].nunique())
    _assumptions(ledger, name, rows[used], attributed)
    j, q = used_rows(attributed["j"].to_numpy(dtype=np.intp), q)
    attributed = attributed.assign(j=j)
    sd = float(attributed["z"].std()) if len(attributed) > 1 else 1.0
    sd = sd if sd > MIN_SPREAD else 1.0
    sitting = attributed["assessment_id"] + "|" + attributed["unit_id"] + "|" + attributed["t"].astype(str)
    occasion = pd.factorize(sitting)[0]
    attributed = attributed.assign(occasion=occasion)
    age = (pd.Timestamp(inputs.as_of) - attributed["date"]).dt.days.to_numpy() / YEAR
    return StandardizedSource(
        source.name,
        attributed["t"].to_numpy(dtype=np.intp), occasion.astype(np.intp), attributed["j"].to_numpy(dtype=np.intp),
        attributed["z"].to_numpy() / sd, age, attributed["share"].to_numpy(), q,
        _sampling_cov(attributed, adjusted.correlation, sd),
    )  # fmt: skip


def unit_results(inputs: ReaderInputs, source: UnitSource, kind: UnitKind) -> UnitValues:
    """Results of schools or districts that no class results of the same test speak for.

    A school whose classes were reported would be counted twice; monitoring reports no classes. A test of one unit alone, or
    of units with the same result, compares nothing.
    """
    tables, adjusted, ledger, name = inputs.tables, inputs.adjusted, inputs.ledger, source.reported.name
    rows = adjusted.rows
    covered = set(rows.loc[rows["unit_kind"] == "class", "assessment_id"])
    if kind == "district":
        covered |= set(rows.loc[rows["unit_kind"] == "school", "assessment_id"])
    rows = named(rows[rows["unit_kind"] == kind], ROW_ID, "dimension").reset_index(drop=True)
    j, q = inputs.indicator_map.of(source.indicators, rows.assign(indicator=rows["dimension"]))
    unit = pd.Index(tables["organizations"]["org_id"]).get_indexer(pd.Index(rows["unit_id"]))
    hierarchy = org_hierarchy(tables)
    with_teachers = hierarchy.school_ids if kind == "school" else hierarchy.district_ids
    reason = pd.Series("", index=rows.index, dtype=object)
    reason[_spread(rows) <= MIN_SPREAD] = "no_spread"
    reason[_size(rows) < 2] = "one_unit"
    reason[(unit < 0) | ~rows["unit_id"].isin(with_teachers).to_numpy()] = "unit_unknown"
    reason[j < 0] = "indicator_unknown"
    reason[rows["assessment_id"].isin(covered)] = "by_classes"
    for left_out in sorted(set(reason) - {""}):
        ledger.leave_out(name, left_out, rows[reason == left_out])
    age = (pd.Timestamp(inputs.as_of) - rows["date"]).dt.days / YEAR
    used = (reason == "").to_numpy()
    rows = rows.assign(unit=unit, j=j, value=rows["z"], age=age)[used]
    ledger.use(name, len(rows))
    _assume_results(ledger, name, rows)
    names = ["unit", "j", "value", "variance", "age", "gain", *SAME_TEST]
    return UnitValues(rows[names].reset_index(drop=True), q, adjusted.correlation)


def _uncompared(rows: pd.DataFrame, attributed: pd.DataFrame) -> pd.Series:
    """Why the values of a test say nothing about one teacher against others, by row of `rows`; "" where they do.

    A test of one class, one whose classes are all of the same teacher or teachers, and one whose classes are all alike.
    """
    team = pd.DataFrame({"n": 0, "low": -1, "high": -1, "sum": 0}, index=rows.index)
    of_row = attributed.groupby("row")["t"].agg(n="size", low="min", high="max", sum="sum")
    team.loc[of_row.index] = of_row
    test = [rows[name] for name in SAME_TEST]
    same_team = (team.groupby(test).transform("min") == team.groupby(test).transform("max")).all(axis=1)
    kind = pd.Series("", index=rows.index, dtype=object)
    kind[_spread(rows) <= MIN_SPREAD] = "no_spread"
    kind[same_team] = "one_teacher"
    kind[_size(rows) < 2] = "one_class"
    return kind


def _size(rows: pd.DataFrame) -> pd.Series:
    """(n,) rows of the same test, dimension and kind."""
    return rows.groupby([rows[name] for name in (*SAME_TEST, "gain")])["z"].transform("size")


def _spread(rows: pd.DataFrame) -> pd.Series:
    """(n,) range of the values of the same test, dimension and kind, in pupil-SD."""
    values = rows.groupby([rows[name] for name in (*SAME_TEST, "gain")])["z"]
    return values.transform("max") - values.transform("min")


def _assumptions(ledger: EvidenceLedger, name: str, rows: pd.DataFrame, attributed: pd.DataFrame) -> None:
    _assume_results(ledger, name, rows)
    age = (attributed["date"] - attributed["term_begins"]).dt.days / YEAR
    past = attributed.loc[age > MAX_TERM_AGE, "row"].unique()
    ledger.assume(name, "class_term_past", rows[rows.index.isin(past)])


def _assume_results(ledger: EvidenceLedger, name: str, rows: pd.DataFrame) -> None:
    """Rows of results that are used under an assumption."""
    ledger.assume(name, "sd_assumed", rows[~rows["sd_given"].to_numpy(dtype=bool)])
    for source, kind in (("classes", "prior_slope_classes"), ("reliability", "prior_slope_reliability")):
        ledger.assume(name, kind, rows[rows["gain"] & (rows["slope_from"] == source)])
    ledger.assume(name, "prior_missing", rows[~rows["gain"] & (rows["slope_from"] != "")])


def _sampling_cov(attributed: pd.DataFrame, correlation: pd.DataFrame, sd: float) -> Array:
    """(p, 4) occasion, j, j', covariance of the sampling errors of two values of one occasion."""
    part = attributed[["occasion", "assessment_id", "dimension", "j", "variance"]]
    pairs = part.merge(part.drop(columns="assessment_id"), on="occasion", suffixes=("_1", "_2"))
    pairs = pairs.merge(correlation, on=["assessment_id", "dimension_1", "dimension_2"])
    covariance = pairs["correlation"] * np.sqrt(pairs["variance_1"] * pairs["variance_2"]) / sd**2
    return np.column_stack([pairs["occasion"], pairs["j_1"], pairs["j_2"], covariance]).astype(np.float64)
