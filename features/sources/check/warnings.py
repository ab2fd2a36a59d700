"""What is odd but no mistake: noted, never a problem, and imported as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schema import TABLES
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.read.subject_names import SubjectNames
from features.sources.staging import StagingTable

Drafts = Mapping[str, StagingTable]
Held = Mapping[str, pd.DataFrame]
GENERALIST: Final = "generalist"
TERM: Final = r"^\d{4}(-\d{4})?-[12]$"
NOTED: Final = 20  # ways of writing in one column that get a note each
DATED: Final = {"observations": "date", "surveys": "date", "enrolments": "requested_on"}


def warnings_of(name: str, drafts: Drafts, held: Held, subjects: SubjectNames, findings: Issues) -> None:
    """All notes on one table."""
    draft = drafts[name]
    _readings(draft, subjects, findings)
    if name in DATED:
        _before_hiring(draft, drafts, held, findings)
    if name in ("classes", "assessments"):
        _terms(draft, findings)
    if name == "classes":
        _shares(draft, findings)
        _other_subject(draft, drafts, held, findings)
    if name == "enrolments":
        _before_start(draft, drafts, held, findings)
        _undated(draft, findings)
    if name in ("assessment_dimensions", "observations", "surveys"):
        _without_indicator(draft, drafts, held, findings)


def _readings(draft: StagingTable, subjects: SubjectNames, findings: Issues) -> None:
    """Subjects under another name or under none, dates in another layout: how they were read."""
    for name, cells in draft.cells.items():
        if cells.column.subject:
            _read_as(draft, name, findings)
            names = [all(n in subjects.names for n in v.split(";")) for v in cells.values.to_pylist()]
            strange = cells.rows_with(~np.array(names, dtype=bool)) & draft.covered(name)
            findings.note(
                draft, strange, (name,),
                Message("不在学科词表中,按原文保留", "not in the list of subjects; kept as it is"),
            )  # fmt: skip
        elif cells.column.kind == "date":
            _read_as(draft, name, findings)


def _read_as(draft: StagingTable, name: str, findings: Issues) -> None:
    """A note for each of the first ways of writing that were read as something else, one for the rest."""
    cells = draft.cells[name]
    written = np.flatnonzero(cells.renamed & (cells.value_of >= 0))
    here = draft.covered(name)
    for place in written[:NOTED]:
        value = cells.values[int(cells.value_of[place])]
        shown = np.datetime_as_string(value, "D") if isinstance(cells.values, np.ndarray) else value.as_py()
        said = Message(f"按「{shown}」读取,请确认", f"read as {shown}; please confirm")
        findings.note(draft, (cells.index == place) & here, (name,), said)
    rest = np.isin(cells.index, written[NOTED:]) & here
    said = Message("另有其他写法按同样规则读取,请确认", "more that was read by the same rule; please confirm")
    findings.note(draft, rest, (name,), said)


def _before_hiring(draft: StagingTable, drafts: Drafts, held: Held, findings: Issues) -> None:
    column = DATED[draft.table.name]
    hired = _looked_up(draft.cells["teacher_id"].strings(), "teachers", "start_date", drafts, held)
    early = draft.cells[column].numbers() < hired
    findings.note(draft, early, (column,), Message("早于该教师的入职日期", "before the teacher's start date"))


def _before_start(draft: StagingTable, drafts: Drafts, held: Held, findings: Issues) -> None:
    begins = _looked_up(draft.cells["course_id"].strings(), "courses", "start_date", drafts, held)
    early = draft.cells["completed_on"].numbers() < begins
    findings.note(
        draft, early, ("completed_on",),
        Message("早于课程下一期的开始日期,按以往一期计", "before the course's next start; counted as an earlier offering"),
    )  # fmt: skip


def _undated(draft: StagingTable, findings: Issues) -> None:
    status, done = draft.cells["status"], draft.cells["completed_on"]
    completed = status.rows_with(pc.equal(status.values, "completed").to_numpy(zero_copy_only=False))
    findings.note(
        draft, completed & (done.codes == -1), ("status",),
        Message("已完成但没有完成日期", "completed without a completion date"),
    )  # fmt: skip


def _terms(draft: StagingTable, findings: Issues) -> None:
    """Terms that have no place in the calendar serve only tests that name the same term."""
    cells = draft.cells["term"]
    odd = pc.invert(pc.match_substring_regex(cells.values, TERM)).to_numpy(zero_copy_only=False)
    zh = "学期应写成 2025-2 或 2025-2026-1;此写法只能与同名学期对应"
    said = Message(zh, "not like 2025-2 or 2025-2026-1; fits the same term only")
    findings.note(draft, cells.rows_with(odd), ("term",), said)


def _shares(draft: StagingTable, findings: Issues) -> None:
    """Shares of one class, subject and term that add up to more than 1."""
    share = np.nan_to_num(draft.cells["share"].numbers(), nan=1.0)
    given = draft.cells["share"].codes >= 0
    key = pd.factorize(draft.key(("class_id", "subject", "term")))[0]
    good = ~draft.bad & ~draft.repeated
    total = np.bincount(key, np.where(good, share, 0.0), minlength=1)
    told = np.bincount(key, given & good, minlength=1) > 0
    over = good & ((total > 1 + 1e-6) & told)[key]
    findings.note(
        draft, over, ("share",),
        Message("同一班级、学科、学期的任课比例之和大于 1,将按比例缩小", "shares of a class add up to more than 1; scaled down"),
    )  # fmt: skip


def _other_subject(draft: StagingTable, drafts: Drafts, held: Held, findings: Issues) -> None:
    """Classes in a subject that is not among the teacher's own."""
    own = _looked_up(draft.cells["teacher_id"].strings(), "teachers", "subject", drafts, held)
    taught = draft.cells["subject"].strings()
    pairs = pa.table({"own": own, "taught": taught}).to_pandas()
    code, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs))
    other = [
        isinstance(o, str)
        and isinstance(t, str)
        and t not in (names := o.split(";"))
        and GENERALIST not in names
        for o, t in distinct
    ]
    rows = np.append(np.array(other, dtype=bool), False)[code]
    findings.note(
        draft, rows, ("subject",),
        Message("不是该教师的任教学科", "not among the teacher's own subjects"),
    )  # fmt: skip


