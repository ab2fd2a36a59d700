"""Ablation: what each kind of evidence and each family of candidate sources contributes to a list.

With evidence: the rows of one source are removed from the tables, needs and models are fitted again, and the lists of
the same test schools are evaluated by the same labels (or known truth). Without evidence: a family of candidate sources
or of features is left out of the ranker of next enrolments. Differences are to the full model, paired, with intervals
over schools (teachers, where there are too few schools); a difference below 0 means that the part contributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import numpy as np

from features.builders.feature_set import FeatureSet, default_features
from features.errors import UsageError
from features.messages import message
from features.needs.evidence.sources.source_registry import members, reported_sources
from features.tables import Tables
from models.candidates.candidate_generation import CandidateSource
from models.data.study import Progress, Study, fit, open_study
from models.data.temporal_split import Diagnosis
from models.evaluation.evaluation import MAX_TEST_TEACHERS, ranking_score, subsample
from models.evaluation.list_metrics import (
    KnownGains,
    ListMetrics,
    MetricRow,
    enrolment_metrics,
    outcome_metrics,
    truth_metrics,
)
from models.rankers.candidate_families import FAMILIES
from models.rankers.next_course import NextCourse
from models.rankers.scorer import Prepare

ALL: Final = "all"
Removal = Callable[[Tables], Tables]


def _without_tests(tables: Tables) -> Tables:
    frame = tables["enrolments"].assign(score=np.nan, pre_score=np.nan)
    return Tables({**tables.frames, "enrolments": frame}, tables.made_up)


def _without(reported: str) -> Removal:
    def remove(tables: Tables) -> Tables:
        for source in members(reported):
            tables = source.remove(tables)
        return tables

    return remove


def removals() -> dict[str, Removal]:
    """What is left out, by name: each source of evidence as it is reported, and tests of courses."""
    return {name: _without(name) for name in reported_sources()} | {"course_tests": _without_tests}


def ablate(
    tables: Tables,
    needs_at: Diagnosis,
    as_of: date,
    truth: KnownGains | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = None,
) -> list[MetricRow]:
    """Metric rows named by the part left out, `all` first.

    Raises UsageError where there is nothing to evaluate by: no known truth, and nothing measured or taken later.
    """
    study = open_study(tables, needs_at, as_of, seed, progress)
    return ablation_lists(study, needs_at, truth, threads, progress).rows(ALL, seed)


def ablation_lists(
    study: Study, needs_at: Diagnosis, truth: KnownGains | None = None, threads: int = 1, progress: Progress = None
) -> ListMetrics:
    """The values of every list with and without each part, by part left out, for pooling cities; errors as `ablate`."""
    if study.objective == "gain":
        return _ablate_evidence(study, needs_at, truth, progress)
    return _ablate_candidates(study, threads, progress)


def _ablate_evidence(
    study: Study, needs_at: Diagnosis, truth: KnownGains | None, progress: Progress
) -> ListMetrics:
    snapshot = study.now if truth is not None else study.before
    labels = None if truth is not None else study.labels(study.roles.test, negatives=1)
    if snapshot is None or (labels is not None and not len(labels)):
        raise UsageError("models.nothing_to_evaluate")
    scorers: dict[str, Prepare] = {ALL: _fixed_scorer(study, truth is not None)}
    evidence = removals()
    for i, (name, remove) in enumerate(evidence.items()):
        if progress is not None:
            progress(message("models.without_part", part=name), i / len(evidence))
        tables = remove(study.tables)
        if tables.fingerprint() == study.tables.fingerprint():
            continue  # there was none of it
        ablated = open_study(tables, needs_at, study.as_of, study.seed)
        if ablated.objective == "gain" and (truth is not None or ablated.before is not None):
            scorers[name] = _fixed_scorer(ablated, truth is not None)
    if truth is not None:
        return truth_metrics(scorers, snapshot, np.flatnonzero(study.roles.test), truth)
    assert labels is not None
    return outcome_metrics(scorers, snapshot, labels)


def _fixed_scorer(study: Study, now: bool) -> Prepare:
    """The study's model without ranker on the study's own snapshot, whichever snapshot is passed: the units agree."""
    snapshot = study.now if now else study.before
    assert snapshot is not None
    score = ranking_score(fit(study, study.roles, snapshot, with_ranker=False), snapshot)
    return lambda _: score


def _ablate_candidates(study: Study, threads: int, progress: Progress) -> ListMetrics:
    before = study.before
    if before is None:
        raise UsageError("models.too_few_to_hide")
    model = fit(study, study.roles, before, threads, with_ranker=False)
    development = study.labels(study.roles.development, negatives=1)
    members = subsample(study.roles.test, MAX_TEST_TEACHERS)
    test = study.labels(members, negatives=len(before.course_ids))
    scorers: dict[str, Prepare] = {}
    variants = _variants()
    for i, (name, (families, features)) in enumerate(variants.items()):
        if progress is not None:
            progress(message("models.without_part", part=name), i / len(variants))
        ranker = NextCourse(features, model.enrolment, study.seed, threads, families)
        if ranker.fit_labels(before, development, study.roles):
            scorers[name] = ranker.prepare
    if ALL not in scorers or not len(test):
        raise UsageError("models.too_few_to_train")
    return enrolment_metrics(scorers, before, test, study.units, study.unit_kind)


def _variants() -> dict[str, tuple[Sequence[Sequence[CandidateSource]], FeatureSet]]:
    """The full ranker, then without the candidate sources of one module, then without one feature builder."""
    features = default_features()
    variants: dict[str, tuple[Sequence[Sequence[CandidateSource]], FeatureSet]] = {ALL: (FAMILIES, features)}
    modules = dict.fromkeys(type(family[0]).__module__.rsplit(".", 1)[-1] for family in FAMILIES)
    for module in modules:
        families = tuple(f for f in FAMILIES if not type(f[0]).__module__.endswith(module))
        variants[module] = (families, features)
    for builder in features.builders:
        others = FeatureSet([b for b in features.builders if b is not builder])
        variants[f"features: {builder.name}"] = (FAMILIES, others)
    return variants
