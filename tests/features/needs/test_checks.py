"""Checks of a diagnosis on simulated districts: quiet where all is well, and loud about faults that were planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.needs.checks import check
from features.needs.checks.context import sample_of
from features.needs.checks.findings import headline
from features.needs.checks.intake_bias import neutrality, school_intake
from features.needs.checks.leave_source_out import leave_source_out
from features.needs.diagnosis_context import diagnosis_context
from features.schema import TABLES
from features.simulate import simulate
from features.sources import read_tables
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
def tables(tmp_path_factory) -> Tables:
    made = simulate(tmp_path_factory.mktemp("checks"), teachers=1000, seed=104)
    return read_tables([made / "tables"]).tables


@pytest.fixture(scope="module")
def village(tmp_path_factory) -> Tables:
    made = simulate(tmp_path_factory.mktemp("village"), teachers=200, seed=3)
    return read_tables([made / "tables"]).tables


@pytest.fixture(scope="module")
def needs(tables):
    return diagnose(tables, tables.latest_evidence())


@pytest.fixture(scope="module")
def told(tables, needs):
    return check(tables, needs.as_of, needs)


def _with(tables: Tables, **frames: pd.DataFrame) -> Tables:
    return Tables({**tables.frames, **frames}, tables.made_up)


def _without(tables: Tables, *names: str) -> Tables:
    return Tables({n: f for n, f in tables.frames.items() if n not in names}, tables.made_up)


def _checked(tables: Tables, as_of: date | None = None):
    day = as_of or tables.latest_evidence()
    return check(tables, day, diagnose(tables, day))


def _codes(told) -> set[str]:
    return {finding.code for finding in told.findings}


def test_a_model_that_holds_foretells_what_was_left_out(told):
    whole = told.forecasts.sources.set_index("source").loc["all"]
    assert abs(whole["slope"] - 1.0) < 0.2
    for level in (50, 80, 90):
        assert abs(whole[f"cover{level}"] - level / 100) < 0.06
    assert abs(whole["agreement"] - whole["expected_agreement"]) < 0.08
    share = told.forecasts.pit.query("source == 'all'")["share"]
    assert share.sum() == pytest.approx(1.0) and len(share) == 10


def test_no_source_takes_away_what_is_known(told):
    rows = told.reliability[told.reliability["competency_id"] == "all"].set_index("source")
    assert (rows["drop"] > -1e-9).all() and rows["drop"].idxmax() == "observation"
    assert rows["whole"].nunique() == 1 and 0.3 < rows["whole"].iloc[0] < 0.8
    assert (rows["whole_se"] > 0).all() and (rows.loc["observation", "drop_se"]) > 0
    assert {"observation", "student_feedback", "self_report", "class_results"} <= set(rows.index)


def test_with_nothing_left_out_the_posterior_is_the_diagnosis_own(tables, needs):
    found = diagnosis_context(tables, needs.as_of)
    sample = sample_of(found, np.arange(found.hierarchy.index.schools))
    again = leave_source_out(sample)
    here = needs.applies
    # districts count into schools and results of whole districts are left out: close, not equal
    np.testing.assert_allclose(again.mean[here], needs.mean[here], atol=0.05)
    np.testing.assert_allclose(again.sd[here], needs.sd[here], atol=0.05)


def test_components_carry_their_errors(told):
    rows = told.components.set_index(["name", "source"])
    assert (rows.loc[rows["se"].notna(), "se"] > 0).all()
    assert rows.loc[rows["from"] == "prior", "se"].isna().all()
    # planted: lessons show a good half of ability, self-report a third
    for source, size in (("observation", 0.6), ("self_report", 0.3)):
        row = rows.loc[("loading", source)]
        assert abs(row["value"] - size) < 3 * row["se"]


def test_an_item_that_is_scored_upside_down_is_named(tables):
    lessons = tables["observations"]
    item = lessons["item"].value_counts().index[0]
    upside = lessons["item"] == item
    flipped = lessons["scale_min"] + lessons["scale_max"] - lessons["score"]
    changed = lessons.assign(score=lessons["score"].where(~upside, flipped))
    told = _checked(_with(tables, observations=changed))
    finding = next(one for one in told.findings if one.code == "indicator_misfit")
    assert item in finding.zh and item in finding.en and finding.todo_zh and finding.todo_en


def test_a_scale_that_changed_is_not_comparable(tables, told):
    assert "not_comparable" not in _codes(told)
    lessons = tables["observations"]
    late = lessons["date"].dt.year == lessons["date"].dt.year.max()
    changed = lessons.assign(scale_max=lessons["scale_max"].where(~late, lessons["scale_max"] + 1))
    found = _checked(_with(tables, observations=changed))
    assert "not_comparable" in _codes(found)
    rows = found.instruments
    assert set(rows["source"]) == {"observation"} and set(rows["reason"]) == {"scale"}
    assert (rows["later"] == lessons["date"].dt.year.max()).all()


def test_needs_that_only_mirror_intake_are_called_so(tables, needs, told):
    assert not {c for c in _codes(told) if c.startswith("not_neutral")}
    found = diagnosis_context(tables, needs.as_of)
    intake = np.nan_to_num(school_intake(found))[found.hierarchy.index.school][:, None]
    planted = replace(needs, expected_gap=np.where(needs.applies, 1.0 - 0.3 * intake, 0.0))
    rows = neutrality(found, planted).rows.query("what == 'need' and intake == 'prior_scores'")
    assert len(rows) == 2 and (rows["r"] < -0.9).all() and (rows["high"] < -0.8).all()
    codes = _codes(replace(told, neutrality=neutrality(found, planted)))
    assert "not_neutral:prior_scores" in codes and "neutral:prior_scores" not in codes


def test_the_same_bytes_for_any_order_of_rows(tables, told, needs):
    rng = np.random.default_rng(0)
    shuffled = {
        name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True) if name in EVIDENCE else frame
        for name, frame in tables.frames.items()
    }
    again = check(Tables(shuffled, tables.made_up), needs.as_of, needs)
    pd.testing.assert_frame_equal(again.forecasts.sources, told.forecasts.sources, atol=1e-6)
    pd.testing.assert_frame_equal(again.reliability, told.reliability, atol=1e-6)
    pd.testing.assert_frame_equal(again.second, told.second, atol=1e-6)


def test_without_evidence_nothing_is_claimed(tables):
    told = _checked(_without(tables, *EVIDENCE), date(2026, 6, 1))
    assert "no_evidence" in _codes(told) and not [one for one in told.findings if one.level == "trust"]
    assert headline(told.findings)[0].startswith("还没有证据")


def test_self_report_alone_is_never_enough(tables):
    surveys = tables["surveys"]
    only = _without(tables, "observations", "results", "assessments", "assessment_dimensions")
    told = _checked(_with(only, surveys=surveys[surveys["kind"] == "self_report"].reset_index(drop=True)))
    assert {"indirect_only", "not_checked"} <= _codes(told)


@pytest.mark.parametrize(
    "name", [n for n in TABLES if n not in ("organizations", "teachers", "competencies")]
)
def test_any_optional_table_may_be_absent(village, name):
    assert _checked(_without(village, name)).findings


def test_every_finding_is_said_in_both_languages_and_says_what_to_do(told):
    for finding in told.findings:
        assert finding.zh.endswith("。") and finding.en.endswith(".")
        assert not set(finding.zh) & set(",;!?()") and "todo" not in finding.zh
        assert finding.level == "trust" or (finding.todo_zh and finding.todo_en)
