"""The whole layer on a simulated district: train, evaluate, write, read, score; and cities with too little."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

import models.data.study as study_module
from features.messages import message
from features.needs import diagnose
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from features.tables import Tables
from models.bundles.bundle import read_bundle, write_bundle
from models.data.study import fit, open_study
from models.data.temporal_split import snapshot_at, without_test
from models.evaluation.evaluation import evaluate
from models.rankers.scoring_model import ScoringModel, read_scoring_model
from models.train_version import train_version

KEY = bytes(range(32))


class Once:
    """The diagnosis, made once for the same tables and date: it is not what is tested here."""

    def __init__(self):
        self.made = {}

    def __call__(self, tables, as_of):
        key = (tables.fingerprint(), as_of)
        if key not in self.made:
            self.made[key] = diagnose(tables, as_of)
        return self.made[key]


@pytest.fixture(scope="module")
def needs_at():
    return Once()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("made"), teachers=1000, seed=4)


@pytest.fixture(scope="module")
def tables(place):
    return read_tables([place / "tables"]).tables


@pytest.fixture(scope="module")
def trained(tables, needs_at):
    return train_version(tables, needs_at, tables.latest_evidence())


def _pairs(snapshot, n=300):
    row, c_idx = np.nonzero(snapshot.eligibility.block(np.arange(20)))
    return row[:n].astype(np.intp), c_idx[:n].astype(np.intp)


@pytest.mark.slow
def test_training_twice_gives_the_same_bytes(tables, needs_at, trained):
    again = train_version(tables, needs_at, tables.latest_evidence())
    assert again.files == trained.files and again.about == trained.about


def test_what_is_read_back_scores_exactly_as_what_was_trained(tmp_path, tables, needs_at, trained):
    files = {**trained.files, "card.md": "模拟".encode()}
    version = write_bundle(tmp_path, files, trained.about, KEY, datetime(2026, 7, 1))
    bundle = read_bundle(tmp_path / version, KEY)
    snapshot = snapshot_at(tables, needs_at, bundle.as_of)
    t_idx, c_idx = _pairs(snapshot)
    scorer = bundle.prepare(snapshot)
    ours, theirs = trained.scoring_model.prepare(snapshot)(t_idx, c_idx), scorer(t_idx, c_idx)
    np.testing.assert_array_equal(ours.score, theirs.score)
    np.testing.assert_array_equal(ours.gain_sd, theirs.gain_sd)
    assert bundle.objective == "gain" and bundle.simulated and bundle.card == "模拟"
    one = scorer(t_idx[5:6], c_idx[5:6])
    assert one.score[0] == pytest.approx(theirs.score[5])
    assert len(scorer(t_idx[:0], c_idx[:0]).score) == 0


def test_the_score_orders_by_gain_up_to_near_ties(tables, needs_at, trained):
    snapshot = snapshot_at(tables, needs_at, tables.latest_evidence())
    result = trained.scoring_model.prepare(snapshot)(*_pairs(snapshot))
    order = np.argsort(-result.score, kind="stable")
    gain = result.gain_mean[order]
    assert (gain[1:] <= gain[:-1] * 1.021 + 2e-6).all()


def test_a_fitted_ranker_travels_and_its_gain_orders_as_its_score(tables, needs_at):
    study = open_study(tables, needs_at, tables.latest_evidence(), seed=0)
    fitted = fit(study, without_test(study.roles), study.now)
    assert fitted.ranker is not None
    served = ScoringModel("gain", "ranker", fitted.rule, fitted.completion, fitted.enrolment, fitted.ranker)
    t_idx, c_idx = _pairs(study.now)
    result = served.prepare(study.now)(t_idx, c_idx)
    back = read_scoring_model(served.files(), "gain", "ranker").prepare(study.now)(t_idx, c_idx)
    np.testing.assert_allclose(back.gain_mean, result.gain_mean, rtol=1e-12)
    plain = fitted.ranker.prepare(study.now)(t_idx, c_idx)
    order = np.argsort(plain, kind="stable")
    assert (np.diff(np.log(result.gain_mean[order])) > -1e-6).all()


def test_labels_stay_when_the_need_rule_is_turned_upside_down(tables, needs_at, monkeypatch):
    study = open_study(tables, needs_at, tables.latest_evidence(), seed=0)
    ours = study.labels(study.roles.development)

    def upside_down(self, snapshot):
        return lambda t_idx, c_idx: -np.ones(len(t_idx))

    monkeypatch.setattr(study_module.NeedRule, "prepare", upside_down)
    again = study.labels(study.roles.development)
    assert len(ours) > 200
    np.testing.assert_array_equal(ours.value, again.value)
    np.testing.assert_array_equal(ours.grade, again.grade)


def test_unseen_schools_stay_unseen_and_truth_is_judged(place, tables, needs_at):
    report = evaluate(tables, needs_at, tables.latest_evidence(), Truth.read(place))
    shown = {(row.test, row.scorer) for row in report.rows}
    for name in ("random", "popularity", "hours_owed", "self_report", "need_rule", "served"):
        assert ("truth", name) in shown and ("observed", name) in shown
    rule = next(r for r in report.rows if (r.test, r.scorer, r.metric) == ("truth", "need_rule", "ndcg@10"))
    chance = next(r for r in report.rows if (r.test, r.scorer, r.metric) == ("truth", "random", "ndcg@10"))
    assert rule.value > chance.value and rule.difference == 0
    content = report.as_json({"zh": "甲", "en": "a"})
    assert content["rows"] and content["verdict"] == {"zh": "甲", "en": "a"}


def _only(tables, **empty):
    return Tables({n: f.iloc[:0] if n in empty else f for n, f in tables.frames.items()}, tables.made_up)


SHEETS = ("assessments", "assessment_dimensions", "results", "result_covariances")
EVIDENCE = (*SHEETS, "observations", "surveys")


@pytest.mark.parametrize(
    ("gone", "objective"),
    [
        (("enrolments",), "gain"),
        (EVIDENCE, "uptake"),
        ((*EVIDENCE, "enrolments"), "uptake"),
        (("courses", "course_goals", "enrolments"), "gain"),
    ],
)
@pytest.mark.slow
def test_a_city_with_too_little_starts_cold_and_says_so(tables, needs_at, gone, objective):
    poor = _only(tables, **dict.fromkeys(gone, True))
    trained = train_version(poor, needs_at, tables.latest_evidence())
    assert trained.about["objective"] == objective
    decision = trained.report.decision
    if "enrolments" in gone:
        assert decision.reason.values["reason"] == message("models.gate_few_enrolments")
    else:  # only a ranker that beats its rival on schools it never saw may rank
        assert decision.promoted == (decision.difference is not None and decision.difference.low > 0)
    if not decision.promoted:
        assert trained.about["ranked_by"] == ("need_rule" if objective == "gain" else "uptake")
        assert trained.scoring_model.ranker is None
    back = read_scoring_model(trained.files, objective, trained.about["ranked_by"])
    snapshot = snapshot_at(poor, needs_at, tables.latest_evidence())
    if len(snapshot.course_ids):
        result = back.prepare(snapshot)(*_pairs(snapshot))
        assert np.isfinite(result.score).all()
