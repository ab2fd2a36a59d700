"""What is said of a proposal of visits, on the screen and on pages: how many where, what they are worth, from what."""

from __future__ import annotations

from features.messages import Message, message
from recommender.visits.visit_plan import VisitPlan

METHOD = "docs/visits.md"


def visit_sentences(plan: VisitPlan) -> list[Message]:
    """How many of each kind, what they are worth against visits at random, and what that rests on."""
    lessons, surveys, links = plan.visits
    total = lessons + surveys + links
    if not total:
        return [message("visits.none", people=plan.people), message("visits.no_ranking")]
    sentences = [
        message(
            "visits.counts", total=total, budget=plan.budget, people=plan.people, lessons=lessons, surveys=surveys, links=links
        )
    ]
    if plan.worth is None:
        sentences.append(message("visits.few_people"))
    else:
        sentences.append(message("visits.worth", gain=plan.worth.gain, random=plan.worth.random, changed=plan.worth.changed))
        sentences.append(message("visits.range", low=plan.worth.low, high=plan.worth.high))
    sentences.append(
        message("visits.source", as_of=plan.as_of, open_on=plan.open_on, version=plan.model_version, page=METHOD)
    )
    return [*sentences, message("visits.no_ranking")]
