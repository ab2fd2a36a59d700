"""From a district, a budget and limits to the problem that is solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.plan.constraints.budget import budget_rows
from recommender.plan.constraints.choices import Choices, choices_of
from recommender.plan.constraints.floors import floor_rows, reached_tally
from recommender.plan.constraints.hours_each import hours_rows, too_long
from recommender.plan.constraints.owed_hours import owed_tallies
from recommender.plan.constraints.release import release_rows
from recommender.plan.district import District
from recommender.plan.limits import Limits
from recommender.plan.pairs import Floats
from recommender.plan.problem import Problem
from recommender.plan.rows import Rows, Tally

DEEPEST = 3  # covers of one need that are told apart; further ones count as the last


def pose(district: District, limits: Limits, yuan: float) -> tuple[Problem, Choices]:
    """The problem, and what was decided by hand."""
    chosen = choices_of(district, limits)
    tallies: list[Tally] = []
    rows: list[Rows] = [budget_rows(district, yuan)]
    rows += hours_rows(district, limits)
    rows += release_rows(district, limits)
    if limits.floor_share_per_school or limits.floor:
        rows += floor_rows(district, limits, len(tallies))
        tallies.append(reached_tally(district))
    tallies += owed_tallies(district, limits)
    most = np.inf if limits.max_courses_per_teacher is None else float(limits.max_courses_per_teacher)
    deep = DEEPEST if limits.repeat_worth < 1 else 1
    depth = int(min(deep, max(most, 1)))
    pairs = district.pairs.with_worth(worth_of(district, limits))
    low, high = district.number("min_seats"), district.number("max_seats")
    high = np.minimum(np.where(np.isnan(high), np.inf, high), pairs.eligible)
    closed = chosen.closed | (too_long(district, limits)[pairs.course] & ~chosen.pinned)
    problem = Problem(
        pairs=pairs,
        slots=limits.repeat_worth ** np.arange(depth, dtype=np.float64),
        most=np.full(len(district.people), most),
        low=np.nan_to_num(low).astype(np.intp),
        high=high.astype(np.intp),
        state=chosen.state,
        rows=tuple(rows),
        tallies=tuple(tallies),
        pinned=chosen.pinned,
        closed=closed,
    )
    return problem, chosen


def worth_of(district: District, limits: Limits) -> Floats:
    """(P,) gain less its uncertainty, raised for schools of disadvantage; never below 0."""
    pairs = district.pairs
    worth = np.maximum(pairs.gain - limits.uncertainty_discount * pairs.sd, 0.0)
    if limits.disadvantage_weight:
        worth = worth * (1.0 + limits.disadvantage_weight * district.disadvantage)[pairs.teacher]
    return worth.astype(np.float32)


def with_budget(problem: Problem, yuan: float) -> Problem:
    """The same problem with another budget."""
    rows = tuple(replace(r, limit=np.array([yuan])) if r.name == "budget" else r for r in problem.rows)
    return replace(problem, rows=rows)
