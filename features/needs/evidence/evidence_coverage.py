"""How much was heard of whom, and from which sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.class_attribution import UnitValues
from features.needs.evidence.evidence import Evidence
from features.needs.evidence.sources.source_registry import reported_name, reported_sources, unit_source
from features.needs.org_hierarchy import OrgHierarchy
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class EvidenceCoverage:
    """Counts of values and bit masks over names, the reported sources: teachers (N, K), groups (G, K), districts (D, K)."""

    names: tuple[str, ...]
    teachers: tuple[Array, Index]
    groups: tuple[Array, Index]
    districts: tuple[Array, Index]


def evidence_coverage(
    tables: Tables, evidence: Evidence, hierarchy: OrgHierarchy, k: int
) -> EvidenceCoverage:
    """A value counts for each competency that its indicator speaks of; monitoring for all in the unit."""
    n, index = len(tables["teachers"]), hierarchy.index
    names = tuple(reported_sources())
    count, mask = np.zeros((n, k)), np.zeros((n, k), dtype=np.intp)
    groups = hierarchy.members.shape[0]
    group_mask = np.zeros((groups, k), dtype=np.intp)
    by_district = sparse.csr_matrix(
        (np.ones(n), (index.district[index.school], np.arange(n))), shape=(index.districts, n)
    )
    district_mask = np.zeros((index.districts, k), dtype=np.intp)
    for cell in evidence.cells:
        bit = 1 << names.index(reported_name(cell.name))
        about = (cell.q > 0).astype(np.float64)
        values = sparse.csr_matrix((cell.n, (cell.t, cell.j)), shape=(n, len(about))) @ about
        count += values
        mask |= bit * (values > 0)
        group_mask |= bit * ((hierarchy.members @ values) > 0)
        district_mask |= bit * ((by_district @ values) > 0)
    group_count, district_count = hierarchy.members @ count, by_district @ count
    school, district = _unit_counts(tables, evidence, hierarchy, k)
    bit = 1 << names.index(unit_source().reported.name)
    from_above = school + district[index.district] if index.districts else school
    mask |= bit * (from_above[index.school] > 0)
    group_mask |= bit * (from_above[hierarchy.group_school] > 0)
    upper = sparse.csr_matrix(
        (np.ones(index.schools), (index.district, np.arange(index.schools))),
        shape=(index.districts, index.schools),
    )
    below = upper @ school + district
    district_mask |= bit * (below > 0)
    return EvidenceCoverage(
        names,
        (count + from_above[index.school], mask),
        (group_count + from_above[hierarchy.group_school], group_mask),
        (district_count + below, district_mask),
    )


def _unit_counts(tables: Tables, evidence: Evidence, hierarchy: OrgHierarchy, k: int) -> tuple[Array, Array]:
    """Numbers of results of whole schools (S, K) and districts (D, K)."""
    ids = pd.Index(tables["organizations"]["org_id"])

    def count(values: UnitValues, units: NDArray[np.object_]) -> Array:
        counts = np.zeros((len(units), k))
        if len(values.rows):
            place = pd.Index(units).get_indexer(ids)[values.rows["unit"].to_numpy(dtype=np.intp)]
            about = (values.q > 0)[values.rows["j"].to_numpy(dtype=np.intp)]
            np.add.at(counts, place[place >= 0], about[place >= 0].astype(np.float64))
        return counts

    return count(evidence.schools, hierarchy.school_ids), count(evidence.districts, hierarchy.district_ids)
