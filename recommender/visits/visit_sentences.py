"""What is said of a proposal of visits, on the screen and on pages: how many where, what they are worth, from what."""

from __future__ import annotations

from features.messages import Message, message
from recommender.visits.visit_plan import VisitPlan

METHOD = "docs/visits.md"


def visit_sentences(plan: VisitPlan) -> list[Message]:
    """How many of each kind, what they are worth against visits at random, and what that rests on."""
    return [*proposal_sentences(plan), *worth_sentences(plan)]


def proposal_sentences(plan: VisitPlan) -> list[Message]:
    """How many of each kind, and what they are expected to be worth."""
    lessons, surveys, links = plan.visits
    total = lessons + surveys + links
    if not total:
        return [message("visits.none", people=plan.people)]
    counts = message(
        "visits.counts", total=total, budget=plan.budget, people=plan.people, lessons=lessons, surveys=surveys, links=links
    )
    if plan.worth is None:
        return [counts, message("visits.few_people")]
    worth = plan.worth
    return [counts, message("visits.worth", gain=worth.gain, random=worth.random, changed=worth.changed)]


def worth_sentences(plan: VisitPlan) -> list[Message]:
    """How far it may turn out otherwise, what it rests on, and what it does not say."""
    worth = plan.worth if any(plan.visits) else None
    spread = [] if worth is None else [message("visits.range", low=worth.low, high=worth.high)]
    source = message("visits.source", as_of=plan.as_of, open_on=plan.open_on, version=plan.model_version, page=METHOD)
    return [*spread, source, message("visits.no_ranking")]
