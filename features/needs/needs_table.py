"""The rows of the contract's `needs` file, from arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.evidence_coverage import EvidenceCoverage
from features.needs.evidence.evidence_records import EvidenceRecords
from features.needs.evidence.sources.source_registry import indirect_names
from features.needs.gap import band, p_need
from features.needs.model.hierarchical_posterior import JointPosterior
from features.needs.model.variance_components import VarianceComponents
from features.needs.org_hierarchy import OrgHierarchy
from features.needs.targets import Targets
from features.tables import Tables

Array = NDArray[np.float64]
COLUMNS = [
    "unit_kind", "unit_id", "competency_id", "mean", "sd", "reliability", "gap_mean", "gap_sd", "p_need",
    "expected_gap", "band", "sources", "n_evidence", "as_of", "records", "latest_on",
]  # fmt: skip


@dataclass(frozen=True)
class UnitIndex:
    """U units of one kind, (U, K) arrays; gaps: expected gaps; wanted: rows to write; measured (U,): units with a record."""

    kind: str
    ids: NDArray[np.object_]
    mean: Array
    sd: Array
    prior: Array
    target: Array
    gaps: Array
    wanted: NDArray[np.bool_]
    evidence: Array
    coverage: NDArray[np.intp]
    measured: NDArray[np.bool_]


def report(
    tables: Tables,
    competency_ids: tuple[str, ...],
    joint: JointPosterior,
    targets: Targets,
    hierarchy: OrgHierarchy,
    parts: VarianceComponents,
    gaps: Array,
    coverage: EvidenceCoverage,
    records: EvidenceRecords,
    as_of: date,
) -> pd.DataFrame:
    """Rows of teachers, departments, schools and districts, in this order, by unit then competency.

    A group's mean and gap are those of the group's mean, its expected gap the members' average. `records` and `latest_on`
    are given for teachers alone.
    """
    counts = targets.applies.astype(np.float64)
    teachers = tables["teachers"]["teacher_id"].to_numpy(dtype=object)
    ones = np.ones_like(joint.mean)
    units = [
        UnitIndex(
            "teacher",
            teachers,
            joint.mean,
            joint.sd,
            ones,
            targets.target,
            gaps,
            targets.applies,
            *coverage.teachers,
            records.measured,
        )
    ]
    index, departments = hierarchy.index, len(hierarchy.departments)
    size = hierarchy.members @ counts
    safe = np.maximum(size, 1.0)
    between, apart = parts.school + parts.district, parts.department
    people = _sums(index.department, index.departments) @ counts
    squares = _sums(index.school_of_department, index.schools) @ people**2
    department_factor = np.concatenate(
        [np.ones((departments, counts.shape[1])), squares / safe[departments:] ** 2]
    )
    group = UnitIndex(
        "group", np.concatenate([hierarchy.departments, hierarchy.school_ids]), joint.group_mean,
        np.sqrt(joint.group_variance), between + apart * department_factor + (1 - between - apart) / safe,
        hierarchy.members @ (targets.target * counts) / safe, hierarchy.members @ gaps / safe, size > 0,
        *coverage.groups, _any(coverage.groups[0]),
    )  # fmt: skip
    units += [
        _part(group, "department", slice(0, departments)),
        _part(group, "school", slice(departments, None)),
    ]
    has_district = hierarchy.district_ids != ""
    if has_district.any():
        by = sparse.csr_matrix(
            (np.ones(len(teachers)), (index.district[index.school], np.arange(len(teachers)))),
            shape=(index.districts, len(teachers)),
        )
        upper = sparse.csr_matrix(
            (np.ones(index.schools), (index.district, np.arange(index.schools))),
            shape=(index.districts, index.schools),
        )
        people = by @ counts
        safe = np.maximum(people, 1.0)
        squares = upper @ (size[hierarchy.school_group] ** 2) / safe**2
        district = UnitIndex(
            "district", hierarchy.district_ids, joint.district_mean, np.sqrt(joint.district_variance),
            parts.district + parts.school * squares + (1 - between) / safe,  # departments count as people here
            by @ (targets.target * counts) / safe, by @ gaps / safe, people > 0, *coverage.districts,
            _any(coverage.districts[0]),
        )  # fmt: skip
        units.append(_part(district, "district", np.flatnonzero(has_district)))
    frames = [unit_rows(u, competency_ids, as_of, coverage.names) for u in units]
    frames[0] = _with_records(frames[0], units[0], records, as_of)
    return pd.concat(frames, ignore_index=True)


def _any(evidence: Array) -> NDArray[np.bool_]:
    """(U,) whether a unit has any evidence."""
    return np.asarray((evidence > 0).any(axis=1))


def _with_records(
    rows: pd.DataFrame, units: UnitIndex, records: EvidenceRecords, as_of: date
) -> pd.DataFrame:
    """The teachers' rows with the number of records of each source and the date of the newest one."""
    u, k = np.nonzero(units.wanted)
    age = records.newest[u, k]
    latest = pd.Series(pd.Timestamp(as_of) - pd.to_timedelta(np.maximum(age, 0), unit="D")).where(age >= 0)
    return rows.assign(
        records=pd.Series(records.texts(u, k)).astype("str"), latest_on=latest.astype("datetime64[us]")
    )


def _sums(group: NDArray[np.intp], groups: int) -> sparse.csr_matrix:
    return sparse.csr_matrix(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group))
    )


def _part(units: UnitIndex, kind: str, rows: slice | NDArray[np.intp]) -> UnitIndex:
    arrays = {name: getattr(units, name)[rows] for name in UnitIndex.__dataclass_fields__ if name != "kind"}
    return UnitIndex(kind, **arrays)


def unit_rows(
    units: UnitIndex, competency_ids: tuple[str, ...], as_of: date, names: tuple[str, ...]
) -> pd.DataFrame:
    """One row a wanted (unit, competency), by unit then competency; thin throughout for a unit without any record."""
    u, k = np.nonzero(units.wanted)
    mean, sd = units.mean[u, k], units.sd[u, k]
    reliability = np.clip(1.0 - sd**2 / units.prior[u, k], 0.0, 1.0)
    gap = units.target[u, k] - mean
    probability = p_need(gap, sd)
    coverage = units.coverage[u, k]
    masks, which = np.unique(coverage, return_inverse=True)
    texts = [";".join(sorted(n for i, n in enumerate(names) if mask >> i & 1)) for mask in masks]
    direct = sum(1 << i for i, name in enumerate(names) if name not in indirect_names())
    indirect = (coverage & direct) == 0
    bands = np.where(units.measured[u], band(reliability, probability, indirect), "thin")
    frame = {
        "unit_kind": np.full(len(u), units.kind, dtype=object),
        "unit_id": units.ids[u],
        "competency_id": np.asarray(competency_ids, dtype=object)[k],
        "mean": mean, "sd": sd, "reliability": reliability, "gap_mean": gap, "gap_sd": sd,
        "p_need": probability, "expected_gap": units.gaps[u, k],
        "band": bands,
        "sources": np.asarray([*texts, ""], dtype=object)[which],
        "n_evidence": units.evidence[u, k].astype(np.int64),
        "as_of": np.full(len(u), as_of.isoformat(), dtype=object),
        "records": "", "latest_on": np.full(len(u), np.datetime64("NaT", "us")),
    }  # fmt: skip
    texts_of = ("unit_kind", "unit_id", "competency_id", "band", "sources", "as_of", "records")
    return pd.DataFrame(frame)[COLUMNS].astype({name: "str" for name in texts_of})
