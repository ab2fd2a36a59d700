"""A study: split in time and by schools, with labels of the members alone, and course effects where there is evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.messages import message
from features.tables import Tables
from models.data.study import course_effects, fit, open_study

EVIDENCE = ("assessments", "assessment_dimensions", "results", "result_covariances", "observations", "surveys")


@pytest.fixture(scope="module")
def study(district, planted):
    return open_study(district, planted, district.latest_evidence(), seed=0)


def _without(tables: Tables, *names: str) -> Tables:
    return Tables({n: f.iloc[:0] if n in names else f for n, f in tables.frames.items()}, tables.made_up)


def test_features_end_where_labels_begin(study):
    assert study.before.as_of == study.window.t0 < study.window.t1 == study.as_of == study.now.as_of
    assert study.before.tables["enrolments"]["requested_on"].max() < study.taken["requested_on"].min()
    assert len(study.units) == len(study.now.teacher_ids)
    assert study.objective in repr(study) and repr(study).endswith(f"held out: {study.held_out}")


def test_labels_are_of_members_alone_and_there_are_none_without_a_cut(study):
    labels = study.labels(study.roles.train, negatives=3)
    assert study.roles.train[labels.t_idx].all()
    assert len(replace(study, before=None).labels(study.roles.train)) == 0
    if study.objective == "gain":
        assert len(replace(study, later=None).labels(study.roles.train)) == 0


def test_a_city_without_enrolments_has_no_cut(district, planted):
    cold = open_study(_without(district, "enrolments"), planted, district.latest_evidence(), seed=0)
    assert cold.before is None and cold.window is None and not len(cold.taken)
    model = fit(cold, cold.roles, None)
    assert model.ranker is None and model.ranked_by == "need_rule"


def test_steps_are_reported_as_messages_with_growing_shares(district, planted):
    steps = []
    study = open_study(
        district, planted, district.latest_evidence(), 0, lambda step, share: steps.append((step, share))
    )
    fit(study, study.roles, study.before, progress=lambda step, share: steps.append((step, share)))
    assert steps[0] == (message("models.needs_now"), 0.0) and len(steps) >= 4
    assert [share for _, share in steps] == sorted(share for _, share in steps)


def test_course_effects_of_nobody_are_their_priors_without_claims(study):
    effects = course_effects(study, np.zeros(len(study.units), bool), study.now)
    assert {row[4] for row in effects.courses.values()} <= {"unknown"}
