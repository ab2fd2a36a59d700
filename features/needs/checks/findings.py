"""What the checks mean, in plain words: what can be trusted, what must not be done, what needs care, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.needs.checks import findings_data, findings_model
from features.needs.checks.finding import DiagnosisFinding
from features.needs.checks.findings_model import no_evidence
from features.needs.checks.source_reliability import FEWEST

if TYPE_CHECKING:
    from features.needs.checks.run_checks import Checks


def findings(told: Checks) -> tuple[DiagnosisFinding, ...]:
    """All findings: what can be trusted first, then what must not be done, then what needs care."""
    if told.teachers < FEWEST:
        return (
            DiagnosisFinding(
                "few_people", "stop", f"教师少于 {FEWEST} 人，不显示任何数字。",
                f"Fewer than {FEWEST} teachers: no number is shown.",
                "导入更多学校后再诊断。", "Import more schools and diagnose again.",
            ),
        )  # fmt: skip
    # without evidence, what the model says is the prior, and nothing is learnt from looking at it
    of_model = (findings_model.evidence,) if no_evidence(told) else findings_model.RULES
    rules = (*of_model, *findings_data.RULES)
    found = [finding for rule in rules for finding in rule(told)]
    order = {"trust": 0, "stop": 1, "care": 2}
    return tuple(sorted(found, key=lambda one: order[one.level]))


def headline(found: tuple[DiagnosisFinding, ...]) -> tuple[str, str]:
    """All of it in one sentence, Chinese and English."""
    codes = {one.code.split(":")[0] for one in found}
    stops, cares = (sum(one.level == level for one in found) for level in ("stop", "care"))
    if "few_people" in codes:
        return "人数太少，不作检查。", "Too few people: nothing is checked."
    if "no_evidence" in codes:
        return (
            "还没有证据，诊断不能用于任何个人。",
            "There is no evidence yet: do not use the diagnosis for any person.",
        )
    if codes & {"indirect_only", "reliability_low", "ranges_narrow"}:
        use = (
            "可用于学校和教研组，个人结论要谨慎",
            "Fit for schools and departments; be wary of single people",
        )
    else:
        use = "可用于安排培训", "Fit for planning training"
    parts = [("不要做的事", stops), ("要当心的地方", cares)]
    told = "、".join(f"{n} 处{what}" for what, n in parts if n)
    english = " and ".join(
        f"{n} {one if n == 1 else more}"
        for one, more, n in (
            ("thing not to do", "things not to do", stops),
            ("point of care", "points of care", cares),
        )
        if n
    )
    if not told:
        return f"{use[0]}，各项检查都没有发现问题。", f"{use[1]}; no check found anything wrong."
    return f"{use[0]}；有 {told}。", f"{use[1]}; {english}."
