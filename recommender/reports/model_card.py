"""The model card of a version, in Markdown: what it is, how it was evaluated, what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, Final

from features.messages import Lang, Message, message
from models.evaluation.list_metrics import MetricRow
from models.evaluation.promotion_gate import GateCondition, GateDecision
from recommender.text import in_both, render

HEADINGS: Final[tuple[tuple[Lang, str], ...]] = (("zh", "中文"), ("en", "English"))


def model_card(about: Mapping[str, Any], rows: Sequence[MetricRow], decision: GateDecision) -> str:
    """Chinese first, then English, then the metrics on what was held out.

    about: the manifest. decision: of the gate; its reason and every condition are on the card.
    """
    lines = [f"# {_both('models.card_title')} {about['as_of']}", ""]
    if about["made_up"]:
        lines += [f"**{_both('models.card_simulated')}**", ""]
    facts = _facts(about, decision)
    for lang, heading in HEADINGS:
        lines += [f"## {heading}", "", *(f"- {render(fact, lang)}" for fact in facts), ""]
    out = about["held_out"]
    said = _both(f"models.card_held_out_{out['kind']}", units=out["units"], total=out["total"], labels=about["labels"])
    return "\n".join([*lines, f"## {_both('models.card_evaluation')}", "", said, "", *_table(rows), ""])


def _facts(about: Mapping[str, Any], decision: GateDecision) -> list[Message]:
    counts = {name: about[name] for name in ("teachers", "schools", "courses", "enrolments")}
    return [
        message("models.card_as_of", as_of=about["as_of"]),
        message("models.card_objective", objective=message(f"models.objective_{about['objective']}")),
        message("models.card_ranked_by", ranked_by=message(f"models.ranked_by_{about['ranked_by']}")),
        message("models.card_verdict", verdict=decision.reason),
        *map(condition_in_words, decision.conditions),
        message("models.card_trained_on", **counts),
        message("models.card_use"),
        message("models.card_misuse"),
        message("models.card_limits"),
        message("models.card_fairness"),
    ]


def condition_in_words(condition: GateCondition) -> Message:
    """A condition of promotion, whether it holds, and its figures."""
    holds = message("models.holds" if condition.holds else "models.holds_not")
    return message("models.card_condition", holds=holds, finding=condition.finding)


def _table(rows: Sequence[MetricRow]) -> list[str]:
    if not rows:
        return [_both("models.card_no_evaluation")]
    head = ["| scorer | metric | value | 95% | vs | difference | 95% | lists | over |", "|---|---|---|---|---|---|---|---|---|"]
    return head + [
        f"| {r.scorer} | {r.metric} | {r.value:.3f} | {_span(r, r.low, r.high)} "
        f"| {r.rival} | {r.difference:+.3f} | {_span(r, r.difference_low, r.difference_high)} "
        f"| {r.lists} | {clusters(r)} |"
        for r in rows
    ]


def clusters(row: MetricRow) -> str:
    """Over how many schools or teachers the intervals of a row are, in both languages."""
    return _both(f"models.clusters_{row.cluster_kind}", n=row.clusters)


def _span(row: MetricRow, low: float, high: float) -> str:
    return _both(f"models.few_{row.cluster_kind}") if isnan(low) else f"{low:.3f} .. {high:.3f}"


def _both(code: str, **values: object) -> str:
    return " ".join(in_both(message(code, **values)))
