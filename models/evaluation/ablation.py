"""What each kind of evidence and each family of sources is worth to a list: taken away one at a time.

With evidence: a source's rows are removed from the tables, everything is diagnosed and fitted again, and the lists
of the same unseen schools are judged by the same labels (or known truth). Without: a family of retrieval sources or of
features is left out of the ranker of next enrolments. Differences are to the whole, paired, with intervals over
schools; below 0 means that the part was worth having.
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
from models.evaluation.evaluation import MOST_JUDGED, served_score, thinned
from models.evaluation.list_metrics import (
    KnownGains,
    MetricRow,
    judge_outcomes,
    judge_truth,
    judge_uptake,
)
from models.rankers.candidate_families import FAMILIES
from models.rankers.next_course import NextCourse
from models.rankers.scorer import Prepare

WHOLE: Final = "all"
Kept = Callable[[Tables], Tables]


def _no_tests(tables: Tables) -> Tables:
    frame = tables["enrolments"].assign(score=np.nan, pre_score=np.nan)
    return Tables({**tables.frames, "enrolments": frame}, tables.made_up)


def _without(reported: str) -> Kept:
    def remove(tables: Tables) -> Tables:
        for source in members(reported):
            tables = source.remove(tables)
        return tables

    return remove


def removals() -> dict[str, Kept]:
    """What is left out, by name: each source of evidence as it is reported, and tests of courses."""
    return {name: _without(name) for name in reported_sources()} | {"course_tests": _no_tests}


def ablate(
    tables: Tables,
    needs_at: Diagnosis,
    as_of: date,
    truth: KnownGains | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = None,
) -> list[MetricRow]:
    """Rows named by what was left out, `all` first.

    Raises WrongUse where nothing can be judged: no known truth, and nothing measured or taken later.
    """
    study = open_study(tables, needs_at, as_of, seed, progress)
    if study.objective == "gain":
        return _evidence(study, needs_at, truth, progress)
    return _sources(study, threads, progress)


def _evidence(study: Study, needs_at: Diagnosis, truth: KnownGains | None, progress: Progress) -> list[MetricRow]:
    unseen = study.roles.judging
    known = study.now if truth is not None else study.before
    labels = None if truth is not None else study.labels(unseen, negatives=1)
    if known is None or (labels is not None and not len(labels)):
        raise UsageError("models.nothing_to_evaluate")
    scorers: dict[str, Prepare] = {WHOLE: _scored(study, truth is not None)}
    evidence = removals()
    for i, (name, kept) in enumerate(evidence.items()):
        if progress is not None:
            progress(message("models.without_part", part=name), i / len(evidence))
        left = kept(study.tables)
        if left.fingerprint() == study.tables.fingerprint():
            continue  # there was none of it
        other = open_study(left, needs_at, study.as_of, study.seed)
        if other.objective == "gain" and (truth is not None or other.before is not None):
            scorers[name] = _scored(other, truth is not None)
    if truth is not None:
        judged = judge_truth(scorers, known, np.flatnonzero(unseen), truth)
    else:
        assert labels is not None
        judged = judge_outcomes(scorers, known, labels)
    return judged.rows(WHOLE, study.seed)


def _scored(study: Study, now: bool) -> Prepare:
    """The served rule on this study's own snapshot, whichever is asked about: units are the same."""
    snapshot = study.now if now else study.before
    assert snapshot is not None
    served = fit(study, study.roles, snapshot, with_ranker=False)
    score = served_score(served, snapshot)
    return lambda _: score


def _sources(study: Study, threads: int, progress: Progress) -> list[MetricRow]:
    before = study.before
    if before is None:
        raise UsageError("models.too_few_to_hide")
    served = fit(study, study.roles, before, threads, with_ranker=False)
    labels = study.labels(study.roles.seen, negatives=1)
    found = study.labels(thinned(study.roles.judging, MOST_JUDGED), negatives=len(before.course_ids))
    scorers: dict[str, Prepare] = {}
    variants = _variants()
    for i, (name, (families, features)) in enumerate(variants.items()):
        if progress is not None:
            progress(message("models.without_part", part=name), i / len(variants))
        ranker = NextCourse(features, served.enrolment, study.seed, threads, families)
        if ranker.fit_labels(before, labels, study.roles):
            scorers[name] = ranker.prepare
    if WHOLE not in scorers or not len(found):
        raise UsageError("models.too_few_to_train")
    return judge_uptake(scorers, before, found, study.units).rows(WHOLE, study.seed)


def _variants() -> dict[str, tuple[Sequence[Sequence[CandidateSource]], FeatureSet]]:
    """The whole, then without the sources of one module, then without one builder of features."""
    features = default_features()
    told: dict[str, tuple[Sequence[Sequence[CandidateSource]], FeatureSet]] = {WHOLE: (FAMILIES, features)}
    modules = dict.fromkeys(type(family[0]).__module__.rsplit(".", 1)[-1] for family in FAMILIES)
    for module in modules:
        left = tuple(f for f in FAMILIES if not type(f[0]).__module__.endswith(module))
        told[module] = (left, features)
    for builder in features.builders:
        rest = FeatureSet([b for b in features.builders if b is not builder])
        told[f"features: {builder.name}"] = (FAMILIES, rest)
    return told
