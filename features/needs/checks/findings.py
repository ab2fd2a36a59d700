"""All findings of one diagnosis in order, and the one that sums them up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from features.disclosure import DISTRICT_MINIMUM
from features.messages import Message, message
from features.needs.checks import data_findings, model_findings
from features.needs.checks.check_results import CheckResults
from features.needs.checks.finding import DiagnosisFinding, Severity

ORDER: Final[dict[Severity, int]] = {"trust": 0, "stop": 1, "care": 2}


def diagnosis_findings(results: CheckResults) -> tuple[DiagnosisFinding, ...]:
    """All findings: what can be trusted first, then what must not be done, then what needs care."""
    if results.teachers < DISTRICT_MINIMUM:
        return (
            DiagnosisFinding(
                "few_people", "stop", message("checks.few_people", minimum=DISTRICT_MINIMUM),
                message("checks.few_people_action"),
            ),
        )  # fmt: skip
    # without evidence the posterior is the prior, and nothing is learnt from looking at it
    of_model = (model_findings.evidence,) if results.without_evidence else model_findings.RULES
    findings = [finding for rule in (*of_model, *data_findings.RULES) for finding in rule(results)]
    return tuple(sorted(findings, key=lambda finding: ORDER[finding.severity]))


def headline(findings: Sequence[DiagnosisFinding]) -> Message:
    """All of it in one sentence."""
    codes = {finding.code for finding in findings}
    if "few_people" in codes:
        return message("checks.headline_few_people")
    if {"no_evidence", "left_out"} <= codes:
        return message("checks.headline_none_usable")
    if "no_evidence" in codes:
        return message("checks.headline_no_evidence")
    wary = bool(codes & {"indirect_only", "reliability_low", "ranges_narrow"})
    use = message("checks.use_wary" if wary else "checks.use_planning")
    stops, cares = (
        sum(finding.severity == severity for finding in findings) for severity in ("stop", "care")
    )
    counts = [message("checks.stops", count=stops)] if stops else []
    counts += [message("checks.cares", count=cares)] if cares else []
    if not counts:
        return message("checks.headline_nothing_wrong", use=use)
    counted = counts[0] if len(counts) == 1 else message("checks.both", first=counts[0], second=counts[1])
    return message("checks.headline", use=use, counted=counted)
