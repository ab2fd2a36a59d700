"""A school's page: departments and no person."""

from __future__ import annotations

import html
import re

from starlette.testclient import TestClient


def _text(page: str) -> str:
    """The page as read out: no tags, one space where there is any white."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


def _page(client: TestClient, path: str, role: str = "teacher") -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def test_a_school_page_names_departments_and_no_person(client: TestClient) -> None:
    page = _page(client, "/schools/S1", "school")
    text = _text(page)
    assert "音乐" in text
    assert "人数少于 5 人，为保护隐私不显示。" in text
    assert "李示例" not in text
    assert "need 的中文理由" not in text
    assert "counter 的中文理由" not in text
    assert "fit 的中文理由" not in text
    assert text.count("课程目标：「学情分析」67%、「作业设计」33%。") == 10
    assert text.count("feasible 的中文理由。") == 10
    assert "人数少于 10 人，为保护隐私不显示。" in _text(_page(client, "/schools/S1", "district"))
