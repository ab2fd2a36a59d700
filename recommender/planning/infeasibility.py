"""Why there is no plan: irreducible infeasible sets of requirements, and how far each has to be relaxed.

Requirements are what a planner asked for; the catalogue's seats and who may take what are facts. A set is found by
leaving out one requirement after the other (deletion filter, Chinneck 2008): one that can be left out while there is
still no plan is not part of it. Each requirement of the set is then relaxed alone until the set is feasible, which says
nothing of other sets: what makes the whole question feasible is in `remedies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from recommender.planning.constraints.constraint import Relaxable
from recommender.planning.problem.constraint_registry import constraints
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import BUDGET
from recommender.planning.solver.feasibility import feasible_plan

SETS: Final = 3  # orders in which requirements are left out, each of which may find another set
DOUBLINGS: Final = 14
BISECTIONS: Final = 12
CLOSE: Final = 0.005  # relative width at which bisection ends


@dataclass(frozen=True)
class PlanRequirements:
    """Budget and limits together."""

    yuan: float
    limits: Limits

    def value(self, key: str) -> Any:
        """The value of a constraint; None for those that nobody asks for."""
        return self.yuan if key == BUDGET else getattr(self.limits, key, None)

    def replace(self, key: str, value: Any) -> PlanRequirements:
        """The same requirements with another value of one constraint."""
        if key == BUDGET:
            return replace(self, yuan=value)
        return replace(self, limits=self.limits.replace(**{key: value}))

    def without(self, relaxable: Relaxable[Any]) -> PlanRequirements:
        """The others."""
        return self.replace(relaxable.limit, relaxable.without(self.value(relaxable.limit)))

    def at(self, relaxable: Relaxable[Any], number: float) -> PlanRequirements:
        """All, with the number of one set to another. Raises ValueError where it has none."""
        if relaxable.at is None:
            raise ValueError(f"{relaxable.limit} is not a number")
        return self.replace(relaxable.limit, relaxable.at(self.value(relaxable.limit), number))


@dataclass(frozen=True)
class Relaxation:
    """A requirement; enough: the value at which its set is feasible, None where it has to be left out.
    helps: whether relaxing it alone makes its set feasible. raised: whether a larger number asks for less."""

    limit: str
    key: str
    requested: float | None
    enough: float | None
    helps: bool
    raised: bool = True


@dataclass(frozen=True)
class Conflict:
    """An irreducible infeasible set. proven: every answer that no plan exists was exact."""

    relaxables: tuple[Relaxation, ...]
    proven: bool


def explain(
    district: District, required: PlanRequirements, seed: int, stopped: Callable[[], bool] = lambda: False
) -> list[Conflict]:
    """The smallest sets, smallest first; empty where there is a plan after all."""
    feasible = Feasibility(district, seed, stopped)
    every = list(relaxables(required))
    if feasible(required):
        return []
    sets: list[tuple[int, ...]] = []
    for turn in range(SETS):
        order = list(range(len(every)))
        order = order[::-1] if turn == 1 else order[turn:] + order[:turn]
        members = order.copy()
        for k in order:
            if stopped():
                break
            others = [i for i in members if i != k]
            if not feasible(_only(required, every, others)):
                members = others
        smallest = tuple(sorted(members))
        if smallest and smallest not in sets:
            sets.append(smallest)
    conflicts = []
    for group in sorted(sets, key=len):
        relaxed = tuple(_relax(required, every, group, k, feasible) for k in group)
        conflicts.append(Conflict(relaxed, feasible.proven))
    return conflicts


@dataclass
class Feasibility:
    """Whether there is a plan for a question. proven: every answer that there is none was exact so far."""

    district: District
    seed: int
    stopped: Callable[[], bool]
    proven: bool = True

    def __call__(self, requirements: PlanRequirements) -> bool:
        problem, decisions = build_problem(self.district, requirements.limits, requirements.yuan)
        if decisions.contradictions:
            return False
        result = feasible_plan(problem, self.seed, self.stopped)
        self.proven = self.proven and (result.plan is not None or result.finished)
        return result.plan is not None


def relaxables(required: PlanRequirements) -> Iterator[Relaxable[Any]]:
    """All requirements, one by one, as the constraints give them."""
    for constraint in constraints():
        yield from constraint.relaxables(required.value(constraint.key))


def _only(required: PlanRequirements, every: list[Relaxable[Any]], members: list[int]) -> PlanRequirements:
    for k, relaxable in enumerate(every):
        if k not in members:
            required = required.without(relaxable)
    return required


def _relax(
    required: PlanRequirements, every: list[Relaxable[Any]], group: tuple[int, ...], k: int,
    feasible: Callable[[PlanRequirements], bool],
) -> Relaxation:  # fmt: skip
    """Relax requirement k alone until those of its set are feasible."""
    relaxable = every[k]
    conflicting = _only(required, every, list(group))
    name, key, raised = relaxable.limit, relaxable.key, relaxable.raised
    enough = least_relaxed(conflicting, relaxable, feasible)
    requested = relaxable.value if relaxable.at is not None else None
    return Relaxation(name, key, requested, enough, enough is not None or feasible(conflicting.without(relaxable)), raised)


def least_relaxed(
    question: PlanRequirements, relaxable: Relaxable[Any], feasible: Callable[[PlanRequirements], bool]
) -> float | None:
    """The value closest to what was requested at which there is a plan: doubling or halving, then bisection.

    None where the requirement has no number or no number is enough.
    """
    if relaxable.at is None or relaxable.value is None:
        return None
    infeasible_at = feasible_at = relaxable.value
    for _ in range(DOUBLINGS):
        feasible_at = feasible_at * 2 + 1 if relaxable.raised else feasible_at / 2
        if feasible(question.at(relaxable, _rounded(relaxable, feasible_at))):
            break
    else:
        return None
    for _ in range(BISECTIONS):
        middle = _rounded(relaxable, (infeasible_at + feasible_at) / 2)
        if middle in (infeasible_at, feasible_at) or abs(feasible_at - infeasible_at) <= CLOSE * abs(feasible_at):
            break
        if feasible(question.at(relaxable, middle)):
            feasible_at = middle
        else:
            infeasible_at = middle
    return _rounded(relaxable, feasible_at)


def _rounded(relaxable: Relaxable[Any], value: float) -> float:
    if not relaxable.whole:
        return value
    return float(np.ceil(value) if relaxable.raised else np.floor(value))


__all__ = [
    "Conflict", "Feasibility", "PlanRequirements", "Relaxable", "Relaxation", "explain", "least_relaxed", "relaxables",
]  # fmt: skip
