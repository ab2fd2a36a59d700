"""What the checks mean, in plain words: what can be trusted, what must not be done, what needs care, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.needs.checks import findings_data, findings_model
from features.needs.checks.finding import Finding
from features.needs.checks.reliability import FEWEST

if TYPE_CHECKING:
    from features.needs.checks.run import Checks


def findings(told: Checks) -> tuple[Finding, ...]:
    """All findings: what can be trusted first, then what must not be done, then what needs care."""
    if told.teachers < FEWEST:
        return (
            Finding(
                "few_people", "stop", f"教师少于 {FEWEST} 人,不显示任何数字。",
                f"Fewer than {FEWEST} teachers: no number is shown.",
                "导入更多学校后再诊断。", "Import more schools and diagnose again.",
            ),
        )  # fmt: skip
    rules = (*findings_model.RULES, *findings_data.RULES)
    found = [finding for rule in rules for finding in rule(told)]
    order = {"trust": 0, "stop": 1, "care": 2}
    return tuple(sorted(found, key=lambda one: order[one.level]))
