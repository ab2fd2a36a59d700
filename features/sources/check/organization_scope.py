"""Whose rows are whose: the organizations that a file may change, and the rows of each table that belong to them.

A row belongs to the organizations, teachers or courses that it names; a class to its school. What is stored counts before
what a file says, so a file cannot bring another organization's teacher, class or course under its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import UsageError
from features.schema import TABLES

States = NDArray[np.int8]
Coded = Callable[[str], tuple[NDArray[Any], Sequence[Any]]]  # column -> (n,) codes, the values that they count; below 0: none

UNKNOWN: Final = -1
OUTSIDE: Final = 0
INSIDE: Final = 1
OWNERS: Final = {  # column -> the table whose ids it holds
    "org_id": "organizations", "school_id": "organizations", "provider_id": "organizations", "teacher_id": "teachers",
}  # fmt: skip
IDENTIFIED: Final = ("organizations", "teachers", "classes", "courses")  # tables whose ids lead to an organization


def owner_columns(table: str) -> dict[str, str]:
    """Column -> table of ids: all of them say whose a row is. Nothing for the tables that a whole city shares."""
    if table == "course_goals":
        return {"course_id": "courses"}
    if table == "results":
        return {"unit_id": "classes"}
    if table == "organizations":
        return {"org_id": "organizations"}
    return {c.name: OWNERS[c.name] for c in TABLES[table].columns if c.name in OWNERS and c.references}


def city_wide(table: str) -> bool:
    """Whether the rows of a table belong to nobody in particular, so that no school's or district's file changes them."""
    return not owner_columns(table)


def own_id(table: str) -> str | None:
    """The column that numbers what the rows describe (class_id, observation_id), None where that is another table's id."""
    key = TABLES[table].key
    columns = {column.name: column for column in TABLES[table].columns}
    return key[0] if key and not columns[key[0]].references and not city_wide(table) else None


class OrganizationScope:
    """Organizations and all that is under them.

    roots: ids of organizations. existing: the stored tables. Raises UsageError for no organization, or one that is
    not stored.
    """

    def __init__(self, roots: Iterable[str], existing: Mapping[str, pd.DataFrame]) -> None:
        self.roots = tuple(sorted(set(roots)))
        stored = existing.get("organizations")
        self._rows = {} if stored is None else stored.set_index("org_id")[["name", "kind", "parent_id"]].to_dict("index")
        if not self.roots:
            raise UsageError("scope.none")
        for root in self.roots:
            if root not in self._rows:
                raise UsageError("scope.unknown_organization", org_id=root)
        self._known: dict[str, dict[str, int]] = {name: {} for name in IDENTIFIED}
        self._known["organizations"] = {str(org_id): self._place(str(org_id)) for org_id in self._rows}
        for name in IDENTIFIED[1:]:
            if name in existing:
                self.add(name, existing[name][TABLES[name].key[0]], self.states(name, frame_codes(existing[name])))
        self._taken: dict[str, frozenset[str]] = {}
        for name, frame in existing.items():
            column = own_id(name) if name in TABLES else None
            if column is not None and len(frame):
                others = self.states(name, frame_codes(frame)) != INSIDE
                self._taken[name] = frozenset(frame[column][others])

    def label(self) -> str:
        """The names of the organizations, with their ids."""
        return "、".join(f"{self._rows[root]['name']} {root}" for root in self.roots)

    def kinds(self) -> frozenset[str]:
        """The kinds of the organizations."""
        return frozenset(str(self._rows[root]["kind"]) for root in self.roots)

    def stored(self, org_id: str, column: str) -> str | None:
        """The kind or parent of a stored organization, None where there is none."""
        value = self._rows[org_id][column]
        return value if isinstance(value, str) else None

    def is_stored(self, org_id: str) -> bool:
        """Whether the workspace has the organization."""
        return org_id in self._rows

    def state(self, table: str, row_id: object) -> int:
        """Of an organization, teacher, class or course by its id."""
        return self._known[table].get(str(row_id), UNKNOWN)

    def states(self, table: str, coded: Coded) -> States:
        """(n,) whose the rows of a table are: OUTSIDE if any of their owners is, else UNKNOWN if any owner is."""
        if table == "results":
            codes, units = coded("unit_id")
            kind_codes, kinds = coded("unit_kind")
            classes = np.append([kind == "class" for kind in kinds], [False, False])[kind_codes].astype(bool)
            of_class, of_organization = self._of(codes, units, "classes"), self._of(codes, units, "organizations")
            return np.where(classes, of_class, of_organization).astype(np.int8)
        owners = [self._of(*coded(column), target) for column, target in owner_columns(table).items()]
        if not owners:
            return np.zeros(len(coded(TABLES[table].columns[0].name)[0]), np.int8)
        outside = np.any([states == OUTSIDE for states in owners], axis=0)
        unknown = np.any([states == UNKNOWN for states in owners], axis=0)
        return np.where(outside, OUTSIDE, np.where(unknown, UNKNOWN, INSIDE)).astype(np.int8)

    def taken(self, table: str, codes: NDArray[Any], ids: Sequence[Any]) -> NDArray[np.bool_]:
        """(n,) rows whose own id a stored row of another organization has."""
        others = self._taken.get(table, frozenset())
        mask: NDArray[np.bool_] = np.append([row_id in others for row_id in ids], [False, False])[codes].astype(bool)
        return mask

    def add(self, table: str, ids: Iterable[object], states: States) -> None:
        """Notes whose these ids are. A class that two schools have is nobody's own; what is known stays."""
        stored = dict(self._known[table])
        fresh: dict[str, int] = {}
        for row_id, state in zip(ids, states.tolist(), strict=True):
            if isinstance(row_id, str) and row_id not in stored:
                fresh[row_id] = min(fresh[row_id], state) if row_id in fresh and UNKNOWN not in (fresh[row_id], state) else state
        self._known[table].update(fresh)

    def outside(self, table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The stored rows that a file which replaces the scope's own leaves alone: all others', and the organizations
        of the scope themselves."""
        states = self.states(table, frame_codes(frame))
        keep = states != INSIDE
        if table == "organizations":
            keep |= frame["org_id"].isin(self.roots).to_numpy()
        kept: pd.DataFrame = frame[keep]
        return kept

    def _of(self, codes: NDArray[Any], ids: Sequence[Any], target: str) -> States:
        known = self._known[target]
        states: States = np.append([known.get(i, UNKNOWN) for i in ids], [UNKNOWN, UNKNOWN])[codes].astype(np.int8)
        return states

    def _place(self, org_id: str) -> int:
        visited: set[str] = set()
        current: object = org_id
        while isinstance(current, str) and current in self._rows and current not in visited:
            if current in self.roots:
                return INSIDE
            visited.add(current)
            current = self._rows[current]["parent_id"]
        return OUTSIDE


def frame_codes(frame: pd.DataFrame) -> Coded:
    """The columns of a table, coded."""

    def coded(column: str) -> tuple[NDArray[Any], Sequence[Any]]:
        codes, values = pd.factorize(frame[column])
        return codes, values.tolist()

    return coded
