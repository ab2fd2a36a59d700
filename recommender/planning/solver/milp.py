"""HiGHS on the mixed-integer program: the whole of a small problem, or a corner of a large one."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.mip_model import MipModel, build
from recommender.planning.solver.primal_heuristic import Plan


@dataclass(frozen=True)
class MilpResult:
    """plan None: none found; proven_infeasible: there is none. bound: upper bound on the objective."""

    plan: Plan | None
    bound: float
    proven_infeasible: bool
    finished: bool


def solve_exactly(
    problem: PlanProblem,
    start: Plan | None,
    seconds: float,
    seed: int,
    gap: float = 1e-9,
    stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float, float], None] = lambda value, bound: None,
) -> MilpResult:
    """The whole problem; on_progress gets the best value and bound so far."""
    free = np.flatnonzero(~problem.forbidden)
    model = build(problem, free, np.zeros(0, np.intp))
    values = None
    if start is not None:
        values = np.r_[np.isin(model.seats, start.chosen), start.opened[model.courses]].astype(np.float64)
    result = run(model, values, seconds, seed, gap, stopped, on_progress)
    plan = None
    if result.seats is not None:
        opened = np.zeros(problem.pairs.courses, bool)
        opened[model.courses[result.courses]] = True
        chosen = np.sort(model.seats[result.seats])
        plan = Plan(chosen, opened, problem.value(chosen))
    return MilpResult(plan, result.bound, result.proven_infeasible, result.finished)


def polish(
    problem: PlanProblem, plan: Plan, undecided: Index, seconds: float, seed: int, gap: float = 1e-5
) -> Plan:
    """The best plan with the same courses opened that differs from `plan` in `undecided` pairs only."""
    free = undecided[plan.opened[problem.pairs.course[undecided]] & ~problem.fixed[undecided]]
    loose = np.zeros(len(problem.pairs), bool)
    loose[free] = True
    kept_pairs = plan.chosen[~loose[plan.chosen]]
    if not len(free):
        return plan
    model = build(problem, free, kept_pairs, plan.opened)
    start = np.isin(model.seats, plan.chosen).astype(np.float64)
    result = run(model, start, seconds, seed, gap)
    if result.seats is None:
        return plan
    chosen = np.union1d(kept_pairs, model.seats[result.seats])
    better = Plan(chosen, plan.opened, problem.value(chosen))
    return better if better.value > plan.value else plan


@dataclass(frozen=True)
class _Run:
    seats: Mask | None
    courses: Mask
    bound: float
    proven_infeasible: bool
    finished: bool


def run(
    model: MipModel,
    start: Array | None,
    seconds: float,
    seed: int,
    gap: float,
    stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float, float], None] = lambda value, bound: None,
) -> _Run:
    """Maximise; one thread and a fixed seed, so that the same question gets the same answer."""
    solver = _solver()
    options: dict[str, Any] = {
        "output_flag": False, "threads": 1, "random_seed": seed % (2**31), "time_limit": float(seconds),
        "mip_rel_gap": gap, "mip_abs_gap": 1e-12, "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
    }  # fmt: skip
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_highs(model))
    n, c = len(model.seats), len(model.courses)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = _completed(model, start)
        solver.setSolution(solution)
    solver.HandleUserInterrupt = True

    def watch(event: object) -> None:
        out = event.data_out  # type: ignore[attr-defined]
        if np.isfinite(out.mip_dual_bound):
            on_progress(out.mip_primal_bound + model.constant, out.mip_dual_bound + model.constant)
        if stopped():
            solver.cancelSolve()

    solver.cbMipInterrupt.subscribe(watch)
    solver.solve()
    status = solver.getModelStatus()
    kinds = highspy.HighsModelStatus
    info = solver.getInfo()
    proven_infeasible = status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible)
    has_solution = info.primal_solution_status == 2
    bound = info.mip_dual_bound + model.constant if not proven_infeasible else -np.inf
    values = np.array(solver.getSolution().col_value) if has_solution else np.zeros(0)
    return _Run(
        values[:n] > 0.5 if has_solution else None, values[n : n + c] > 0.5 if has_solution else np.zeros(c, bool), bound,
        proven_infeasible, status == kinds.kOptimal or proven_infeasible,
    )  # fmt: skip


_FIRST = threading.Lock()
_greeted = False


def _solver() -> Any:
    """A silent solver. The first one of a process greets on stdout, which belongs to our users."""
    global _greeted
    with _FIRST:
        if _greeted:
            solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        else:
            sys.stdout.flush()
            stdout = os.dup(1)
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                solver = highspy.Highs()  # type: ignore[no-untyped-call]
            finally:
                os.dup2(stdout, 1)
                os.close(stdout)
            _greeted = True
    solver.silent()
    return solver


def _highs(model: MipModel) -> highspy.HighsLp:
    program = highspy.HighsLp()
    rows, columns = model.matrix.shape
    program.num_col_, program.num_row_ = columns, rows
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_, program.col_lower_, program.col_upper_ = model.objective_coef, model.lower, model.upper
    program.row_lower_, program.row_upper_ = model.row_lower, model.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = model.matrix.indptr
    program.a_matrix_.index_ = model.matrix.indices
    program.a_matrix_.value_ = model.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    program.integrality_ = [kinds[int(integral)] for integral in model.whole]
    return program


def _completed(model: MipModel, start: Array) -> Array:
    """The start with slots and count variables at 0, which is feasible."""
    values = np.zeros(len(model.objective_coef))
    values[: len(start)] = start
    return values
