"""What the pages say in each state, word for word where product design fixed the words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.pages.need_bar import place
from api.pages.page_words import Words
from api.pages.render import foreign, link
from features.needs.evidence.sources.source_registry import reported_sources
from recommender.types import Hours

Sign = Callable[[str], dict[str, str]]


def _text(page: str) -> str:
    """The page as read out: no tags, one space where there is any white."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


def _page(client: TestClient, path: str, role: str = "teacher") -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def test_every_source_of_evidence_has_a_word() -> None:
    for lang in ("zh", "en"):
        assert all(Words(lang).name("source", name) != name for name in reported_sources())


PAGES = [
    ("/", "teacher"),
    ("/teachers/T1", "teacher"),
    ("/teachers/T1/held", "teacher"),
    ("/schools/S1", "school"),
    ("/courses", "teacher"),
    ("/courses/K1", "teacher"),
    ("/docs", "teacher"),
]


@pytest.mark.parametrize(("path", "role"), PAGES)
def test_every_page_is_marked_as_made_up_in_both_languages_and_runs_no_script(
    path: str, role: str, client: TestClient
) -> None:
    for lang, tag in (("", "zh-CN"), ("?lang=en", "en")):
        page = _page(client, path + lang, role)
        assert f'<html lang="{tag}">' in page
        assert "模拟数据，非真实" in page
        assert "Simulated data, not real" in page
        assert "<script" not in page
        assert " style=" not in page
        assert "<style" not in page
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_the_stripe_is_gone_for_real_data(client: TestClient, service: Any) -> None:
    service.made_up = False
    assert "模拟数据" not in _page(client, "/courses")


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


def test_names_from_tables_cannot_become_markup(client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, name="<b onclick=x>", school_name='"><img src=x>')
    page = _page(client, "/teachers/T1")
    assert "<b onclick" not in page
    assert "<img" not in page


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


def test_the_search_stays_in_the_address(client: TestClient) -> None:
    page = _page(client, "/courses?q=%E6%95%B0%E5%AD%A6&stage=primary&lang=en")
    assert 'value="数学"' in page
    assert '<option value="primary" selected>' in page
    assert "cursor=2" in page
    assert "lang=en" in page


def test_the_switch_keeps_the_search_and_drops_the_token(client: TestClient) -> None:
    page = _page(client, "/courses?q=a&stage=primary")
    assert 'href="/courses?q=a&amp;stage=primary&amp;lang=en"' in page


def test_small_things_of_language() -> None:
    zh, en = Words("zh"), Words("en")
    assert (zh.day(date(2026, 5, 1)), en.day(date(2026, 5, 1))) == ("2026 年 5 月 1 日", "1 May 2026")
    assert (zh.day(None), en.day(None)) == ("未记录", "not recorded")
    assert en.span(None, date(2026, 5, 1)) == "1 May 2026"
    assert zh.other("pages.site_school") == en("pages.site_school")
    assert zh.name("mode", "by_post") == "by_post"
    assert str(foreign("数学", "en")) == '<span lang="zh-CN">数学</span>'
    assert foreign("数学", "zh") == "数学"
    assert link("/courses", "en", q="a b") == "/courses?q=a+b&lang=en"
    assert (place(0), place(50), place(99)) == (0, 50, 100)
