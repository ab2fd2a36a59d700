"""Dual ascent by a deflected subgradient method: steps against the slacks, shorter when the bound stops improving.

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
    """The best bound, its duals, and recent averages of how often each course was open (C,) and each pair was taken (n,):
    the average of relaxed plans comes close to the fractional optimum (volume algorithm, Barahona and Anbil 2000)."""

    bound: float
    duals: Duals
    open_share: Array
    taken_share: Array
    steps: int


def subgradient_ascent(
    relaxation: LagrangianRelaxation,
    duals: Duals,
    steps: int,
    state: NDArray[np.int8] | None = None,
    value: float = 0.0,
    stride: float = 1.0,
    stopped: Callable[[], bool] = lambda: False,
    tolerance: float = 2e-6,
    usual: Array | None = None,
) -> SubgradientResult:
    """At most `steps` steps from `duals`, which stay as they are. value: the best plan so far. usual (n,):
    how often each pair was taken before, to go on averaging from."""
    problem = relaxation.problem
    scale = _scales(problem)
    at = relaxation.localized(duals)
    best_at = at.copy()
    best, stuck, direction = np.inf, 0, None
    share = np.full(problem.pairs.courses, 0.5)
    frequency = np.zeros(len(relaxation.chosen)) if usual is None else usual.copy()
    done = 0
    for done in range(1, steps + 1):
        relaxed = relaxation.solve(at, state)
        opened = relaxed.opened.astype(np.float64)
        share = opened if done == 1 else REMEMBERED * share + (1 - REMEMBERED) * opened
        frequency *= REMEMBERED
        frequency[relaxed.taken] += 1 - REMEMBERED
        if relaxed.bound < best - 1e-12:
            gained = (best - relaxed.bound) / max(abs(relaxed.bound), 1e-12) if np.isfinite(best) else 1.0
            best, best_at = relaxed.bound, at.copy()
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
        slack = relaxation.slacks(at, relaxed)
        direction = slack if direction is None else _mixed(direction, slack)
        target = max(value, best - AIM * abs(best))
        at = _step(at, direction, scale, stride * max(relaxed.bound - target, 1e-9), problem)
    if usual is None:
        frequency /= max(1.0 - REMEMBERED**done, 1e-12)
    return SubgradientResult(float(best), relaxation.globalized(best_at), share, frequency, done)


@dataclass(frozen=True)
class _Scale:
    unit: float
    weight: Array


def _scales(problem: PlanProblem) -> tuple[dict[str, _Scale], dict[str, _Scale]]:
    constraints = {}
    for block in problem.constraints:
        unit, seats = block.scale()
        constraints[block.name] = _Scale(unit, 1.0 / seats)
    count_variables = {}
    for variable in problem.count_variables:
        used = variable.add[variable.add > 0]
        unit = float(used.mean()) if len(used) else 1.0
        count_variables[variable.name] = _Scale(unit, np.ones(len(variable.cap)))
    return constraints, count_variables


def _mixed(old: Duals, new: Duals) -> Duals:
    def mix(a: Array, b: Array) -> Array:
        return np.asarray(KEPT * a + (1 - KEPT) * b)

    return Duals(
        mix(old.teacher, new.teacher), mix(old.cover, new.cover),
        {name: mix(price, new.constraints[name]) for name, price in old.constraints.items()},
        {name: mix(price, new.count_variables[name]) for name, price in old.count_variables.items()},
        old.keys, True,
    )  # fmt: skip


def _step(
    at: Duals, direction: Duals, scale: tuple[dict[str, _Scale], dict[str, _Scale]], reach: float, problem: PlanProblem
) -> Duals:
    """One step, projected: what would push a dual of 0 below 0 is left out."""
    teacher = np.where((at.teacher <= 0) & (direction.teacher > 0), 0.0, direction.teacher)
    teacher = np.where(np.isfinite(problem.max_courses), teacher, 0.0)
    cover = np.where((at.cover <= 0) & (direction.cover > 0), 0.0, direction.cover)
    square = float((teacher**2).sum() + (cover**2).sum())
    moves: tuple[dict[str, Array], dict[str, Array]] = ({}, {})
    for part, prices, slacks in (
        (0, at.constraints, direction.constraints), (1, at.count_variables, direction.count_variables)
    ):  # fmt: skip
        for name, price in prices.items():
            by = scale[part][name]
            move = np.where((price <= 0) & (slacks[name] > 0), 0.0, slacks[name]) / by.unit
            square += float((by.weight * move**2).sum())
            moves[part][name] = by.weight * move / by.unit
    length = reach / max(square, 1e-12)
    return Duals(
        np.maximum(at.teacher - length * teacher, 0.0),
        np.maximum(at.cover - length * cover, 0.0) if cover.size else cover,
        {name: np.maximum(price - length * moves[0][name], 0.0) for name, price in at.constraints.items()},
        {name: np.maximum(price - length * moves[1][name], 0.0) for name, price in at.count_variables.items()},
        at.keys, True,
    )
