"""Every scorer keeps one contract: empty pairs, new teachers, no influence of other pairs, rows' order or later
rows, and the same scores after saving and reading."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

import models
from features.builders.feature_set import default_features
from features.snapshot import take_snapshot
from features.tables import Tables
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.bundles.bundle import Bundle
from models.candidates.collaborative_candidates import Ease, PeerPopularity
from models.candidates.sequential_candidates import Backward, NextStep
from models.data.leave_last_out import leave_last_out
from models.data.relevance_labels import PairLabels, uptake_labels
from models.data.temporal_split import school_roles
from models.effects.effect_estimates import CourseEffects
from models.effects.need_rule import NeedRule
from models.rankers.baselines import HoursOwed, Popularity, Random, SelfReportMatch
from models.rankers.estimator_adapter import EstimatorAdapter
from models.rankers.gain_ranker import GainRanker, log_gain
from models.rankers.next_course import NextCourse
from models.rankers.scorer import Scorer, TrainingData
from models.rankers.scoring_model import ScoringModel, read_scoring_model

AS_OF = date(2025, 6, 30)
INDEXED = ("teachers", "courses", "competencies")  # their order is the order of the arrays
NOT_SCORERS = {Scorer, Bundle}  # the protocol itself; a bundle hands on its scoring model
FAMILIES = [[PeerPopularity()], [NextStep()], [Backward()], [Ease(l2=20.0)]]


def _reloaded_json(scorer):
    return type(scorer).from_json(json.loads(json.dumps(scorer.to_json())))


def _reloaded_ranker(scorer, fresh):
    return fresh.load(scorer.to_texts(), json.loads(json.dumps(scorer.scale_json())))


def _rule(data):
    first = str(data.snapshot.course_ids[0])
    return NeedRule(estimated=CourseEffects({first: (0.5, 0.1, 9, 9, "works")}))


def _log_rule(snapshot):
    rule = NeedRule().prepare(snapshot)
    return lambda t, c: log_gain(rule(t, c))


def _open_pairs(snapshot, step=1):
    t, c = snapshot.eligibility.pairs(np.arange(len(snapshot.teacher_ids)))
    return t[::step], c[::step]


def _gain_labels(snapshot):
    """Measured gains that readiness decides, as the base does not know it alone."""
    t, c = _open_pairs(snapshot, 3)
    column = default_features().names.index("readiness_mean_by_goals")
    value = default_features().prepare(snapshot).pairs(t, c)[:, column].astype(np.float64)
    grade = np.searchsorted(np.quantile(value, [0.2, 0.4, 0.6, 0.8]), value)
    none = np.full(len(t), np.nan)
    return PairLabels(t, c, value, grade.astype(np.intp), np.ones(len(t)), none, none)


def _gain_ranker(data):
    snapshot = data.snapshot
    ranker = GainRanker(_log_rule, default_features(), "uptake")  # a list a teacher: schools are few here
    roles = school_roles(snapshot.tables["teachers"]["teacher_id"])
    assert ranker.fit_labels(snapshot, _gain_labels(snapshot), roles)
    return ranker


def _next_course(data):
    before, hidden = leave_last_out(data.snapshot)
    assert before is not None
    ranker = NextCourse(default_features(), EnrolmentModel(), families=FAMILIES)
    labels = uptake_labels(before, hidden, data.members, 0, 1)
    assert ranker.fit_labels(before, labels, school_roles(before.tables["teachers"]["teacher_id"]))
    return ranker


def _adapter(data):
    return EstimatorAdapter(Ridge(), default_features()).fit(data.snapshot, _gain_labels(data.snapshot))


def _scoring_model(data):
    ranker = _gain_ranker(data)
    ranker.objective = "gain"
    return ScoringModel(
        "gain", "ranker", _rule(data), CompletionModel().fit(data), EnrolmentModel().fit(data), ranker
    )


def _without_evidence(data):
    return ScoringModel("uptake", "uptake", NeedRule(), CompletionModel(), EnrolmentModel().fit(data), None)


@dataclass(frozen=True)
class Case:
    """fit: a fitted scorer from data; reload: saved and read again, None where there is nothing to save.

    exact: a fit on shuffled rows gives the same numbers (trees may split elsewhere on the last bit).
    """

    scorer: type
    fit: Callable[[TrainingData], Any]
    reload: Callable[[Any], Any] | None = None
    exact: bool = True


CASES = {
    "random": Case(Random, lambda d: Random(3).fit(d)),
    "popularity": Case(Popularity, lambda d: Popularity().fit(d)),
    "hours_owed": Case(HoursOwed, lambda d: HoursOwed().fit(d)),
    "self_report": Case(SelfReportMatch, lambda d: SelfReportMatch().fit(d)),
    "need_rule": Case(NeedRule, _rule, _reloaded_json),
    "completion": Case(CompletionModel, lambda d: CompletionModel().fit(d), _reloaded_json),
    "enrolment": Case(EnrolmentModel, lambda d: EnrolmentModel().fit(d), _reloaded_json),
    "gain_ranker": Case(
        GainRanker,
        _gain_ranker,
        lambda s: _reloaded_ranker(s, GainRanker(_log_rule, default_features(), "uptake")),
        exact=False,
    ),
    "next_course": Case(
        NextCourse,
        _next_course,
        lambda s: _reloaded_ranker(s, NextCourse(default_features(), EnrolmentModel())),
        exact=False,
    ),
    "estimator_adapter": Case(EstimatorAdapter, _adapter),
    "scoring_model": Case(
        ScoringModel, _scoring_model, lambda s: read_scoring_model(s.files(), "gain", "ranker"), exact=False
    ),
    "scoring_model_without_evidence": Case(
        ScoringModel, _without_evidence, lambda s: read_scoring_model(s.files(), "uptake", "uptake")
    ),
}
SAVED = [name for name, case in CASES.items() if case.reload is not None]
EXACT = [name for name, case in CASES.items() if case.exact]
REFITTED = ["popularity", "completion", "enrolment"]


def _data(tables, planted, taken=None):
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    members = np.ones(len(snapshot.teacher_ids), bool)
    return TrainingData(snapshot, snapshot.enrolments if taken is None else taken, members, 0)


@pytest.fixture(scope="module")
def tables(district):
    """Self-reports of the year before as well, so that enrolments and reports lie on both sides of the date."""
    surveys = district["surveys"]
    reports = surveys[surveys["kind"] == "self_report"]
    earlier = reports.assign(
        survey_id="earlier-" + reports["survey_id"],
        date=reports["date"] - pd.Timedelta(days=365),
        mean=reports["mean"].to_numpy()[::-1],
    )
    return Tables({**district.frames, "surveys": pd.concat([surveys, earlier], ignore_index=True)})


@pytest.fixture(scope="module")
def data(tables, planted):
    return _data(tables, planted)


@pytest.fixture(scope="module")
def fitted(data):
    """Fits a scorer by name, once."""
    scorers: dict[str, Any] = {}

    def fit(name):
        if name not in scorers:
            scorers[name] = CASES[name].fit(data)
        return scorers[name]

    return fit


@pytest.fixture(scope="module")
def pairs(data):
    return _open_pairs(data.snapshot, 11)


def _scores(prepared, t, c):
    """(n,) also of a scoring model, whose pairs have several numbers."""
    result = prepared(t, c)
    return result if isinstance(result, np.ndarray) else result.score


def _score(scorer, snapshot, t, c):
    return _scores(scorer.prepare(snapshot), t, c)


def test_every_scorer_of_the_package_is_in_the_list():
    classes = set()
    for module in pkgutil.walk_packages(models.__path__, "models."):
        for _, value in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if value.__module__.startswith("models.") and hasattr(value, "prepare"):
                classes.add(value)
    assert classes - NOT_SCORERS == {case.scorer for case in CASES.values()}


def test_every_scorer_that_can_be_saved_is_read_back_in_the_suite():
    savable = {
        c.scorer
        for c in CASES.values()
        if any(hasattr(c.scorer, n) for n in ("to_json", "to_texts", "files"))
    }
    assert savable == {CASES[name].scorer for name in SAVED}


@pytest.mark.parametrize("name", CASES)
def test_scores_are_finite_differ_and_do_not_depend_on_other_pairs(name, fitted, data, pairs):
    prepared = fitted(name).prepare(data.snapshot)
    scores = _scores(prepared, *pairs)
    assert scores.shape == (len(pairs[0]),) and scores.dtype == np.float64
    assert np.isfinite(scores).all() and np.ptp(scores) > 0
    subset = np.arange(len(scores))[::-17]
    np.testing.assert_allclose(
        _scores(prepared, pairs[0][subset], pairs[1][subset]), scores[subset], rtol=1e-9
    )


@pytest.mark.parametrize("name", CASES)
def test_no_pairs_give_no_scores(name, fitted, data):
    none = np.zeros(0, np.intp)
    scores = _score(fitted(name), data.snapshot, none, none)
    assert scores.shape == (0,) and scores.dtype == np.float64


@pytest.mark.parametrize("name", CASES)
def test_a_new_teacher_without_history_has_scores(name, fitted, data, tables, planted):
    teachers = tables["teachers"]
    new = teachers.iloc[[0]].assign(
        teacher_id="zzz-new", start_date=pd.NaT, weekly_lessons=np.nan, ladder_step=None
    )
    grown = Tables({**tables.frames, "teachers": pd.concat([teachers, new], ignore_index=True)})
    snapshot = take_snapshot(grown, planted(grown, AS_OF))
    c = np.arange(len(snapshot.course_ids))
    scores = _score(fitted(name), snapshot, np.full(len(c), len(teachers)), c)
    assert scores.shape == (len(c),) and np.isfinite(scores).all()


@pytest.mark.parametrize("name", CASES)
def test_scores_stay_finite_where_most_tables_are_empty(name, fitted, tables, pairs, planted):
    poor = Tables({name: tables[name] for name in INDEXED})
    scores = _score(fitted(name), take_snapshot(poor, planted(poor, AS_OF)), *pairs)
    assert scores.shape == (len(pairs[0]),) and np.isfinite(scores).all()


@pytest.mark.parametrize("name", CASES)
def test_a_prepared_scorer_is_of_its_own_snapshot_whatever_is_prepared_later(
    name, fitted, data, pairs, planted, tables
):
    scorer = fitted(name)
    prepared = scorer.prepare(data.snapshot)
    scores = _scores(prepared, *pairs)
    bare = Tables({**tables.frames, "enrolments": tables["enrolments"].iloc[:0]})
    _score(scorer, take_snapshot(bare, planted(bare, AS_OF)), *pairs)
    np.testing.assert_array_equal(_scores(prepared, *pairs), scores)
    np.testing.assert_array_equal(_score(scorer, data.snapshot, *pairs), scores)


@pytest.mark.parametrize("name", REFITTED)
def test_a_prepared_scorer_stays_when_its_model_is_fitted_again(name, data, pairs):
    scorer = CASES[name].fit(data)
    prepared = scorer.prepare(data.snapshot)
    scores = _scores(prepared, *pairs)
    scorer.fit(TrainingData(data.snapshot, data.taken, np.zeros(len(data.members), bool), 0))
    np.testing.assert_array_equal(_scores(prepared, *pairs), scores)
    assert not np.array_equal(_score(scorer, data.snapshot, *pairs), scores)


@pytest.mark.parametrize("name", SAVED)
def test_saved_and_read_again_it_scores_the_same(name, fitted, data, pairs):
    case, scorer = CASES[name], fitted(name)
    assert case.reload is not None
    scores, reloaded = (_score(s, data.snapshot, *pairs) for s in (scorer, case.reload(scorer)))
    np.testing.assert_allclose(reloaded, scores, rtol=1e-12)


def _shuffled(tables):
    return Tables({
        name: frame if name in INDEXED else frame.sample(frac=1, random_state=1).reset_index(drop=True)
        for name, frame in tables.frames.items()
    })  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_order_of_rows_does_not_matter(name, fitted, data, pairs, tables, planted):
    other = _data(_shuffled(tables), planted)
    scorer = CASES[name].fit(other) if name in EXACT else fitted(name)
    scores = _score(scorer, other.snapshot, *pairs)
    np.testing.assert_allclose(scores, _score(fitted(name), data.snapshot, *pairs), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow
def test_rows_after_the_date_change_nothing(name, fitted, data, pairs, tables, planted):
    later = tables["enrolments"]["requested_on"] > pd.Timestamp(AS_OF)
    assert later.sum() > 20
    data_until = _data(tables.until(AS_OF), planted, taken=tables["enrolments"][later])
    scorer = CASES[name].fit(data_until)
    scores = _score(scorer, data_until.snapshot, *pairs)
    np.testing.assert_allclose(scores, _score(fitted(name), data.snapshot, *pairs), rtol=1e-9)
