"""Dual prices by name of constraint: what one unit more of each limit would add, from which plans and prices are made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.plan_problem import PlanProblem


@dataclass
class Duals:
    """All 0 or more, in units of the objective.

    teacher (N,): of the number of courses a teacher. cover (cells, S - 1): of being the first, second, ... cover of
    a need; inside the subgradient method only those of cells that two pairs share (`local`). constraints: name of a
    block of linear constraints -> (R,). count_variables: name -> (I,), of what seats add to each count.
    keys: name of a block -> names of its rows, by which duals of one problem are matched to another's.
    """

    teacher: Array
    cover: Array
    constraints: dict[str, Array]
    count_variables: dict[str, Array]
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    local: bool = False

    @classmethod
    def none(cls, problem: PlanProblem) -> Duals:
        """Every price 0; count variables at their objective coefficient."""
        pairs = problem.pairs
        return cls(
            np.zeros(pairs.teachers),
            np.zeros((pairs.cells if len(problem.slots) > 1 else 0, max(len(problem.slots) - 1, 0))),
            {block.name: np.zeros(len(block.limit)) for block in problem.constraints},
            {v.name: v.objective_coef.astype(np.float64).copy() for v in problem.count_variables},
            {block.name: block.keys for block in problem.constraints},
        )

    def copy(self) -> Duals:
        """A copy that can be changed."""
        return Duals(
            self.teacher.copy(), self.cover.copy(), {name: p.copy() for name, p in self.constraints.items()},
            {name: p.copy() for name, p in self.count_variables.items()}, self.keys, self.local,
        )  # fmt: skip

    def of(self, constraint: str) -> dict[str, Array]:
        """Name of a block -> (R,), of all blocks that one constraint of the registry has built."""
        return {n: price for n, price in self.constraints.items() if n.partition("/")[0] == constraint}

    def fits(self, problem: PlanProblem) -> bool:
        """Whether the arrays are those of this problem: same names and rows, same shapes."""
        none = Duals.none(problem)
        return (
            self.teacher.shape == none.teacher.shape
            and self.cover.shape == none.cover.shape
            and self.keys == none.keys
            and {n: p.shape for n, p in self.constraints.items()}
            == {n: p.shape for n, p in none.constraints.items()}
            and {n: p.shape for n, p in self.count_variables.items()}
            == {n: p.shape for n, p in none.count_variables.items()}
        )

    def aligned(self, problem: PlanProblem) -> Duals:
        """The duals of another problem on the same pairs, to start from: matched by the name of a block and the keys
        of its rows; what this one does not have stays as in `none`."""
        start = Duals.none(problem)
        start.teacher = self.teacher.copy()
        if start.cover.shape == self.cover.shape:
            start.cover = self.cover.copy()
        for name, price in start.constraints.items():
            if name in self.constraints:
                own = dict(zip(self.keys[name], self.constraints[name].tolist(), strict=True))
                price[:] = [own.get(key, 0.0) for key in start.keys[name]]
        for name, price in start.count_variables.items():
            known = self.count_variables.get(name)
            if known is not None and known.shape == price.shape:
                price[:] = known
        return start
