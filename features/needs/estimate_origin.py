"""Where an estimate comes from: the nearest level whose evidence it rests on.

Codes, the nearest first: `own` evidence on this competency; `own_other`, own evidence on other competencies, with which it
correlates; `department`, `school`, `district`: evidence on colleagues there, or results of the whole school or district;
`career`: ladder step, title and years of service alone; `none`: nothing, the estimate is the mean of everybody.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.class_attribution import UnitValues

Mask = NDArray[np.bool_]
ORIGINS: Final = ("own", "own_other", "department", "school", "district", "career", "none")
NEGLIGIBLE: Final = 1e-9  # of a prior mean, teacher-SD


def estimate_origin(report: pd.DataFrame, context: DiagnosisContext) -> pd.Series:
    """One of ORIGINS for each row of the needs table; report: columns unit_kind, unit_id, competency_id.

    The own evidence of a group is that of its members, and results of the unit itself.
    """
    hierarchy, k = context.hierarchy, pd.Index(context.competency_ids)
    index, members = hierarchy.index, hierarchy.members
    teachers = context.tables["teachers"]["teacher_id"].to_numpy(dtype=object)
    departments = len(hierarchy.departments)
    measured = _measured(context)
    person = _any(measured)
    in_district = _indicator(index.district[index.school], index.districts)
    school_results = _results(context, context.evidence.schools, hierarchy.school_ids)
    district_results = _results(context, context.evidence.districts, hierarchy.district_ids)
    district_results |= (_indicator(index.district, index.districts) @ school_results) > 0
    department_any = (members[:departments] @ person) > 0
    school_any = ((members[departments:] @ person) > 0) | _any(school_results)
    district_any = ((in_district @ person) > 0) | _any(district_results)
    career = np.abs(context.prior_mean) > NEGLIGIBLE
    school_of = hierarchy.group_school[:departments]
    nothing = np.zeros(1, dtype=bool)
    levels = {  # own, then one value a unit for department, school and district, then career
        "teacher": (
            teachers, measured, (members[:departments].T @ department_any) > 0, school_any[index.school],
            district_any[index.district[index.school]], career,
        ),
        "department": (
            hierarchy.departments, (members[:departments] @ measured) > 0, nothing, school_any[school_of],
            district_any[index.district[school_of]], (members[:departments] @ career) > 0,
        ),
        "school": (
            hierarchy.school_ids, ((members[departments:] @ measured) > 0) | school_results, nothing, nothing,
            district_any[index.district], (members[departments:] @ career) > 0,
        ),
        "district": (
            hierarchy.district_ids, ((in_district @ measured) > 0) | district_results, nothing, nothing, nothing,
            (in_district @ career) > 0,
        ),
    }  # fmt: skip
    origin = np.full(len(report), len(ORIGINS) - 1, dtype=np.intp)
    kinds = report["unit_kind"].to_numpy()
    column = k.get_indexer(pd.Index(report["competency_id"]))
    for kind, (ids, own, department, school, district, by_career) in levels.items():
        rows = np.flatnonzero(kinds == kind)
        unit = pd.Index(ids).get_indexer(pd.Index(report["unit_id"].to_numpy()[rows]))
        own_other, *above = (
            np.broadcast_to(mask, len(ids))[unit] for mask in (_any(own), department, school, district)
        )
        at = (unit, column[rows])
        each = np.column_stack([own[at], own_other, *above, by_career[at], np.ones(len(rows), dtype=bool)])
        origin[rows] = each.argmax(axis=1)
    return pd.Series(np.asarray(ORIGINS, dtype=object)[origin], index=report.index, dtype="str")


def _measured(context: DiagnosisContext) -> Mask:
    """(N, K) whether a value of the teacher measures the competency."""
    measured = np.zeros(context.prior_mean.shape, dtype=bool)
    for cell in context.evidence.cells:
        at, k = np.nonzero(cell.q[cell.j] > 0)
        measured[cell.t[at], k] = True
    return measured


def _results(context: DiagnosisContext, values: UnitValues, ids: NDArray[np.object_]) -> Mask:
    """(units, K) whether a result of the whole unit measures the competency."""
    measured = np.zeros((len(ids), len(context.competency_ids)), dtype=bool)
    organizations = context.tables["organizations"]["org_id"].to_numpy(dtype=object)
    unit = pd.Index(ids).get_indexer(pd.Index(organizations[values.rows["unit"].to_numpy(dtype=np.intp)]))
    at, k = np.nonzero((values.q > 0)[values.rows["j"].to_numpy(dtype=np.intp)])
    inside = unit[at] >= 0
    measured[unit[at[inside]], k[inside]] = True
    return measured


def _indicator(group: NDArray[np.intp], groups: int) -> sparse.csr_matrix:
    """(groups, n) membership."""
    return sparse.csr_matrix(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group))
    )


def _any(mask: Mask) -> Mask:
    return np.asarray(mask.any(axis=1))
