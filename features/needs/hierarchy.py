"""The exact joint posterior over district > school > teacher, in blocks.

    theta_t = u_s + e_t        u_s = D_d + r_s        all Gaussian, covariance (1-c) I + c 11' at each level
    rows of teacher t: y = H (u_s + e_t) + Z b_s + error,  b_s the school's own part of each source

Given w_s = (u_s, b_s) the teachers of a school are independent, given D_d its schools are. So teachers are
integrated out block by block, schools after them, districts last, and the same is undone backwards (Gaussian
elimination on a tree, as in Henderson's mixed model equations): exact, and linear in the number of teachers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.needs.components import Components
from features.needs.rows import Block, Rows

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Direct:
    """What results of whole units say: for unit (n,), each once, H'R^-1 H (n, W, W) and H'R^-1 y (n, W)."""

    unit: Index
    information: Array
    vector: Array


@dataclass(frozen=True)
class Joint:
    """Teachers (N, K), groups (G, K) and districts (D, K); NaN where a group has nobody who counts."""

    mean: Array
    sd: Array
    group_mean: Array
    group_variance: Array
    district_mean: Array
    district_variance: Array


class Tree:
    """Who belongs where: school (N,), district (S,), both from 0."""

    def __init__(self, school: Index, district: Index) -> None:
        self.school, self.district = school, district
        self.schools, self.districts = len(district), int(district.max()) + 1 if len(district) else 0


def joint_posterior(
    rows: Rows,
    components: Components,
    tree: Tree,
    members: sparse.csr_matrix,
    group_school: Index,
    whole: Index,
    counts: NDArray[np.bool_],
    school_rows: Direct,
    district_rows: Direct,
) -> Joint:
    """Posterior of N teachers, of G groups, each inside one school, and of the districts.

    members (G, N) 1 where a teacher belongs to a group; group_school (G,); whole (S,) the group that is all
    of a school; counts (N, K) True where a teacher counts for the means of a competency. school_rows speak of
    W = K + M unknowns (abilities, then each source's own part), district_rows of K.
    """
    solver = _Solver(rows, components, tree, counts.shape[1])
    solver.gather(school_rows)
    solver.solve_districts(district_rows)
    return solver.spread(members, group_school, whole, counts)


class _Solver:
    def __init__(self, rows: Rows, components: Components, tree: Tree, k: int) -> None:
        self.rows, self.parts, self.tree, self.k = rows, components, tree, k
        self.m = len(rows.names)
        self.w = k + self.m
        shape = (1 - components.common) * np.eye(k) + components.common
        self.own = (1 - components.school - components.district) * shape
        prior = np.zeros((self.w, self.w))
        prior[:k, :k] = components.school * shape
        shared = [max(components.sources[name].shared, 1e-9) for name in rows.names]
        prior[range(k, self.w), range(k, self.w)] = shared
        self.prior_inverse = np.linalg.inv(prior)
        self.district_inverse = np.linalg.inv(components.district * shape)

    def _reduced(self, block: Block) -> tuple[Array, Array]:
        """G = [H Z] (b, R, W) and V^-1 (b, R, R) with the teacher's own part integrated out."""
        both = np.concatenate([block.design, block.shared], axis=2)
        total = block.design @ self.own @ block.design.transpose(0, 2, 1) + block.error
        return both, np.asarray(np.linalg.inv(total))

    def gather(self, direct: Direct) -> None:
        """Information of teachers, and of the school's own rows, on each school's w."""
        schools, w = self.tree.schools, self.w
        self.information = np.zeros((schools, w, w))
        self.vector = np.zeros((schools, w))
        for block in self.rows.blocks():
            if not block.value.shape[1]:
                continue
            both, inverse = self._reduced(block)
            half = both.transpose(0, 2, 1) @ inverse
            chosen = _sums(self.tree.school[block.teachers], schools)
            self.information += (chosen @ (half @ both).reshape(len(both), -1)).reshape(schools, w, w)
            self.vector += chosen @ np.einsum("bwr,br->bw", half, block.value)
        self.information[direct.unit] += direct.information
        self.vector[direct.unit] += direct.vector

    def solve_districts(self, direct: Direct) -> None:
        """Posterior of districts, then of schools given them, w = at + slope x D with covariance `spread`."""
        k, d = self.k, self.tree.districts
        self.school_cov = np.linalg.inv(self.information + self.prior_inverse)
        passed = self.information @ self.school_cov
        info = (self.information - passed @ self.information)[:, :k, :k]
        vector = (self.vector - np.einsum("sij,sj->si", passed, self.vector))[:, :k]
        chosen = _sums(self.tree.district, d)
        total = (chosen @ info.reshape(len(info), -1)).reshape(d, k, k) + self.district_inverse
        right = chosen @ vector
        total[direct.unit] += direct.information
        right[direct.unit] += direct.vector
        self.district_cov = np.linalg.inv(total)
        self.district_mean = np.einsum("dij,dj->di", self.district_cov, right)
        self.slope = (self.school_cov @ self.prior_inverse)[:, :, :k]
        at = np.einsum("sij,sj->si", self.school_cov, self.vector)
        here = self.tree.district
        self.school_mean = at + np.einsum("sik,sk->si", self.slope, self.district_mean[here])
        back = self.slope @ self.district_cov[here] @ self.slope.transpose(0, 2, 1)
        self.school_total = self.school_cov + back

    def spread(
        self, members: sparse.csr_matrix, group_school: Index, whole: Index, counts: NDArray[np.bool_]
    ) -> Joint:
        """Back to teachers, and to the means of groups with what their members share."""
        n, k, w = len(self.tree.school), self.k, self.w
        groups = members.shape[0]
        mean, sd = np.zeros((n, k)), np.zeros((n, k))
        base, alone = np.zeros((groups, k)), np.zeros((groups, k))
        slope = np.zeros((groups, k * w))
        for block in self.rows.blocks():
            school = self.tree.school[block.teachers]
            at, lean, own = self._given_school(block)
            center = at + np.einsum("bkw,bw->bk", lean, self.school_mean[school])
            passed = np.einsum("bkw,bwv,bkv->bk", lean, self.school_total[school], lean, optimize=True)
            mean[block.teachers] = center
            sd[block.teachers] = np.sqrt(np.maximum(own + passed, 1e-12))
            chosen = members[:, block.teachers]
            here = counts[block.teachers].astype(np.float64)
            base += chosen @ (at * here)
            alone += chosen @ (own * here)
            slope += chosen @ (lean * here[:, :, None]).reshape(len(lean), -1)
        size = members @ counts.astype(np.float64)
        safe = np.maximum(size, 1.0)
        lean = slope.reshape(groups, k, w) / safe[:, :, None]
        base, alone = base / safe, alone / safe**2
        total = np.einsum("gkw,gwv,gkv->gk", lean, self.school_total[group_school], lean, optimize=True)
        center = base + np.einsum("gkw,gw->gk", lean, self.school_mean[group_school])
        empty = np.where(size > 0, 0.0, np.nan)
        pooled = self._districts(center[whole], alone[whole], lean[whole], size[whole])
        return Joint(mean, sd, center + empty, alone + total + empty, *pooled)

    def _districts(self, center: Array, alone: Array, lean: Array, size: Array) -> tuple[Array, Array]:
        """Means of districts: schools weigh by who counts, and share what is unknown of their district."""
        here, d = self.tree.district, self.tree.districts
        chosen = _sums(here, d)
        people = chosen @ size
        share = size / np.maximum(people, 1.0)[here]
        apart = alone + np.einsum("skw,swv,skv->sk", lean, self.school_cov, lean, optimize=True)
        through = np.einsum("sk,skw,swj->skj", share, lean, self.slope, optimize=True)
        together = (chosen @ through.reshape(len(here), -1)).reshape(d, *through.shape[1:])
        common = np.einsum("dki,dij,dkj->dk", together, self.district_cov, together, optimize=True)
        empty = np.where(people > 0, 0.0, np.nan)
        return chosen @ (share * center) + empty, chosen @ (share**2 * apart) + common + empty

    def _given_school(self, block: Block) -> tuple[Array, Array, Array]:
        """theta | w = at + lean w with own variance `own`: (b, K), (b, K, W), (b, K)."""
        b, k = len(block.teachers), self.k
        lean = np.zeros((b, k, self.w))
        lean[:, range(k), range(k)] = 1.0
        own = np.tile(np.diag(self.own), (b, 1))
        if not block.value.shape[1]:
            return np.zeros((b, k)), lean, own
        both, inverse = self._reduced(block)
        gain = self.own @ block.design.transpose(0, 2, 1) @ inverse
        lean -= gain @ both
        own = own - np.einsum("bkr,bkr->bk", gain, (block.design @ self.own).transpose(0, 2, 1))
        return np.einsum("bkr,br->bk", gain, block.value), lean, np.maximum(own, 1e-12)


def _sums(group: Index, groups: int) -> sparse.csr_matrix:
    """(groups, n) matrix that adds up rows by group."""
    n = len(group)
    return sparse.csr_matrix((np.ones(n), (group, np.arange(n))), shape=(groups, n))
