"""The exact joint posterior of teachers, and of the means of departments, schools and districts.

The elimination is that of `hierarchical_elimination`; here its result is carried back to teachers, and to means over
the members of a group with the uncertainty that they share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.measurement_blocks import MeasurementBlocks
from features.needs.model.hierarchical_elimination import (
    HierarchicalElimination,
    UnitInformation,
    quadratic_diagonal,
)
from features.needs.model.hierarchical_prior import HierarchicalPrior
from features.needs.model.hierarchy_index import HierarchyIndex, group_sums

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class JointPosterior:
    """Teachers (N, K), groups (G, K) and districts (D, K); NaN where no member of a group counts."""

    mean: Array
    sd: Array
    group_mean: Array
    group_variance: Array
    district_mean: Array
    district_variance: Array


@dataclass(frozen=True)
class GroupMembers:
    """G groups, each inside one school.

    members (G, N) 1 where a teacher belongs to a group; school (G,); of_school (S,) the group that is all of a school;
    counts (N, K) True where a teacher counts for the means of a competency.
    """

    members: sparse.csr_matrix
    school: Index
    of_school: Index
    counts: NDArray[np.bool_]


def joint_posterior(
    measurements: MeasurementBlocks,
    prior: HierarchicalPrior,
    index: HierarchyIndex,
    groups: GroupMembers,
    school_rows: UnitInformation,
    district_rows: UnitInformation,
) -> JointPosterior:
    """Posterior of N teachers, of G groups and of the districts.

    school_rows are on W = K + M unknowns (abilities, then each source's own part), district_rows on K.
    """
    return posterior_of(HierarchicalElimination(measurements, prior, index, school_rows, district_rows), groups)


def posterior_of(solved: HierarchicalElimination, groups: GroupMembers) -> JointPosterior:
    """The same from a finished elimination."""
    return _GroupMeans(solved, groups).posterior()


class _GroupMeans:
    """Posterior means and variances of teachers and groups, accumulated part by part.

    mean, own (G, K): means, and the part of their variance that is their members' and departments'; slope (S, K, W):
    how the mean of a school depends on w.
    """

    def __init__(self, solved: HierarchicalElimination, groups: GroupMembers) -> None:
        self.solved, self.groups, index = solved, groups, solved.index
        n, k, size = len(index.school), solved.k, groups.members.shape[0]
        self.teacher_mean, self.teacher_sd = np.zeros((n, k)), np.zeros((n, k))
        self.mean, self.own, self.shared = (np.zeros((size, k)) for _ in range(3))
        self.slope = np.zeros((index.schools, k, solved.w))
        self.size = np.asarray(groups.members @ groups.counts.astype(np.float64))
        self.group_of_school = np.full(index.schools, -1, dtype=np.intp)
        self.group_of_school[groups.school[groups.of_school]] = groups.of_school

    def posterior(self) -> JointPosterior:
        """All parts, then districts."""
        index, school = self.solved.index, self.groups.school
        by_school = np.argsort(school, kind="stable")
        bounds = np.searchsorted(school[by_school], np.arange(index.schools + 1))
        for teachers in self.solved.parts:
            schools = np.unique(index.school[teachers])
            groups = np.concatenate([by_school[bounds[s] : bounds[s + 1]] for s in schools])
            slope = self._add_part(teachers, groups)
            place = np.searchsorted(np.sort(groups), self.group_of_school[schools])
            self.slope[schools] = slope[np.argsort(groups, kind="stable")[place]]
        empty = np.where(self.size > 0, 0.0, np.nan)
        return JointPosterior(
            self.teacher_mean, self.teacher_sd, self.mean + empty, self.own + self.shared + empty,
            *self._districts(),
        )  # fmt: skip

    def _add_part(self, teachers: Index, groups: Index) -> Array:
        """Teachers of whole schools and the groups of these schools; returns slopes (g, K, W) of the groups' means on w.

        A group's mean depends on x of every department that its members are in: sums are kept by pairs of both.
        """
        solved, size = self.solved, self.size[groups]
        k, w = solved.k, solved.w
        departments = solved.departments(teachers)
        members, school = self.groups.members[groups], self.groups.school[groups]
        d = len(departments.cov)
        entries = members.tocoo()
        code = entries.row.astype(np.int64) * d + departments.place[solved.index.department[entries.col]]
        pair, place = np.unique(code, return_inverse=True)
        pairs = sparse.csr_matrix(
            (np.ones(len(place)), (place, entries.col)), shape=(len(pair), members.shape[1])
        )
        group_of, department_of = (part.astype(np.intp) for part in np.divmod(pair, max(d, 1)))
        base, own = np.zeros((len(groups), k)), np.zeros((len(groups), k))
        slope = np.zeros((len(pair), k * w))
        for reduced in solved.reduced_blocks(teachers):
            people = reduced.block.teachers
            conditionals = solved.given_department(reduced)
            self.teacher_mean[people], self.teacher_sd[people] = solved.teacher_posterior(
                reduced, conditionals, departments
            )
            counts = self.groups.counts[people].astype(np.float64)
            on_department = conditionals.slope[:, :, :k]
            offset = conditionals.offset + np.einsum(
                "bkj,bj->bk", on_department,
                departments.offset[departments.place[solved.index.department[people]]],
            )  # fmt: skip
            in_block = members[:, people]
            base += in_block @ ((offset + solved.prior.mean[people]) * counts)
            own += in_block @ (conditionals.variance * counts)
            slope += pairs[:, people] @ (conditionals.slope * counts[:, :, None]).reshape(len(people), -1)
        number = np.maximum(size, 1.0)
        by_pair = slope.reshape(-1, k, w) / number[group_of][:, :, None]
        from_department = quadratic_diagonal(by_pair[:, :, :k], departments.cov[department_of])
        on_school = by_pair + by_pair[:, :, :k] @ departments.slope[department_of]
        sums = group_sums(group_of, len(groups))
        slopes = (sums @ on_school.reshape(len(group_of), -1)).reshape(len(groups), k, w)
        self.own[groups] = own / number**2 + sums @ from_department
        self.shared[groups] = quadratic_diagonal(slopes, solved.school_total[school])
        self.mean[groups] = base / number + np.einsum("gkw,gw->gk", slopes, solved.school_mean[school])
        return np.asarray(slopes)

    def _districts(self) -> tuple[Array, Array]:
        """Mean and variance (D, K): schools weigh by who counts, and share the uncertainty of their district."""
        solved, order = self.solved, self.group_of_school
        center, own, size = self.mean[order], self.own[order], self.size[order]
        district, d = solved.index.district, solved.index.districts
        sums = group_sums(district, d)
        people = sums @ size
        share = size / np.maximum(people, 1.0)[district]
        of_school = own + np.einsum(
            "skw,swv,skv->sk", self.slope, solved.school_cov, self.slope, optimize=True
        )
        slope = np.einsum("sk,skw,swj->skj", share, self.slope, solved.district_slope, optimize=True)
        total = (sums @ slope.reshape(len(district), -1)).reshape(d, *slope.shape[1:])
        of_district = np.einsum("dki,dij,dkj->dk", total, solved.district_cov, total, optimize=True)
        empty = np.where(people > 0, 0.0, np.nan)
        return sums @ (share * center) + empty, sums @ (share**2 * of_school) + of_district + empty
