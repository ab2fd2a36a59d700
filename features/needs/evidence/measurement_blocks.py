"""Cells of all sources side by side, cut into blocks of teachers with dense arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.source_averages import SourceAverages
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
Index = NDArray[np.intp]
BLOCK = 512


@dataclass(frozen=True)
class MeasurementBlock:
    """b teachers with up to R rows each: design (b, R, K) on ability, school_design (b, R, M) on the school's own part of
    each source, error (b, R, R), value (b, R); a missing row has no design and unit error."""

    teachers: Index
    design: Array
    school_design: Array
    error: Array
    value: Array

    def of_sources(self, sources: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(b, R) mask of the rows of these sources; sources (M,)."""
        return np.asarray((self.school_design * sources).sum(axis=2) > 0)

    def empty_rows(self, rows: NDArray[np.bool_]) -> MeasurementBlock:
        """The block with these rows (b, R) missing."""
        used = ~rows
        error = np.where(used[:, :, None] & used[:, None, :], self.error, np.eye(used.shape[1]))
        return MeasurementBlock(
            self.teachers, self.design * used[:, :, None], self.school_design * used[:, :, None], error,
            self.value * used,
        )  # fmt: skip


class MeasurementBlocks:
    """Rows of N teachers: one for each source and indicator that a teacher has a value of."""

    def __init__(
        self,
        cells: Sequence[SourceAverages],
        components: VarianceComponents,
        teachers: int,
        k: int,
        mean: Array | None = None,
        center: Array | None = None,
    ) -> None:
        """mean (N, K): what is expected of everyone before anything is measured, 0 by default. center (J,): what is
        subtracted from the values of each row of q, where it was estimated before; else it is estimated from the values."""
        self.components = components
        self.names = [c.name for c in cells]
        widths = [len(c.q) for c in cells]
        start = np.concatenate([[0], np.cumsum(widths)]).astype(np.intp)
        self.q = np.concatenate([c.q for c in cells]) if cells else np.zeros((0, k))
        self.source = np.repeat(np.arange(len(cells)), widths)
        self.together = self.q @ components.competency_correlation @ self.q.T
        self.t = _joined([c.t for c in cells], np.intp)
        self.row = _joined([c.j + s for c, s in zip(cells, start[:-1], strict=True)], np.intp)
        self.value, self.n, self.age, self.share = (
            _joined([getattr(c, name) for c in cells], np.float64) for name in ("mean", "n", "age", "share")
        )
        order = np.lexsort((self.row, self.t))
        self.t, self.row, self.value, self.n, self.age, self.share = (
            a[order] for a in (self.t, self.row, self.value, self.n, self.age, self.share)
        )
        self.number = np.bincount(self.t, minlength=teachers)
        self.first = np.cumsum(self.number) - self.number
        self.center = self._centers(mean) if center is None else center
        self.value = self.value - self.center[self.row]
        sampling_cov = [
            c.sampling_cov + np.array([0, s, s, 0]) for c, s in zip(cells, start[:-1], strict=True)
        ]
        self._place_sampling_cov(np.concatenate(sampling_cov) if sampling_cov else np.zeros((0, 4)), teachers)

    def _place_sampling_cov(self, sampling_cov: Array, teachers: int) -> None:
        """Known covariances by teacher, with the places of both rows among the teacher's."""
        width = max(len(self.q), 1)
        key = self.t * width + self.row
        t = sampling_cov[:, 0].astype(np.intp)
        places = [
            np.searchsorted(key, t * width + sampling_cov[:, c].astype(np.intp)) - self.first[t]
            for c in (1, 2)
        ]
        order = np.argsort(t, kind="stable")
        self.sampling_t, self.sampling_value = t[order], sampling_cov[order, 3]
        self.sampling_i, self.sampling_j = (p[order] for p in places)
        self.sampling_first = np.searchsorted(self.sampling_t, np.arange(teachers + 1))

    def _centers(self, mean: Array | None) -> Array:
        """(J,) what to subtract so that each indicator's values have the mean that is expected of those it measured.

        They are counted from the mean of all values; but who is measured often, or at all, may be above or below the
        others, as where beginners are observed most. A person counts by what his values tell, not by their number.
        """
        if not len(self.t):
            return np.zeros(len(self.q))
        noises = [self.components.sources[name] for name in self.names]
        loading, lasting, fresh = (
            np.array(values)[self.source][self.row]
            for values in (
                [x.loading for x in noises], [x.loading**2 + x.method_variance + x.school_source_variance for x in noises],
                [x.residual_variance for x in noises],
            )
        )  # fmt: skip
        expected = np.zeros(len(self.t)) if mean is None else (self.q[self.row] * mean[self.t]).sum(axis=1)
        residual = self.value - expected * loading * self.share * self.components.phi**self.age
        weight = 1.0 / (lasting + fresh / self.n)
        j = len(self.q)
        totals = np.bincount(self.row, weight * residual, j) / np.maximum(np.bincount(self.row, weight, j), 1e-9)
        return np.asarray(totals)

    def blocks(self, teachers: Index | None = None) -> Iterator[MeasurementBlock]:
        """Each of these teachers (all by default) once, those without any row too; alike numbers of rows together."""
        who = np.arange(len(self.number)) if teachers is None else teachers
        who = who[np.argsort(self.number[who], kind="stable")]
        for start in range(0, len(who), BLOCK):
            yield self._block(who[start : start + BLOCK])

    def _block(self, teachers: Index) -> MeasurementBlock:
        number = self.number[teachers]
        b, r = len(teachers), int(number.max(initial=0))
        present = np.arange(r) < number[:, None]
        at = np.where(present, self.first[teachers][:, None] + np.arange(r), 0)
        if not r:
            empty = np.zeros((b, 0))
            k, m = self.q.shape[1], len(self.names)
            return MeasurementBlock(
                teachers, np.zeros((b, 0, k)), np.zeros((b, 0, m)), np.zeros((b, 0, 0)), empty
            )
        row = self.row[at]
        value = np.where(present, self.value[at], 0.0)
        n, fade = (
            np.where(present, self.n[at], 1.0),
            self.components.phi ** np.where(present, self.age[at], 0.0),
        )
        source = self.source[row]
        noises = [self.components.sources[name] for name in self.names]
        loading = np.array([x.loading for x in noises])[source]
        load = np.where(present, loading * self.share[at], 0.0)
        design = (load * fade)[:, :, None] * self.q[row]
        school_design = present[:, :, None] * (source[:, :, None] == np.arange(len(self.names))).astype(
            np.float64
        )
        error = self.error_covariance(row, source, loading, load, n, fade)
        low, high = self.sampling_first[teachers], self.sampling_first[teachers + 1]
        entry = np.repeat(low - np.concatenate([[0], np.cumsum(high - low)[:-1]]), high - low)
        entry = entry + np.arange(len(entry))
        place = np.repeat(np.arange(b), high - low)
        np.add.at(error, (place, self.sampling_i[entry], self.sampling_j[entry]), self.sampling_value[entry])
        pair = present[:, :, None] & present[:, None, :]
        return MeasurementBlock(teachers, design, school_design, np.where(pair, error, np.eye(r)), value)

    def error_covariance(
        self, row: Index, source: Index, loading: Array, load: Array, n: Array, fade: Array
    ) -> Array:
        """(b, R, R) of rows (b, R): method and noise within a source, drift since the evidence over all sources (AR(1),
        conditional on today's ability: phi^|a-b| - phi^(a+b)), and other teachers' share of a class."""
        noises = [self.components.sources[name] for name in self.names]
        method, method_covariance, residual, residual_covariance = (
            np.array([getattr(x, name) for x in noises])[source]
            for name in ("method_variance", "method_covariance", "residual_variance", "residual_covariance")
        )
        same = source[:, :, None] == source[:, None, :]
        error = np.where(same, method_covariance[:, :, None], 0.0)
        error += np.where(same, residual_covariance[:, :, None], 0.0) / np.maximum(
            n[:, :, None], n[:, None, :]
        )
        ratio = fade[:, :, None] / fade[:, None, :]
        drift = np.minimum(ratio, ratio.transpose(0, 2, 1)) - fade[:, :, None] * fade[:, None, :]
        error += (
            self.together[row[:, :, None], row[:, None, :]] * drift * (load[:, :, None] * load[:, None, :])
        )
        each = np.arange(error.shape[1])
        others = (loading - load) ** 2 / n
        error[:, each, each] += method - method_covariance + (residual - residual_covariance) / n + others
        return error


def _joined(parts: list[Any], kind: type) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
