"""What a district sees of the data it works with: by school and source whether anything was handed in, how new it is, and
how many of the teachers it is about.

Whether a school handed anything in is about an office and is told of each school; shares and dates are about people and told from
DISTRICT_MINIMUM of them on, smaller schools being put together (decision 1421).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM, OTHERS, merged_groups, publishable
from features.needs.needs import Needs
from recommender.coverage.last_imports import LastImport, effective, last_import
from recommender.coverage.reliability_cost import ReliabilityCost, reliability_cost
from recommender.coverage.source_rows import SOURCES, SourceRows
from recommender.organization_tree import OrganizationTree


@dataclass(frozen=True)
class SourceState:
    """One source at one school. share: of teachers with rows, None where that is about too few; newest: a date or term, None for
    the same reason or where there is nothing; imported: None where the history does not say."""

    source: str
    handed_in: bool
    share: float | None
    newest: str | None
    imported: LastImport | None


@dataclass(frozen=True)
class SchoolState:
    """A school. teachers: None below the minimum."""

    school_id: str
    name: str
    teachers: int | None
    sources: tuple[SourceState, ...]


@dataclass(frozen=True)
class SourceTotal:
    """One source in the whole organization. share: of teachers, None for too few. small: the same of the small schools
    together, None where there are none or too few. without: schools that have handed in nothing."""

    source: str
    share: float | None
    small: float | None
    newest: str | None
    without: int
    cost: ReliabilityCost | None


@dataclass(frozen=True)
class Coverage:
    """schools: by name. small_schools: how many are below the minimum. teachers: None below the minimum."""

    org_id: str
    name: str
    as_of: date
    made_up: bool
    teachers: int | None
    schools: tuple[SchoolState, ...]
    small_schools: int
    sources: tuple[SourceTotal, ...]


def coverage_of(
    org_id: str, tree: OrganizationTree, rows: SourceRows, needs: Needs | None, history: Sequence[Mapping[str, Any]],
    as_of: date, made_up: bool,
) -> Coverage:  # fmt: skip
    """Of an organization and the schools below it. Raises UnknownIdError.

    history: as `import_history.history` gives it; rows and needs: of the same teachers and date; needs: None where none may be
    used, and nothing is said of reliability.
    """
    name, schools = tree.name(org_id), tree.schools_below(org_id)
    members = np.flatnonzero(np.isin(rows.school, np.array(schools, dtype=object)))
    merged = merged_groups(rows.school[members])
    sizes = pd.Series(rows.school[members]).value_counts()
    open_schools = set(merged) - {OTHERS, ""}
    imports = effective(history)
    states = [
        _school(school, tree, rows, members, int(sizes[school]), school in open_schools, imports) for school in schools
    ]
    small = members[merged == OTHERS]
    totals = [
        SourceTotal(
            source, _share(rows.covered[source][members]), _share(rows.covered[source][small]),
            _newest(rows, source, schools) if publishable(len(members)) else None,
            sum(not state.sources[i].handed_in for state in states),
            None if needs is None else reliability_cost(needs, members, rows.covered[source][members]),
        )
        for i, source in enumerate(SOURCES)
    ]  # fmt: skip
    people = len(members) if publishable(len(members)) else None
    return Coverage(
        org_id, name, as_of, made_up, people, tuple(states), len(schools) - len(open_schools), tuple(totals)
    )


def _school(
    school: str, tree: OrganizationTree, rows: SourceRows, members: NDArray[np.intp], teachers: int, shown: bool,
    imports: Sequence[Mapping[str, Any]],
) -> SchoolState:  # fmt: skip
    own = members[rows.school[members] == school]
    organizations = (school, *tree.ancestors(school))
    states = []
    for source, names in SOURCES.items():
        covered = rows.covered[source][own]
        handed_in = bool(covered.any())
        imported = last_import(imports, names, organizations) if handed_in else None
        newest = rows.newest[source].get(school) if shown else None
        states.append(SourceState(source, handed_in, _share(covered) if shown else None, newest, imported))
    return SchoolState(school, tree.label(school), teachers if shown else None, tuple(states))


def _share(covered: NDArray[np.bool_]) -> float | None:
    """In whole percent, None for too few people."""
    return round(float(covered.mean()), 2) if publishable(len(covered), DISTRICT_MINIMUM) else None


def _newest(rows: SourceRows, source: str, schools: Collection[str]) -> str | None:
    return max((on for school, on in rows.newest[source].items() if school in schools), default=None)
