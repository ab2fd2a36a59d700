"""Unusual values that are not errors: a note each, never a problem, and imported as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.messages import message
from features.schema import TABLES
from features.sources.issues import Issues
from features.sources.read.column_cells import Cells
from features.sources.read.dates import is_month, may_have_lost_zero
from features.sources.read.sheet import half_width
from features.sources.read.subject_names import SubjectNames
from features.sources.staging import StagingTable

StagingTables = Mapping[str, StagingTable]
Frames = Mapping[str, pd.DataFrame]
GENERALIST: Final = "generalist"
TERM: Final = r"^\d{4}(-\d{4})?-[12]$"
MAX_SPELLINGS: Final = 20  # spellings in one column that get a note each
DATED: Final = {"observations": "date", "surveys": "date", "enrolments": "requested_on"}


def warnings_of(
    name: str, tables: StagingTables, existing: Frames, subjects: SubjectNames, issues: Issues
) -> None:
    """Adds all notes on one table."""
    staging = tables[name]
    _spellings(staging, subjects, issues)
    if name in DATED:
        _before_hiring(staging, tables, existing, issues)
    if name in ("classes", "assessments"):
        _terms(staging, issues)
    if name == "classes":
        _shares(staging, issues)
        _other_subject(staging, tables, existing, issues)
    if name == "enrolments":
        _before_start(staging, tables, existing, issues)
        _undated(staging, issues)
    if name in ("assessment_dimensions", "observations", "surveys"):
        _without_indicator(staging, tables, existing, issues)


def _spellings(staging: StagingTable, subjects: SubjectNames, issues: Issues) -> None:
    """Notes on how subjects under another name, dates in another layout and numbers with a unit were read."""
    for name, cells in staging.cells.items():
        if cells.column.subject:
            _read_as(staging, name, issues)
            known = [all(n in subjects.names for n in v.split(";")) for v in cells.values.to_pylist()]
            unknown = cells.rows_with(~np.array(known, dtype=bool)) & staging.covered(name)
            issues.note(staging, unknown, (name,), message("sources.unknown_subject"))
        elif cells.column.kind in ("date", "number", "integer"):
            _read_as(staging, name, issues)


def _read_as(staging: StagingTable, name: str, issues: Issues) -> None:
    """A note for each of the first spellings that were read as another value, one for all others."""
    cells = staging.cells[name]
    spellings = np.flatnonzero(cells.renamed & (cells.value_of >= 0))
    covered = staging.covered(name)
    for spelling in spellings[:MAX_SPELLINGS]:
        value = cells.values[int(cells.value_of[spelling])]
        text = _as_text(value, cells)
        expected = message(_reading(str(cells.raw[int(spelling)].as_py()), cells), value=str(text))
        issues.note(staging, (cells.index == spelling) & covered, (name,), expected)
    others = np.isin(cells.index, spellings[MAX_SPELLINGS:]) & covered
    issues.note(staging, others, (name,), message("sources.more_read_alike"))


def _as_text(value: Any, cells: Cells) -> str:
    if cells.column.kind == "date":
        return str(np.datetime_as_string(value, "D"))
    return f"{value:g}" if isinstance(cells.values, np.ndarray) else str(value.as_py())


def _reading(spelling: str, cells: Cells) -> str:
    """The code of the note on how a spelling was read."""
    if cells.column.kind != "date":
        return "sources.read_as"
    spelling = half_width(spelling)
    if may_have_lost_zero(spelling):
        return "sources.read_as_january"
    return "sources.read_as_first_of_month" if is_month(spelling) else "sources.read_as"


def _before_hiring(staging: StagingTable, tables: StagingTables, existing: Frames, issues: Issues) -> None:
    column = DATED[staging.table.name]
    hired = _lookup(staging.cells["teacher_id"].strings(), "teachers", "start_date", tables, existing)
    early = staging.cells[column].numbers() < hired
    issues.note(staging, early, (column,), message("sources.before_hiring"))


def _before_start(staging: StagingTable, tables: StagingTables, existing: Frames, issues: Issues) -> None:
    start = _lookup(staging.cells["course_id"].strings(), "courses", "start_date", tables, existing)
    early = staging.cells["completed_on"].numbers() < start
    issues.note(staging, early, ("completed_on",), message("sources.before_next_offering"))


def _undated(staging: StagingTable, issues: Issues) -> None:
    status, completion = staging.cells["status"], staging.cells["completed_on"]
    completed = status.rows_with(pc.equal(status.values, "completed").to_numpy(zero_copy_only=False))
    undated = completed & (completion.codes == -1)
    issues.note(staging, undated, ("status",), message("sources.completed_undated"))


def _terms(staging: StagingTable, issues: Issues) -> None:
    """Terms without a place in the calendar match only assessments of the same term."""
    cells = staging.cells["term"]
    other_format = pc.invert(pc.match_substring_regex(cells.values, TERM)).to_numpy(zero_copy_only=False)
    issues.note(staging, cells.rows_with(other_format), ("term",), message("sources.term_format"))


def _shares(staging: StagingTable, issues: Issues) -> None:
    """Shares of one class, subject and term that add up to more than 1."""
    share = np.nan_to_num(staging.cells["share"].numbers(), nan=1.0)
    present = staging.cells["share"].codes >= 0
    key = pd.factorize(staging.key(("class_id", "subject", "term")))[0]
    good = ~staging.bad & ~staging.repeated & (staging.replaced_by < 0)
    total = np.bincount(key, np.where(good, share, 0.0), minlength=1)
    any_present = np.bincount(key, present & good, minlength=1) > 0
    too_large = good & ((total > 1 + 1e-6) & any_present)[key]
    issues.note(staging, too_large, ("share",), message("sources.shares_above_one"))


def _other_subject(staging: StagingTable, tables: StagingTables, existing: Frames, issues: Issues) -> None:
    """Classes in a subject that is not among the teacher's own."""
    own = _lookup(staging.cells["teacher_id"].strings(), "teachers", "subject", tables, existing)
    class_subject = staging.cells["subject"].strings()
    pairs = pa.table({"own": own, "class": class_subject}).to_pandas()
    code, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs))
    other = [
        isinstance(o, str)
        and isinstance(t, str)
        and t not in (names := o.split(";"))
        and GENERALIST not in names
        for o, t in distinct
    ]
    rows = np.append(np.array(other, dtype=bool), False)[code]
    issues.note(staging, rows, ("subject",), message("sources.other_subject"))


