"""`recommender data coverage`: the table for people, the numbers for scripts."""

from __future__ import annotations

import json
from typing import Any


def test_it_says_of_every_school_what_it_handed_in(run: Any, city: Any) -> None:
    code, out, err = run("data", "coverage")
    assert code == 0, err
    assert "lesson observations" in out and "mean reliability of needs" in out
    code, out, _ = run("data", "coverage", "--json")
    content = json.loads(out)
    tables = city.workspace.tables
    assert code == 0 and content["made_up"] is True and content["teachers"] == len(tables["teachers"])
    assert {s["school_id"] for s in content["schools"]} == set(tables["teachers"]["school_id"])
    total = {source["source"]: source for source in content["sources"]}
    observed = tables["observations"]["teacher_id"].nunique() / len(tables["teachers"])
    assert total["observations"]["share"] == round(observed, 2)
    cost = total["results"]["cost"] or total["observations"]["cost"]
    assert cost["present"] > cost["missing"]


def test_one_district_has_its_own_schools(run: Any, city: Any) -> None:
    organizations = city.workspace.tables["organizations"]
    district = organizations[organizations["kind"] == "district"]["org_id"].iloc[0]
    content = json.loads(run("data", "coverage", "--org", district, "--json")[1])
    below = set(organizations[organizations["parent_id"] == district]["org_id"])
    assert content["schools"] and {s["school_id"] for s in content["schools"]} <= below
    code, _, err = run("data", "coverage", "--org", "nobody")
    assert code == 2 and "nobody" in err
