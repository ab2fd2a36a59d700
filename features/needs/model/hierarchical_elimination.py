"""Gaussian elimination over teacher, department, school, district, for all sources or without some.

    theta_t = mu_t + u_s + v_d + e_t      u_s = D + r_s        all Gaussian, covariances by level
    rows of teacher t: y = H theta_t + Z b_s + error,  b_s the school's own part of each source

Given x_d = (u_s + v_d, b_s) the teachers of a department are independent, given w_s = (u_s, b_s) its departments are,
given D its schools are. So teachers are integrated out block by block, departments after them, then schools, districts
last, and the same is undone backwards (as in Henderson's mixed model equations): exact, and linear in the number of
teachers. mu is known. W = K + M unknowns of a school: K abilities, then the own part of each of M sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.measurement_blocks import MeasurementBlock, MeasurementBlocks
from features.needs.model.hierarchical_prior import HierarchicalPrior
from features.needs.model.hierarchy_index import HierarchyIndex, group_sums

Array = NDArray[np.float64]
Index = NDArray[np.intp]
PART = 12_000  # teachers of whole schools whose departments are in memory at once
CACHED = 4_000  # teachers whose reduced blocks are kept between the two passes
MIN_SOURCE_VARIANCE = 1e-9


@dataclass(frozen=True)
class UnitInformation:
    """Measurements of whole units, reduced: for unit (n,), each once, H'R^-1 H (n, W, W) and H'R^-1 y (n, W)."""

    unit: Index
    information: Array
    vector: Array

    @classmethod
    def none(cls, width: int) -> Self:
        """No unit was measured; W = width."""
        return cls(np.zeros(0, np.intp), np.zeros((0, width, width)), np.zeros((0, width)))


@dataclass(frozen=True)
class ReducedBlock:
    """A block with the teachers' own part integrated out: design [H Z] (b, R, W), precision V^-1 (b, R, R), residual
    y - H mu (b, R)."""

    block: MeasurementBlock
    design: Array
    precision: Array
    residual: Array


@dataclass(frozen=True)
class DepartmentConditionals:
    """d departments: their numbers, and the place of every department among them (-1 for others); information
    (d, W, W) and vector (d, W) on x; v_d given w has mean offset + slope w (d, K), (d, K, W) and covariance cov."""

    number: Index
    place: Index
    information: Array
    vector: Array
    cov: Array
    offset: Array
    slope: Array


@dataclass(frozen=True)
class TeacherConditionals:
    """theta - mu given x of the department: mean offset + slope x (b, K), (b, K, W), own variance (b, K)."""

    offset: Array
    slope: Array
    variance: Array


class HierarchicalElimination:
    """Conditioned on all measurements but those of `excluded` sources.

    school_mean (S, W), school_cov given the district, school_total (S, W, W); w = ... + district_slope D;
    district_mean (D, K), district_cov (D, K, K).
    """

    def __init__(
        self,
        measurements: MeasurementBlocks,
        prior: HierarchicalPrior,
        index: HierarchyIndex,
        school_rows: UnitInformation,
        district_rows: UnitInformation,
        excluded: frozenset[str] = frozenset(),
    ) -> None:
        """school_rows are on the W unknowns of schools, district_rows on the K of districts."""
        self.measurements, self.prior, self.index = measurements, prior, index
        self.excluded = np.array([name in excluded for name in measurements.names], dtype=bool)
        self.k = k = len(prior.teacher)
        self.w = w = k + len(measurements.names)
        school_prior = np.zeros((w, w))
        school_prior[:k, :k] = prior.school
        school_prior[range(k, w), range(k, w)] = [
            max(measurements.components.sources[name].school_source_variance, MIN_SOURCE_VARIANCE)
            for name in measurements.names
        ]
        self.school_precision = np.linalg.inv(school_prior)
        self.department_precision = np.linalg.inv(prior.department)
        self.parts = self._parts()
        self._blocks: list[ReducedBlock] | None = None
        if len(index.school) <= CACHED:
            self._blocks = [self.reduce(block) for block in measurements.blocks()]
        self._gather(school_rows)
        self._solve(district_rows)

    def _parts(self) -> list[Index]:
        """All teachers, whole schools together, in parts of about PART."""
        order = np.argsort(self.index.school, kind="stable")
        size = np.bincount(self.index.school, minlength=self.index.schools)
        part = (np.cumsum(size) - size) // PART
        cuts = np.flatnonzero(np.diff(part[self.index.school[order]])) + 1
        return [np.sort(people) for people in np.split(order, cuts)] if len(order) else []

    def reduced_blocks(self, teachers: Index) -> Iterator[ReducedBlock]:
        """The blocks of one of `parts`."""
        if self._blocks is not None and len(self.parts) == 1:
            yield from self._blocks
        else:
            yield from (self.reduce(block) for block in self.measurements.blocks(teachers))

    def reduce(self, block: MeasurementBlock) -> ReducedBlock:
        """The block with the teachers' own part integrated out, without the rows of `excluded` sources."""
        if self.excluded.any():
            block = block.empty_rows(block.of_sources(self.excluded))
        design = np.concatenate([block.design, block.school_design], axis=2)
        cov = block.design @ self.prior.teacher @ block.design.transpose(0, 2, 1) + block.error
        residual = block.value - np.einsum("brk,bk->br", block.design, self.prior.mean[block.teachers])
        return ReducedBlock(block, design, np.asarray(np.linalg.inv(cov)), residual)

    def departments(self, teachers: Index) -> DepartmentConditionals:
        """The departments of whole schools, their teachers integrated out."""
        k, w = self.k, self.w
        number = np.unique(self.index.department[teachers])
        place = np.full(self.index.departments, -1, dtype=np.intp)
        place[number] = np.arange(len(number))
        information, vector = np.zeros((len(number), w, w)), np.zeros((len(number), w))
        for reduced in self.reduced_blocks(teachers):
            design, residual = reduced.design, reduced.residual
            if not residual.shape[1]:
                continue
            weighted = design.transpose(0, 2, 1) @ reduced.precision
            sums = group_sums(place[self.index.department[reduced.block.teachers]], len(number))
            information += (sums @ (weighted @ design).reshape(len(design), -1)).reshape(information.shape)
            vector += sums @ np.einsum("bwr,br->bw", weighted, residual)
        cov = np.linalg.inv(information[:, :k, :k] + self.department_precision)
        offset = np.einsum("dij,dj->di", cov, vector[:, :k])
        return DepartmentConditionals(
            number, place, information, vector, cov, offset, -cov @ information[:, :k, :]
        )

    def _gather(self, school_rows: UnitInformation) -> None:
        """Information on w of every school: its departments integrated out, then the school's own rows."""
        k, schools, w = self.k, self.index.schools, self.w
        self.information, self.vector = np.zeros((schools, w, w)), np.zeros((schools, w))
        for teachers in self.parts:
            departments = self.departments(teachers)
            gain = departments.information[:, :, :k] @ departments.cov
            school, place = np.unique(
                self.index.school_of_department[departments.number], return_inverse=True
            )
            sums = group_sums(place.astype(np.intp), len(school))
            left = departments.information - gain @ departments.information[:, :k, :]
            self.information[school] += (sums @ left.reshape(len(left), -1)).reshape(-1, *left.shape[1:])
            self.vector[school] += sums @ (
                departments.vector - np.einsum("dij,dj->di", gain, departments.vector[:, :k])
            )
        self.information[school_rows.unit] += school_rows.information
        self.vector[school_rows.unit] += school_rows.vector

    def _solve(self, district_rows: UnitInformation) -> None:
        """Districts, then schools given them."""
        k, d, district = self.k, self.index.districts, self.index.district
        self.school_cov = np.linalg.inv(self.information + self.school_precision)
        gain = self.information @ self.school_cov
        information = (self.information - gain @ self.information)[:, :k, :k]
        vector = (self.vector - np.einsum("sij,sj->si", gain, self.vector))[:, :k]
        sums = group_sums(district, d)
        precision = (sums @ information.reshape(len(information), -1)).reshape(d, k, k)
        precision = precision + np.linalg.inv(self.prior.district)
        right = sums @ vector
        precision[district_rows.unit] += district_rows.information
        right[district_rows.unit] += district_rows.vector
        self.district_cov = np.linalg.inv(precision)
        self.district_mean = np.einsum("dij,dj->di", self.district_cov, right)
        self.district_slope = (self.school_cov @ self.school_precision)[:, :, :k]
        offset = np.einsum("sij,sj->si", self.school_cov, self.vector)
        self.school_mean = offset + np.einsum("sik,sk->si", self.district_slope, self.district_mean[district])
        back = self.district_slope @ self.district_cov[district] @ self.district_slope.transpose(0, 2, 1)
        self.school_total = self.school_cov + back

    def given_department(self, reduced: ReducedBlock) -> TeacherConditionals:
        """Abilities of a block's teachers given x of their departments."""
        block, k = reduced.block, self.k
        b = len(block.teachers)
        slope = np.zeros((b, k, self.w))
        slope[:, range(k), range(k)] = 1.0
        variance = np.tile(np.diag(self.prior.teacher), (b, 1))
        if not block.value.shape[1]:
            return TeacherConditionals(np.zeros((b, k)), slope, variance)
        gain = self.prior.teacher @ block.design.transpose(0, 2, 1) @ reduced.precision
        slope -= gain @ reduced.design
        explained = np.einsum("bkr,bkr->bk", gain, (block.design @ self.prior.teacher).transpose(0, 2, 1))
        offset = np.einsum("bkr,br->bk", gain, reduced.residual)
        return TeacherConditionals(offset, slope, np.maximum(variance - explained, 1e-12))

    def teacher_posterior(
        self, reduced: ReducedBlock, conditionals: TeacherConditionals, departments: DepartmentConditionals
    ) -> tuple[Array, Array]:
        """mean and sd (b, K) of a block's teachers."""
        teachers = reduced.block.teachers
        department = departments.place[self.index.department[teachers]]
        school = self.index.school[teachers]
        on_department = conditionals.slope[:, :, : self.k]
        offset = conditionals.offset + np.einsum("bkj,bj->bk", on_department, departments.offset[department])
        on_school = conditionals.slope + on_department @ departments.slope[department]
        from_department = quadratic_diagonal(on_department, departments.cov[department])
        from_school = quadratic_diagonal(on_school, self.school_total[school])
        center = offset + np.einsum("bkw,bw->bk", on_school, self.school_mean[school])
        variance = conditionals.variance + from_department + from_school
        return center + self.prior.mean[teachers], np.sqrt(np.maximum(variance, 1e-12))

    def department_posterior(self, departments: DepartmentConditionals) -> tuple[Array, Array]:
        """Mean (d, W) and covariance (d, W, W) of x = (school + department, each source's own part)."""
        k, school = self.k, self.index.school_of_department[departments.number]
        to_x = np.tile(np.eye(self.w), (len(school), 1, 1))
        to_x[:, :k] += departments.slope
        mean = np.einsum("dij,dj->di", to_x, self.school_mean[school])
        mean[:, :k] += departments.offset
        cov = to_x @ self.school_total[school] @ to_x.transpose(0, 2, 1)
        cov[:, :k, :k] += departments.cov
        return mean, cov


def quadratic_diagonal(left: Array, middle: Array) -> Array:
    """(b, K) diagonals of left middle left'."""
    return np.asarray(((left @ middle) * left).sum(axis=2))
