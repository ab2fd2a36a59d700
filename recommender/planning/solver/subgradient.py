"""Prices by dual ascent: steps against the slacks, a little of the last direction kept, shorter when stuck.

Polyak's step towards a value a little below the best bound, with each limit's step scaled by how many seats
it holds, so that one budget and ten thousand teachers move alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation

KEPT: Final = 0.7  # of the last direction
AIM: Final = 0.015  # below the best bound, as a share
PATIENCE: Final = 6  # steps without a better bound before steps get shorter
SHORTER: Final = 0.7
SHORTEST: Final = 0.01
REMEMBERED: Final = 0.93  # of the averages over steps


@dataclass
class SubgradientResult:
    """Where it stands: the best bound, its prices, and how often of late each course was open (C,) and each
    pair was taken (n,): the average of relaxed plans comes close to the best plan in part (volume algorithm,
    Barahona and Anbil 2000)."""

    bound: float
    prices: Duals
    open_share: Array
    taken_share: Array
    steps: int


def subgradient_ascent(
    relaxation: LagrangianRelaxation,
    prices: Duals,
    steps: int,
    state: NDArray[np.int8] | None = None,
    value: float = 0.0,
    stride: float = 1.0,
    stopped: Callable[[], bool] = lambda: False,
    tolerance: float = 2e-6,
    usual: Array | None = None,
) -> SubgradientResult:
    """At most `steps` steps from `prices`, which stay as they are. value: the best plan so far. usual (n,):
    how often each pair was taken before, to go on averaging from."""
    problem = relaxation.problem
    scale = _scales(problem)
    at = relaxation.localized(prices)
    best_at = at.copy()
    best, stuck, direction = np.inf, 0, None
    share = np.full(problem.pairs.courses, 0.5)
    often = np.zeros(len(relaxation.chosen)) if usual is None else usual.copy()
    done = 0
    for done in range(1, steps + 1):
        look = relaxation.look(at, state)
        opened = look.opened.astype(np.float64)
        share = opened if done == 1 else REMEMBERED * share + (1 - REMEMBERED) * opened
        often *= REMEMBERED
        often[look.taken] += 1 - REMEMBERED
        if look.bound < best - 1e-12:
            gained = (best - look.bound) / max(abs(look.bound), 1e-12) if np.isfinite(best) else 1.0
            best, best_at = look.bound, at.copy()
            stuck = 0 if gained > tolerance else stuck + 1
        else:
            stuck += 1
        if stopped() or best <= value:
            break
        if stuck > PATIENCE:
            stride, stuck, direction = stride * SHORTER, 0, None
            if stride < SHORTEST:
                break
            at = best_at.copy()
            continue
        slack = relaxation.slacks(at, look)
        direction = slack if direction is None else _mixed(direction, slack)
        target = max(value, best - AIM * abs(best))
        at = _step(at, direction, scale, stride * max(look.bound - target, 1e-9), problem)
    if usual is None:
        often /= max(1.0 - REMEMBERED**done, 1e-12)
    return SubgradientResult(float(best), relaxation.globalized(best_at), share, often, done)


@dataclass(frozen=True)
class _Scale:
    unit: float
    weight: Array


def _scales(problem: PlanProblem) -> tuple[list[_Scale], list[_Scale]]:
    rows = [_Scale(unit, 1.0 / seats) for unit, seats in (r.scale() for r in problem.rows)]
    tallies = []
    for tally in problem.tallies:
        used = tally.add[tally.add > 0]
        unit = float(used.mean()) if len(used) else 1.0
        tallies.append(_Scale(unit, np.ones(len(tally.cap))))
    return rows, tallies


def _mixed(old: Duals, new: Duals) -> Duals:
    def mix(a: Array, b: Array) -> Array:
        return np.asarray(KEPT * a + (1 - KEPT) * b)

    return Duals(
        mix(old.teacher, new.teacher), mix(old.cover, new.cover),
        [mix(a, b) for a, b in zip(old.rows, new.rows, strict=True)],
        [mix(a, b) for a, b in zip(old.tallies, new.tallies, strict=True)], True,
    )  # fmt: skip


def _step(
    at: Duals, direction: Duals, scale: tuple[list[_Scale], list[_Scale]], reach: float, problem: PlanProblem
) -> Duals:
    """One step; what would push a price of 0 below 0 counts for nothing."""
    teacher = np.where((at.teacher <= 0) & (direction.teacher > 0), 0.0, direction.teacher)
    teacher = np.where(np.isfinite(problem.most), teacher, 0.0)
    cover = np.where((at.cover <= 0) & (direction.cover > 0), 0.0, direction.cover)
    square = float((teacher**2).sum() + (cover**2).sum())
    row_moves, tally_moves = [], []
    for price, move, by in zip(at.rows, direction.rows, scale[0], strict=True):
        move = np.where((price <= 0) & (move > 0), 0.0, move) / by.unit
        square += float((by.weight * move**2).sum())
        row_moves.append(by.weight * move / by.unit)
    for price, move, by in zip(at.tallies, direction.tallies, scale[1], strict=True):
        move = np.where((price <= 0) & (move > 0), 0.0, move) / by.unit
        square += float((by.weight * move**2).sum())
        tally_moves.append(by.weight * move / by.unit)
    length = reach / max(square, 1e-12)
    return Duals(
        np.maximum(at.teacher - length * teacher, 0.0),
        np.maximum(at.cover - length * cover, 0.0) if cover.size else cover,
        [np.maximum(p - length * m, 0.0) for p, m in zip(at.rows, row_moves, strict=True)],
        [np.maximum(p - length * m, 0.0) for p, m in zip(at.tallies, tally_moves, strict=True)],
        True,
    )
