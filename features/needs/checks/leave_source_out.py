"""The posterior of a sample of schools with any source left out, and forecasts of what was left out.

The model and the elimination are the diagnosis' own (`hierarchy`, `rows`): teachers, departments, schools, and back.
What schools of a district have in common counts as part of each school, and results of whole districts are not used.

    y_out | y_in ~ N(H_out mu + G_out x + C (y_in - H_in mu - G_in x), ...)      C = S_out,in S_in^-1

x are the school's unknowns, S the covariance of a teacher's values given x: drift that two sources share is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.needs.checks.context import SchoolSample
from features.needs.evidence.measurement_blocks import MeasurementBlock, MeasurementBlocks
from features.needs.evidence.sources.source_registry import unit_source
from features.needs.model.hierarchical_posterior import HierarchyIndex, prior_of
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOutPredictions:
    """Values of the sources left out: n cells with source name, teacher t, indicator j, value, and its forecast."""

    source: NDArray[np.object_]
    t: Index
    j: Index
    value: Array
    mean: Array
    sd: Array


@dataclass(frozen=True)
class SamplePosterior:
    """mean, sd (n, K) of the sample's teachers; foretold: the values of what was left out."""

    mean: Array
    sd: Array
    predictions: HeldOutPredictions

    @property
    def reliability(self) -> Array:
        """(n, K) 1 - posterior variance, the population's being 1."""
        return np.asarray(np.clip(1.0 - self.sd**2, 0.0, 1.0))


def leave_source_out(
    sample: SchoolSample,
    excluded: tuple[str, ...] = (),
    components: VarianceComponents | None = None,
    prior_mean: Array | None = None,
) -> SamplePosterior:
    """The posterior without the sources named; components, prior_mean (n, K): other than the sample's."""
    changed = replace(
        sample,
        components=components or sample.components,
        prior_mean=sample.prior_mean if prior_mean is None else prior_mean,
    )
    return _Solver(changed, frozenset(excluded)).solve()


