"""Fewest and most seats of an opened course: facts of the catalogue, priced where they bind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.constraints.constraint import (
    LEAST,
    Constraint,
    PriceKind,
    ShadowPrice,
    SolvedDuals,
)
from recommender.planning.problem.constraint_registry import register


@register
class CourseSeats(Constraint[None]):
    """The solvers have it built in: `PlanProblem.min_seats` and `max_seats`, `RelaxationResult.seat_dual`."""

    key = "course_seats"
    order = 60
    value_type = None
    label = "planning.limit_max_seats"
    price_kinds = (
        PriceKind("max_seats", "seat", "planning.limit_max_seats"),
        PriceKind("min_seats", "seat fewer", "planning.limit_min_seats", "planning.price_cost"),
    )
    in_limits = False

    def prices(self, value: None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """A seat more where a course is full, a seat fewer where it only just opens."""
        if solved.solution.plan is None:
            return
        problem, seats, dual = solved.problem, solved.seats, solved.relaxed.seat_dual
        course = [str(c) for c in solved.district.course_ids]
        full = np.flatnonzero((dual > LEAST) & (seats >= problem.max_seats) & (seats >= DISTRICT_MINIMUM))
        for c in full[np.argsort(-dual[full], kind="stable")]:
            yield self.price(0, course[c], float(dual[c]))
        barely = np.flatnonzero((dual < -LEAST) & (seats >= DISTRICT_MINIMUM) & (seats <= problem.min_seats))
        for c in barely[np.argsort(dual[barely], kind="stable")]:
            yield self.price(1, course[c], float(-dual[c]))
