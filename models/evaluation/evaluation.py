"""Train on the earlier part and on seen schools, judge on schools never seen: every scorer on the same lists.

`need_rule` is the closed form alone, `served` the same with the trained completion model and near-ties by
take-up (what is shown when no ranker passed the gate), `ranker` the trained ranker. Known truth is passed
in by who has it (benchmarks, `evaluate --truth`); nothing here learns from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import default_features
from features.errors import UsageError
from features.messages import message
from features.snapshot import Snapshot
from features.tables import Tables
from models.data.relevance_labels import PairLabels, no_labels
from models.data.study import Progress, Study, fit, open_study, training_data
from models.data.temporal_split import Diagnosis
from models.evaluation.list_metrics import (
    AT,
    JudgedLists,
    KnownGains,
    MetricRow,
    judge_outcomes,
    judge_truth,
    judge_uptake,
    less_own_level,
)
from models.evaluation.promotion_gate import RIVAL, GateDecision, decide, without_ranker
from models.evaluation.slices import SliceRow, sliced
from models.rankers.baselines import HoursOwed, Popularity, Random, SelfReportMatch
from models.rankers.estimator_adapter import adapt_estimator
from models.rankers.gain_ranker import log_gain
from models.rankers.scorer import Prepare, PreparedScorer
from models.rankers.scoring_model import ScoringModel

__all__ = ["EvaluationReport", "KnownGains", "evaluate", "judge"]
NEGATIVES: Final = 30  # courses not taken beside each teacher's enrolments, for a researcher's scorer
SELECTION: Final = 0.03  # NDCG@10 that choosing one's courses alone may give a ranker (docs/decisions/0205)
MOST_JUDGED: Final = 3000  # teachers whose next enrolments are judged, over all courses open to them


@dataclass(frozen=True)
class EvaluationReport:
    """Metrics row by row and the gate's decision; `judged` has the values of every list, for pooling."""

    as_of: date
    seed: int
    decision: GateDecision
    rows: list[MetricRow]
    judged: Mapping[str, JudgedLists]
    labels: int
    slices: list[SliceRow] = field(default_factory=list)

    def as_json(self, verdict: Mapping[str, str]) -> dict[str, object]:
        """Plain values; verdict: the reason of the decision in words, by language."""
        return {
            "as_of": self.as_of.isoformat(),
            "seed": self.seed,
            "objective": self.decision.objective,
            "ranked_by": self.decision.ranked_by,
            "labels": self.labels,
            "verdict": dict(verdict),
            "rows": [row.as_json() for row in self.rows],
        }


