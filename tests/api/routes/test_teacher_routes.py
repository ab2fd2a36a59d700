"""A teacher reads the files' columns; her school reads proposals and nothing that a person lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]

ABOUT_A_PERSON = {"score", "gain_mean", "gain_sd", "p_complete", "band", "rank", "status", "basis", "need"}


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _keys(inner)}
    if isinstance(value, list):
        return {key for inner in value for key in _keys(inner)}
    return set()


def test_a_teacher_gets_the_columns_of_the_file(client: TestClient, sign: Sign) -> None:
    body = client.get("/v1/teachers/T1/recommendations?top=3", headers=sign("teacher")).json()
    assert [place["rank"] for place in body["recommendations"]] == [1, 2, 3]
    assert set(body["recommendations"][0]) == {
        "extension", "help_points", "hours", "need_id", "tied_with_first",
        "rank", "course_id", "score", "gain_mean", "gain_sd", "p_complete", "basis", "reasons",
        "tied_with_previous", "course",
    }  # fmt: skip
    assert [reason["kind"] for reason in body["recommendations"][0]["reasons"]] == [
        "need", "fit", "feasible", "evidence", "counter"
    ]  # fmt: skip
    assert set(body) >= {
        "unit_kind",
        "unit_id",
        "status",
        "objective",
        "ranked_by",
        "model_version",
        "as_of",
        "made_up",
    }


def test_ten_are_given_unless_asked_otherwise(client: TestClient, sign: Sign) -> None:
    body = client.get("/v1/teachers/T1/recommendations", headers=sign("teacher")).json()
    assert len(body["recommendations"]) == 10


def test_her_needs_come_with_points_and_hours(client: TestClient, sign: Sign) -> None:
    body = client.get("/v1/teachers/T1/needs", headers=sign("teacher")).json()
    assert body["needs"][0]["points"] == 42.0
    assert body["needs"][0]["target_points"] == 55.0
    assert body["hours"][0]["owed"] == 12.0


def test_a_school_sees_proposals_without_what_a_person_lacks(client: TestClient, sign: Sign) -> None:
    for path in ("/v1/teachers/T1/recommendations", "/v1/schools/S1/recommendations"):
        body = client.get(path, headers=sign("school")).json()
        assert not _keys(body) & (ABOUT_A_PERSON - {"status"})
        assert (body["status"] is None) == (body["unit_kind"] == "teacher")
        kinds = {reason["kind"] for place in body["recommendations"] for reason in place["reasons"]}
        assert kinds == {"fit", "feasible"}
        lines = body["recommendations"][0]["reasons"]
        assert lines[0]["zh"] == "课程目标：「学情分析」67%、「作业设计」33%。"
        assert (
            lines[0]["en"]
            == "Goals of the course: “Analysing student learning” 67%, “Designing homework” 33%."
        )


def test_a_persons_proposals_do_not_come_in_the_order_of_her_needs(
    client: TestClient, service: Any, sign: Sign
) -> None:
    advice = service.teacher_advice("T1", 5)
    service.advice["T1"] = replace(advice, recommendations=advice.recommendations[::-1])
    body = client.get("/v1/teachers/T1/recommendations?top=5", headers=sign("school")).json()
    titles = [place["course"]["title"] for place in body["recommendations"]]
    assert titles == sorted(titles)
    shorter = client.get("/v1/teachers/T1/recommendations?top=1", headers=sign("school")).json()
    assert shorter["recommendations"] == body["recommendations"]
