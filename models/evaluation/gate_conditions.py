"""What a trained ranker has to show before it ranks for people; every condition is examined, all have to hold.

    labels   NDCG@10 over the need rule (popularity without evidence) on labels of test schools, whole 95% interval above 0
    served   the same over what would be in use otherwise

With evidence of gains, where labels are of people who chose their courses, also:

    courses  the first after each teacher's own mean score is subtracted, above MIN_WITHIN_TEACHER (docs/decisions/0205)
    lottery  discounted gain over the need rule by lottery seats, whole 95% interval above 0, and enough of such seats

The first three hold for rankers that predict who improves whatever she takes, and who takes what she improves in anyway.
Without lottery seats no ranker of gains is promoted by itself (docs/decisions/0511).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from features.messages import Message, message
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.data.study import Study
from models.evaluation.intervals import Interval
from models.evaluation.list_metrics import CUTOFF, ListMetrics, center_by_teacher, outcome_metrics
from models.evaluation.lottery_contrast import (
    MIN_COURSES,
    MIN_ESS,
    LotteryContrast,
    lottery_contrast,
    lottery_outcomes,
)
from models.evaluation.promotion_gate import (
    RIVAL,
    GateCondition,
    GateDecision,
    decide,
    unseen_units,
    without_ranker,
)
from models.rankers.gain_ranker import log_gain
from models.rankers.scorer import Prepare, PreparedScorer
from models.rankers.scoring_model import ScoringModel

MIN_WITHIN_TEACHER: Final = 0.03  # NDCG@10 that self-selection alone may give a ranker (docs/decisions/0205)


def gate_decision(
    study: Study, model: ScoringModel, observed: ListMetrics | None, labels: PairLabels
) -> GateDecision:
    """The decision on the model's ranker. observed: metrics of the labels of test schools, None without any."""
    if study.before is None:
        return without_ranker(study.objective, message("models.gate_few_enrolments"))
    if model.ranker is None:
        return without_ranker(study.objective, message("models.gate_few_labels"))
    if observed is None:
        return without_ranker(study.objective, message("models.gate_nothing_observed"))
    values = observed.values[f"ndcg@{CUTOFF}"]
    decisions = []
    for condition, rival in (("labels", RIVAL[study.objective]), ("served", "served")):
        decision = decide(study.objective, values["ranker"], values[rival], observed, study.seed, rival)
        finding = _on_labels(decision, observed)
        decisions.append((decision, GateCondition(condition, decision.promoted, finding)))
    if study.objective == "gain":
        decisions.append(_between_courses(study, model, study.before, labels))
        decisions.append(_by_lottery(study, model, study.before))
    conditions = tuple(condition for _, condition in decisions)
    failed = [decision for decision, condition in decisions if not condition.holds]
    return replace(failed[0] if failed else decisions[0][0], conditions=conditions)


def _on_labels(decision: GateDecision, observed: ListMetrics) -> Message:
    difference, rival = decision.difference, message(f"models.rival_{decision.rival}")
    if difference is None:
        return message("models.gate_nothing_observed")
    unseen = unseen_units(observed.unit_kind, difference.clusters)
    if np.isnan(difference.low):
        return message("models.condition_few_units", rival=rival, unseen=unseen)
    return message(
        "models.condition_labels", rival=rival, difference=difference.value, low=difference.low,
        high=difference.high, unseen=unseen,
    )  # fmt: skip


def _between_courses(
    study: Study, model: ScoringModel, before: Snapshot, labels: PairLabels
) -> tuple[GateDecision, GateCondition]:
    """The first comparison with each teacher's mean subtracted from both scores; the ranker needs a margin here."""
    assert model.ranker is not None
    ranker, rule = model.ranker, model.rule

    def log_rule(snapshot: Snapshot) -> PreparedScorer:
        score = rule.prepare(snapshot)
        return lambda t_idx, c_idx: log_gain(score(t_idx, c_idx))

    scorers: dict[str, Prepare] = {
        "ranker": center_by_teacher(ranker.prepare, study.seed),
        "need_rule": center_by_teacher(log_rule, study.seed),
    }
    metrics = outcome_metrics(scorers, before, labels)
    values = metrics.values[f"ndcg@{CUTOFF}"]
    centred = decide("gain", values["ranker"], values["need_rule"], metrics, study.seed)
    difference = centred.difference
    if difference is None:
        why = message("models.gate_nothing_observed")
        return without_ranker("gain", why), GateCondition("courses", False, why)
    why = message("models.gate_courses", low=difference.low, high=difference.high, margin=MIN_WITHIN_TEACHER)
    holds = centred.promoted and difference.low > MIN_WITHIN_TEACHER
    return without_ranker("gain", why, difference), GateCondition("courses", holds, why)


def _by_lottery(study: Study, model: ScoringModel, before: Snapshot) -> tuple[GateDecision, GateCondition]:
    """The two orders by the seats of test schools that were drawn."""
    assert model.ranker is not None and study.later is not None
    drawn = lottery_outcomes(before, study.later, study.taken, study.roles.test)
    contrast = lottery_contrast(
        model.ranker.prepare(before), model.rule.prepare(before), before, drawn, study.seed
    )
    holds = contrast.enough and contrast.difference.above_zero
    why = _of_lottery(contrast)
    difference: Interval | None = contrast.difference if contrast.pairs else None
    return without_ranker("gain", why, difference), GateCondition("lottery", holds, why)


def _of_lottery(contrast: LotteryContrast) -> Message:
    if not contrast.enough:
        return message(
            "models.gate_few_drawn", pairs=contrast.pairs, courses=contrast.courses, ess=int(contrast.ess),
            fewest=int(MIN_ESS), fewest_courses=MIN_COURSES,
        )  # fmt: skip
    difference = contrast.difference
    return message(
        "models.gate_lottery", difference=difference.value, low=difference.low, high=difference.high,
        pairs=contrast.pairs, courses=contrast.courses, detectable=contrast.detectable,
    )  # fmt: skip
