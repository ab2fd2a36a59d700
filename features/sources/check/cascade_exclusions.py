"""Rows that refer to excluded rows are excluded too; tables kept in the workspace are checked for lost references."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.messages import BilingualText, message
from features.schema import TABLES
from features.sources.check.foreign_keys import FOREIGN_KEYS, KEY_OF, ForeignKey, known_ids
from features.sources.check.table_rules import pairs
from features.sources.issues import Issues
from features.sources.read.column_cells import Bools
from features.sources.read.sheet import Texts
from features.sources.staging import StagingTable

StagingTables = Mapping[str, StagingTable]


def cascade_exclusions(tables: StagingTables, issues: Issues) -> None:
    """Marks dependent rows until no more follow, and adds a note with their number."""
    excluded: dict[ForeignKey, Bools] = {}
    changed = True
    while changed:
        changed = False
        for key in FOREIGN_KEYS:
            if key.lenient or key.table not in tables or key.target not in tables:
                continue
            staging = tables[key.table]
            rows = _referring_to_excluded(staging, key, tables[key.target]) & staging.good
            if rows.any():
                changed = True
                staging.dependent |= rows
                excluded[key] = excluded.get(key, np.zeros(len(staging), dtype=bool)) | rows
        changed |= _without_scale(tables, excluded)
    for key, rows in excluded.items():
        issues.note(tables[key.table], rows, (key.column,), message("sources.dependent_row"))


def check_retained(existing: Mapping[str, pd.DataFrame], tables: StagingTables, issues: Issues) -> None:
    """Adds a note for rows of retained tables that refer to what the import no longer has."""
    for key in FOREIGN_KEYS:
        if (
            key.lenient
            or key.table not in existing
            or key.target not in tables
            or key.column == "prerequisites"
        ):
            continue
        frame = existing[key.table]
        if key.condition_column:
            frame = frame[frame[key.condition_column].isin(key.condition_values)]
        ids = known_ids(tables, existing, key.target).ids
        resolved = pc.is_in(pa.array(frame[key.column].dropna(), pa.large_string()), value_set=ids)
        count = len(resolved) - int(pc.sum(resolved).as_py() or 0)
        if count:
            table = BilingualText(
                f"「{TABLES[key.table].zh}」", ""
            )  # the English sentence has it as its place
            expected = message(
                "sources.retained_rows_unresolved", table=table, count=count, target=TABLES[key.target].label
            )
            issues.add(key.table, expected, header=key.column, severity="note")


def _referring_to_excluded(staging: StagingTable, key: ForeignKey, other: StagingTable) -> Bools:
    """(n,) rows whose id is known in the other table, but only in rows that are excluded."""
    none = np.zeros(len(staging), dtype=bool)
    if other.good.all():
        return none
    cells = staging.cells[key.column]
    ids = other.cells[KEY_OF[key.target]]
    included = np.zeros(len(ids.values) + 2, dtype=bool)
    # a repeated row is in the table by its first copy
    included[ids.codes[other.good]] = True
    excluded = ids.values.filter(pa.array(~included[:-2]))
    if not len(excluded):
        return none
    if cells.column.kind == "list":
        excluded_ids = set(excluded.to_pylist())
        mask = np.array(
            [not excluded_ids.isdisjoint(v.split(";")) for v in cells.values.to_pylist()], dtype=bool
        )
    else:
        mask = pc.is_in(cells.values, value_set=excluded).to_numpy(zero_copy_only=False)
    return np.asarray(cells.rows_with(mask) & key.rows(staging))


def _without_scale(tables: StagingTables, excluded: dict[ForeignKey, Bools]) -> bool:
    """Marks results of a dimension whose own row is excluded; True where there are any."""
    scales = tables.get("assessment_dimensions")
    if scales is None or scales.good.all():
        return False
    all_pairs = _pair(scales, "dimension")
    included_pairs = all_pairs.filter(pa.array(scales.good))
    changed = False
    for table, column in (
        ("results", "dimension"),
        ("result_covariances", "dimension_1"),
        ("result_covariances", "dimension_2"),
    ):
        if table not in tables:
            continue
        staging = tables[table]
        row_pairs = _pair(staging, column)
        known = pc.is_in(row_pairs, value_set=all_pairs, skip_nulls=True)
        lost = pc.and_(known, pc.invert(pc.is_in(row_pairs, value_set=included_pairs, skip_nulls=True)))
        rows = np.asarray(lost.to_numpy(zero_copy_only=False)) & staging.good
        if rows.any():
            changed = True
            staging.dependent |= rows
            key = ForeignKey(table, column, "assessment_dimensions")
            excluded[key] = excluded.get(key, np.zeros(len(staging), dtype=bool)) | rows
    return changed


def _pair(staging: StagingTable, dimension: str) -> Texts:
    return pairs((staging.cells["assessment_id"].strings(), staging.cells[dimension].strings()))
