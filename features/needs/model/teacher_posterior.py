"""The posterior of one teacher again, with some of her own values changed and everybody else's as they were.

    theta = mu + x + e        y = H theta + Z b + error        x, b: what her department and school have in common

The diagnosis keeps, for every department, the posterior of (x, b) from all evidence. What her own rows say about it is
taken out again (a Kalman downdate), which leaves what all others say; then theta and her new rows are one Gaussian, and
conditioning on the rows is exact: the same as computing the whole city again with the same parameters. It costs a few
matrices of her own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.cycle_averages import CycleAverages
from features.needs.evidence.measurement_blocks import MeasurementBlock, MeasurementBlocks
from features.needs.evidence.source_averages import SourceAverages
from features.needs.model.hierarchical_elimination import HierarchicalElimination
from features.needs.model.source_parameters import SourceParameters
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
Index = NDArray[np.intp]

CHANGEABLE: Final = "self_report"
"""The source whose values a teacher changes herself."""


@dataclass(frozen=True)
class OwnValue:
    """One value of the changeable source: row of its q, in SD of single values, age in years; removed: it was among the
    values of the diagnosis and no longer counts."""

    j: int
    value: float
    age: float
    removed: bool = False


@dataclass(frozen=True)
class TeacherPosterior:
    """mean (K,), cov (K, K) in teacher-SD units; own_weight (K,): by how much the mean rises if all her values of the
    changeable source stood for one more SD of ability: the weight of her own view beside all other evidence and the prior."""

    mean: Array
    cov: Array
    own_weight: Array

    @property
    def sd(self) -> Array:
        """(K,)"""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.cov), 1e-12)))


@dataclass(frozen=True)
class PosteriorState:
    """What `teacher_posterior` needs of a diagnosis, as plain arrays.

    names (M,), widths (M,): sources and how many rows of q each has; q (J, K); center (J,); parameters (M, 7): the fields of
    SourceParameters; correlation (K, K), phi; prior_mean (N, K), prior_cov (K, K) of teachers; department (N,);
    department_mean (D, W), department_cov (D, W, W): posterior of what a department has in common. Values, teacher by
    teacher: first (N + 1,), row, value (before centering), n, age, share; sampling_first (N + 1,), sampling_rows (p, 2),
    sampling_value (p,): known covariances of errors. norm_items, norms (n, 5): item; scale_min, scale_max, j, mean, sd of
    each instrument of the changeable source. cycle_first, cycle_cells: first and cells of CycleAverages.
    """

    names: NDArray[np.str_]
    widths: Index
    q: Array
    center: Array
    parameters: Array
    correlation: Array
    phi: Array
    prior_mean: Array
    prior_cov: Array
    department: Index
    department_mean: Array
    department_cov: Array
    first: Index
    row: Index
    value: Array
    n: Array
    age: Array
    share: Array
    sampling_first: Index
    sampling_rows: Index
    sampling_value: Array
    norm_items: NDArray[np.str_]
    norms: Array
    cycle_first: Index
    cycle_cells: Array

    @classmethod
    def of(cls, solved: HierarchicalElimination, norms: pd.DataFrame, cycles: CycleAverages) -> PosteriorState:
        """From a finished elimination; norms: of the changeable source, as in StandardizedSource."""
        rows, index = solved.measurements, solved.index
        means, covs = np.zeros((index.departments, solved.w)), np.zeros((index.departments, solved.w, solved.w))
        for teachers in solved.parts:
            departments = solved.departments(teachers)
            means[departments.number], covs[departments.number] = solved.department_posterior(departments)
        parameters = [rows.components.sources[name] for name in rows.names]
        fields = list(SourceParameters.__dataclass_fields__)
        at = rows.first[rows.sampling_t]
        places = np.column_stack([rows.row[at + rows.sampling_i], rows.row[at + rows.sampling_j]])
        return cls(
            names=np.array(rows.names, dtype=np.str_),
            widths=np.bincount(rows.source, minlength=len(rows.names)).astype(np.intp),
            q=rows.q, center=rows.center,
            parameters=np.array([[getattr(p, f) for f in fields] for p in parameters]).reshape(-1, len(fields)),
            correlation=rows.components.competency_correlation, phi=np.array([rows.components.phi]),
            prior_mean=solved.prior.mean, prior_cov=solved.prior.teacher, department=index.department,
            department_mean=means, department_cov=covs,
            first=np.concatenate([[0], np.cumsum(rows.number)]).astype(np.intp), row=rows.row,
            value=rows.value + rows.center[rows.row], n=rows.n, age=rows.age, share=rows.share,
            sampling_first=rows.sampling_first.astype(np.intp), sampling_rows=places.astype(np.intp),
            sampling_value=rows.sampling_value,
            norm_items=norms["item"].to_numpy(dtype=np.str_) if len(norms) else np.zeros(0, dtype="U1"),
            norms=norms[["scale_min", "scale_max", "j", "mean", "sd"]].to_numpy(dtype=np.float64),
            cycle_first=cycles.first, cycle_cells=cycles.cells,
        )  # fmt: skip

    @property
    def starts(self) -> dict[str, int]:
        """Source -> its first row of q."""
        begin = np.concatenate([[0], np.cumsum(self.widths)[:-1]]) if len(self.widths) else np.zeros(0)
        return {str(name): int(at) for name, at in zip(self.names, begin, strict=True)}

    @property
    def own_q(self) -> Array:
        """(J', K) the rows of q of the changeable source."""
        start = self.starts.get(CHANGEABLE)
        if start is None:
            return self.q[:0]
        return self.q[start : start + int(self.widths[self.names == CHANGEABLE][0])]

    def components(self) -> VarianceComponents:
        """The parameters of the measurements, as far as a posterior uses them."""
        sources = {
            str(name): SourceParameters(*(float(v) for v in row))
            for name, row in zip(self.names, self.parameters, strict=True)
        }
        return VarianceComponents(
            np.asarray(self.correlation), 0.0, 0.0, 0.0, float(self.phi[0]), sources, pd.DataFrame()
        )


def teacher_posterior(state: PosteriorState, teacher: int, changes: Sequence[OwnValue] = ()) -> TeacherPosterior:
    """The posterior of the teacher with this number after `changes`; without any that of the diagnosis."""
    components, k = state.components(), state.q.shape[1]
    before = _block(state, components, teacher, {})
    after = _block(state, components, teacher, _changed(state, teacher, changes)) if changes else before
    mean, cov = _without(before, state, teacher)
    design = np.concatenate([after.design[0], after.school_design[0]], axis=1)
    residual = after.value[0] - after.design[0] @ state.prior_mean[teacher]
    prior = state.prior_cov + cov[:k, :k]
    cross = state.prior_cov @ after.design[0].T + cov[:k] @ design.T
    within = after.design[0] @ state.prior_cov @ after.design[0].T + after.error[0] + design @ cov @ design.T
    gain = np.linalg.solve(within, cross.T).T if len(residual) else cross
    own = after.of_sources(state.names == CHANGEABLE)[0]
    weight = gain[:, own] @ after.design[0][own].sum(axis=1)
    center = state.prior_mean[teacher] + mean[:k] + gain @ (residual - design @ mean)
    return TeacherPosterior(np.asarray(center), np.asarray(prior - gain @ cross.T), np.asarray(weight))


def _without(block: MeasurementBlock, state: PosteriorState, teacher: int) -> tuple[Array, Array]:
    """Mean (W,) and covariance of what her department has in common, without what her own rows say of it."""
    department = int(state.department[teacher])
    mean, cov = np.asarray(state.department_mean[department]), np.asarray(state.department_cov[department])
    if not block.value.shape[1]:
        return mean, cov
    design = np.concatenate([block.design[0], block.school_design[0]], axis=1)
    noise = block.design[0] @ state.prior_cov @ block.design[0].T + block.error[0]
    residual = block.value[0] - block.design[0] @ state.prior_mean[teacher]
    spread = cov @ design.T
    left = noise - design @ spread
    back = np.linalg.solve(left, spread.T).T
    return mean - back @ (residual - design @ mean), cov + back @ spread.T


def _changed(state: PosteriorState, teacher: int, changes: Sequence[OwnValue]) -> dict[int, tuple[float, float, float]]:
    """Row -> mean, n and age of her values after the changes; n is 0 where none is left."""
    start = state.starts[CHANGEABLE]
    low, high = int(state.first[teacher]), int(state.first[teacher + 1])
    totals: dict[int, list[float]] = {}
    for at in range(low, high):
        n = float(state.n[at])
        totals[int(state.row[at])] = [n * float(state.value[at]), n, n * float(state.age[at])]
    result = {}
    for change in changes:
        row, sign = start + change.j, -1.0 if change.removed else 1.0
        total = totals.setdefault(row, [0.0, 0.0, 0.0])
        for i, amount in enumerate((change.value, 1.0, change.age)):
            total[i] += sign * amount
        n = round(total[1])
        result[row] = (total[0] / n, float(n), total[2] / n) if n > 0 else (0.0, 0.0, 0.0)
    return result


def _block(
    state: PosteriorState, components: VarianceComponents, teacher: int, changed: Mapping[int, tuple[float, float, float]]
) -> MeasurementBlock:
    """Her rows, those of `changed` in place of the former."""
    low, high = int(state.first[teacher]), int(state.first[teacher + 1])
    values = {
        int(state.row[at]): (float(state.value[at]), float(state.n[at]), float(state.age[at]), float(state.share[at]))
        for at in range(low, high)
    }
    for row, (mean, n, age) in changed.items():
        values[row] = (mean, n, age, 1.0)
    rows = np.array(sorted(row for row, cell in values.items() if cell[1] > 0), dtype=np.intp)
    table = np.array([values[int(row)] for row in rows]).reshape(-1, 4)
    known = slice(int(state.sampling_first[teacher]), int(state.sampling_first[teacher + 1]))
    pairs, covariances = np.asarray(state.sampling_rows[known]), np.asarray(state.sampling_value[known])
    cells = []
    for name, width in zip(state.names, state.widths, strict=True):
        begin, size = state.starts[str(name)], int(width)
        mine = (rows >= begin) & (rows < begin + size)
        part = table[mine]
        of_source = (pairs[:, 0] >= begin) & (pairs[:, 0] < begin + size)
        sampling = np.column_stack([np.zeros(int(of_source.sum())), pairs[of_source] - begin, covariances[of_source]])
        cells.append(
            SourceAverages(
                str(name), np.zeros(len(part), np.intp), rows[mine] - begin, part[:, 0], part[:, 1], part[:, 2], part[:, 3],
                np.asarray(state.q[begin : begin + size]), sampling,
            )
        )  # fmt: skip
    blocks = MeasurementBlocks(cells, components, 1, state.q.shape[1], center=np.asarray(state.center))
    return next(blocks.blocks())
