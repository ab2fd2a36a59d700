"""Prices of everything that is scarce: one number a limit, from which plan and explanation are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.plan_problem import PlanProblem


@dataclass
class Duals:
    """All 0 or more, in units of the objective.

    teacher (N,): of one more course for her. cover (cells, S - 1): of being the first, second, ... cover of a
    need; while prices are looked for, only those of cells that two pairs share (`local`). rows: (R,) a
    family. tallies: (I,) a tally, of what seats add to it.
    """

    teacher: Array
    cover: Array
    rows: list[Array]
    tallies: list[Array]
    local: bool = False

    @classmethod
    def none(cls, problem: PlanProblem) -> Duals:
        """Everything is free."""
        pairs = problem.pairs
        return cls(
            np.zeros(pairs.teachers),
            np.zeros((pairs.cells if len(problem.slots) > 1 else 0, max(len(problem.slots) - 1, 0))),
            [np.zeros(len(rows.limit)) for rows in problem.rows],
            [tally.worth.astype(np.float64).copy() for tally in problem.tallies],
        )

    def copy(self) -> Duals:
        """To go on from, without changing these."""
        return Duals(
            self.teacher.copy(), self.cover.copy(), [p.copy() for p in self.rows],
            [p.copy() for p in self.tallies], self.local,
        )  # fmt: skip

    def fits(self, problem: PlanProblem) -> bool:
        """Whether they are prices of a problem of this shape."""
        none = Duals.none(problem)
        return (
            self.teacher.shape == none.teacher.shape
            and self.cover.shape == none.cover.shape
            and [p.shape for p in self.rows] == [p.shape for p in none.rows]
            and [p.shape for p in self.tallies] == [p.shape for p in none.tallies]
        )
