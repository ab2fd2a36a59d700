"""Rules between the cells of a row, table by table; a row that breaks a rule is a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.messages import BilingualText, Message, message
from features.sources.check.foreign_keys import known_ids
from features.sources.issue import with_example
from features.sources.issues import Issues
from features.sources.read.sheet import Texts, join_cells
from features.sources.staging import StagingTable

StagingTables = Mapping[str, StagingTable]


def check_rules(
    name: str, tables: StagingTables, existing: Mapping[str, pd.DataFrame], issues: Issues
) -> None:
    """All rules of one table; `existing`: tables of the workspace that are not in this import."""
    staging = tables[name]
    if name in _RULES:
        _RULES[name](staging, issues)
    if name in ("results", "result_covariances"):
        _known_dimensions(staging, tables, existing, issues)


def _scales(staging: StagingTable, issues: Issues, value: str) -> None:
    low, high = staging.cells["scale_min"].numbers(), staging.cells["scale_max"].numbers()
    scores = staging.cells[value].numbers()
    reversed_scale = low >= high
    expected = with_example(message("sources.scale_min_below_max"), "1 5")
    issues.problem(staging, reversed_scale, ("scale_min", "scale_max"), expected)
    outside = ~reversed_scale & ((scores < low) | (scores > high))

    def describe(row: int) -> Message:
        bound = f"{high[row] if scores[row] > high[row] else low[row]:g}"
        if scores[row] > high[row]:
            return with_example(message("sources.score_above_scale", bound=bound), bound)
        return with_example(message("sources.score_below_scale", bound=bound), bound)

    issues.problem(staging, outside, (value,), describe)


def _observations(staging: StagingTable, issues: Issues) -> None:
    _scales(staging, issues, "score")


def _surveys(staging: StagingTable, issues: Issues) -> None:
    _scales(staging, issues, "mean")


def _organizations(staging: StagingTable, issues: Issues) -> None:
    _parent_cycles(staging, "org_id", issues)


def _competencies(staging: StagingTable, issues: Issues) -> None:
    _parent_cycles(staging, "competency_id", issues)


def _parent_cycles(staging: StagingTable, key: str, issues: Issues) -> None:
    """Rows that are their own ancestor."""
    ids = staging.cells[key].values
    parents = staging.cells["parent_id"]
    id_of_parent = pc.index_in(parents.values, value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False)
    parent = np.full(len(ids) + 1, -1, np.int64)
    own_code, parent_code = staging.cells[key].codes, parents.codes
    linked = (own_code >= 0) & (parent_code >= 0) & (staging.replaced_by < 0)
    parent[own_code[linked]] = np.append(id_of_parent, -1)[parent_code[linked]]
    ancestor = parent.copy()
    for _ in range(len(ids).bit_length()):  # after k rounds: the ancestor 2^k levels up
        ancestor = ancestor[ancestor]
    in_cycle = np.zeros(len(ids) + 1, dtype=bool)
    in_cycle[ancestor[ancestor >= 0]] = True  # a chain without a root ends in a cycle, which maps onto itself
    rows = (own_code >= 0) & in_cycle[np.maximum(own_code, -1)]
    issues.problem(staging, rows, ("parent_id",), message("sources.parent_in_cycle"))


def _courses(staging: StagingTable, issues: Issues) -> None:
    cells = staging.cells
    minimum, maximum = cells["min_seats"].numbers(), cells["max_seats"].numbers()
    expected = with_example(message("sources.min_seats_above_max"), "10 40")
    issues.problem(staging, minimum > maximum, ("min_seats", "max_seats"), expected)
    _ordered_days(staging, "start_date", "end_date", issues)
    low, high = cells["ladder_min"].strings(), cells["ladder_max"].strings()
    both = pc.and_(pc.is_valid(low), pc.is_valid(high))
    two_tracks = pc.and_(both, pc.not_equal(_track(low), _track(high)))
    reversed_steps = pc.and_(pc.and_(both, pc.equal(_track(low), _track(high))), pc.greater(low, high))
    columns = ("ladder_min", "ladder_max")
    issues.problem(
        staging, _mask(two_tracks), columns, with_example(message("sources.ladder_of_two_tracks"), "T2 T4")
    )
    issues.problem(
        staging,
        _mask(reversed_steps),
        columns,
        with_example(message("sources.ladder_min_above_max"), "T2 T4"),
    )


def _enrolments(staging: StagingTable, issues: Issues) -> None:
    _ordered_days(staging, "requested_on", "completed_on", issues)


def _hour_rules(staging: StagingTable, issues: Issues) -> None:
    minimum, maximum = staging.cells["min_hours"].numbers(), staging.cells["max_hours"].numbers()
    expected = with_example(message("sources.min_hours_above_max"), "72 120")
    issues.problem(staging, minimum > maximum, ("min_hours", "max_hours"), expected)


def _ordered_days(staging: StagingTable, first: str, last: str, issues: Issues) -> None:
    start, end = staging.cells[first].numbers(), staging.cells[last].numbers()
    # the Chinese sentence names the later column, the English one the earlier
    column = BilingualText(staging.cells[last].column.zh, first)

    def describe(row: int) -> Message:
        day = str(np.datetime_as_string(start[row], "D"))
        return with_example(message("sources.date_too_early", column=column, day=day), day)

    issues.problem(staging, end < start, (last,), describe)


def _known_dimensions(
    staging: StagingTable, tables: StagingTables, existing: Mapping[str, pd.DataFrame], issues: Issues
) -> None:
    """Each pair of assessment and dimension needs its scale in assessment_dimensions."""
    known = _scaled_pairs(tables, existing)
    if not len(known):
        if staging.table.name == "results" and len(staging):
            every_row = np.ones(len(staging), dtype=bool)
            issues.note(staging, every_row, ("dimension",), message("sources.no_dimensions_yet"))
        return
    assessments = known_ids(tables, existing, "assessments").ids
    pair_columns = [("assessment_id", "dimension")]
    if staging.table.name == "result_covariances":
        pair_columns = [("assessment_id", "dimension_1"), ("other_assessment_id", "dimension_2")]
    for assessment, dimension in pair_columns:
        ids = staging.cells[assessment].strings()
        if assessment == "other_assessment_id":
            ids = pc.coalesce(ids, staging.cells["assessment_id"].strings())
        row_pairs = pairs((ids, staging.cells[dimension].strings()))
        unknown = pc.and_(pc.is_valid(row_pairs), pc.invert(pc.is_in(row_pairs, value_set=known)))
        # an unknown assessment is an issue of the foreign key
        unknown = pc.and_(unknown, pc.is_in(ids, value_set=assessments))
        issues.problem(staging, _mask(unknown), (dimension,), message("sources.unknown_dimension"))


def _scaled_pairs(tables: StagingTables, existing: Mapping[str, pd.DataFrame]) -> Any:
    name = "assessment_dimensions"
    if name in tables:
        cells = tables[name].cells
        return pc.unique(pairs((cells["assessment_id"].strings(), cells["dimension"].strings()))).drop_null()
    if name in existing:
        columns = [pa.array(existing[name][c], pa.large_string()) for c in ("assessment_id", "dimension")]
        return pc.unique(pairs(columns))
    return pa.array([], pa.large_string())


def pairs(columns: Sequence[Texts]) -> Texts:
    """One text for each pair of assessment and dimension; null where one is missing."""
    return join_cells(columns, "\x1f")


def _track(steps: Any) -> Any:
    return pc.utf8_slice_codeunits(steps, 0, 1)


def _mask(condition: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), dtype=bool)


_RULES: Final[dict[str, Callable[[StagingTable, Issues], None]]] = {
    "organizations": _organizations,
    "competencies": _competencies,
    "observations": _observations,
    "surveys": _surveys,
    "courses": _courses,
    "enrolments": _enrolments,
    "hour_rules": _hour_rules,
}
