"""The nearest proposal of the served version; an older one only says that it is old."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from recommender.served_version import ServedVersion
from recommender.visits.proposed_visits import ProposedVisits, proposed_visits
from recommender.visits.visit_plan import SchoolVisits, VisitPlan
from recommender.visits.visit_store import write_visits

DAY = date(2026, 6, 30)
VERSION = ServedVersion("t", DAY, "v")
PLAN = VisitPlan("D", 9, None, ("observation",), DAY, DAY, "v", "t", "", True, 30, (SchoolVisits("A", (3, 0, 0)),), None)


def test_nearest_first_then_all(tmp_path: Path) -> None:
    assert proposed_visits(tmp_path, ("S", "D"), VERSION) == ProposedVisits()
    everything = replace(PLAN, org_id="", budget=50)
    write_visits(tmp_path, everything)
    assert proposed_visits(tmp_path, ("S", "D"), VERSION) == ProposedVisits(everything)
    write_visits(tmp_path, PLAN)
    assert proposed_visits(tmp_path, ("S", "D"), VERSION) == ProposedVisits(PLAN)


def test_one_of_the_served_version_is_preferred(tmp_path: Path) -> None:
    write_visits(tmp_path, replace(PLAN, model_version="older"))
    assert proposed_visits(tmp_path, ("S", "D"), VERSION).stale
    write_visits(tmp_path, replace(PLAN, org_id=""))
    assert proposed_visits(tmp_path, ("S", "D"), VERSION) == ProposedVisits(replace(PLAN, org_id=""))
    other = ServedVersion("other tables", DAY, "v")
    assert proposed_visits(tmp_path, ("S", "D"), other).stale
