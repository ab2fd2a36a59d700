"""Changes of an infeasible question that make its whole plan possible, each verified by solving.

A conflicting set is about its own requirements only: relaxing one of them resolves that set, and the plan may still
fail on another. A remedy is a smallest set of requirements that, relaxed together, leave a feasible question (a minimal
correction set, Liffiton and Sakallah 2008). It meets every conflicting set, so single changes are looked for among the
requirements that all sets share, then pairs and triples that meet them all, then one set is grown from everything.
Numbers are relaxed no further than needed, and rounded to what is printed, towards the weaker requirement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any, Final

import numpy as np

from recommender.planning.constraints.constraint import Relaxable
from recommender.planning.infeasibility import (
    Conflict,
    Feasibility,
    PlanRequirements,
    Relaxation,
    least_relaxed,
    relaxables,
)
from recommender.planning.problem.constraint_registry import constraint
from recommender.planning.problem.district import District

MOST: Final = 3  # remedies that are given
LARGEST: Final = 3  # requirements in a remedy that is looked for among combinations
TRIES: Final = 40  # combinations that are looked at
SHARE_STEP: Final = 0.001
DIGITS: Final = 3  # significant digits of other numbers

Members = tuple[int, ...]


@dataclass(frozen=True)
class Remedy:
    """Requirements to relax together; `question` is the whole question after that, for which a plan was found."""

    relaxations: tuple[Relaxation, ...]
    question: PlanRequirements


def remedies(
    district: District,
    required: PlanRequirements,
    conflicts: tuple[Conflict, ...],
    seed: int,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Remedy]:
    """Of the smallest size only, at most MOST; empty where none was found before the end of the time."""
    feasible = Feasibility(district, seed, stopped)
    every = list(relaxables(required))
    names = [(relaxable.limit, relaxable.key) for relaxable in every]
    sets = [{k for k, name in enumerate(names) if name in _names(conflict)} for conflict in conflicts]
    result = []
    for members in _corrections(required, every, sets, feasible, stopped):
        remedy = _smallest(required, every, members, feasible)
        if remedy is not None:
            result.append(remedy)
        if len(result) == MOST or stopped():
            break
    return result


def _names(conflict: Conflict) -> set[tuple[str, str]]:
    return {(relaxation.limit, relaxation.key) for relaxation in conflict.relaxables}


def _corrections(
    required: PlanRequirements, every: list[Relaxable[Any]], sets: list[set[int]],
    feasible: Callable[[PlanRequirements], bool], stopped: Callable[[], bool],
) -> Iterator[Members]:  # fmt: skip
    """Sets of one size that leave a feasible question when left out."""
    involved = sorted(set().union(*sets)) if sets else []
    for size in range(1, min(LARGEST, len(involved)) + 1):
        meeting = (m for m in combinations(involved, size) if all(group & set(m) for group in sets))
        any_feasible = False
        for members in islice(meeting, TRIES):
            if stopped():
                return
            if feasible(_left_out(required, every, members)):
                any_feasible = True
                yield members
        if any_feasible:
            return
    yield from _grown(required, every, involved, feasible, stopped)


def _grown(
    required: PlanRequirements, every: list[Relaxable[Any]], involved: list[int],
    feasible: Callable[[PlanRequirements], bool], stopped: Callable[[], bool],
) -> Iterator[Members]:  # fmt: skip
    """One irreducible set: requirements come back one by one as long as there is a plan, the uninvolved first."""
    out = set(range(len(every)))
    if not feasible(_left_out(required, every, tuple(sorted(out)))):
        return
    for k in sorted(out, key=lambda k: (k in involved, k)):
        if stopped():
            break
        if feasible(_left_out(required, every, tuple(sorted(out - {k})))):
            out.discard(k)
    yield tuple(sorted(out))


def _left_out(required: PlanRequirements, every: list[Relaxable[Any]], members: Members) -> PlanRequirements:
    for k in members:
        required = required.without(every[k])
    return required


def _smallest(
    required: PlanRequirements, every: list[Relaxable[Any]], members: Members,
    feasible: Callable[[PlanRequirements], bool],
) -> Remedy | None:  # fmt: skip
    """Each number of the members in turn as close to what was asked as there is a plan; None where rounding ends it."""
    question = _left_out(required, every, members)
    relaxations = []
    for k in members:
        relaxable = every[k]
        enough = least_relaxed(question, relaxable, feasible)
        if enough is not None:
            enough = printed(relaxable, enough)
            question = question.at(relaxable, enough)
        requested = relaxable.value if relaxable.at is not None else None
        relaxations.append(Relaxation(relaxable.limit, relaxable.key, requested, enough, True, relaxable.raised))
    return Remedy(tuple(relaxations), question) if feasible(question) else None


def printed(relaxable: Relaxable[Any], value: float) -> float:
    """The next number that can be written out in full, towards the weaker requirement."""
    if relaxable.whole or value == 0:
        return value
    step = SHARE_STEP if constraint(relaxable.limit).share else 10.0 ** (np.floor(np.log10(abs(value))) + 1 - DIGITS)
    steps = np.ceil(value / step - 1e-9) if relaxable.raised else np.floor(value / step + 1e-9)
    return float(np.round(steps * step, 9))