def _without_indicator(draft: StagingTable, drafts: Drafts, held: Held, findings: Issues) -> None:
    """Dimensions and items that neither an indicator nor a competency of the same id gives a meaning."""
    column = "dimension" if draft.table.name == "assessment_dimensions" else "item"
    known = [
        _column("indicators", "indicator", drafts, held),
        _column("competencies", "competency_id", drafts, held),
    ]
    cells = draft.cells[column]
    meant = pc.is_in(cells.values, value_set=pa.concat_arrays(known)).to_numpy(zero_copy_only=False)
    findings.note(
        draft, cells.rows_with(~meant), (column,),
        Message("没有对应的能力项,不参与诊断", "no indicator and no competency of this name; unused in the diagnosis"),
    )  # fmt: skip


def _column(table: str, column: str, drafts: Drafts, held: Held) -> Any:
    """The distinct values of a text column."""
    if table in drafts:
        return drafts[table].cells[column].values
    if table in held:
        return pc.unique(pa.array(held[table][column], pa.large_string())).drop_null()
    return pa.array([], pa.large_string())


def _looked_up(ids: Any, table: str, column: str, drafts: Drafts, held: Held) -> Any:
    """(n,) the column's value in the row of `table` with each id; empty where there is none."""
    dated = TABLES[table].column(column).kind == "date"
    key = TABLES[table].key[0]
    values: Any
    if table in drafts:
        cells = drafts[table].cells
        known = cells[key].strings()
        values = cells[column].numbers() if dated else cells[column].strings()
    elif table in held:
        known = pa.array(held[table][key], pa.large_string())
        found = held[table][column]
        values = found.to_numpy() if dated else pa.array(found, pa.large_string())
    else:
        known, values = (
            pa.nulls(0, pa.large_string()),
            np.zeros(0, "M8[us]") if dated else pa.nulls(0, pa.large_string()),
        )
    place = pc.index_in(ids, value_set=known, skip_nulls=True)
    if not dated:
        return values.take(place)
    at: NDArray[np.int64] = pc.fill_null(place, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.append(values, np.datetime64("NaT", "us"))[at]
