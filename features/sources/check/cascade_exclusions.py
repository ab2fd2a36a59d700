"""Rows that speak of rows with problems stay out with them; tables the workspace keeps are looked at again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.schema import TABLES
from features.sources.check.foreign_keys import KEY_OF, LINKS, ForeignKey, known_in
from features.sources.check.table_rules import pairs
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.read.column_cells import Bools
from features.sources.read.sheet import Texts
from features.sources.staging import StagingTable

Drafts = Mapping[str, StagingTable]


def cascade_exclusions(drafts: Drafts, findings: Issues) -> None:
    """Marks dependent rows until nothing more follows, and notes how many there are."""
    reasons: dict[ForeignKey, Bools] = {}
    changed = True
    while changed:
        changed = False
        for link in LINKS:
            if link.loosely or link.table not in drafts or link.to not in drafts:
                continue
            draft = drafts[link.table]
            lost = _pointing_at_lost(draft, link, drafts[link.to]) & draft.good
            if lost.any():
                changed = True
                draft.dependent |= lost
                reasons[link] = reasons.get(link, np.zeros(len(draft), dtype=bool)) | lost
        changed |= _without_scale(drafts, reasons)
    for link, rows in reasons.items():
        findings.note(
            drafts[link.table], rows, (link.column,),
            Message("所指的行有问题;若只导入正确的行,此行也不导入", "speaks of a row with a problem; left out with it"),
        )  # fmt: skip


def check_retained(held: Mapping[str, pd.DataFrame], drafts: Drafts, findings: Issues) -> None:
    """A note for rows of kept tables that point at what the import no longer has."""
    for link in LINKS:
        if link.loosely or link.table not in held or link.to not in drafts or link.column == "prerequisites":
            continue
        frame = held[link.table]
        if link.given:
            frame = frame[frame[link.given].isin(link.cases)]
        ids = known_in(drafts, held, link.to).ids
        found = pc.is_in(pa.array(frame[link.column].dropna(), pa.large_string()), value_set=ids)
        lost = len(found) - int(pc.sum(found).as_py() or 0)
        if lost:
            zh, to = TABLES[link.table].zh, TABLES[link.to].zh
            findings.add(
                link.table,
                Message(
                    f"工作区原有的「{zh}」有 {lost} 行指向新的「{to}」表中没有的行,保留但不使用",
                    f"{lost} rows kept in the workspace point at nothing in the new {link.to}; kept, unused",
                ),
                header=link.column, severity="note",
            )  # fmt: skip


def _pointing_at_lost(draft: StagingTable, link: ForeignKey, other: StagingTable) -> Bools:
    """(n,) rows whose id is known in the other table, but only in rows that stay out."""
    nothing = np.zeros(len(draft), dtype=bool)
    if other.good.all():
        return nothing
    cells = draft.cells[link.column]
    ids = other.cells[KEY_OF[link.to]]
    alive = np.zeros(len(ids.values) + 2, dtype=bool)
    # a repeated row is in the table by its first copy
    alive[ids.codes[other.good]] = True
    gone = ids.values.filter(pa.array(~alive[:-2]))
    if not len(gone):
        return nothing
    if cells.column.kind == "list":
        lost = set(gone.to_pylist())
        picked = np.array([not lost.isdisjoint(v.split(";")) for v in cells.values.to_pylist()], dtype=bool)
    else:
        picked = pc.is_in(cells.values, value_set=gone).to_numpy(zero_copy_only=False)
    return np.asarray(cells.rows_with(picked) & link.rows(draft))


def _without_scale(drafts: Drafts, reasons: dict[ForeignKey, Bools]) -> bool:
    """Results of a dimension whose own row stays out."""
    scales = drafts.get("assessment_dimensions")
    if scales is None or scales.good.all():
        return False
    named = _pair(scales, "dimension")
    alive = named.filter(pa.array(scales.good))
    changed = False
    for table, column in (
        ("results", "dimension"),
        ("result_covariances", "dimension_1"),
        ("result_covariances", "dimension_2"),
    ):
        if table not in drafts:
            continue
        draft = drafts[table]
        of_row = _pair(draft, column)
        known = pc.is_in(of_row, value_set=named, skip_nulls=True)
        lost = pc.and_(known, pc.invert(pc.is_in(of_row, value_set=alive, skip_nulls=True)))
        rows = np.asarray(lost.to_numpy(zero_copy_only=False)) & draft.good
        if rows.any():
            changed = True
            draft.dependent |= rows
            link = ForeignKey(table, column, "assessment_dimensions")
            reasons[link] = reasons.get(link, np.zeros(len(draft), dtype=bool)) | rows
    return changed


def _pair(draft: StagingTable, dimension: str) -> Texts:
    return pairs((draft.cells["assessment_id"].strings(), draft.cells[dimension].strings()))
