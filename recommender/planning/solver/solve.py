"""From a problem to a plan with a proven bound: dual ascent, column generation, primal heuristic, then HiGHS.

HiGHS solves small problems whole and of large ones the pairs that are undecided. Every number of steps is fixed and every
draw seeded, so the same problem gives the same plan; only `seconds` or `stopped` may end it sooner, and the result says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index, merged
from recommender.planning.problem.plan_problem import OPEN, PlanProblem
from recommender.planning.solver.column_generation import WHOLE, initial_pairs, violated, warm_pairs
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.feasibility import feasible_plan
from recommender.planning.solver.lagrangian import LagrangianRelaxation
from recommender.planning.solver.milp import polish, solve_exactly
from recommender.planning.solver.primal_heuristic import Plan, primal_heuristic
from recommender.planning.solver.search import dive
from recommender.planning.solver.subgradient import subgradient_ascent

EXACT: Final = 12_000  # pairs up to which HiGHS gets the whole problem
LARGE: Final = 600_000  # active pairs from which courses are settled in one round
MISSED: Final = 0.002  # of the active pairs that may be missing while duals still move
POLISHED: Final = 12_000  # pairs decided by HiGHS at the end: two a seat, at most so many
LEAST: Final = 2_000
ENOUGH: Final = 1e-4  # relative gap from which on HiGHS is not called

Tell = Callable[[float, float | None, float], None]
"""Called with the share of the work done, the best value so far and the bound."""


@dataclass(frozen=True)
class Effort:
    """How much work a solve may be.

    steps of dual ascent at first; passes over all pairs with `more` steps after each; steps that are averaged;
    rounds of `dive` steps that settle which courses open; pairs `polished` by HiGHS; pairs up to which HiGHS
    gets the whole problem.
    """

    steps: int = 400
    passes: int = 4
    more: int = 100
    dive: int = 40
    rounds: int = 4
    averaged: int = 60
    polished: int = POLISHED
    polish_seconds: float = 12.0
    exact: int = EXACT
    exact_seconds: float = 30.0


QUICK: Final = Effort(60, 1, 25, 25, 0, 30, 5000, 4.0, 4000, 5.0)
FAR: Final = Effort(150, 1, 40, 25, 1, 40, 3000, 3.0, 4000, 5.0)
"""For warm starts from a similar problem, or a less similar one."""


@dataclass(frozen=True)
class Solution:
    """plan None: no plan was found; `impossible` when there is none. value <= best possible <= bound.

    duals: at the plan. active: the pairs of the restricted problem, with frequency: how often each was taken, for warm
    starts. cut: ended by `seconds` or `stopped`.
    """

    plan: Plan | None
    bound: float
    duals: Duals
    active: Index
    frequency: Array
    proven_infeasible: bool
    cut: bool
    seconds: float

    @classmethod
    def infeasible(cls, problem: PlanProblem) -> Solution:
        """Requirements that contradict each other before anything is solved."""
        none = np.zeros(0, np.intp)
        return cls(None, -np.inf, Duals.none(problem), none, np.zeros(0), True, False, 0.0)

    @property
    def gap(self) -> float:
        """How far the plan may be from the best possible, as a share of the bound; 0 for nothing to gain."""
        if self.plan is None:
            return np.inf
        return max(self.bound - self.plan.value, 0.0) / self.bound if self.bound > 1e-12 else 0.0


def solve(
    problem: PlanProblem,
    seed: int = 0,
    warm: Solution | None = None,
    effort: Effort | None = None,
    seconds: float = np.inf,
    stopped: Callable[[], bool] = lambda: False,
    on_progress: Tell = lambda share, value, bound: None,
) -> Solution:
    """The best plan within the effort. warm: an earlier solution of a problem on the same pairs."""
    started = time.monotonic()
    effort = effort or (Effort() if warm is None else QUICK)
    cut = False

    def over() -> bool:
        nonlocal cut
        cut = cut or stopped() or time.monotonic() - started > seconds
        return cut

    if warm is not None and warm.plan is not None and warm.duals.fits(problem):
        active, duals = warm_pairs(problem, warm.duals, warm.active, warm.plan.chosen), warm.duals
    else:
        warm = None
        active, duals = initial_pairs(problem, seed)
    on_progress(0.1, None, np.inf)
    relaxation = LagrangianRelaxation(problem, active)
    ascent = subgradient_ascent(relaxation, duals, effort.steps, stride=1.0 if warm is None else 0.2, stopped=over)
    on_progress(0.4, None, ascent.bound)
    for _ in range(effort.passes):
        missing = violated(problem, ascent.duals, active, _floor(relaxation, ascent.duals))
        if len(missing) <= MISSED * len(active) or over():
            break
        added = _most_violated(problem, ascent.duals, missing, len(active) if warm is None else 0)
        active = merged(len(problem.pairs), active, added)
        relaxation = LagrangianRelaxation(problem, active)
        ascent = subgradient_ascent(relaxation, ascent.duals, effort.more, stride=0.3, stopped=over)
    on_progress(0.6, None, ascent.bound)
    settled = subgradient_ascent(
        relaxation, ascent.duals, effort.averaged, stride=0.15, tolerance=0.0, stopped=over,
        usual=_before(warm, relaxation),
    )  # fmt: skip
    best = settled if settled.bound <= ascent.bound else ascent
    bound = _proven(problem, best.duals, active, relaxation)
    search = dive(
        relaxation, best.duals, settled.open_share, settled.taken_share, None, effort.dive,
        effort.rounds if len(active) < LARGE else 1,
        over, lambda plan: on_progress(0.7, plan.value if plan else None, bound),
    )  # fmt: skip
    plan, proven_infeasible = search.plan, False
    if plan is None and not over():
        plan, proven_infeasible = _start(problem, relaxation, best.duals, seed, over)
    on_progress(0.8, plan.value if plan else None, bound)
    if plan is not None and not proven_infeasible and not over() and bound - plan.value > ENOUGH * abs(bound):
        number = int(np.clip(2 * len(plan.chosen), LEAST, effort.polished))
        undecided = _undecided(relaxation, search.duals, search.frequency, plan, number)
        plan = polish(problem, plan, undecided, min(effort.polish_seconds, seconds), seed)
    open_pairs = int((~problem.forbidden).sum())
    improvable = not proven_infeasible and (plan is None or bound - plan.value > 1e-9 * max(abs(bound), 1.0))
    if improvable and open_pairs <= effort.exact and not over():
        whole = solve_exactly(
            problem, plan, effort.exact_seconds, seed, stopped=over,
            on_progress=lambda value, top: on_progress(0.9, value if np.isfinite(value) else None, min(top, bound)),
        )  # fmt: skip
        proven_infeasible = whole.proven_infeasible and plan is None
        bound = min(bound, whole.bound) if not proven_infeasible else -np.inf
        if whole.plan is not None and (plan is None or whole.plan.value > plan.value):
            plan = whole.plan
        cut = cut or not whole.finished
    if plan is not None:
        bound = max(bound, plan.value)
    on_progress(1.0, plan.value if plan else None, bound)
    frequency = np.zeros(len(problem.pairs))
    frequency[relaxation.chosen] = search.frequency
    return Solution(
        plan, bound, search.duals, active, frequency[active], proven_infeasible, cut, time.monotonic() - started
    )


def _start(
    problem: PlanProblem, relaxation: LagrangianRelaxation, duals: Duals, seed: int, over: Callable[[], bool]
) -> tuple[Plan | None, bool]:
    """Where the primal heuristic found no plan: any feasible plan, filled up; and whether there is none."""
    result = feasible_plan(problem, seed, over)
    if result.plan is None:
        return None, result.proven_infeasible and result.finished
    fixed = problem.fixed.copy()
    fixed[result.plan.chosen] = True
    state = np.where(result.plan.opened, OPEN, problem.state).astype(np.int8)
    extended = replace(problem, fixed=fixed, state=state)
    wider = LagrangianRelaxation(extended, merged(len(problem.pairs), relaxation.chosen, result.plan.chosen))
    filled = primal_heuristic(wider, duals, wider.solve(duals), state)
    return (filled if filled is not None and filled.value >= result.plan.value else result.plan), False


def _floor(relaxation: LagrangianRelaxation, duals: Duals) -> Array:
    """(C,) the reduced value above which a pair left out matters: 0, and -inf in courses where fewest seats bind."""
    return np.where(relaxation.solve(duals).seat_dual < 0, -np.inf, 0.0)


def _most_violated(problem: PlanProblem, duals: Duals, missing: Index, number: int) -> Index:
    """At most about as many as are active already: those of highest reduced value."""
    number = max(number // 2, WHOLE)
    if len(missing) <= number:
        return missing
    value = LagrangianRelaxation.block_reduced(problem, missing, duals)
    return np.sort(missing[np.argpartition(-value, number)[:number]])


def _proven(problem: PlanProblem, duals: Duals, active: Index, relaxation: LagrangianRelaxation) -> float:
    """The bound at these duals over all pairs; those left out are priced one last time."""
    missing = violated(problem, duals, active, _floor(relaxation, duals))
    if len(missing):
        relaxation = LagrangianRelaxation(problem, merged(len(problem.pairs), active, missing))
    return relaxation.solve(duals, outside=0.0).bound


def _before(warm: Solution | None, relaxation: LagrangianRelaxation) -> Array | None:
    """How often each pair was taken in an earlier solution."""
    if warm is None or warm.plan is None:
        return None
    frequency = np.zeros(len(relaxation.problem.pairs))
    frequency[warm.active] = warm.frequency
    return np.asarray(0.5 * frequency[relaxation.chosen] + 0.5 * np.isin(relaxation.chosen, warm.plan.chosen))


def _undecided(relaxation: LagrangianRelaxation, duals: Duals, frequency: np.ndarray, plan: Plan, number: int) -> Index:
    """The pairs about which the relaxed plans and the plan agree least."""
    relaxed = relaxation.solve(duals)
    inside = np.isin(relaxation.chosen, plan.chosen)
    doubt = np.where(inside, 1.0 - frequency, frequency)
    close = np.abs(relaxed.reduced - relaxed.seat_dual[relaxation.course])
    scale = max(float(close.mean()), 1e-12)
    score = np.where(plan.opened[relaxation.course], doubt - 0.1 * np.minimum(close / scale, 10.0), -np.inf)
    order = np.argsort(-score, kind="stable")[:number]
    return np.sort(relaxation.chosen[order[np.isfinite(score[order])]])


__all__ = ["FAR", "QUICK", "Effort", "Solution", "solve"]
