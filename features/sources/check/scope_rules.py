"""Rows of a file that belong to others: a problem, or left out with a note where they change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.messages import message
from features.schema import TABLES
from features.sources.check.foreign_keys import KnownIds
from features.sources.check.organization_scope import (
    IDENTIFIED,
    INSIDE,
    OUTSIDE,
    UNKNOWN,
    OrganizationScope,
    city_wide,
    own_id,
    owner_columns,
)
from features.sources.issues import Issues
from features.sources.read.column_cells import Bools
from features.sources.staging import StagingTable

POOLED: Final = "result_covariances"  # a by-product of pupil rows, pooled over all schools
LEVELS: Final = ("school", "district", "city", "province", "national")


def check_scope(staging: StagingTable, scope: OrganizationScope, replaces: bool, issues: Issues) -> None:
    """Leaves nothing of the file in `staging` but rows of the scope; call it once the ids are mended, tables in their order.

    replaces: the stored rows of the scope are no longer in `staging`. A row whose owner nobody knows is a problem of its own
    only where no check of ids will say so.
    """
    name = staging.table.name
    brought = ~staging.stored
    states = _organizations(staging, scope) if name == "organizations" else scope.states(name, _codes(staging))
    column = own_id(name)
    taken = np.zeros(len(staging), dtype=bool)
    if column is not None and name != "organizations":
        taken = scope.taken(name, *_codes(staging)(column)) & brought
    others = brought & ((states == OUTSIDE) | taken)
    same = others & _as_stored(staging)
    if name == POOLED:
        issues.note(staging, others & ~same, ("assessment_id",), message("scope.pooled_left_out"))
        same = others
    staging.repeated |= same
    columns = tuple(owner_columns(name)) or TABLES[name].identity[:1]
    if name != POOLED:
        issues.note(staging, same, columns, message("scope.left_out_same"))
    left = others & ~same
    label = scope.label()
    if city_wide(name):
        issues.problem(staging, left, columns, message("scope.city_wide", table=TABLES[name].label))
    else:
        issues.problem(staging, left & (states == OUTSIDE), columns, message("scope.another_organization", scope=label))
        rest = left & (states != OUTSIDE)
        issues.problem(staging, rest, (column,) if column else columns, message("scope.id_taken"))
    inside = brought & (states == INSIDE) & ~taken
    if name == "organizations":
        _check_places(staging, inside, scope, replaces, issues)
    if name == "courses":
        _check_levels(staging, inside, scope, issues)
    if name in IDENTIFIED:
        codes, ids = _codes(staging)(TABLES[name].key[0])
        rows = np.flatnonzero(brought & (codes >= 0))
        scope.add(name, [ids[code] for code in codes[rows]], np.where(taken, OUTSIDE, states)[rows].astype(np.int8))


def check_owner_known(
    staging: StagingTable, scope: OrganizationScope, target: KnownIds, column: str, issues: Issues
) -> None:
    """A problem for rows whose owner cannot be found because there is no table of such ids at all."""
    if len(target.ids) or column not in owner_columns(staging.table.name):
        return
    unknown = (scope.states(staging.table.name, _codes(staging)) == UNKNOWN) & ~staging.stored
    issues.problem(staging, unknown & ~staging.bad, (column,), message("scope.owner_unknown"))


def _organizations(staging: StagingTable, scope: OrganizationScope) -> NDArray[np.int8]:
    """(n,) as stored; a new organization is inside where the one above it is, itself new or not."""
    codes, ids = _codes(staging)("org_id")
    parent_codes, parents = _codes(staging)("parent_id")
    above = {
        ids[code]: parents[parent] if parent >= 0 else None
        for code, parent in zip(codes, parent_codes, strict=True) if code >= 0
    }  # fmt: skip

    def state(org_id: Any) -> int:
        visited: set[Any] = set()
        while org_id is not None and not scope.is_stored(org_id) and org_id not in visited:
            visited.add(org_id)
            org_id = above.get(org_id)
        return scope.state("organizations", org_id) if scope.is_stored(org_id) else OUTSIDE

    states: NDArray[np.int8] = np.append([state(org_id) for org_id in ids], [UNKNOWN, UNKNOWN])[codes].astype(np.int8)
    return states


def _check_places(
    staging: StagingTable, inside: Bools, scope: OrganizationScope, replaces: bool, issues: Issues
) -> None:
    """An organization of the scope stays under it; kind and superior of the scope itself stay as they are."""
    codes, ids = _codes(staging)("org_id")
    parent_codes, parents = _codes(staging)("parent_id")
    kind_codes, kinds = _codes(staging)("kind")
    covered = staging.covered("parent_id")
    moved, other_kind = np.zeros(len(staging), dtype=bool), np.zeros(len(staging), dtype=bool)
    file_inside = {ids[code] for code in codes[inside]}
    for row in np.flatnonzero(inside):
        org_id = ids[codes[row]]
        parent = parents[parent_codes[row]] if parent_codes[row] >= 0 else None
        if org_id in scope.roots:
            moved[row] = covered[row] and parent != scope.stored(org_id, "parent_id")
            other_kind[row] = kind_codes[row] >= 0 and kinds[kind_codes[row]] != scope.stored(org_id, "kind")
        elif covered[row] or replaces or not scope.is_stored(org_id):
            moved[row] = parent not in file_inside and scope.state("organizations", parent) != INSIDE
    issues.problem(staging, moved, ("org_id", "parent_id"), message("scope.parent_fixed", scope=scope.label()))
    issues.problem(staging, other_kind, ("org_id", "kind"), message("scope.kind_fixed"))


def _check_levels(staging: StagingTable, inside: Bools, scope: OrganizationScope, issues: Issues) -> None:
    """A course is open to its provider's own people: no school's file opens one to a whole city."""
    kinds = scope.kinds()
    if "platform" in kinds:
        return
    highest = max((LEVELS.index(kind) for kind in kinds if kind in LEVELS), default=0)
    codes, levels = _codes(staging)("owner_level")
    allowed = LEVELS[: highest + 1]
    above = np.append([level not in allowed for level in levels], [False, False])[codes].astype(bool)
    issues.problem(staging, inside & above, ("owner_level",), message("scope.course_level", levels=" / ".join(allowed)))


def _as_stored(staging: StagingTable) -> Bools:
    """(n,) rows of the file that are stored with the same values in all columns that the file has."""
    result = np.zeros(len(staging), dtype=bool)
    if not staging.stored.any():
        return result
    key = staging.key(staging.table.identity)
    stored = pd.Series(np.flatnonzero(staging.stored), index=key[staging.stored])
    stored = stored[~stored.index.duplicated()]
    place = stored.index.get_indexer(pd.Index(key))
    rows = np.flatnonzero((place >= 0) & ~staging.stored)
    old = stored.to_numpy()[place[rows]]
    equal = np.ones(len(rows), dtype=bool)
    for name, cells in staging.cells.items():
        equal &= ~staging.covered(name)[rows] | (cells.codes[rows] == cells.codes[old])
    result[rows] = equal
    return result


def _codes(staging: StagingTable) -> Any:
    """The columns of the staging table, coded: column -> (n,) codes and their values."""

    def coded(column: str) -> tuple[NDArray[Any], Sequence[Any]]:
        cells = staging.cells[column]
        return cells.codes, pa.array(cells.values).to_pylist()

    return coded
