"""A recommender for one teacher whose estimates have changed since the diagnosis, at the cost of her own row.

Everything of the city stays as it is; where a part of it looks up the needs of a teacher, it finds hers.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.gap_closure import teacher_levels
from features.needs.gap import NONE_UP_TO, THIN_BELOW, expected_gap, p_need
from features.needs.needs import LEAST_SHORT, Needs
from models.effects.need_rule import PreparedNeedRule
from models.rankers.scoring_model import PreparedScoringModel
from recommender.lists.recommend import Recommender

Array = NDArray[np.float64]


class OwnRow:
    """Stands for an array (N, K) or (N,) of which only one teacher's row is looked up."""

    def __init__(self, row: Any) -> None:
        self.row = np.asarray(row)

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) else (key, None)
        if columns is not None:
            return self.row[np.broadcast_arrays(np.asarray(rows), np.asarray(columns))[1]]
        rows = np.asarray(rows)
        return self.row if rows.ndim == 0 else np.broadcast_to(self.row, (*rows.shape, *self.row.shape))


def recommender_for(recommender: Recommender, teacher: int, mean: Array, sd: Array) -> Recommender:
    """For lists of this teacher alone; mean, sd (K,): her estimates, in teacher-SD units."""
    needs = own_needs(recommender.snapshot.needs, teacher, mean, sd)
    snapshot = _with(recommender.snapshot, needs=needs)
    rule = _rule(recommender.scorer.rule, needs, mean, sd)
    scorer: PreparedScoringModel = _with(recommender.scorer, rule=rule)
    result: Recommender = copy.copy(recommender)
    result.snapshot, result.scorer = snapshot, scorer
    result.contributions = recommender.contributions.of_needs(needs, rule)
    result.use_rule(rule)
    result.__dict__["writer"] = recommender.writer.of_snapshot(snapshot, result.contributions)
    needed, reliable = needs.needed[teacher].any(), needs.reliable[teacher].any()
    result.__dict__["teacher_statuses"] = OwnRow("listed" if needed else "met" if reliable else "thin")
    return result


def own_needs(needs: Needs, teacher: int, mean: Array, sd: Array) -> Needs:
    """The needs with her row in place of the arrays; she has a record of her own, for she has answered."""
    applies = np.asarray(needs.applies)[teacher]
    target = np.asarray(needs.gap_mean)[teacher] + np.asarray(needs.mean)[teacher]
    gap = np.where(applies, target - mean, 0.0)
    probability = np.where(applies, p_need(gap, sd), 0.0)
    reliability = np.clip(1.0 - sd**2, 0.0, 1.0)
    reliable = applies & (reliability >= THIN_BELOW)
    rows = {
        "mean": mean, "sd": sd, "gap_mean": gap, "gap_sd": sd, "p_need": probability, "reliability": reliability,
        "expected_gap": np.where(applies, expected_gap(gap, sd), 0.0),
        "short": applies & (gap >= LEAST_SHORT), "reliable": reliable,
        "needed": reliable & (probability > NONE_UP_TO) & (gap >= LEAST_SHORT),
    }  # fmt: skip
    measured = np.array(needs.measured)
    measured[teacher] = True
    changed: Needs = _with(needs, measured=measured, **{name: OwnRow(row) for name, row in rows.items()})
    return changed


def _rule(rule: PreparedNeedRule, needs: Needs, mean: Array, sd: Array) -> PreparedNeedRule:
    level, level_sd = teacher_levels(mean, sd)
    changed: PreparedNeedRule = _with(
        rule, gap=needs.gap_mean, gap_sd=needs.gap_sd, level=OwnRow(level), level_sd=OwnRow(level_sd)
    )
    return changed


def _with(one: Any, **changes: Any) -> Any:
    """A copy of a frozen object, with what it has computed already."""
    changed = copy.copy(one)
    changed.__dict__.update(changes)
    return changed
