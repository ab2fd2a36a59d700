"""Membership of teachers in departments, schools and districts, as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Index = NDArray[np.intp]


class HierarchyIndex:
    """school and department (N,) of each teacher, district (S,) of each school, all from 0; departments lie within
    schools."""

    def __init__(self, school: Index, district: Index, department: Index) -> None:
        self.school, self.district, self.department = school, district, department
        self.schools, self.districts = len(district), int(district.max()) + 1 if len(district) else 0
        self.departments = int(department.max()) + 1 if len(department) else 0
        self.school_of_department = np.zeros(self.departments, dtype=np.intp)
        self.school_of_department[department] = school


def group_sums(group: Index, groups: int) -> sparse.csr_matrix:
    """(groups, n) matrix that sums rows by group."""
    n = len(group)
    return sparse.csr_matrix((np.ones(n), (group, np.arange(n))), shape=(groups, n))
