"""The exact joint posterior over district > school > department > teacher, in blocks.

    theta_t = mu_t + u_s + v_d + e_t      u_s = D + r_s        all Gaussian, covariances by level
    rows of teacher t: y = H theta_t + Z b_s + error,  b_s the school's own part of each source

Given x_d = (u_s + v_d, b_s) the teachers of a department are independent, given w_s = (u_s, b_s) its departments are,
given D its schools are. So teachers are integrated out block by block, departments after them, then schools, districts
last, and the same is undone backwards (Gaussian elimination on a tree, as in Henderson's mixed model equations): exact,
and linear in the number of teachers. mu is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.measurement_blocks import MeasurementBlock, MeasurementBlocks
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
Index = NDArray[np.intp]
LEAST = 1e-4  # of the variance of a level
PART = 12_000  # teachers of whole schools whose departments stand in memory at once


@dataclass(frozen=True)
class UnitInformation:
    """What results of whole units say: for unit (n,), each once, H'R^-1 H (n, W, W) and H'R^-1 y (n, W)."""

    unit: Index
    information: Array
    vector: Array


@dataclass(frozen=True)
class HierarchicalPrior:
    """Before anything is measured: mean (N, K), and covariances (K, K) of each level's own part."""

    mean: Array
    teacher: Array
    department: Array
    school: Array
    district: Array


@dataclass(frozen=True)
class JointPosterior:
    """Teachers (N, K), groups (G, K) and districts (D, K); NaN where a group has nobody who counts."""

    mean: Array
    sd: Array
    group_mean: Array
    group_variance: Array
    district_mean: Array
    district_variance: Array


class HierarchyIndex:
    """Who belongs where: school and department (N,), district (S,), all from 0; departments lie within schools."""

    def __init__(self, school: Index, district: Index, department: Index) -> None:
        self.school, self.district, self.department = school, district, department
        self.schools, self.districts = len(district), int(district.max()) + 1 if len(district) else 0
        self.departments = int(department.max()) + 1 if len(department) else 0
        self.school_of_department = np.zeros(self.departments, dtype=np.intp)
        self.school_of_department[department] = school


def prior_of(components: VarianceComponents, mean: Array, index: HierarchyIndex) -> HierarchicalPrior:
    """The prior whose total variance over the population is 1 for each competency: what `mean` explains, common to all
    competencies, is taken off the covariances of the levels where it varies."""
    shape = components.competency_correlation
    general = mean.mean(axis=1) if mean.size else np.zeros(len(index.school))
    size = np.maximum(np.bincount(index.school, minlength=index.schools), 1)
    of_school = np.bincount(index.school, general, index.schools) / size
    between = float(np.average((of_school - general.mean()) ** 2, weights=size)) if len(general) else 0.0
    within = float(np.mean((general - of_school[index.school]) ** 2)) if len(general) else 0.0
    near = max(components.department, LEAST)
    inside = 1.0 - components.school - near - components.district
    return HierarchicalPrior(
        mean, _less(inside * shape, within), near * shape,
        _less(components.school * shape, between), components.district * shape,
    )  # fmt: skip


def _less(covariance: Array, common: float) -> Array:
    """The covariance without a part common to all competencies, positive whatever that is."""
    values, vectors = np.linalg.eigh(covariance - common)
    return np.asarray((vectors * np.maximum(values, LEAST)) @ vectors.T)


def joint_posterior(
    rows: MeasurementBlocks,
    prior: HierarchicalPrior,
    index: HierarchyIndex,
    members: sparse.csr_matrix,
    group_school: Index,
    school_group: Index,
    counts: NDArray[np.bool_],
    school_rows: UnitInformation,
    district_rows: UnitInformation,
) -> JointPosterior:
    """Posterior of N teachers, of G groups, each inside one school, and of the districts.

    members (G, N) 1 where a teacher belongs to a group; group_school (G,); whole (S,) the group that is all
    of a school; counts (N, K) True where a teacher counts for the means of a competency. school_rows speak of
    W = K + M unknowns (abilities, then each source's own part), district_rows of K.
    """
    solver = _Solver(rows, prior, index)
    solver.gather(school_rows)
    solver.solve_districts(district_rows)
    return solver.spread(members, group_school, school_group, counts)


