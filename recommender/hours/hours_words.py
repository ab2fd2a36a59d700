"""What the ledger says of a teacher, in words: why hours do not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.ledger.hours_ledger import REASONS
from features.messages import Message, message
from recommender.hours.ledger_places import LedgerFacts
from recommender.text.formats import iso, number


def reasons_of(row: Mapping[Any, Any]) -> tuple[Message, ...]:
    """Why hours of a row of the ledger do not count, in the order of `REASONS`; empty where all count."""
    reasons = [message(f"hours.reason_{name}", n=number(float(row[name]))) for name in REASONS if row[name] > 0]
    if row["claimed"] + row["checked"] > 0:
        reasons.append(message("hours.reason_possible", n=number(float(row["possible"]))))
    return tuple(reasons)


def summary_sentence(facts: LedgerFacts) -> Message:
    """How many have a rule, how many are short, how much waits."""
    if not facts.people:
        return message("hours.no_rules")
    return message(
        "hours.summary", day=iso(facts.as_of), people=facts.people, short=facts.people_short, waiting=number(facts.waiting)
    )
