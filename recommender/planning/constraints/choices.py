"""What a planner decides by hand: courses that must or must not open, pins, forbidden pairs, named lists;
and what teachers refused. A pin goes before a refusal; nothing goes before eligibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Mask
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT


@dataclass(frozen=True)
class Choices:
    """state (C,), pinned and closed (P,). not_open: pins of what is not open to the teacher or is forbidden,
    and courses that must and must not open, as (teacher or "", course) ids: with any of them there is no plan.
    """

    state: NDArray[np.int8]
    pinned: Mask
    closed: Mask
    not_open: tuple[tuple[str, str], ...]


def pins_of(limits: Limits) -> tuple[tuple[str, str], ...]:
    """All pinned pairs, those of named lists included."""
    listed = [(teacher, held.course) for held in limits.list for teacher in held.teachers]
    return tuple(dict.fromkeys([*limits.pin, *listed]))


def choices_of(district: District, limits: Limits) -> Choices:
    """Raises nothing: ids were checked before."""
    pairs = district.pairs
    teacher = {str(t): i for i, t in enumerate(district.teacher_ids)}
    course = {str(c): i for i, c in enumerate(district.course_ids)}
    state = np.full(pairs.courses, FREE, np.int8)
    closed = district.refused.copy() if limits.keep_refusals else np.zeros(len(pairs), bool)
    for t, c in limits.forbid_pairs:
        if (place := pairs.find(teacher[t], course[c])) >= 0:
            closed[place] = True
    for held in limits.list:
        if held.only:
            closed |= pairs.course == course[held.course]
    pinned, not_open = np.zeros(len(pairs), bool), []
    for t, c in pins_of(limits):
        if (place := pairs.find(teacher[t], course[c])) >= 0:
            pinned[place] = True
            state[course[c]] = OPEN
        else:
            not_open.append((t, c))
    forbidden = [(t, c) for t, c in pins_of(limits) if (t, c) in set(limits.forbid_pairs)]
    closed &= ~pinned
    for c in limits.must_open:
        state[course[c]] = OPEN
    for c in limits.forbid:
        state[course[c]] = SHUT
        pinned[pairs.course == course[c]] = False
        closed |= pairs.course == course[c]
    not_open += forbidden + [(t, c) for t, c in pins_of(limits) if c in limits.forbid]
    not_open += [("", c) for c in limits.must_open if c in limits.forbid]
    return Choices(state, pinned, closed, tuple(dict.fromkeys(not_open)))