def evaluate(
    tables: Tables,
    needs_at: Diagnosis,
    as_of: date,
    truth: KnownGains | None = None,
    seed: int = 0,
    progress: Progress = None,
    threads: int = 1,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Judge all scorers on unseen schools of one city. Little data is said in the report, never raised.

    rival: whom differences are to, by default the contract's. others: scorers of a researcher by name
    (`models/rankers/estimator_adapter.py`). Raises WrongUse where the rival is none of the scorers.
    """
    study = open_study(tables, needs_at, as_of, seed, progress)
    return judge(study, truth, progress, threads, rival, others)


def judge(
    study: Study,
    truth: KnownGains | None = None,
    progress: Progress = None,
    threads: int = 1,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """The report of a study that is already open."""
    unseen = study.roles.judging
    served = fit(study, study.roles, study.before, threads, progress)
    scorers = _scorers(study, served)
    if others:
        known = study.before if study.before is not None else study.now
        labels_seen = study.labels(study.roles.seen, negatives=NEGATIVES)
        scorers |= adapt_estimator(others, default_features(), known, labels_seen)
    if rival is not None and rival not in scorers:
        raise UsageError("models.unknown_rival", rival=rival, scorers=", ".join(scorers))
    judged: dict[str, JudgedLists] = {}
    labels, found = 0, no_labels()
    if study.before is not None:
        if progress is not None:
            progress(message("models.evaluate_observed"), 0.8)
        asked = thinned(unseen, MOST_JUDGED) if study.objective == "uptake" else unseen
        found = study.labels(asked, negatives=max(len(study.before.course_ids), 1))
        labels = len(found)
        if labels:
            if study.objective == "gain":
                judged["observed"] = judge_outcomes(scorers, study.before, found)
            else:
                judged["observed"] = judge_uptake(scorers, study.before, found, study.units)
    decision = _decide(study, served, judged.get("observed"))
    if decision.promoted and study.objective == "gain" and study.before is not None:
        decision = _knows_courses(decision, study, served, study.before, found)
    if truth is not None:
        if progress is not None:
            progress(message("models.evaluate_truth"), 0.9)
        judged["truth"] = judge_truth(scorers, study.now, np.flatnonzero(unseen), truth)
    against = {test: rival or ("need_rule" if test == "truth" else RIVAL[study.objective]) for test in judged}
    rows = [row for test, held in judged.items() for row in held.rows(against[test], study.seed)]
    slices = [
        row
        for test, held in judged.items()
        for row in sliced(held, study.now if test == "truth" or study.before is None else study.before,
                          against[test], study.seed)
    ]  # fmt: skip
    return EvaluationReport(
        study.as_of, study.seed, decision, rows, judged, labels, slices
    )


def thinned(members: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Every so-manieth of the members (N,), so that no more than `most` are left."""
    chosen = np.flatnonzero(members)
    kept = np.zeros_like(members)
    kept[chosen[:: max(int(np.ceil(len(chosen) / most)), 1)]] = True
    return kept


def served_score(served: ScoringModel, snapshot: Snapshot) -> PreparedScorer:
    """The score that orders lists, on one snapshot."""
    scores = served.prepare(snapshot)
    return lambda t_idx, c_idx: scores(t_idx, c_idx).score


def _scorers(study: Study, served: ScoringModel) -> dict[str, Prepare]:
    snapshot = study.before if study.before is not None else study.now
    data = training_data(study, study.roles.seen, snapshot)
    plain = [Random(seed=study.seed), Popularity(), HoursOwed(), SelfReportMatch()]
    scorers: dict[str, Prepare] = {s.name: s.fit(data).prepare for s in plain}
    scorers["need_rule"] = served.rule.prepare
    scorers["served"] = partial(served_score, served)
    if served.ranker is not None:
        scorers["ranker"] = served.ranker.prepare
    return scorers


def _knows_courses(
    decision: GateDecision, study: Study, served: ScoringModel, before: Snapshot, labels: PairLabels
) -> GateDecision:
    """The same proof with each teacher's own level taken off both scores, by a margin; else the rule ranks."""
    assert served.ranker is not None
    ranker, rule = served.ranker, served.rule

    def log_rule(snapshot: Snapshot) -> PreparedScorer:
        score = rule.prepare(snapshot)
        return lambda t_idx, c_idx: log_gain(score(t_idx, c_idx))

    scorers: dict[str, Prepare] = {
        "ranker": less_own_level(ranker.prepare, study.seed),
        "need_rule": less_own_level(log_rule, study.seed),
    }
    held = judge_outcomes(scorers, before, labels)
    values = held.values[f"ndcg@{AT}"]
    again = decide("gain", values["ranker"], values["need_rule"], held.schools, study.seed)
    if again.difference is None or (again.promoted and again.difference.low > SELECTION):
        return decision
    why = message(
        "models.gate_courses", low=again.difference.low, high=again.difference.high, margin=SELECTION
    )
    return without_ranker("gain", why, again.difference)


def _decide(study: Study, served: ScoringModel, observed: JudgedLists | None) -> GateDecision:
    if study.before is None:
        return without_ranker(study.objective, message("models.gate_few_enrolments"))
    if served.ranker is None:
        return without_ranker(study.objective, message("models.gate_few_labels"))
    if observed is None:
        return without_ranker(study.objective, message("models.gate_nothing_observed"))
    values = observed.values[f"ndcg@{AT}"]
    first = decide(
        study.objective, values["ranker"], values[RIVAL[study.objective]], observed.schools, study.seed
    )
    if not first.promoted:
        return first
    # the rival of the contract is beaten; what would be served otherwise has to be beaten as well
    second = decide(
        study.objective, values["ranker"], values["served"], observed.schools, study.seed, "served"
    )
    return first if second.promoted else second