class _Solver:
    def __init__(self, sample: SchoolSample, without: frozenset[str]) -> None:
        self.sample, self.without = sample, without
        self.n, self.k = sample.prior_mean.shape
        cells = list(sample.cells)
        self.rows = MeasurementBlocks(cells, sample.components, self.n, self.k, sample.prior_mean)
        self.out = np.array([c.name in without for c in cells], dtype=bool)
        self.width = self.k + len(cells)
        # districts count into schools: one district, whose part the school's covariance takes up
        index = HierarchyIndex(sample.school, np.zeros(len(sample.schools), np.intp), sample.department)
        self.index, self.prior = index, prior_of(sample.components, sample.prior_mean, index)
        self.blocks = [(block, self._reduced(block)) for block in self.rows.blocks()]

    def solve(self) -> SamplePosterior:
        """Upwards to schools, and back to teachers and to the values left out."""
        information, vector = self._gathered()
        x_mean, x_cov = self._departments(information, vector)
        mean, variance = np.zeros((self.n, self.k)), np.zeros((self.n, self.k))
        told: list[tuple[Index, Array, Array]] = []
        for block, (own, value, both, inverse, inside) in self.blocks:
            at, cov = (a[self.sample.department[block.teachers]] for a in (x_mean, x_cov))
            gain = self.prior.teacher @ own.transpose(0, 2, 1) @ inverse
            rest = value - np.einsum("brw,bw->br", both, at)
            lean = -gain @ both
            lean[:, range(self.k), range(self.k)] += 1.0
            shift = np.einsum("bkr,br->bk", gain, rest) + at[:, : self.k]
            mean[block.teachers] = self.prior.mean[block.teachers] + shift
            alone = np.diag(self.prior.teacher) - np.einsum("bkr,brk->bk", gain, own @ self.prior.teacher)
            variance[block.teachers] = alone + np.einsum("bkw,bkw->bk", lean @ cov, lean)
            told.append(self._foretold(block, at, cov, rest, both, inverse, inside))
        return SamplePosterior(mean, np.sqrt(np.maximum(variance, 1e-12)), self._joined(told))

    def _reduced(self, block: MeasurementBlock) -> tuple[Array, Array, Array, Array, Mask]:
        """H, y - H mu, [H Z], S^-1 with all that is left out emptied; and which values are in, (b, R)."""
        inside = self._seen(block) & ~self._left_out(block)
        own = block.design * inside[:, :, None]
        both = np.concatenate([own, block.school_design * inside[:, :, None]], axis=2)
        pair = inside[:, :, None] & inside[:, None, :]
        error = np.where(pair, block.error, np.eye(inside.shape[1]))
        inverse = np.linalg.inv(own @ self.prior.teacher @ own.transpose(0, 2, 1) + error)
        value = block.value - np.einsum("brk,bk->br", block.design, self.prior.mean[block.teachers])
        return own, np.asarray(value * inside), both, np.asarray(inverse), inside

    def _seen(self, block: MeasurementBlock) -> Mask:
        return np.asarray(block.school_design.sum(axis=2) > 0)

    def _left_out(self, block: MeasurementBlock) -> Mask:
        return np.asarray((block.school_design * self.out).sum(axis=2) > 0)

    def _gathered(self) -> tuple[Array, Array]:
        """Information of each department's teachers on x, (D, W, W) and (D, W)."""
        d, w = self.index.departments, self.width
        information, vector = np.zeros((d, w, w)), np.zeros((d, w))
        for block, (_, value, both, inverse, _) in self.blocks:
            half = both.transpose(0, 2, 1) @ inverse
            at = self.sample.department[block.teachers]
            np.add.at(information, at, half @ both)
            np.add.at(vector, at, np.einsum("bwr,br->bw", half, value))
        return information, vector

    def _departments(self, information: Array, vector: Array) -> tuple[Array, Array]:
        """Mean (D, W) and covariance (D, W, W) of x = (school + department, each source's own part).

        Departments are integrated out first: v = at + lean w + rest; then schools, and back.
        """
        k, w, home = self.k, self.width, self.index.school_of_department
        near = np.linalg.inv(information[:, :k, :k] + np.linalg.inv(self.prior.department))
        at = np.einsum("dij,dj->di", near, vector[:, :k])
        lean = -near @ information[:, :k, :]
        passed = information[:, :, :k] @ near
        total, right = self._told_of_schools()
        np.add.at(total, home, information - passed @ information[:, :k, :])
        np.add.at(right, home, vector - np.einsum("dij,dj->di", passed, vector[:, :k]))
        cov = np.linalg.inv(total)
        center = np.einsum("sij,sj->si", cov, right)
        down = np.tile(np.eye(w), (len(home), 1, 1))
        down[:, :k] += lean
        x_mean = np.einsum("dij,dj->di", down, center[home])
        x_mean[:, :k] += at
        x_cov = down @ cov[home] @ down.transpose(0, 2, 1)
        x_cov[:, :k, :k] += near
        return x_mean, x_cov

    def _told_of_schools(self) -> tuple[Array, Array]:
        """Precision (S, W, W) and vector (S, W) of schools before their teachers: prior and monitoring, whose own
        part is integrated out."""
        k, w, schools = self.k, self.width, self.index.schools
        parts, monitored = self.sample.components, self.sample.monitored
        prior = np.zeros((w, w))
        prior[:k, :k] = self.prior.school + self.prior.district
        prior[range(k, w), range(k, w)] = [
            max(parts.sources[name].school_source_variance, 1e-9) for name in self.rows.names
        ]
        total = np.tile(np.linalg.inv(prior), (schools, 1, 1))
        right = np.zeros((schools, w))
        if len(monitored.unit) and unit_source().name not in self.without:
            told, value = monitored.information, monitored.vector
            alone = told[:, w, w] + 1.0 / unit_source().parameters().school_source_variance
            toward = told[:, :w, w] / alone[:, None]
            total[monitored.unit] += told[:, :w, :w] - toward[:, :, None] * told[:, None, w, :w]
            right[monitored.unit] += value[:, :w] - toward * value[:, w, None]
        return total, right

    def _foretold(
        self,
        block: MeasurementBlock,
        at: Array,
        cov: Array,
        rest: Array,
        both: Array,
        inverse: Array,
        inside: Mask,
    ) -> tuple[Index, Array, Array]:
        """Place in `rows`, mean and variance of every value left out."""
        out = self._left_out(block)
        if not out.any():
            return np.zeros(0, np.intp), np.zeros(0), np.zeros(0)
        lean = np.concatenate([block.design, block.school_design], axis=2)
        to_own = block.design @ self.prior.teacher
        joint = to_own @ block.design.transpose(0, 2, 1) + block.error
        weight = np.where(inside[:, None, :], joint, 0.0)
        gain = weight @ inverse
        through = lean - gain @ both
        center = np.einsum("bhw,bw->bh", lean, at) + np.einsum("bhr,br->bh", gain, rest)
        center += np.einsum("bhk,bk->bh", block.design, self.prior.mean[block.teachers])
        spread = np.diagonal(joint, axis1=1, axis2=2) - np.einsum("bhr,bhr->bh", gain, weight)
        spread = spread + np.einsum("bhw,bhw->bh", through @ cov, through)
        place = self.rows.first[block.teachers][:, None] + np.arange(out.shape[1])
        return place[out].astype(np.intp), center[out], spread[out]

    def _joined(self, told: list[tuple[Index, Array, Array]]) -> HeldOutPredictions:
        """All that was foretold, by teacher and row."""
        rows = self.rows
        parts = zip(*told, strict=True) if told else ((np.zeros(0, np.intp),), (np.zeros(0),), (np.zeros(0),))
        place, mean, variance = (np.concatenate(part) for part in parts)
        order = np.argsort(place, kind="stable")
        place, mean, variance = place[order], mean[order], variance[order]
        names = np.asarray([*rows.names, ""], dtype=object)
        first = np.searchsorted(rows.source, np.arange(len(rows.names)))
        source = rows.source[rows.row[place]]
        return HeldOutPredictions(
            names[source], rows.t[place], (rows.row[place] - first[source]).astype(np.intp),
            rows.value[place], mean, np.sqrt(variance),
        )  # fmt: skip
