"""What a plan is expected to do: gain with its uncertainty, needs covered, people reached, money spent.

A gain's uncertainty has a part common to all seats of a course, its effect, which adds up, and a part of
each seat's own, which averages out.

A need is a teacher's gap in one competency that is clear or possible. It is addressed where a seat mainly serves it, and
met where the gap is no longer larger than SMALLEST_GAP. The expected number of needs met is the sum over needs of the
probability that this changes: P(gap > SMALLEST_GAP) - P(gap - closing > SMALLEST_GAP).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.district import District
from recommender.planning.problem.plan_problem import PlanProblem, places

SERVES = 0.15  # share of a pair's gain from which it counts as covering a need


@dataclass(frozen=True)
class PlanMetrics:
    """gain and sd in teacher-SD, summed over people. seat_gain (n,): of each chosen pair, repeated cover
    counted. covered (n, G): whether a chosen pair is the first to cover a need that is possible or clear; needs: how many, each
    by its weight.
    needs_met: expected number of needs met. closed_share: of the expected gap of the needs addressed, 0 to 1."""

    gain: float
    sd: float
    cost: float
    seats: int
    teachers: int
    needs: float
    needs_met: float
    closed_share: float
    seat_gain: Array
    covered: Mask


def plan_metrics(district: District, problem: PlanProblem, chosen: Index, opened: Mask) -> PlanMetrics:
    """Of a plan of this problem."""
    pairs = problem.pairs
    cost = float(problem.used(problem.budget_row(), chosen, opened)[0])
    counted = seat_amounts(problem, chosen, pairs.gain)
    gain = pairs.gain[chosen].astype(np.float64)
    scale = np.divide(counted, gain, out=np.ones_like(gain), where=gain > 0)
    course = pairs.course[chosen]
    ratio = district.effect_ratio[course]
    own = np.maximum(pairs.sd[chosen].astype(np.float64) ** 2 - (ratio * gain) ** 2, 0.0) * scale**2
    shared = np.bincount(course, ratio * counted, minlength=pairs.courses)
    covered = _first_covers(district, problem, chosen)
    closing = need_closing(problem, chosen, pairs.gain)
    return PlanMetrics(
        gain=float(counted.sum()),
        sd=float(np.sqrt(own.sum() + (shared**2).sum())),
        cost=cost,
        seats=len(chosen),
        teachers=len(np.unique(pairs.teacher[chosen])),
        needs=float(district.needs.weight[pairs.cell[chosen][covered]].sum()),
        needs_met=district.needs.met(closing),
        closed_share=_closed_share(district, closing, pairs.cell[chosen][covered]),
        seat_gain=counted,
        covered=covered,
    )


def seat_amounts(problem: PlanProblem, chosen: Index, amount: NDArray[np.floating]) -> Array:
    """(n,) what each chosen pair adds of `amount` (P,), repeated cover of one need counting by the slots."""
    return np.asarray(_parts(problem, chosen, amount).sum(axis=1))


def need_closing(problem: PlanProblem, chosen: Index, amount: NDArray[np.floating]) -> Array:
    """(cells,) how much of each need the chosen pairs close, for gains `amount` (P,), teacher-SD units."""
    pairs = problem.pairs
    parts = _parts(problem, chosen, amount)
    return np.bincount(pairs.cell[chosen].ravel(), parts.ravel(), minlength=pairs.cells).astype(np.float64)


def _closed_share(district: District, closing: Array, cells: NDArray[np.integer]) -> float:
    weight = district.needs.weight[cells]
    gap = float((weight * district.needs.expected_gap[cells]).sum())
    return min(float((weight * closing[cells]).sum()) / gap, 1.0) if gap > 0 else 0.0


def _parts(problem: PlanProblem, chosen: Index, amount: NDArray[np.floating]) -> Array:
    """(n, G) what each chosen pair adds to each of its needs."""
    pairs, slots = problem.pairs, problem.slots
    parts = pairs.share[chosen].astype(np.float64) * amount[chosen, None].astype(np.float64)
    if not len(chosen):
        return parts
    place = places(pairs.cell[chosen].ravel(), parts.ravel(), len(slots)).reshape(parts.shape)
    return np.asarray(parts * slots[place])


def _first_covers(district: District, problem: PlanProblem, chosen: Index) -> Mask:
    cells, share = problem.pairs.cell[chosen], problem.pairs.share[chosen]
    needed = (district.needs.weight[cells] > 0) & (share >= SERVES)
    code = np.where(needed, cells, -1).ravel()
    _, first = np.unique(code, return_index=True)
    mask = np.zeros(code.shape, bool)
    mask[first] = True
    return np.asarray((mask & (code >= 0)).reshape(cells.shape))