def _without_indicator(
    staging: StagingTable, tables: StagingTables, existing: Frames, issues: Issues
) -> None:
    """Dimensions and items without an indicator and without a competency of the same id."""
    column = "dimension" if staging.table.name == "assessment_dimensions" else "item"
    known = [
        _column("indicators", "indicator", tables, existing),
        _column("competencies", "competency_id", tables, existing),
    ]
    cells = staging.cells[column]
    mapped = pc.is_in(cells.values, value_set=pa.concat_arrays(known)).to_numpy(zero_copy_only=False)
    issues.note(staging, cells.rows_with(~mapped), (column,), message("sources.without_competency"))


def _column(table: str, column: str, tables: StagingTables, existing: Frames) -> Any:
    """The distinct values of a text column."""
    if table in tables:
        return tables[table].cells[column].values
    if table in existing:
        return pc.unique(pa.array(existing[table][column], pa.large_string())).drop_null()
    return pa.array([], pa.large_string())


def _lookup(ids: Any, table: str, column: str, tables: StagingTables, existing: Frames) -> Any:
    """(n,) the column's value in the row of `table` with each id; empty where there is none."""
    dated = TABLES[table].column(column).kind == "date"
    key = TABLES[table].key[0]
    values: Any
    if table in tables:
        cells = tables[table].cells
        known = cells[key].strings()
        values = cells[column].numbers() if dated else cells[column].strings()
    elif table in existing:
        known = pa.array(existing[table][key], pa.large_string())
        series = existing[table][column]
        values = series.to_numpy() if dated else pa.array(series, pa.large_string())
    else:
        known, values = (
            pa.nulls(0, pa.large_string()),
            np.zeros(0, "M8[us]") if dated else pa.nulls(0, pa.large_string()),
        )
    position = pc.index_in(ids, value_set=known, skip_nulls=True)
    if not dated:
        return values.take(position)
    index: NDArray[np.int64] = pc.fill_null(position, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.append(values, np.datetime64("NaT", "us"))[index]
