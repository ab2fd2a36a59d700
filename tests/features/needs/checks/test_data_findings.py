"""Each rule about the data on either side of its threshold."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.needs.checks import data_findings
from features.needs.checks.data_gaps import DataGaps
from features.needs.checks.finding_messages import source_name

NO_GAPS = DataGaps((), 0, (), 12, 200, 100, 0.9)


def _codes(rule, results) -> list[str]:
    return [finding.code for finding in rule(results)]


@pytest.mark.parametrize(
    ("direct", "thin", "codes"),
    [(0.9, 0.1, ["reach"]), (0.6, 0.1, []), (0.4, 0.1, ["reach_poor"]), (0.9, 0.6, ["reach", "reach_poor"])],
)
def test_coverage(results, direct, thin, codes):
    assert (
        _codes(
            data_findings.coverage,
            replace(results, coverage=results.coverage.assign(direct=direct, thin=thin)),
        )
        == codes
    )


def test_age(results):
    rows = results.age
    assert _codes(data_findings.age, replace(results, age=rows.assign(median=1.4))) == []
    (finding,) = data_findings.age(replace(results, age=rows.assign(median=1.6)))
    assert finding.statement.values["sources"] == [source_name(source) for source in rows["source"]]


def test_comparability(results):
    assert _codes(data_findings.comparability, replace(results, comparability=pd.DataFrame())) == []
    (finding,) = data_findings.comparability(
        replace(results, comparability=pd.DataFrame({"source": ["a", "b"]}))
    )
    assert finding.severity == "stop" and finding.statement.values == {"count": 2}


@pytest.mark.parametrize(("number", "code"), [(5, "checks.unused"), (7, "checks.unused_and_more")])
def test_unused_indicators_are_named_up_to_five(results, number, code):
    unused = tuple(("observation", f"item{i}") for i in range(number))
    (finding,) = data_findings.unused(replace(results, gaps=replace(NO_GAPS, unused=unused)))
    assert finding.statement.code == code
    assert finding.statement.values.get("others", 0) == number - 5
    assert "item4" in str(finding.statement) and "item5" not in str(finding.statement)


def test_bounded_and_priors(results):
    gaps = replace(NO_GAPS, bounded=3, priors=(("loading", "observation"), ("phi", "all")))
    assert _codes(data_findings.unused, replace(results, gaps=gaps)) == ["bounded"]
    (finding,) = data_findings.priors(replace(results, gaps=gaps))
    assert finding.statement.values["sources"] == [source_name("observation")]
    assert (
        _codes(data_findings.priors, replace(results, gaps=replace(NO_GAPS, priors=(("phi", "all"),)))) == []
    )


@pytest.mark.parametrize(
    ("changes", "statement"),
    [
        ({}, None),
        ({"observed": 9, "doubly_rated": 0}, None),
        ({"doubly_rated": 29}, "checks.raters"),
        ({"linked": 0.4}, "checks.raters_apart_share"),
        ({"linked": 0.4, "raters": 9}, "checks.raters_apart"),  # a share would be about nine people
    ],
)
def test_raters(results, changes, statement):
    findings = list(data_findings.raters(replace(results, gaps=replace(NO_GAPS, **changes))))
    assert [finding.statement.code for finding in findings] == ([statement] if statement else [])
