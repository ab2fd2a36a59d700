"""Each rule about the model on either side of its threshold."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.needs.checks import model_findings
from features.needs.checks.intake_bias import IntakeBias


def _codes(rule, results) -> list[str]:
    return [finding.code for finding in rule(results)]


@pytest.mark.parametrize(("value", "code"), [(0.5, "reliability"), (0.49, "reliability_low")])
def test_reliability(results, value, code):
    changed = replace(results, reliability=results.reliability.assign(whole=value))
    assert _codes(model_findings.evidence, changed) == [code]


def test_monitoring_and_self_report_are_indirect(results):
    rows = results.reliability
    indirect = replace(results, reliability=rows[rows["source"].isin(["monitoring", "self_report"])])
    assert "indirect_only" in _codes(model_findings.evidence, indirect)
    assert "indirect_only" not in _codes(model_findings.evidence, results)


def _covering(results, **columns):
    rows = results.predictions.sources.assign(**columns)
    return replace(results, predictions=replace(results.predictions, sources=rows))


EXACT = {
    "cover50": 0.5,
    "cover80": 0.8,
    "cover90": 0.9,
    "cover50_se": 0.0,
    "cover80_se": 0.0,
    "cover90_se": 0.0,
}


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({}, "ranges"),
        ({"cover50": 0.54}, "ranges"),  # coarse scales disturb the narrow interval
        ({"cover50": 0.56}, "ranges_wide"),
        ({"cover90": 0.86}, "ranges_narrow"),
        ({"cover80": 0.84}, "ranges_wide"),
        ({"cover80": 0.84, "cover80_se": 0.03}, "ranges"),  # within chance
        ({"cover80": 0.86, "cover80_se": 0.03}, "ranges_wide"),
    ],
)
def test_calibration(results, columns, code):
    (finding,) = model_findings.calibration(_covering(results, **(EXACT | columns)))
    assert finding.code == code and finding.statement.values["cover80"] == columns.get("cover80", 0.8)


def test_without_predictions_calibration_is_not_checked(results):
    none = replace(
        results, predictions=replace(results.predictions, sources=results.predictions.sources.head(0))
    )
    assert _codes(model_findings.calibration, none) == ["not_checked"]


@pytest.mark.parametrize(("slope", "suffix"), [(0.4, "low"), (1.7, "high")])
def test_sources_off_the_others_are_named(results, slope, suffix):
    findings = list(model_findings.sources(_covering(results, slope=slope, slope_se=0.02)))
    named = set(results.predictions.sources["source"]) - {"all"}
    assert {finding.code for finding in findings} == {f"source_misfit:{source}" for source in named}
    assert {finding.statement.code for finding in findings} == {f"checks.source_misfit_{suffix}"}
    assert _codes(model_findings.sources, _covering(results, slope=1.0)) == ["sources_agree"]


@pytest.mark.slow
def test_an_item_scored_in_reverse_is_named(tables, checked):
    from features.tables import Tables

    lessons = tables["observations"]
    item = lessons["item"].value_counts().index[0]
    reverse = lessons["scale_min"] + lessons["scale_max"] - lessons["score"]
    changed = lessons.assign(score=lessons["score"].where(lessons["item"] != item, reverse))
    (finding,) = model_findings.indicators(checked(Tables({**tables.frames, "observations": changed}, True)))
    assert finding.code == "indicator_misfit" and item in str(finding.statement.values["indicators"].values)


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [
        (-0.8, -0.3, "not_neutral"),
        (0.05, 0.25, "slightly"),
        (-0.15, 0.12, "neutral"),
        (-0.5, 0.1, "neutrality_unsure"),
    ],
)
def test_intake(results, low, high, code):
    columns = ["intake", "what", "name", "unit", "r", "low", "high", "people", "schools"]
    row = ("disadvantage", "need", "all", "school", (low + high) / 2, low, high, 100, 20)
    bias = IntakeBias(pd.DataFrame([row], columns=columns), results.intake_bias.dots)
    (finding,) = model_findings.intake(replace(results, intake_bias=bias))
    assert finding.code == f"{code}:disadvantage" and finding.statement.code == f"checks.{code}"
    empty = IntakeBias(bias.rows.head(0), bias.dots)
    assert _codes(model_findings.intake, replace(results, intake_bias=empty)) == ["neutrality_unknown"]


@pytest.mark.parametrize(
    ("agreement", "changed", "code"),
    [
        (0.95, 0.1, "specification"),
        (0.95, 0.11, "specification_matters"),
        (0.89, 0.05, "specification_matters"),
    ],
)
def test_specification(results, agreement, changed, code):
    rows = results.sensitivity.assign(rank_agreement=agreement, changed=changed)
    rows.loc[rows["specification"] == "no_departments", "changed"] = 0.9
    (finding,) = model_findings.specification(replace(results, sensitivity=rows))
    assert finding.code == code
    if code == "specification_matters":
        assert finding.statement.values["largest"].code == "checks.specification_no_departments"
