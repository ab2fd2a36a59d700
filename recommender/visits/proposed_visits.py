"""The proposal of visits that a page of an organization shows: its own, else one of an office above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.served_version import ServedVersion
from recommender.visits.visit_plan import VisitPlan
from recommender.visits.visit_store import read_visits


@dataclass(frozen=True)
class ProposedVisits:
    """plan: None where none was made. stale: it was made of other tables, at another date or with another model than the
    answers of the page."""

    plan: VisitPlan | None = None
    stale: bool = False


def proposed_visits(root: Path, org_ids: Sequence[str], version: ServedVersion) -> ProposedVisits:
    """org_ids: nearest first; the whole workspace comes last. One made of the served version is preferred."""
    plans = [plan for plan in (read_visits(root, org_id) for org_id in (*org_ids, "")) if plan is not None]
    for plan in plans:
        if ServedVersion(plan.tables, plan.as_of, plan.model_version) == version:
            return ProposedVisits(plan)
    return ProposedVisits(plans[0], stale=True) if plans else ProposedVisits()
