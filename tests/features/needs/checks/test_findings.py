"""Findings in order, and the headline over them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.messages import message
from features.needs.checks import diagnosis_findings
from features.needs.checks.finding import DiagnosisFinding
from features.needs.checks.findings import ORDER, headline


def test_trusted_first_then_what_must_not_be_done_then_what_needs_care(results):
    findings = diagnosis_findings(results)
    places = [ORDER[finding.severity] for finding in findings]
    assert places == sorted(places) and len({finding.code for finding in findings}) == len(findings)


def test_whatever_is_not_trusted_has_an_action(results):
    for finding in diagnosis_findings(results):
        assert (finding.action is None) == (finding.severity == "trust"), finding.code


def test_fewer_than_ten_teachers_get_one_finding(results):
    (finding,) = diagnosis_findings(replace(results, teachers=9))
    assert (finding.code, finding.severity, finding.statement.values) == (
        "few_people",
        "stop",
        {"minimum": 10},
    )
    assert len(diagnosis_findings(replace(results, teachers=10))) > 1


@pytest.mark.parametrize(
    ("severities", "code", "use"),
    [
        ({"a": "trust"}, "checks.headline_nothing_wrong", "checks.use_planning"),
        ({"reliability_low": "care"}, "checks.headline", "checks.use_wary"),
        ({"a": "stop", "b": "care", "c": "care"}, "checks.headline", "checks.use_planning"),
    ],
)
def test_a_headline_says_what_for_and_how_many(severities, code, use):
    text = message("checks.raters")
    headed = headline([DiagnosisFinding(name, severity, text) for name, severity in severities.items()])
    assert headed.code == code and headed.values["use"] == message(use)


def test_both_counts_stand_in_a_headline():
    text = message("checks.raters")
    headed = headline(
        [DiagnosisFinding("a", "stop", text), *[DiagnosisFinding(c, "care", text) for c in "bc"]]
    )
    counted = headed.values["counted"]
    assert counted.values == {
        "first": message("checks.stops", count=1),
        "second": message("checks.cares", count=2),
    }


def test_too_few_people_or_no_evidence_is_said_alone():
    text = message("checks.raters")
    assert headline([DiagnosisFinding("few_people", "stop", text)]) == message("checks.headline_few_people")
    several = [DiagnosisFinding("no_evidence", "stop", text), DiagnosisFinding("old", "care", text)]
    assert headline(several) == message("checks.headline_no_evidence")
