"""Random intercepts of any number of factors, nested or crossed: exact predictions, standard deviations, REML.

    y = X b + sum_f Z_f u_f + e        u_f ~ N(0, variance_f I)   e ~ N(0, residual I)

Method: Henderson's mixed model equations (Henderson 1975; Bates et al. 2015, Journal of Statistical Software 67:1).
The factor with most levels has a diagonal block and is eliminated first; what is left is dense in the other factors
and the fixed effects, so the cost is that of one Cholesky factorisation of their number. REML by Newton steps on
the average information (Gilmour, Thompson and Cullis 1995) in log variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

Array = NDArray[np.float64]
Index = NDArray[np.intp]

STEPS: Final = 60
CLOSE: Final = 1e-6  # of a log variance, between two steps
LEAST: Final = 1e-6  # of a variance, as a share of the total


@dataclass(frozen=True)
class Mixed:
    """fixed (p,); effects: one (levels,) array a factor and their conditional standard deviations, given the
    variances and with the fixed effects estimated (`sd`) or known (`sd_given_fixed`, as lme4 has it)."""

    fixed: Array
    effects: tuple[Array, ...]
    sd: tuple[Array, ...]
    sd_given_fixed: tuple[Array, ...]
    variances: Array
    residual: float


def predict_mixed(
    y: Array, factors: Sequence[Index], variances: Array, residual: float, fixed: Array | None = None
) -> Mixed:
    """Best linear unbiased predictions with given variances.

    y (n,); factors: level of each row, from 0, one (n,) array a factor; variances (f,) above 0; fixed (n, p)
    design, an intercept by default. Raises ValueError for a variance of 0 or less.
    """
    if np.any(np.asarray(variances) <= 0) or residual <= 0:
        raise ValueError("variances must be positive")
    system = _System(y, factors, fixed)
    return system.solve(np.asarray(variances, dtype=np.float64), residual)


def fit_mixed(y: Array, factors: Sequence[Index], fixed: Array | None = None) -> Mixed:
    """Variances by REML, and the predictions with them; a variance that vanishes stays at LEAST of the total."""
    system = _System(y, factors, fixed)
    total = float(np.var(y))
    at = np.log(np.full(len(factors) + 1, total / (len(factors) + 1)))
    floor = np.log(LEAST * total)
    best = system.likelihood(at)
    for _ in range(STEPS):
        score, information = system.derivatives(at)
        free = (at > floor + 1e-9) | (score > 0)
        step = np.zeros(len(at))
        inside = information[np.ix_(free, free)]
        step[free] = np.linalg.solve(inside + 1e-9 * np.trace(inside) * np.eye(int(free.sum())), score[free])
        step = np.clip(step, -2.0, 2.0)
        for _ in range(30):  # halve until the likelihood rises
            moved = np.maximum(at + step, floor)
            found = system.likelihood(moved)
            if found >= best - 1e-9 * abs(best):
                break
            step = step / 2
        done = float(np.abs(moved - at).max())
        at, best = moved, max(found, best)
        if done < CLOSE:
            break
    values = np.exp(at)
    return system.solve(values[:-1], float(values[-1]))


@dataclass(frozen=True)
class _State:
    """The equations factored for one set of variances; everything is times the residual variance."""

    variances: Array
    residual: float
    d: Array
    left: Array
    factor: tuple[Array, bool]


class _System:
    """The parts of the equations that no variance changes."""

    def __init__(self, y: Array, factors: Sequence[Index], fixed: Array | None) -> None:
        self.y = np.asarray(y, dtype=np.float64)
        n = len(self.y)
        self.x = np.ones((n, 1)) if fixed is None else np.asarray(fixed, dtype=np.float64)
        self.factors = [np.asarray(f, dtype=np.intp) for f in factors]
        self.levels = [int(f.max()) + 1 for f in self.factors]
        self.big = int(np.argmax(self.levels))
        self.rest = [i for i in range(len(factors)) if i != self.big]
        rows = np.arange(n)
        z = [
            sparse.csr_matrix((np.ones(n), (rows, f)), shape=(n, width))
            for f, width in zip(self.factors, self.levels, strict=True)
        ]
        self.others = sparse.hstack([*(z[i] for i in self.rest), sparse.csr_matrix(self.x)], format="csr")
        self.diagonal = np.bincount(self.factors[self.big], minlength=self.levels[self.big]).astype(
            np.float64
        )
        self.cross = (z[self.big].T @ self.others).tocoo()  # (q1, q2)
        self.cross_rows = self.cross.tocsr()
        self.dense = np.asarray((self.others.T @ self.others).todense())
        self.n, self.p = n, self.x.shape[1]
        self.right = self._right(self.y)
        starts = np.cumsum([0, *(self.levels[i] for i in self.rest)])
        self.place = {
            i: slice(int(a), int(a) + self.levels[i]) for i, a in zip(self.rest, starts, strict=False)
        }
        self._last: tuple[bytes, _State] | None = None

    def _right(self, y: Array) -> tuple[Array, Array]:
        first = np.bincount(self.factors[self.big], y, self.levels[self.big]).astype(np.float64)
        return first, np.asarray(self.others.T @ y).ravel()

    def _state(self, variances: Array, residual: float) -> _State:
        """Raises LinAlgError where the equations are singular."""
        key = np.append(variances, residual).tobytes()
        if self._last is None or self._last[0] != key:
            d = self.diagonal + residual / variances[self.big]
            left = self.dense.copy()
            for i, here in self.place.items():
                left[range(here.start, here.stop), range(here.start, here.stop)] += residual / variances[i]
            scaled = sparse.diags(1.0 / d) @ self.cross_rows
            left -= np.asarray((self.cross_rows.T @ scaled).todense())
            state = _State(variances, residual, d, left, linalg.cho_factor(left, lower=True))
            self._last = key, state
        return self._last[1]

    def _solved(self, state: _State, right: tuple[Array, Array]) -> tuple[Array, Array]:
        rest = linalg.cho_solve(state.factor, right[1] - self.cross_rows.T @ (right[0] / state.d))
        return (right[0] - self.cross_rows @ rest) / state.d, rest

    def _spread(self, state: _State, inverse: Array) -> list[Array]:
        """Conditional variances of every factor's levels; inverse of the (part of the) reduced equations."""
        inside = self.cross.col < len(inverse)
        row, col, value = (a[inside] for a in (self.cross.row, self.cross.col, self.cross.data))
        through = np.zeros(self.levels[self.big])
        if len(inverse):
            whole = self.cross_rows[:, : len(inverse)] @ inverse
            told = np.bincount(row, value * whole[row, col], self.levels[self.big])
            through = told.astype(np.float64)
        found: list[Array] = [np.zeros(0)] * len(self.levels)
        found[self.big] = state.residual * (1.0 / state.d + through / state.d**2)
        diagonal = np.diag(inverse) if len(inverse) else np.zeros(0)
        for i, here in self.place.items():
            found[i] = state.residual * diagonal[here]
        return found

    def solve(self, variances: Array, residual: float) -> Mixed:
        state = self._state(variances, residual)
        first, rest = self._solved(state, self.right)
        q = len(rest) - self.p
        inverse = linalg.cho_solve(state.factor, np.eye(len(rest)))
        known = (
            linalg.cho_solve(linalg.cho_factor(state.left[:q, :q], lower=True), np.eye(q))
            if q
            else np.zeros((0, 0))
        )
        effects = self._effects(first, rest)
        sd, given = (tuple(np.sqrt(v) for v in self._spread(state, matrix)) for matrix in (inverse, known))
        return Mixed(rest[q:], tuple(effects), sd, given, variances, residual)

    def _effects(self, first: Array, rest: Array) -> list[Array]:
        return [first if i == self.big else rest[self.place[i]] for i in range(len(self.levels))]

    def likelihood(self, logs: Array) -> float:
        """The restricted log likelihood, up to a constant."""
        values = np.exp(logs)
        variances, residual = values[:-1], float(values[-1])
        try:
            state = self._state(variances, residual)
        except linalg.LinAlgError:
            return -np.inf
        first, rest = self._solved(state, self.right)
        quadratic = float(self.y @ self.y - self.right[0] @ first - self.right[1] @ rest)
        log_det = float(np.log(state.d).sum() + 2.0 * np.log(np.diag(state.factor[0])).sum())
        log_det += sum(w * np.log(v / residual) for w, v in zip(self.levels, variances, strict=True))
        log_det += (self.n - self.p) * np.log(residual)
        return float(-0.5 * (log_det + quadratic / residual))

    def derivatives(self, logs: Array) -> tuple[Array, Array]:
        """Score and average information in log variances."""
        values = np.exp(logs)
        variances, residual = values[:-1], float(values[-1])
        state = self._state(variances, residual)
        first, rest = self._solved(state, self.right)
        effects = self._effects(first, rest)
        spread = self._spread(state, linalg.cho_solve(state.factor, np.eye(len(rest))))
        parts = [u[f] for u, f in zip(effects, self.factors, strict=True)]
        left = self.y - self.x @ rest[len(rest) - self.p :] - sum(parts)
        score = np.zeros(len(values))
        used = 0.0
        for i, (u, v, width) in enumerate(zip(effects, variances, self.levels, strict=True)):
            trace = float(spread[i].sum())
            score[i] = 0.5 * (float(u @ u) / v - width + trace / v)
            used += width - trace / v
        score[-1] = 0.5 * (float(left @ left) / residual - (self.n - self.p - used))
        working = [*parts, left]  # each variance times dV/dvariance P y
        projected = [self._projected(state, w) for w in working]
        information = 0.5 * np.array([[float(a @ b) for b in projected] for a in working])
        return score, (information + information.T) / 2

    def _projected(self, state: _State, y: Array) -> Array:
        """P y for another y."""
        first, rest = self._solved(state, self._right(y))
        return np.asarray((y - first[self.factors[self.big]] - self.others @ rest) / state.residual)