class _Solver:
    def __init__(self, rows: MeasurementBlocks, prior: HierarchicalPrior, index: HierarchyIndex) -> None:
        self.rows, self.prior, self.index = rows, prior, index
        self.k = len(prior.teacher)
        self.w = self.k + len(rows.names)
        k = self.k
        of_school = np.zeros((self.w, self.w))
        of_school[:k, :k] = prior.school
        variances = [max(rows.components.sources[name].school_source_variance, 1e-9) for name in rows.names]
        of_school[range(k, self.w), range(k, self.w)] = variances
        self.prior_inverse = np.linalg.inv(of_school)
        self.department_inverse = np.linalg.inv(prior.department)
        self.district_inverse = np.linalg.inv(prior.district)

    def _reduced(self, block: MeasurementBlock) -> tuple[Array, Array, Array]:
        """G = [H Z] (b, R, W), V^-1 (b, R, R) with the teacher's own part integrated out, and y - H mu (b, R)."""
        both = np.concatenate([block.design, block.school_design], axis=2)
        total = block.design @ self.prior.teacher @ block.design.transpose(0, 2, 1) + block.error
        value = block.value - np.einsum("brk,bk->br", block.design, self.prior.mean[block.teachers])
        return both, np.asarray(np.linalg.inv(total)), value

    def gather(self, direct: UnitInformation) -> None:
        """Information of teachers on their department's x, of departments and the school's own rows on its w."""
        schools, w = self.index.schools, self.w
        self.information, self.vector = np.zeros((schools, w, w)), np.zeros((schools, w))
        for teachers in self._parts():
            self._gather_part(teachers)
        self.information[direct.unit] += direct.information
        self.vector[direct.unit] += direct.vector

    def _parts(self) -> list[Index]:
        """All teachers, whole schools together, in parts of about PART."""
        order = np.argsort(self.index.school, kind="stable")
        size = np.bincount(self.index.school, minlength=self.index.schools)
        part = (np.cumsum(size) - size) // PART
        cuts = np.flatnonzero(np.diff(part[self.index.school[order]])) + 1
        return [np.sort(people) for people in np.split(order, cuts)] if len(order) else []

    def _departments(self, teachers: Index) -> _Departments:
        """The departments of whole schools."""
        k, w = self.k, self.w
        known = np.unique(self.index.department[teachers])
        where = np.full(self.index.departments, -1, dtype=np.intp)
        where[known] = np.arange(len(known))
        information, vector = np.zeros((len(known), w, w)), np.zeros((len(known), w))
        for block in self.rows.blocks(teachers):
            if not block.value.shape[1]:
                continue
            both, inverse, value = self._reduced(block)
            half = both.transpose(0, 2, 1) @ inverse
            chosen = _sums(where[self.index.department[block.teachers]], len(known))
            information += (chosen @ (half @ both).reshape(len(both), -1)).reshape(information.shape)
            vector += chosen @ np.einsum("bwr,br->bw", half, value)
        cov = np.linalg.inv(information[:, :k, :k] + self.department_inverse)
        at = np.einsum("dij,dj->di", cov, vector[:, :k])
        return _Departments(known, where, information, vector, cov, at, -cov @ information[:, :k, :])

    def _gather_part(self, teachers: Index) -> None:
        k = self.k
        near = self._departments(teachers)
        passed = near.information[:, :, :k] @ near.cov
        schools, place = np.unique(self.index.school_of_department[near.known], return_inverse=True)
        chosen = _sums(place.astype(np.intp), len(schools))
        left = near.information - passed @ near.information[:, :k, :]
        self.information[schools] += (chosen @ left.reshape(len(left), -1)).reshape(-1, *left.shape[1:])
        self.vector[schools] += chosen @ (near.vector - np.einsum("dij,dj->di", passed, near.vector[:, :k]))

    def solve_districts(self, direct: UnitInformation) -> None:
        """Posterior of districts, then of schools given them, w = at + slope x D with covariance `school_cov`."""
        k, d = self.k, self.index.districts
        self.school_cov = np.linalg.inv(self.information + self.prior_inverse)
        passed = self.information @ self.school_cov
        info = (self.information - passed @ self.information)[:, :k, :k]
        vector = (self.vector - np.einsum("sij,sj->si", passed, self.vector))[:, :k]
        chosen = _sums(self.index.district, d)
        total = (chosen @ info.reshape(len(info), -1)).reshape(d, k, k) + self.district_inverse
        right = chosen @ vector
        total[direct.unit] += direct.information
        right[direct.unit] += direct.vector
        self.district_cov = np.linalg.inv(total)
        self.district_mean = np.einsum("dij,dj->di", self.district_cov, right)
        self.slope = (self.school_cov @ self.prior_inverse)[:, :, :k]
        at = np.einsum("sij,sj->si", self.school_cov, self.vector)
        here = self.index.district
        self.school_mean = at + np.einsum("sik,sk->si", self.slope, self.district_mean[here])
        back = self.slope @ self.district_cov[here] @ self.slope.transpose(0, 2, 1)
        self.school_total = self.school_cov + back

    def spread(
        self, members: sparse.csr_matrix, group_school: Index, school_group: Index, counts: NDArray[np.bool_]
    ) -> JointPosterior:
        """Back to teachers, and to the means of groups with what their members share."""
        n, k, w = len(self.index.school), self.k, self.w
        groups = members.shape[0]
        mean, sd = np.zeros((n, k)), np.zeros((n, k))
        size = np.asarray(members @ counts.astype(np.float64))
        found = _Groups(np.zeros((groups, k)), np.zeros((groups, k)), np.zeros((groups, k)))
        lean_of_whole = np.zeros((self.index.schools, k, w))
        group_of_school = np.full(self.index.schools, -1, dtype=np.intp)
        group_of_school[group_school[school_group]] = school_group
        by_school = np.argsort(group_school, kind="stable")
        bounds = np.searchsorted(group_school[by_school], np.arange(self.index.schools + 1))
        for teachers in self._parts():
            schools = np.unique(self.index.school[teachers])
            here = np.concatenate([by_school[bounds[s] : bounds[s + 1]] for s in schools])
            mean[teachers], sd[teachers], lean = self._spread_part(
                teachers, members[here], group_school[here], size[here], counts, found, here
            )
            place = np.searchsorted(np.sort(here), group_of_school[schools])
            lean_of_whole[schools] = lean[np.argsort(here, kind="stable")[place]]
        empty = np.where(size > 0, 0.0, np.nan)
        order = group_of_school
        pooled = self._of_districts(found.mean[order], found.alone[order], lean_of_whole, size[order])
        return JointPosterior(mean, sd, found.mean + empty, found.alone + found.total + empty, *pooled)

    def _spread_part(
        self, teachers: Index, members: sparse.csr_matrix, group_school: Index, size: Array,
        counts: NDArray[np.bool_], found: _Groups, into: Index,
    ) -> tuple[Array, Array, Array]:  # fmt: skip
        """Of teachers of whole schools: mean and sd; and of these schools' groups (written to `found`) how their means
        lean on w: (g, K, W).

        A group's mean leans on x of every department its members are of: sums are kept by pairs of both.
        """
        k, w, groups = self.k, self.w, members.shape[0]
        near = self._departments(teachers)
        cov = near.cov
        entries = members.tocoo()
        code = entries.row.astype(np.int64) * len(cov) + near.where[self.index.department[entries.col]]
        known, place = np.unique(code, return_inverse=True)
        pairs = sparse.csr_matrix(
            (np.ones(len(place)), (place, entries.col)), shape=(len(known), members.shape[1])
        )
        group_of, department_of = (part.astype(np.intp) for part in np.divmod(known, max(len(cov), 1)))
        local = np.full(len(self.index.school), -1, dtype=np.intp)
        local[teachers] = np.arange(len(teachers))
        mean, sd = np.zeros((len(teachers), k)), np.zeros((len(teachers), k))
        base, alone = np.zeros((groups, k)), np.zeros((groups, k))
        slope = np.zeros((len(known), k * w))
        for block in self.rows.blocks(teachers):
            department, school = (
                near.where[self.index.department[block.teachers]],
                self.index.school[block.teachers],
            )
            at, lean, own = self._given_department(block)
            up = lean[:, :, :k]
            at = at + np.einsum("bkj,bj->bk", up, near.at[department])
            through = lean + up @ near.lean[department]  # on w of the school
            beside = _diagonal(up, cov[department])
            passed = _diagonal(through, self.school_total[school])
            center = at + np.einsum("bkw,bw->bk", through, self.school_mean[school])
            mean[local[block.teachers]] = center + self.prior.mean[block.teachers]
            sd[local[block.teachers]] = np.sqrt(np.maximum(own + beside + passed, 1e-12))
            here = counts[block.teachers].astype(np.float64)
            chosen = members[:, block.teachers]
            base += chosen @ ((at + self.prior.mean[block.teachers]) * here)
            alone += chosen @ (own * here)
            slope += pairs[:, block.teachers] @ (lean * here[:, :, None]).reshape(len(lean), -1)
        safe = np.maximum(size, 1.0)
        by_pair = slope.reshape(-1, k, w) / safe[group_of][:, :, None]
        beside = _diagonal(by_pair[:, :, :k], cov[department_of])
        through = by_pair + by_pair[:, :, :k] @ near.lean[department_of]
        add = _sums(group_of, groups)
        lean = (add @ through.reshape(len(group_of), -1)).reshape(groups, k, w)
        found.alone[into] = alone / safe**2 + add @ beside
        found.total[into] = _diagonal(lean, self.school_total[group_school])
        found.mean[into] = base / safe + np.einsum("gkw,gw->gk", lean, self.school_mean[group_school])
        return mean, sd, lean

    def _of_districts(self, center: Array, alone: Array, lean: Array, size: Array) -> tuple[Array, Array]:
        """Means of districts: schools weigh by who counts, and share what is unknown of their district."""
        here, d = self.index.district, self.index.districts
        chosen = _sums(here, d)
        people = chosen @ size
        share = size / np.maximum(people, 1.0)[here]
        apart = alone + np.einsum("skw,swv,skv->sk", lean, self.school_cov, lean, optimize=True)
        through = np.einsum("sk,skw,swj->skj", share, lean, self.slope, optimize=True)
        together = (chosen @ through.reshape(len(here), -1)).reshape(d, *through.shape[1:])
        common = np.einsum("dki,dij,dkj->dk", together, self.district_cov, together, optimize=True)
        empty = np.where(people > 0, 0.0, np.nan)
        return chosen @ (share * center) + empty, chosen @ (share**2 * apart) + common + empty

    def _given_department(self, block: MeasurementBlock) -> tuple[Array, Array, Array]:
        """theta - mu | x = at + lean x with own variance `own`: (b, K), (b, K, W), (b, K)."""
        b, k = len(block.teachers), self.k
        lean = np.zeros((b, k, self.w))
        lean[:, range(k), range(k)] = 1.0
        own = np.tile(np.diag(self.prior.teacher), (b, 1))
        if not block.value.shape[1]:
            return np.zeros((b, k)), lean, own
        both, inverse, value = self._reduced(block)
        gain = self.prior.teacher @ block.design.transpose(0, 2, 1) @ inverse
        lean -= gain @ both
        own = own - np.einsum("bkr,bkr->bk", gain, (block.design @ self.prior.teacher).transpose(0, 2, 1))
        return np.einsum("bkr,br->bk", gain, value), lean, np.maximum(own, 1e-12)


@dataclass(frozen=True)
class _Departments:
    """d departments: their numbers, and the place of every department among them (-1 for others); information
    (d, W, W) and vector (d, W) on x; v_d given w is at + lean w + rest, rest with covariance cov."""

    known: Index
    where: Index
    information: Array
    vector: Array
    cov: Array
    at: Array
    lean: Array


@dataclass(frozen=True)
class _Groups:
    """(G, K) means of groups, the part of their variance that is their members' own, and the school's."""

    mean: Array
    alone: Array
    total: Array


def _diagonal(left: Array, middle: Array) -> Array:
    """(b, K) diagonals of left middle left'."""
    return np.asarray(((left @ middle) * left).sum(axis=2))


def _sums(group: Index, groups: int) -> sparse.csr_matrix:
    """(groups, n) matrix that adds up rows by group."""
    n = len(group)
    return sparse.csr_matrix((np.ones(n), (group, np.arange(n))), shape=(groups, n))
