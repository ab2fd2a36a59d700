"""The true gain of plans in a city whose truth is known: the planner's, the usual ways of planning, an oracle's.

A plan that falls short of the oracle's does so for two reasons: what the solver may have left (its proven gap)
and not knowing the truth, which is the rest. Only simulated cities can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.simulate.truth import Truth
from models.rankers.baselines import Popularity
from models.rankers.scorer import TrainingData
from recommender.planning.baseline_plans import by_headcount, fees, greedy, in_order
from recommender.planning.optimizers_curse import optimizers_curse
from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.problem.candidate_pairs import Array, Index
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.primal_heuristic import Plan
from recommender.planning.solver.solve import Solution, solve

COLUMNS = ("plan", "true_gain", "of_oracle", "promised", "cautious", "gap", "seats", "spent")


@dataclass(frozen=True)
class TrueValues:
    """A district with its truth. popular, habit (P,): the orders in which these two give seats."""

    district: District
    truth: Truth
    popular: Index
    habit: Index

    def true_gain(self, chosen: Index) -> Array:
        """(N,) of each teacher, teacher-SD units."""
        pairs, ids = self.district.pairs, self.district.teacher_ids
        people = pairs.teacher[chosen]
        gain = self.truth.plan_gain(ids[people], self.district.course_ids[pairs.course[chosen]])
        reached = np.unique(people)
        in_truth = pd.Index(self.truth.teachers["teacher_id"]).get_indexer(pd.Index(ids[reached]))
        gains = np.zeros(pairs.teachers)
        gains[reached[np.argsort(in_truth, kind="stable")]] = gain
        return gains

    def exactly(self) -> District:
        """The same district with true gains in place of estimates."""
        d, pairs = self.district, self.district.pairs
        gain = np.empty(len(pairs), np.float32)
        for start in range(0, pairs.teachers, 500):
            a, b = pairs.first[start], pairs.first[min(start + 500, pairs.teachers)]
            grid = self.truth.gain(d.teacher_ids[start : start + 500], d.course_ids)
            gain[a:b] = grid[pairs.teacher[a:b] - start, pairs.course[a:b]]
        return replace(d, pairs=replace(pairs, gain=gain, sd=np.zeros_like(gain), objective_coef=gain))


def true_values(district: District, truth: Truth) -> TrueValues:
    """popularity: what teachers of her stage and subject took most last year; habit: what all took most, and
    within a course whoever owes most hours. Ties go to what costs less."""
    snapshot, pairs = district.snapshot, district.pairs
    everybody = np.ones(len(snapshot.teacher_ids), bool)
    rate = Popularity().fit(TrainingData(snapshot, snapshot.enrolments, everybody, 0))
    liked = rate.prepare(snapshot)(district.people[pairs.teacher], pairs.course.astype(np.intp))
    recent = snapshot.enrolments[snapshot.enrolments["c"] >= 0]
    recent = recent[recent["requested_on"] > pd.Timestamp(snapshot.as_of) - pd.Timedelta(days=365)]
    taken = np.bincount(recent["c"].to_numpy(np.intp), minlength=pairs.courses)
    price = fees(build_problem(district, Limits(), 0.0)[0])[pairs.course]
    owed = district.hours.countable[:, -1][pairs.teacher]
    return TrueValues(
        district, truth, np.lexsort((price, -liked)), np.lexsort((-owed, price, -taken[pairs.course]))
    )


def compare_plans(values: TrueValues, limits: Limits, yuan: float) -> pd.DataFrame:
    """One row a way of planning, COLUMNS; gains in teacher-SD summed over people.

    promised: as estimated; cautious: with the bound on flattery taken off; both NaN for plans that estimate nothing.
    spent: share of the budget. Floors and pins are asked of ours and the oracle's only.
    """
    problem, _ = build_problem(values.district, limits, yuan)
    exact, _ = build_problem(values.exactly(), limits.replace(uncertainty_discount=0.0), yuan)
    solved: dict[str, Solution] = {"ours": solve(problem), "oracle": solve(exact)}
    plans: dict[str, Plan | None] = {
        "ours": solved["ours"].plan,
        "greedy": greedy(problem),
        "popularity": in_order(problem, values.popular),
        "habit": by_headcount(problem, values.district.school, values.habit),
        "oracle": solved["oracle"].plan,
    }
    rows = []
    for name, plan in plans.items():
        if plan is None:
            continue
        true = float(values.true_gain(plan.chosen).sum())
        promised = cautious = np.nan
        if name in ("ours", "greedy"):
            metrics = plan_metrics(values.district, problem, plan.chosen, plan.opened)
            promised = metrics.gain
            cautious = metrics.gain * (1 - optimizers_curse(values.district, problem, plan.chosen, metrics.seat_gain))
        spent = float(problem.used(problem.budget_row(), plan.chosen, plan.opened)[0]) / max(yuan, 1.0)
        gap = solved[name].gap if name in solved else np.nan
        rows.append((name, true, np.nan, promised, cautious, gap, len(plan.chosen), spent))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    best = table.loc[table["plan"] == "oracle", "true_gain"]
    table["of_oracle"] = table["true_gain"] / (float(best.iloc[0]) if len(best) else np.nan)
    return table
