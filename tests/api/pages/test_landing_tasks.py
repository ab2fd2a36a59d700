"""The start page of each role says what waits there, by the plans, data and model that are there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.records.record_store import Author

DONE, RUNNING = "P0000000000aa", "P0000000000bb"


def todo(client: TestClient, role: str) -> str:
    answer = client.get("/?lang=en", headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    part = answer.text.partition('id="todo"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", part))


def test_a_planner_sees_what_waits_for_a_decision(client: TestClient, plans: Any) -> None:
    text = todo(client, "district")
    assert "plans that are ready: 1" in text and "plans being made: 1" in text
    plans.adopt(DONE, "planner")
    assert "ready" not in todo(client, "district")
    plans.states.clear()
    assert "no training plan yet" in todo(client, "district")


def test_a_planner_reads_that_the_adopted_plan_is_of_older_data(
    client: TestClient, plans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans.adopt(DONE, "planner")
    monkeypatch.setattr(plans, "tables", lambda: "other tables")
    assert "300,000 yuan is of older data" in todo(client, "district")


def test_a_school_sees_hours_that_wait_for_it(client: TestClient) -> None:
    assert "1 entry of hours waits for your check" in todo(client, "school") and "hours" not in todo(client, "teacher")
    entry = client.app.state.hours_book[1].entry("E1")  # type: ignore[attr-defined]
    client.app.state.hour_records.decide(Author("head", "school"), "1", [entry], "checked")  # type: ignore[attr-defined]
    assert "entry of hours" not in todo(client, "school")


def test_a_school_sees_its_seats(client: TestClient, plans: Any) -> None:
    assert "seats in adopted" not in todo(client, "school")
    plans.adopt(DONE, "planner")
    assert "seats in adopted plans: 4" in todo(client, "school")


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_who_cares_for_models_sees_that_a_server_is_behind(
    role: str, client: TestClient, service: Any, plans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing needs doing" in todo(client, role)
    service.version = replace(service.version, model_version="2026-01-01-00000000")
    assert "promoted version is 2026-06-30-0a1b2c3d" in todo(client, role)
    monkeypatch.setattr(plans, "tables", lambda: "other tables")
    text = todo(client, role)
    assert "New data were imported" in text and ("recommend --all" in text) == (role == "admin")
    page = client.get("/?lang=en", headers={"Authorization": f"Bearer {role}"}).text
    assert "2026-01-01-00000000</code>" in page and "promoted</span>" in page


@pytest.mark.parametrize("role", ["school", "district", "researcher", "admin"])
def test_before_the_data_are_loaded_the_page_says_so(role: str, simulated: Any) -> None:
    client = simulated.client(simulated.service())  # not started: nothing is loaded beside the test
    client.app.state.service, client.app.state.loading = None, "loading"  # type: ignore[attr-defined]
    assert "being loaded" in todo(client, role)
    client.app.state.loading = "failed"  # type: ignore[attr-defined]
    assert "could not be loaded" in todo(client, role)
