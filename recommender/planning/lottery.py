"""A share of the seats goes by lot among near-ties, so that later effects can be told from choice.

A seat is drawn among pairs of about the same objective coefficient: of one course and one school, whose teachers may
change places under every limit, and whose coefficients differ by less than the sd of that difference. One drawing
has w seats and n who may get one; each gets it with propensity w / n. Seed and propensities are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.planning.problem.candidate_pairs import Index
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.primal_heuristic import Plan

SMALLEST = 2  # people without a seat that a drawing needs


@dataclass(frozen=True)
class LotteryDraw:
    """plan after the drawings. pair, group, propensity, won (m,): all who took part, winners and others."""

    plan: Plan
    pair: Index
    group: Index
    propensity: np.ndarray
    won: np.ndarray
    seed: int


def draw_lottery(problem: PlanProblem, plan: Plan, share: float, seed: int) -> LotteryDraw:
    """Redraw about `share` of the seats among near-ties."""
    pairs = problem.pairs
    rng = np.random.default_rng(seed)
    target = round(share * len(plan.chosen))
    inside = np.zeros(len(pairs), bool)
    inside[plan.chosen] = True
    seats = np.zeros(pairs.teachers, np.intp)
    np.add.at(seats, pairs.teacher[plan.chosen], 1)
    school = _same_rows(problem)
    groups: list[tuple[int, Index, Index]] = []
    drawn = 0
    for course in rng.permutation(np.flatnonzero(plan.opened)):
        if drawn >= target:
            break
        candidates = np.flatnonzero((pairs.course == course) & ~problem.forbidden)
        has = candidates[inside[candidates] & ~problem.fixed[candidates] & (seats[pairs.teacher[candidates]] == 1)]
        free = candidates[~inside[candidates] & (seats[pairs.teacher[candidates]] == 0)]
        for group in rng.permutation(np.unique(school[pairs.teacher[has]])):
            ours = has[school[pairs.teacher[has]] == group]
            others = free[school[pairs.teacher[free]] == group]
            if not len(ours) or not len(others) or drawn >= target:
                continue
            edge = float(pairs.objective_coef[ours].min())
            sure = np.sqrt(pairs.doubt[ours[np.argmin(pairs.objective_coef[ours])]] ** 2 + pairs.doubt[others] ** 2)
            others = others[(edge - pairs.objective_coef[others] <= sure) & (pairs.objective_coef[others] > 0)]
            others = others[np.argsort(-pairs.objective_coef[others], kind="stable")][: 2 * len(ours)]
            tied = ours[pairs.objective_coef[ours] - edge <= pairs.doubt[ours]]
            tied = tied[np.argsort(pairs.objective_coef[tied], kind="stable")][: max(target - drawn, 1)]
            if len(others) < min(SMALLEST, len(tied)) or not len(tied):
                continue
            groups.append((int(course), tied, others))
            drawn += len(tied)
            seats[pairs.teacher[others]] = 9  # nobody is in two drawings
    parts = []
    chosen = set(plan.chosen.tolist())
    for number, (_, tied, others) in enumerate(groups):
        both = np.sort(np.concatenate([tied, others]))
        winners = rng.choice(both, len(tied), replace=False)
        chosen -= set(tied.tolist())
        chosen |= set(winners.tolist())
        parts.append((
            both, np.full(len(both), number), np.full(len(both), len(tied) / len(both)),
            np.isin(both, winners),
        ))  # fmt: skip
    if not parts:
        none = np.zeros(0, np.intp)
        return LotteryDraw(plan, none, none, np.zeros(0), np.zeros(0, bool), seed)
    pair, group, propensity, won = (np.concatenate(column) for column in zip(*parts, strict=True))
    result = np.array(sorted(chosen), np.intp)
    return LotteryDraw(Plan(result, plan.opened, problem.value(result)), pair, group, propensity, won, seed)


def _same_rows(problem: PlanProblem) -> Index:
    """(N,) teachers with the same number stand in the same rows of every family, so may change places."""
    code = np.zeros(problem.pairs.teachers, np.intp)
    for block in problem.constraints:
        for line in (block.teacher_row, block.variable_row):
            if line is not None and len(block.limit) < problem.pairs.teachers:
                code = np.unique(code * (len(block.limit) + 2) + line + 1, return_inverse=True)[1]
    return code
