"""Needs of a whole simulated district: contract, honesty, and what must not change them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.needs.needs_table import COLUMNS
from features.schema import TABLES
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from features.tables import Tables

EVIDENCE = (
    "observations",
    "surveys",
    "results",
    "assessments",
    "assessment_dimensions",
    "result_covariances",
)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    place = simulate(tmp_path_factory.mktemp("needs"), teachers=800, seed=104)
    reading = read_tables([place / "tables"])
    return reading.tables, Truth.read(place / "truth").abilities


@pytest.fixture(scope="module")
def needs(city):
    return diagnose(city[0], city[0].latest_evidence())


def _without(tables, *names):
    return Tables({n: f for n, f in tables.frames.items() if n not in names}, tables.made_up)


@pytest.mark.slow
def test_one_row_for_each_unit_and_leaf_that_applies(city, needs):
    report = needs.report
    assert list(report.columns) == [*COLUMNS, "estimate_from"]
    assert not report.drop(columns="latest_on").isna().any().any()
    assert not report.duplicated(["unit_kind", "unit_id", "competency_id"]).any()
    assert (report["unit_kind"] == "teacher").sum() == needs.applies.sum()
    assert set(report["unit_kind"]) == {"teacher", "department", "school", "district"}
    assert set(report["band"]) <= {"clear", "possible", "none", "thin"}
    np.testing.assert_allclose(report["gap_sd"], report["sd"])
    assert report["reliability"].between(0, 1).all()


def test_intervals_cover_the_truth_and_predictions_are_not_stretched(city, needs):
    truth = city[1].pivot(index="teacher_id", columns="competency_id", values="value")
    truth = truth.reindex(index=needs.teacher_ids, columns=needs.competency_ids).to_numpy()
    mask = needs.applies & ~np.isnan(truth)
    z = np.abs((truth - needs.mean) / needs.sd)[mask]
    for share, limit in ((0.5, 0.674), (0.8, 1.282), (0.9, 1.645)):
        assert abs((z < limit).mean() - share) < 0.06
    assert 0.85 < np.polyfit(needs.mean[mask], truth[mask], 1)[0] < 1.25
    assert np.corrcoef(needs.mean[mask], truth[mask])[0, 1] > 0.55


def test_a_groups_expected_gap_is_its_members_average(city, needs):
    teachers, report = city[0]["teachers"], needs.report
    people = report[report["unit_kind"] == "teacher"].merge(
        teachers[["teacher_id", "school_id"]], left_on="unit_id", right_on="teacher_id"
    )
    average = people.groupby(["school_id", "competency_id"])["expected_gap"].mean()
    schools = report[report["unit_kind"] == "school"].set_index(["unit_id", "competency_id"])["expected_gap"]
    pd.testing.assert_series_equal(schools.sort_index(), average.sort_index(), check_names=False)
    gaps = people.assign(t=people["gap_mean"]).groupby(["school_id", "competency_id"])["t"].mean()
    result = report[report["unit_kind"] == "school"].set_index(["unit_id", "competency_id"])["gap_mean"]
    np.testing.assert_allclose(result.sort_index(), gaps.sort_index(), atol=1e-8)


@pytest.mark.slow
def test_nothing_later_than_as_of_is_used(city):
    tables = city[0]
    as_of = tables.latest_evidence() - timedelta(days=300)
    full, cut = diagnose(tables, as_of), diagnose(tables.until(as_of), as_of)
    pd.testing.assert_frame_equal(full.report, cut.report)
    assert (
        full.report["n_evidence"].sum()
        < diagnose(tables, tables.latest_evidence()).report["n_evidence"].sum()
    )


def test_the_order_of_rows_does_not_matter(city, needs):
    rng = np.random.default_rng(0)
    shuffled = {
        name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
        if name in EVIDENCE or name in ("classes", "indicators")
        else frame
        for name, frame in city[0].frames.items()
    }
    again = diagnose(Tables(shuffled, True), needs.as_of)
    np.testing.assert_allclose(again.mean, needs.mean, atol=1e-6)
    np.testing.assert_allclose(again.sd, needs.sd, atol=1e-6)


def test_without_evidence_everything_is_the_prior_and_thin(city):
    result = diagnose(_without(city[0], *EVIDENCE), date(2026, 6, 1))
    assert not result.has_evidence
    np.testing.assert_allclose(result.mean, 0.0)
    np.testing.assert_allclose(result.sd, 1.0)
    assert set(result.report["band"]) == {"thin"}
    assert (result.report["sources"] == "").all()


@pytest.mark.parametrize(
    "name", [n for n in TABLES if n not in ("organizations", "teachers", "competencies")]
)
@pytest.mark.slow
def test_any_optional_table_may_be_absent(city, name):
    result = diagnose(_without(city[0], name), city[0].latest_evidence())
    assert np.isfinite(result.mean).all() and (result.sd > 0).all()


def test_monitoring_and_self_report_alone_never_make_a_person_clear(city):
    tables = city[0]
    surveys = tables["surveys"]
    only = dict(_without(tables, "observations", "classes").frames)
    only["surveys"] = surveys[surveys["kind"] == "self_report"].reset_index(drop=True)
    people = diagnose(Tables(only, True), tables.latest_evidence()).report.query("unit_kind == 'teacher'")
    sources = set(";".join(people["sources"].unique()).split(";")) - {""}
    assert "self_report" in sources and sources <= {"self_report", "monitoring"}
    assert "clear" not in set(people["band"])


def test_class_effects_and_school_views_follow_the_contract(needs):
    effects, views = needs.class_effects, needs.school_views
    assert list(effects.columns) == ["assessment_id", "dimension", "class_id", "mean", "sd"]
    assert not effects.duplicated(["assessment_id", "dimension", "class_id"]).any()
    assert (effects["sd"] > 0).all() and effects["mean"].notna().all()
    assert list(views.columns) == ["org_id", "competency_id", "view", "mean", "sd"]
    assert set(views["view"]) == {"level", "gain"}
    assert (views["sd"] > 0).all()
