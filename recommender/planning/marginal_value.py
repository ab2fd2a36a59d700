"""The value of more money: the plan solved again from its own duals with a round sum added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.problem.formulation import with_budget
from recommender.planning.problem.plan_problem import BUDGET
from recommender.planning.solved_plan import SolvedPlan
from recommender.planning.solver.solve import solve

ROUND: Final = 100_000.0  # yuan, for budgets of a million and more
MENTIONED: Final = 3


@dataclass(frozen=True)
class MarginalValue:
    """yuan more: gain, the smaller of the budget's dual and of what solving again brings; needs addressed, expected
    needs met and seats more; where: (competency zh, competency en, stage, needs more), most first."""

    yuan: float
    gain: float
    needs: float
    seats: int
    where: tuple[tuple[str, str, str, float], ...]
    needs_met: float = 0.0


def step_of(yuan: float) -> float:
    """A round sum: 100,000, or about a tenth of a small budget."""
    if yuan >= 10 * ROUND:
        return ROUND
    return float(10.0 ** np.floor(np.log10(max(yuan, 1000.0) / 10.0)))


def marginal_value(planned: SolvedPlan, stopped: Callable[[], bool] = lambda: False) -> MarginalValue | None:
    """None where the richer plan was not found."""
    solution, problem, district = planned.solution, planned.problem, planned.district
    if solution.plan is None:
        return None
    more = step_of(planned.yuan)
    richer = with_budget(problem, planned.yuan + more)
    solved = solve(richer, planned.seed, solution, stopped=stopped)
    if solved.plan is None:
        return None
    before = plan_metrics(district, problem, solution.plan.chosen, solution.plan.opened)
    after = plan_metrics(district, richer, solved.plan.chosen, solved.plan.opened)
    priced = float(solution.duals.constraints[BUDGET][0]) * more
    gain = max(solved.plan.value - solution.plan.value, 0.0)
    gained = min(priced, gain) if gain > 0 else priced
    counts = _by_need(planned, after.covered, solved.plan.chosen) - _by_need(
        planned, before.covered, solution.plan.chosen
    )
    needs = district.snapshot.needs
    names = district.snapshot.tables["competencies"].set_index("competency_id")
    stages = sorted(set(district.register["stage"].astype(str)))
    where = []
    for place in np.argsort(-counts.ravel(), kind="stable")[:MENTIONED]:
        stage, leaf = divmod(int(place), counts.shape[1])
        if counts[stage, leaf] >= 10:
            name = needs.competency_ids[leaf]
            where.append((
                str(names.at[name, "name_zh"]), str(names.at[name, "name_en"]), stages[stage],
                float(counts[stage, leaf]),
            ))  # fmt: skip
    return MarginalValue(
        more, gained, after.needs - before.needs, after.seats - before.seats, tuple(where),
        after.needs_met - before.needs_met,
    )  # fmt: skip


def _by_need(planned: SolvedPlan, covered: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(stages, K) needs covered for the first time."""
    district, pairs = planned.district, planned.problem.pairs
    leaves = len(district.snapshot.needs.competency_ids)
    stages = district.register["stage"].astype(str).to_numpy()
    kinds, stage = np.unique(stages, return_inverse=True)
    cell = pairs.cell[chosen][covered]
    code = stage[cell // leaves] * leaves + cell % leaves
    return np.bincount(code, district.needs.weight[cell], minlength=len(kinds) * leaves).reshape(len(kinds), leaves)
