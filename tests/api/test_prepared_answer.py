"""Answers and pages from prepared lists are byte for byte those of computed ones."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recommender.prepared.prepared_lists import PreparedLists


def _answers(prepared: Any, teachers: list[str], school: str) -> list[bytes]:
    answers = []
    for teacher in teachers:
        own, head = prepared.bearer("teacher", teacher), prepared.bearer("school", "head", school)
        path = f"/v1/teachers/{teacher}/recommendations"
        for headers, address in (
            (own, path), (own, f"{path}?top=1"), (own, f"{path}?top=50"), (head, path),
            (own, f"/teachers/{teacher}?lang=zh"), (own, f"/teachers/{teacher}?lang=en"),
        ):  # fmt: skip
            prepared.client.cookies.clear()  # the language of the page before
            answer = prepared.client.get(address, headers=headers)
            assert answer.status_code == 200, answer.text
            answers.append(re.sub(rb'name="once" value="[^"]*"', b"", answer.content))  # a new key for each form
    return answers


def test_answers_and_pages_are_the_computed_ones(
    prepared: Any, city: Any, prepared_reads: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    register = city.service._register
    teachers = [str(t) for t in register[register["school_id"] == city.school]["teacher_id"]][:6]
    answers = _answers(prepared, teachers, city.school)
    assert prepared_reads == [True] * len(prepared_reads)
    assert len(prepared_reads) >= len(answers)
    monkeypatch.setattr(PreparedLists, "read", lambda *_: None)
    assert _answers(prepared, teachers, city.school) == answers


def test_a_dismissed_course_is_gone_at_once_and_back_after_undo(
    prepared: Any, city: Any, prepared_reads: list[bool]
) -> None:
    headers = prepared.bearer("teacher", city.teacher)
    path = f"/v1/teachers/{city.teacher}/recommendations"
    before = prepared.client.get(path, headers=headers)
    first = before.json()["recommendations"][0]["course_id"]
    for number, (action, there) in enumerate((("dismiss", False), ("undo", True))):
        said = prepared.client.post(
            "/v1/feedback", headers={**headers, "Idempotency-Key": f"key-{number}"},
            json={"teacher_id": city.teacher, "course_id": first, "action": action},
        )  # fmt: skip
        assert said.status_code == 201, said.text
        after = prepared.client.get(path, headers=headers)
        assert (first in {place["course_id"] for place in after.json()["recommendations"]}) == there
    assert after.content == before.content
    assert prepared_reads[0] and prepared_reads[-1]
