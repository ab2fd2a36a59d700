"""What upheld objections change at a diagnosis: rows that are left out, and needs that are not estimated.

Every command that computes something from the tables begins with this. Where the records cannot be read it ends with an
error: a row that was upheld never counts because nobody could look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.errors import UnavailableError
from features.row_identity import as_cells, cell_text, key_columns, row_digest
from features.tables import Tables
from recommender.records.objection_records import Contested, Objection, ObjectionRecords
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.workspace.left_out import LEFT_OUT, LeftOut, person_hash, row_hashes
from recommender.workspace.workspace import Workspace


def leave_out_upheld(workspace: Workspace, settings: Settings) -> LeftOut:
    """Brings what the workspace leaves out up to date with the records, and returns it.

    Raises UnavailableError where the records cannot be read, or are gone while the workspace leaves out what they upheld.
    """
    upheld = _upheld(workspace, settings)
    workspace.leave_out(left_out_by(workspace.stored_tables, upheld) if upheld else LeftOut())
    return workspace.left_out


def left_out_by(tables: Tables, upheld: Sequence[Objection]) -> LeftOut:
    """What objections leave out of tables. A row that is no longer what was contested counts: it was corrected."""
    rows: dict[str, set[str]] = defaultdict(set)
    needs, numbers = [], []
    for one in upheld:
        if one.about.kind == "need" and one.answer is not None:
            needs.append((person_hash(one.teacher_id), one.about.subject, one.answer.at.astimezone().date()))
            numbers.append(one.objection_id)
        elif one.about.kind == "row" and len(row := contested_in(tables, one.about)):
            rows[one.about.subject].update(row_hashes(row).tolist())
            numbers.append(one.objection_id)
    return LeftOut(tuple(numbers), {name: tuple(sorted(hashes)) for name, hashes in sorted(rows.items())}, tuple(sorted(needs)))


def contested_in(tables: Tables, about: Contested) -> pd.DataFrame:
    """The rows that were contested, in a frame of their table; empty where there is no such row or it has other cells now."""
    if about.subject not in tables:
        return pd.DataFrame()
    frame, key = tables[about.subject], about.row_key or {}
    mask = np.ones(len(frame), dtype=bool)
    for name in key_columns(about.subject):
        column = frame[name]
        if name not in key:
            mask &= column.isna().to_numpy()
        elif isinstance(column.dtype, pd.StringDtype):
            mask &= (column == key[name]).fillna(False).to_numpy(dtype=bool)
        else:
            left = np.flatnonzero(mask)
            texts = [cell_text(cell) for cell in as_cells(dict(enumerate(column.iloc[left]))).values()]
            mask[left] = [text == key[name] for text in texts]
    same = frame[mask]
    digests = [row_digest(as_cells(row)) == about.row_digest for row in same.to_dict("records")]
    return same[digests]


def _upheld(workspace: Workspace, settings: Settings) -> tuple[Objection, ...]:
    store = RecordStore.of(workspace.root, settings)
    try:
        if store.exists:
            return ObjectionRecords(store.open()).in_state("upheld")
    finally:
        store.close()
    if (workspace.root / LEFT_OUT).exists() and workspace.left_out.objections:
        raise UnavailableError("objections.records_gone", path=workspace.root / LEFT_OUT)
    return ()
