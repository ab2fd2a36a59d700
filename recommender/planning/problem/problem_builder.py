"""Collects what settings add to a planning problem: constraints, count variables, pairs and courses decided by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Mask
from recommender.planning.problem.district import District
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT

PairIds = tuple[str, str]


@dataclass(frozen=True)
class Decisions:
    """state (C,); fixed, forbidden (P,). contradictions: fixed pairs that are not eligible or forbidden, courses that
    must and must not open, as (teacher or "", course) ids: with any of them there is no plan."""

    state: NDArray[np.int8]
    fixed: Mask
    forbidden: Mask
    contradictions: tuple[PairIds, ...]


@dataclass
class ProblemBuilder:
    """yuan: the budget. excluded (P,): pairs not offered unless they are fixed."""

    district: District
    yuan: float
    constraints: list[LinearConstraints] = field(default_factory=list)
    count_variables: dict[str, CountVariables] = field(default_factory=dict)
    max_courses: float = np.inf
    fixed_pairs: list[PairIds] = field(default_factory=list)
    forbidden_pairs: list[PairIds] = field(default_factory=list)
    open_courses: list[str] = field(default_factory=list)
    forbidden_courses: list[str] = field(default_factory=list)
    excluded: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.excluded = np.zeros(len(self.district.pairs), bool)

    def add(self, block: LinearConstraints) -> None:
        """A block of constraints; its name must be new."""
        if any(other.name == block.name for other in self.constraints):
            raise ValueError(f"two blocks of constraints are named {block.name}")
        self.constraints.append(block)

    def count(self, variable: CountVariables) -> str:
        """Count variables, added once however many constraints use them; returns their name."""
        self.count_variables.setdefault(variable.name, variable)
        return variable.name

    def decisions(self) -> Decisions:
        """Fixed goes before excluded and forbidden pairs; a forbidden course before both."""
        district, pairs = self.district, self.district.pairs
        teacher = {str(t): i for i, t in enumerate(district.teacher_ids)}
        course = {str(c): i for i, c in enumerate(district.course_ids)}
        state = np.full(pairs.courses, FREE, np.int8)
        forbidden, fixed = self.excluded.copy(), np.zeros(len(pairs), bool)
        for t, c in self.forbidden_pairs:
            if (place := pairs.find(teacher[t], course[c])) >= 0:
                forbidden[place] = True
        fixed_pairs = tuple(dict.fromkeys(self.fixed_pairs))
        contradictions: list[PairIds] = []
        for t, c in fixed_pairs:
            if (place := pairs.find(teacher[t], course[c])) >= 0:
                fixed[place] = True
                state[course[c]] = OPEN
            else:
                contradictions.append((t, c))
        forbidden &= ~fixed
        for c in self.open_courses:
            state[course[c]] = OPEN
        for c in self.forbidden_courses:
            state[course[c]] = SHUT
            fixed[pairs.course == course[c]] = False
            forbidden |= pairs.course == course[c]
        contradictions += [pair for pair in fixed_pairs if pair in set(self.forbidden_pairs)]
        contradictions += [(t, c) for t, c in fixed_pairs if c in self.forbidden_courses]
        contradictions += [("", c) for c in self.open_courses if c in self.forbidden_courses]
        return Decisions(state, fixed, forbidden, tuple(dict.fromkeys(contradictions)))
