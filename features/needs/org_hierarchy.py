"""Schools, districts and departments of the teachers, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.needs.model.hierarchy_index import HierarchyIndex
from features.tables import Tables, split_list

Index = NDArray[np.intp]


@dataclass(frozen=True)
class OrgHierarchy:
    """tree: department, school and district of everyone; a teacher of several subjects is of the first one's
    department there, and counts for the means of all. Groups (G,): departments `school_id|subject`, then schools.

    members (G, N); school_of (G,); whole (S,) the group of each school; district_ids: "" where a school has
    no district above it.
    """

    index: HierarchyIndex
    school_ids: NDArray[np.object_]
    district_ids: NDArray[np.object_]
    departments: NDArray[np.object_]
    members: sparse.csr_matrix
    group_school: Index
    school_group: Index


def org_hierarchy(tables: Tables) -> OrgHierarchy:
    """Everyone's place; a teacher of several subjects belongs to several departments."""
    teachers = tables["teachers"]
    school, school_ids = pd.factorize(teachers["school_id"], sort=True)
    above = _district_of(tables["organizations"], school_ids)
    district, district_ids = pd.factorize(above, sort=True)
    subjects = teachers["subject"].map(split_list).reset_index(drop=True).explode().dropna()
    person = subjects.index.to_numpy(dtype=np.intp)
    name = teachers["school_id"].to_numpy(dtype=object)[person] + "|" + subjects.to_numpy(dtype=object)
    department, departments = pd.factorize(name, sort=True)
    g, n, s = len(departments), len(teachers), len(school_ids)
    home = np.zeros(g, dtype=np.intp)
    home[department] = school[person]
    rows = np.concatenate([department, school + g])
    people = np.concatenate([person, np.arange(n)])
    members = sparse.csr_matrix((np.ones(len(rows)), (rows, people)), shape=(g + s, n))
    members.data[:] = 1.0
    return OrgHierarchy(
        HierarchyIndex(school.astype(np.intp), district.astype(np.intp), _first_department(person, department, n)),
        np.asarray(school_ids, dtype=object), np.asarray(district_ids, dtype=object),
        np.asarray(departments, dtype=object), members,
        np.concatenate([home, np.arange(s)]), np.arange(s) + g,
    )  # fmt: skip


def _first_department(person: Index, department: Index, people: int) -> Index:
    """(N,) the department of each teacher's first subject; whoever has none is alone in one."""
    teachers, first = np.unique(person, return_index=True)
    home = np.arange(people) + int(department.max(initial=-1)) + 1
    home[teachers] = department[first]
    return np.asarray(np.unique(home, return_inverse=True)[1], dtype=np.intp)


def _district_of(organizations: pd.DataFrame, school_ids: pd.Index) -> NDArray[np.object_]:
    """The nearest ancestor that is a district, "" where there is none; circles end after ten steps."""
    ids = organizations["org_id"].to_numpy(dtype=object)
    kind = pd.Series(organizations["kind"].to_numpy(dtype=object), index=ids)
    parent = pd.Series(organizations["parent_id"].to_numpy(dtype=object), index=ids)
    at = np.asarray(school_ids, dtype=object)
    district = np.full(len(at), "", dtype=object)
    for _ in range(10):
        is_district = (kind.reindex(at) == "district").to_numpy() & (district == "")
        district[is_district] = at[is_district]
        at = parent.reindex(at).to_numpy(dtype=object)
    return district
