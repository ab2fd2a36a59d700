"""What a plan is expected to do: gain with its uncertainty, needs covered, people reached, money spent.

A gain's uncertainty has a part common to all seats of a course, its effect, which adds up, and a part of
each seat's own, which averages out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.gap import THIN_BELOW
from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.district import District
from recommender.planning.problem.plan_problem import PlanProblem, places

NEED_THRESHOLD = 0.30  # p_need above which a need is possible or clear
SERVES = 0.15  # share of a pair's gain from which it counts as covering a need


@dataclass(frozen=True)
class PlanMetrics:
    """gain and sd in teacher-SD, summed over people. seat_gain (n,): of each chosen pair, repeated cover
    counted. covered (n, G): whether a chosen pair is the first to cover a need that is possible or clear."""

    gain: float
    sd: float
    cost: float
    seats: int
    teachers: int
    needs: int
    seat_gain: Array
    covered: Mask


def needed_cells(district: District) -> Mask:
    """(cells,) needs of these people that are clear or possible, thin ones left out."""
    needs = district.snapshot.needs
    needed = needs.applies & (needs.p_need > NEED_THRESHOLD) & (needs.reliability >= THIN_BELOW)
    return np.asarray(needed[district.people].ravel())


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
    return PlanMetrics(
        gain=float(counted.sum()),
        sd=float(np.sqrt(own.sum() + (shared**2).sum())),
        cost=cost,
        seats=len(chosen),
        teachers=len(np.unique(pairs.teacher[chosen])),
        needs=int(covered.sum()),
        seat_gain=counted,
        covered=covered,
    )


def seat_amounts(problem: PlanProblem, chosen: Index, amount: NDArray[np.floating]) -> Array:
    """(n,) what each chosen pair adds of `amount` (P,), repeated cover of one need counting by the slots."""
    pairs, slots = problem.pairs, problem.slots
    if not len(chosen):
        return np.zeros(0)
    parts = pairs.share[chosen].astype(np.float64) * amount[chosen, None].astype(np.float64)
    place = places(pairs.cell[chosen].ravel(), parts.ravel(), len(slots)).reshape(parts.shape)
    return np.asarray((parts * slots[place]).sum(axis=1))


def _first_covers(district: District, problem: PlanProblem, chosen: Index) -> Mask:
    cells, share = problem.pairs.cell[chosen], problem.pairs.share[chosen]
    needed = needed_cells(district)[cells] & (share >= SERVES)
    code = np.where(needed, cells, -1).ravel()
    _, first = np.unique(code, return_index=True)
    mask = np.zeros(code.shape, bool)
    mask[first] = True
    return np.asarray((mask & (code >= 0)).reshape(cells.shape))
