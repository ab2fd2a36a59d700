"""A teacher's page: needs as ranges, three courses, hours."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.types import Hours


def _text(page: str) -> str:
    """The page as read out: no tags, one space where there is any white."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


def _page(client: TestClient, path: str, role: str = "teacher") -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def test_a_teacher_reads_her_needs_as_range_first(client: TestClient) -> None:
    text = _text(_page(client, "/teachers/T1"))
    assert "这是学习建议，不是考核结果，不会进入您的年度考核。" in text
    assert (
        "「学情分析」：估计 42 分，可能在 35–49 之间（依据 3 次测评，2026 年 6 月）。本学段目标 55 分。"
        in text
    )
    assert "前 2 门课的预计帮助相差不大（在误差之内），按时间和兴趣选就好。" in text
    assert "还差 12 学时" in text
    english = _text(_page(client, "/teachers/T1?lang=en"))
    assert "This is learning advice. It is not an appraisal and does not enter your yearly review." in english
    assert "“Analysing student learning”: about 42, likely 35–49 (from 3 assessments, Jun 2026)." in english
    assert "Target for your stage: 55." in english
    assert "The top 2 are about equal (within error). Choose by time and interest." in english


def test_at_most_three_needs_and_three_courses_with_five_reasons(client: TestClient) -> None:
    page = _page(client, "/teachers/T1")
    assert page.count('class="need"') == 3
    assert page.count('class="card"') == 3
    for kind in ("need", "fit", "feasible", "evidence", "counter"):
        assert page.count(f"{kind} 的中文理由。") == (6 if kind == "need" else 3)


STATES = [
    (
        "thin",
        "依据不足：目前只有 1 次测评，2026 年 6 月，可能在 35–49 之间，先不据此推荐。做 8 分钟自评会更准。",
    ),
    ("none", "还没有您的测评数据。您可以先按学科浏览课程。"),
    ("met", "目前没有明显短板。可以选拓展课，或担任同伴导师。"),
]


@pytest.mark.parametrize(("state", "words"), STATES)
def test_the_states_of_her_needs(state: str, words: str, client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    band, n = {"thin": ("thin", 1), "none": ("thin", 0), "met": ("none", 3)}[state]
    needs = tuple(
        replace(need, band=band, n_evidence=n, sources=("class_results",) if n else ()) for need in teacher.needs
    )
    service.needs["T1"] = replace(teacher, needs=needs)
    page = _page(client, "/teachers/T1")
    assert words in _text(page)
    assert 'class="need"' not in page


def test_no_course_and_a_list_that_is_not_by_her_needs(client: TestClient, service: Any) -> None:
    advice = service.teacher_advice("T1", 3)
    service.advice["T1"] = replace(advice, status="no_course", recommendations=())
    assert "没有找到合适的课。我们已把这个需求记给区教师发展中心。" in _page(client, "/teachers/T1")
    places = tuple(replace(place, basis="uptake") for place in advice.recommendations)
    service.advice["T1"] = replace(advice, objective="uptake", recommendations=places)
    assert "不是按您的需求" in _page(client, "/teachers/T1")


def test_hours_without_a_rule_and_hours_done(client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, hours=())
    assert "没有找到适用于您的学时规定" in _page(client, "/teachers/T1")
    done = Hours("public", date(2026, 1, 1), date(2026, 12, 31), 18.0, 18.0, None)
    service.needs["T1"] = replace(teacher, hours=(done,))
    assert "已完成" in _page(client, "/teachers/T1")
