"""In what steps the numbers of a plan are reported: none finer than the largest that one person can bring to them.

The steps follow from everybody to whom courses are open, chosen or not, so two plans of one district that differ by
one person are told in the same steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM, publishable, rounded
from recommender.planning.constraints.constraint import ShadowPrice
from recommender.planning.frontier import FrontierPoint
from recommender.planning.marginal_value import MarginalValue
from recommender.planning.plan_metrics import PlanMetrics
from recommender.planning.problem.candidate_pairs import CandidatePairs, Index
from recommender.planning.problem.district import NEEDS, District
from recommender.planning.problem.objective import DEEPEST
from recommender.planning.problem.plan_problem import BUDGET, PlanProblem
from recommender.planning.unmet_needs import UnmetNeed

COUNT_STEP: Final = 5.0  # people with a need
LEAST_GAP: Final = 1e-4  # of a proven gap


@dataclass(frozen=True)
class ReportedSteps:
    """gain, objective: the largest sum over a person's best courses. price: the largest gain of a seat, which is a mean
    over DISTRICT_MINIMUM people, as one of them changes it. needs: the most needs covered of one person. needs_met:
    the most that one person can add to the expected number of needs met."""

    gain: float
    objective: float
    price: float
    needs: float
    needs_met: float

    @classmethod
    def of(cls, district: District, problem: PlanProblem, chosen: Index, metrics: PlanMetrics) -> ReportedSteps:
        """Of all plans of this problem; with repeated courses at least what a person brings to this one."""
        pairs = problem.pairs
        courses = int(min(problem.max_courses.max(initial=1.0), DEEPEST))
        gain = _best(pairs, pairs.gain, courses)
        in_plan = np.bincount(pairs.teacher[chosen], metrics.seat_gain, minlength=1).max(initial=0.0)
        needed = np.ceil(district.needs.weight.reshape(len(district.people), -1).sum(axis=1)).max(initial=0)
        return cls(
            gain=max(gain, float(in_plan)),
            objective=max(_best(pairs, pairs.objective_coef, courses), gain, float(in_plan)),
            price=float(pairs.objective_coef.max(initial=0.0)) / DISTRICT_MINIMUM,
            needs=float(min(needed, NEEDS * DEEPEST)),
            needs_met=_most_needs_met(district, problem, courses),
        )

    def total(self, value: float) -> float:
        """A sum of gains."""
        return rounded(value, self.gain)

    def with_bound(self, value: float, bound: float) -> tuple[float, float]:
        """An objective and its bound; their proven gap stays what it is."""
        reported = rounded(value, self.objective)
        gap = rounded(max(bound - value, 0.0) / bound, LEAST_GAP) if bound > 0 else 0.0
        return reported, reported / (1.0 - gap) if gap < 1.0 else reported

    def count(self, needs: float) -> int:
        """A number of needs."""
        return round(rounded(float(needs), self.needs))

    def met(self, needs: float) -> float:
        """An expected number of needs met."""
        return rounded(needs, self.needs_met)

    def share(self, value: float, gain: float) -> float:
        """A share of a sum of gains."""
        return rounded(value, self.gain / gain) if gain > 0 else value

    def prices(self, prices: Sequence[ShadowPrice]) -> tuple[ShadowPrice, ...]:
        """Without those below a step, the budget's excepted; what is worth many seats is told in their steps."""
        seat = self.price * DISTRICT_MINIMUM
        reported = [replace(p, price=rounded(p.price, seat if p.price >= seat else self.price)) for p in prices]
        return tuple(p for p in reported if p.price > 0 or p.limit == BUDGET)

    def margin(self, margin: MarginalValue) -> MarginalValue | None:
        """None where the richer plan brings less than a step."""
        gain = rounded(margin.gain, self.objective)
        if gain <= 0 < margin.gain:
            return None
        where = tuple((zh, en, stage, self.count(n)) for zh, en, stage, n in margin.where)
        return replace(margin, gain=gain, needs=self.count(margin.needs), where=where, needs_met=self.met(margin.needs_met))

    def point(self, point: FrontierPoint, weak: int, other: int) -> FrontierPoint:
        """weak, other: people in the two groups that gains a head are of."""
        objective, bound = self.with_bound(point.objective, point.bound)
        return replace(
            point, objective=objective, bound=bound, gain=self.total(point.gain), needs=self.count(point.needs),
            needs_met=self.met(point.needs_met),
            weak_gain=rounded(point.weak_gain, self.gain / max(weak, 1)),
            other_gain=rounded(point.other_gain, self.gain / max(other, 1)),
        )  # fmt: skip


def reported_needs(needs: Sequence[UnmetNeed]) -> tuple[UnmetNeed, ...]:
    """Counts in COUNT_STEPs and gaps in tenths of what one of DISTRICT_MINIMUM people changes; without those met by few."""
    return tuple(
        replace(
            need, needing=_people(need.needing), unserved=_people(need.unserved),
            uncovered=_people(need.needing if need.needing - need.uncovered < DISTRICT_MINIMUM else need.uncovered),
            gap=rounded(need.gap, 1.0 / DISTRICT_MINIMUM),
        )
        for need in needs
    )  # fmt: skip


def reported_needs_in_all(district: District) -> int | None:
    """Clear or possible needs of everybody, in steps of the most that one person has."""
    needed = district.needs.weight.reshape(len(district.people), -1).sum(axis=1)
    return round(rounded(float(needed.sum()), float(np.ceil(needed.max())))) if publishable(len(needed)) else None


def _most_needs_met(district: District, problem: PlanProblem, courses: int) -> float:
    """Over people: the expected number of needs met by the best cover of each, with all that repeated cover adds."""
    pairs, needs = problem.pairs, district.needs
    closing = np.zeros(pairs.cells)
    np.maximum.at(closing, pairs.cell.ravel(), (pairs.share * pairs.gain[:, None]).ravel())
    closing *= problem.slots[:courses].sum() if len(problem.slots) >= courses else float(courses)
    cells = np.flatnonzero((needs.weight > 0) & (closing > 0))
    change = np.zeros(pairs.cells)
    change[cells] = needs.change(cells, closing[cells])
    by_person = np.sort(change.reshape(pairs.teachers, -1), axis=1)[:, -NEEDS * courses :]
    return float(by_person.sum(axis=1).max(initial=0.0))


def _people(count: int) -> int:
    return round(rounded(float(count), COUNT_STEP))


def _best(pairs: CandidatePairs, values: NDArray[np.floating], courses: int) -> float:
    """The largest sum of one teacher's `courses` highest values."""
    by_teacher = np.lexsort((-values, pairs.teacher))
    teacher = pairs.teacher[by_teacher]
    first = np.arange(len(teacher)) - pairs.first[teacher] < courses
    return float(np.bincount(teacher[first], values[by_teacher][first], minlength=1).max(initial=0.0))
