"""Her page says who read her data, in words: by herself, by others, and in plans that name her."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.messages import BilingualText
from recommender.personal_data import PersonalTable


def _readers(client: TestClient, sign: Any, path: str = "/teachers/T1/held") -> str:
    answer = client.get(path, headers=sign("teacher") | {"Accept": "text/html"})
    assert answer.status_code == 200
    section = re.search(r'<section aria-labelledby="readers">(.*?)</section>', answer.text, re.DOTALL)
    assert section
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", section[1])))


def test_reads_by_others_are_listed_and_her_own_are_counted(client: TestClient, sign: Any) -> None:
    assert "除了您本人，还没有人看过" in _readers(client, sign)
    client.get("/v1/teachers/T1/recommendations", headers=sign("school"))
    client.get("/v1/teachers/T1/needs", headers=sign("school"))
    client.get("/v1/teachers/T3/recommendations", headers=sign("school"))
    text = _readers(client, sign, "/teachers/T1/held?lang=en")
    assert re.search(r"The latest 2 of 2 reads by others; you yourself read [12] times?\.", text)  # this one may be under way
    assert "to see which courses are proposed" in text and text.count("refused") == 1 and text.count("(school)") == 2


def test_who_read_a_plan_with_her_name_read_of_her(
    client: TestClient, sign: Any, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/v1/plans/P0000000000aa/workbook", headers=sign("district"))
    assert "P0000000000aa" not in _readers(client, sign)
    row = {"plan_id": "P0000000000aa", "teacher_id": "T1", "course_id": "K1"}
    label = BilingualText("名额", "seats")
    seats = PersonalTable("assignments", "plans", label, tuple((name, label) for name in row), (row,))
    monkeypatch.setattr(service, "personal_data", lambda teacher_id: (seats,))
    assert "查看带姓名的培训方案、有您名字的方案 P0000000000aa" in _readers(client, sign)
