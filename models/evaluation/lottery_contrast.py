"""Which of two orders puts the courses first that truly lift, by seats that a lottery gave.

Who chooses a course says nothing about what it does: people who choose improve more than their diagnosis predicts,
whatever they take (docs/decisions/0203, 0511). Among those who drew for a seat, being let in is chance. For a drawn
pair with outcome y, let in (A = 1) with the known propensity e,

    psi = (A - e) / (e (1 - e)) x (y - mean y)

is unbiased for the effect of being let in on this teacher (Horvitz and Thompson 1952; intention to treat). Two orders
differ in the discount of NDCG@10 that they give the course in the teacher's own list of everything open to her;

    contrast = mean over drawn pairs of (discount by a - discount by b) x psi

is then the difference of their discounted cumulative gain on courses with a lottery, teacher-SD units: labels
that neither order made and no choice of people went into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import Needs
from features.snapshot import TAKEN, Snapshot
from models.data.relevance_labels import measured_cells, taken_pairs
from models.evaluation.intervals import Interval, mean_interval
from models.rankers.scorer import PreparedScorer

Array = NDArray[np.float64]
Index = NDArray[np.intp]
CUTOFF: Final = 10
MIN_ESS: Final = 50.0  # effective number of drawn pairs that the two orders place differently
MIN_COURSES: Final = 8  # with a lottery; fewer say nothing about the rest of a catalogue
DEFAULT_PROPENSITY: Final = 0.5
PROPENSITY_RANGE: Final = (0.02, 0.98)
BLOCK: Final = 400  # teachers whose lists are scored at once


@dataclass(frozen=True)
class LotteryOutcomes:
    """n drawn pairs: won (n,), propensity (n,) of being let in, outcome (n,) the later gain on the course's goals beyond
    prediction, teacher-SD units, not shrunk."""

    t_idx: Index
    c_idx: Index
    won: NDArray[np.bool_]
    propensity: Array
    outcome: Array

    def __len__(self) -> int:
        return len(self.t_idx)


@dataclass(frozen=True)
class LotteryContrast:
    """The difference of two orders with its 95% interval over schools, and what it rests on.

    detectable: the smallest difference that 80% of such lotteries would show, teacher-SD units; NaN without an interval.
    """

    difference: Interval
    pairs: int
    courses: int
    ess: float

    @property
    def enough(self) -> bool:
        """Whether there are enough drawn pairs and courses to say anything."""
        return self.ess >= MIN_ESS and self.courses >= MIN_COURSES

    @property
    def detectable(self) -> float:
        """(1.96 + 0.84) standard errors."""
        return 2.8 * (self.difference.high - self.difference.low) / (2 * 1.96)


def lottery_outcomes(
    before: Snapshot, after: Needs, taken: pd.DataFrame, members: NDArray[np.bool_]
) -> LotteryOutcomes:
    """Measured outcomes of the members who drew in the window; arguments as of `outcome_labels`."""
    nothing = np.zeros(0, np.intp)
    rows = taken[taken["assignment"] == "lottery"]
    won = rows["status"].isin(TAKEN).to_numpy(dtype=bool)
    t = pd.Index(before.teacher_ids).get_indexer(pd.Index(rows["teacher_id"], dtype=object))
    c = pd.Index(before.course_ids).get_indexer(pd.Index(rows["course_id"], dtype=object))
    drew = (t >= 0) & (c >= 0) & (won | (rows["status"] == "refused").to_numpy(dtype=bool))
    drew[drew] = members[t[drew]]
    everyone, course, _ = taken_pairs(before, taken, members)
    trained = np.zeros(before.needs.mean.shape)
    np.add.at(trained, everyone, before.goals[course])
    cells = measured_cells(before, after, trained, members) if drew.any() else None
    if cells is None:
        return LotteryOutcomes(nothing, nothing, np.zeros(0, bool), np.zeros(0), np.zeros(0))
    t, c = t[drew].astype(np.intp), c[drew].astype(np.intp)
    propensity = rows["propensity"].to_numpy(np.float64)[drew]
    propensity = np.clip(np.where(np.isnan(propensity), DEFAULT_PROPENSITY, propensity), *PROPENSITY_RANGE)
    gain, goals = cells[0][t], before.goals[c]
    weight = np.where(np.isnan(gain), 0.0, goals)
    total = weight.sum(axis=1)
    outcome = (weight * np.nan_to_num(gain)).sum(axis=1) / np.where(total > 0, total, 1.0)
    measured = total >= 0.5 * goals.sum(axis=1)
    return LotteryOutcomes(t[measured], c[measured], won[drew][measured], propensity[measured], outcome[measured])


def lottery_contrast(
    first: PreparedScorer, second: PreparedScorer, before: Snapshot, drawn: LotteryOutcomes, seed: int
) -> LotteryContrast:
    """How much more the first order gains than the second on the drawn pairs; both scorers prepared on `before`."""
    if not len(drawn):
        nothing = float("nan")
        return LotteryContrast(Interval(nothing, nothing, nothing, 0), 0, 0, 0.0)
    weight = _discounts(first, before, drawn) - _discounts(second, before, drawn)
    e = drawn.propensity
    psi = (drawn.won - e) / (e * (1.0 - e)) * (drawn.outcome - drawn.outcome.mean())
    square = float((weight**2).sum())
    ess = float(np.abs(weight).sum() ** 2 / square) if square > 0 else 0.0
    difference = mean_interval(weight * psi, before.school_of[drawn.t_idx], seed)
    return LotteryContrast(difference, len(drawn), len(np.unique(drawn.c_idx[weight != 0])), ess)


def _discounts(score: PreparedScorer, before: Snapshot, drawn: LotteryOutcomes) -> Array:
    """(n,) 1 / log2(2 + place) of each drawn course in its teacher's list, 0 from place CUTOFF on."""
    teachers, row = np.unique(drawn.t_idx, return_inverse=True)
    own, above = score(drawn.t_idx, drawn.c_idx), np.zeros(len(drawn))
    for start in range(0, len(teachers), BLOCK):
        block = teachers[start : start + BLOCK]
        open_to = before.eligibility.block(block)
        t, c = np.nonzero(open_to)
        value = np.full(open_to.shape, -np.inf)
        value[t, c] = score(block[t], c.astype(np.intp))
        mine = np.flatnonzero((row >= start) & (row < start + BLOCK))
        listed = value[row[mine] - start]
        earlier = np.arange(listed.shape[1])[None, :] < drawn.c_idx[mine][:, None]
        level = own[mine][:, None]
        above[mine] = ((listed > level) | ((listed == level) & earlier)).sum(axis=1)
    return np.where(above < CUTOFF, 1.0 / np.log2(above + 2.0), 0.0)
