"""The promotion gate: whether a trained ranker may rank for people.

It passes only when the paired 95% interval of its NDCG@10 over the need rule (over popularity when there is no evidence
at all) lies above 0, on labels of test schools that the rule did not make. With evidence people who chose their courses
are not enough: the other conditions are in `models/evaluation/gate_conditions.py`. Otherwise the bundle ranks by the need
rule with its trained completion model (by predicted enrolment without evidence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from features.messages import Message, message
from models.data.temporal_split import UnitKind
from models.evaluation.intervals import Interval, paired_difference
from models.evaluation.list_metrics import ListMetrics

Objective = Literal["gain", "uptake"]
RankedBy = Literal["need_rule", "ranker", "uptake"]
MIN_CLUSTERS: Final = 5  # schools (or teachers) in the test set; an interval over fewer is no proof
FALLBACK: Final[dict[Objective, RankedBy]] = {"gain": "need_rule", "uptake": "uptake"}
RIVAL: Final[dict[Objective, str]] = {"gain": "need_rule", "uptake": "popularity"}


@dataclass(frozen=True)
class GateCondition:
    """One condition of the gate: its name, whether it holds, and the figures in words."""

    name: str
    holds: bool
    finding: Message


@dataclass(frozen=True)
class GateDecision:
    """Which model ranks, the difference that decided it (None where nothing was compared), and the reason.

    conditions: all that were examined, whichever of them decided.
    """

    objective: Objective
    ranked_by: RankedBy
    rival: str
    difference: Interval | None
    reason: Message
    conditions: tuple[GateCondition, ...] = ()

    @property
    def promoted(self) -> bool:
        """True when the trained ranker passed."""
        return self.ranked_by == "ranker"


def decide(
    objective: Objective,
    ranker: NDArray[np.float64],
    rival: NDArray[np.float64],
    lists: ListMetrics,
    seed: int,
    name: str = "",
) -> GateDecision:
    """Compare NDCG@10 per test query (Q,) of the ranker with its rival; lists: of these queries, with their clusters.

    name: of the rival, by default the one of this objective (contracts, section 3).
    """
    difference = paired_difference(ranker, rival, lists.clusters, seed)
    if not difference.clusters:
        return without_ranker(objective, message("models.gate_nothing_observed"))
    unseen = unseen_units(lists.unit_kind, difference.clusters)
    name = name or RIVAL[objective]
    words = message(f"models.rival_{name}")
    value, low, high = difference.value, difference.low, difference.high
    if difference.above_zero and difference.clusters >= MIN_CLUSTERS:
        reason = message("models.gate_passed", unseen=unseen, rival=words, difference=value, low=low, high=high)
        return GateDecision(objective, "ranker", name, difference, reason)
    fallback = FALLBACK[objective]
    instead = message(f"models.fallback_{fallback}")
    if difference.clusters < MIN_CLUSTERS:
        reason = message(
            "models.gate_few_units", unseen=unseen, fewest=MIN_CLUSTERS, rival=words, difference=value, fallback=instead
        )
    else:
        reason = message(
            "models.gate_not_proven", rival=words, difference=value, low=low, high=high,
            unseen=unseen, fallback=instead,
        )  # fmt: skip
    return GateDecision(objective, fallback, name, difference, reason)


def without_ranker(objective: Objective, why: Message, difference: Interval | None = None) -> GateDecision:
    """The decision where no ranker could be trained or evaluated, or where it failed for the reason `why`."""
    fallback = FALLBACK[objective]
    reason = message("models.gate_fallback", reason=why, fallback=message(f"models.fallback_{fallback}"))
    return GateDecision(objective, fallback, RIVAL[objective], difference, reason)


def unseen_units(kind: UnitKind, count: int) -> Message:
    """How many schools or teachers were held out."""
    return message(f"models.unseen_{kind}{'_one' if count == 1 else ''}", n=count)
