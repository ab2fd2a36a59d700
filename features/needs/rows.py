"""Cells of all sources side by side, cut into blocks of teachers with dense arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.needs.averages import Averages
from features.needs.components import Components

Array = NDArray[np.float64]
Index = NDArray[np.intp]
BLOCK = 256


@dataclass(frozen=True)
class Block:
    """b teachers with R rows: design (b, R, K) on ability, shared (b, R, M) on the school's own part of each
    source, error (b, R, R), value (b, R); a missing row has no design and unit error."""

    teachers: Index
    design: Array
    shared: Array
    error: Array
    value: Array


class Rows:
    """Rows of N teachers: one for each source and indicator."""

    def __init__(
        self, cells: list[Averages], components: Components, teachers: int, k: int, mean: Array | None = None
    ) -> None:
        """mean (N, K): what is expected of everyone before anything is measured, 0 by default."""
        self.components = components
        self.names = [c.name for c in cells]
        widths = [len(c.q) for c in cells]
        start = np.concatenate([[0], np.cumsum(widths)]).astype(np.intp)
        self.q = np.concatenate([c.q for c in cells]) if cells else np.zeros((0, k))
        self.source = np.repeat(np.arange(len(cells)), widths)
        self.t = _joined([c.t for c in cells], np.intp)
        self.row = _joined([c.j + s for c, s in zip(cells, start[:-1], strict=True)], np.intp)
        self.value, self.n, self.age, self.share = (
            _joined([getattr(c, name) for c in cells], np.float64) for name in ("mean", "n", "age", "share")
        )
        self._center(mean)
        known = [c.known + np.array([0, s, s, 0]) for c, s in zip(cells, start[:-1], strict=True)]
        self.known = np.concatenate(known) if known else np.zeros((0, 4))
        self.order = self._order(teachers)
        place = np.empty(teachers, dtype=np.intp)
        place[self.order] = np.arange(teachers)
        by_place = np.argsort(place[self.t], kind="stable")
        self.t, self.row, self.value, self.n, self.age, self.share = (
            a[by_place] for a in (self.t, self.row, self.value, self.n, self.age, self.share)
        )
        self.at = place[self.t]
        known_at = place[self.known[:, 0].astype(np.intp)]
        by_place = np.argsort(known_at, kind="stable")
        self.known, self.known_at = self.known[by_place], known_at[by_place]

    def _center(self, mean: Array | None) -> None:
        """Each indicator's values get the mean that is expected of those it measured.

        They are counted from the mean of all values; but who is measured often, or at all, may be above or below the
        others, as where beginners are observed most. A person counts by what his values tell, not by their number.
        """
        if not len(self.t):
            return
        noises = [self.components.sources[name] for name in self.names]
        loading, lasting, fresh = (
            np.array(values)[self.source][self.row]
            for values in (
                [x.loading for x in noises], [x.loading**2 + x.method + x.shared for x in noises],
                [x.noise for x in noises],
            )
        )  # fmt: skip
        expected = np.zeros(len(self.t)) if mean is None else (self.q[self.row] * mean[self.t]).sum(axis=1)
        rest = self.value - expected * loading * self.share * self.components.phi**self.age
        weight = 1.0 / (lasting + fresh / self.n)
        total = np.bincount(self.row, weight * rest) / np.maximum(np.bincount(self.row, weight), 1e-9)
        self.value = self.value - total[self.row]

    def _order(self, teachers: int) -> Index:
        """Teachers with alike rows beside each other, so that a block has few rows that most lack."""
        last = np.full(teachers, -1)
        np.maximum.at(last, self.t, self.row)
        weight = np.bincount(self.t, self.row * 1.0, teachers)
        number = np.bincount(self.t, minlength=teachers)
        return np.lexsort((weight, number, last)).astype(np.intp)

    def blocks(self) -> Iterator[Block]:
        """Every teacher once, those without any row too."""
        for start in range(0, len(self.order), BLOCK):
            yield self._block(start, min(start + BLOCK, len(self.order)))

    def _block(self, start: int, end: int) -> Block:
        low, high = np.searchsorted(self.at, [start, end])
        here = slice(low, high)
        used = np.unique(self.row[here])
        b, r = end - start, len(used)
        where = (self.at[here] - start, np.searchsorted(used, self.row[here]))
        grid = np.zeros((5, b, r))
        grid[1] = 1.0
        for layer, values in zip(grid[:4], (self.value, self.n, self.age, self.share), strict=True):
            layer[where] = values[here]
        grid[4][where] = 1.0
        value, n, age, share, seen = grid
        q, source = self.q[used], self.source[used]
        noises = [self.components.sources[name] for name in self.names]
        loading = np.array([x.loading for x in noises])[source] if len(noises) else np.zeros(0)
        load = loading * share * seen
        design = (load * self.components.phi**age)[:, :, None] * q
        shared = seen[:, :, None] * (source[:, None] == np.arange(len(self.names)))
        error = self._error(q, source, load, n, age)
        low, high = np.searchsorted(self.known_at, [start, end])
        told = self.known[low:high]
        np.add.at(
            error,
            (
                self.known_at[low:high] - start,
                np.searchsorted(used, told[:, 1].astype(np.intp)),
                np.searchsorted(used, told[:, 2].astype(np.intp)),
            ),
            told[:, 3],
        )
        pair = (seen[:, :, None] * seen[:, None, :]) > 0
        error = np.where(pair, error, np.eye(r))
        return Block(self.order[start:end], design, shared, error, value)

    def _error(self, q: Array, source: Index, load: Array, n: Array, age: Array) -> Array:
        """Method and noise within a source, drift since the evidence over all sources (AR(1), conditional on
        today's ability: phi^|a-b| - phi^(a+b)), and other teachers' share of a class."""
        phi = self.components.phi
        noises = [self.components.sources[name] for name in self.names]
        part = {
            name: np.array([getattr(x, name) for x in noises])[source] if len(noises) else np.zeros(0)
            for name in ("method", "method_common", "noise", "noise_common", "loading")
        }
        same = (source[:, None] == source[None, :]).astype(np.float64)
        own = np.eye(len(source))
        lasting = same * part["method_common"] + own * (part["method"] - part["method_common"])
        fresh = same * part["noise_common"] + own * (part["noise"] - part["noise_common"])
        error = lasting + fresh / np.maximum(n[:, :, None], n[:, None, :])
        together = q @ self.components.shape @ q.T
        apart = phi ** np.abs(age[:, :, None] - age[:, None, :]) - phi ** (age[:, :, None] + age[:, None, :])
        error = error + together * apart * load[:, :, None] * load[:, None, :]
        others = (part["loading"] - load) ** 2 / n
        return np.asarray(error + own * others[:, :, None])


def _joined(parts: list[Any], kind: type) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
