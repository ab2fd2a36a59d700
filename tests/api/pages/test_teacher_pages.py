"""A teacher's page: needs as ranges, three courses, hours."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.pages.page_words import Words
from api.pages.teacher_pages import points_range
from recommender.types import Hours, NeedCourse


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
        "「学情分析」：估计 42 分，可能在 35–49 之间（依据：所教班级的测验 3 次，最近一次在 2025 年 5 月）。本学段目标 55 分。"
        in text
    )
    assert "前 2 门课的预计帮助相差不大（在误差之内：第一门更有帮助的把握不到六成）" in text
    assert "还差 12 学时" in text
    english = _text(_page(client, "/teachers/T1?lang=en"))
    assert "This is learning advice. It is not an appraisal and does not enter your yearly review." in english
    assert "“Analysing student learning”: about 42, likely 35–49" in english
    assert "(from 3 tests of classes taught, the latest in May 2025)." in english
    assert "Target for your stage: 55." in english
    assert "The top 2 are about equal (within error: the chance that the first helps more is below 60%)." in english


def test_at_most_three_needs_and_three_courses_with_five_reasons(client: TestClient) -> None:
    page = _page(client, "/teachers/T1")
    assert page.count('class="need"') == 3
    assert page.count('class="card"') == 3
    for kind in ("need", "fit", "feasible", "evidence", "counter"):
        assert page.count(f"{kind} 的中文理由。") == (6 if kind == "need" else 3)


STATES = [
    (
        "thin",
        "依据不足：「学情分析」目前只有所教班级的测验 1 次，最近一次在 2025 年 5 月，可能在 35–49 之间，先不据此推荐。",
    ),
    ("none", "还没有您的测评数据。您可以先按学科浏览课程。"),
    ("met", "目前没有明显短板。可以选拓展课，或担任同伴导师。"),
]


@pytest.mark.parametrize(("state", "words"), STATES)
def test_the_states_of_her_needs(state: str, words: str, client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    band, n = {"thin": ("thin", 1), "none": ("thin", 0), "met": ("none", 3)}[state]
    needs = tuple(
        replace(need, band=band, n_evidence=n, sources=("class_results",) if n else (),
                records=(("class_results", n),) if n else (), latest_on=need.latest_on if n else None)
        for need in teacher.needs
    )  # fmt: skip
    service.needs["T1"] = replace(teacher, needs=needs, measured=n > 0, origins=("school", "step"))
    if not n:
        places = tuple(replace(place, basis="group") for place in service.teacher_advice("T1", 3).recommendations)
        service.advice["T1"] = replace(service.teacher_advice("T1", 3), recommendations=places)
    page = _page(client, "/teachers/T1")
    assert words in _text(page)
    assert 'class="need"' not in page and "可能的需求" not in page
    assert ("以下课程依据本校教师、同梯级、同教龄教师的整体情况，不是对您的判断" in _text(page)) == (n == 0)


def test_a_need_above_its_target_is_none(client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    needs = tuple(replace(need, band="possible", gap_mean=-0.1) for need in teacher.needs)
    service.needs["T1"] = replace(teacher, needs=needs)
    assert "目前没有明显短板" in _text(_page(client, "/teachers/T1"))


def test_each_need_has_its_open_course_or_says_that_there_is_none(client: TestClient, service: Any) -> None:
    teacher, advice = service.teacher_needs("T1"), service.teacher_advice("T1", 3)
    first, second, *_ = teacher.needs
    best = NeedCourse(first.competency_id, advice.recommendations[0].course, 0.09, 0.05)
    service.needs["T1"] = replace(teacher, open_courses=(best, NeedCourse(second.competency_id, None)))
    text = _text(_page(client, "/teachers/T1"))
    assert (
        f"对这一项帮助最大的开放课程：{advice.recommendations[0].course.title}，预计补上约 0.9 分（可能 0.1 – 1.7）。" in text
    )
    assert text.count("这一项目前没有开放的课。") == 1  # of the third need nothing was looked for


def test_the_need_of_each_card_is_among_the_needs_shown(client: TestClient, service: Any) -> None:
    advice = service.teacher_advice("T1", 3)
    places = tuple(replace(place, need_id="C4") for place in advice.recommendations)
    service.advice["T1"] = replace(advice, recommendations=places)
    teacher = service.teacher_needs("T1")
    extra = replace(teacher.needs[0], competency_id="C4", name_zh="数字素养")
    service.needs["T1"] = replace(teacher, needs=(*teacher.needs[:3], extra))
    page = _page(client, "/teachers/T1")
    assert page.count('class="need"') == 4 and "「数字素养」" in _text(page)


def test_expected_help_and_counted_hours_are_said_with_range_and_debt(client: TestClient) -> None:
    text = _text(_page(client, "/teachers/T1"))
    assert "预计帮助约 3.1 分（可能 1.1 – 5.1）" in text
    assert "其中 12 学时可计入总学时（不分类别）所欠的 12 学时（2026 年 12 月 31 日前）" in text


@pytest.mark.parametrize(
    ("selectors", "words"),
    [(("ladder_step", "role"), "本梯级目标 55 分"), (("subject", "ladder_step"), "本梯级、本学科目标 55 分"),
     (("role",), "。目标 55 分"), ((), "。目标 55 分")],
)  # fmt: skip
def test_it_is_said_whose_target_it_is(
    selectors: tuple[str, ...], words: str, client: TestClient, service: Any
) -> None:
    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, needs=tuple(replace(n, target_of=selectors) for n in teacher.needs))
    text = _text(_page(client, "/teachers/T1"))
    assert words in text and "本学段目标" not in text


def test_courses_are_those_of_today_and_both_dates_are_said(client: TestClient, service: Any) -> None:
    assert "是否开放" not in _text(_page(client, "/teachers/T1"))
    service.age = replace(service.age, open_on=date(2026, 11, 25))
    text = _text(_page(client, "/teachers/T1"))
    assert "需求按截至 2026 年 6 月 30 日的数据估计；课程按 2026 年 11 月 25 日是否开放判断。" in text


def test_closed_courses_are_shown_as_such_where_nothing_is_open_any_more(client: TestClient, service: Any) -> None:
    service.age = replace(service.age, open_on=date(2026, 11, 25), closed=40)
    service.advice["T1"] = replace(service.teacher_advice("T1", 3), closed=True)
    page = _page(client, "/teachers/T1?lang=en")
    assert page.count('<p class="closed">Begun or ended</p>') == page.count('class="card"') == 3
    assert "No course is open any more on 25 Nov 2026: the courses below were open on 30 Jun 2026" in _text(page)


def test_nothing_is_promised_that_does_not_exist(client: TestClient, service: Any) -> None:
    for path in ("/teachers/T1", "/teachers/T1/held"):
        for lang in ("zh", "en"):
            text = _text(_page(client, f"{path}?lang={lang}"))
            for promise in ("自评会更准", "self-review", "记给区", "passed this need", "All that is held", "留下记录"):
                assert promise not in text


def test_no_course_and_a_list_that_is_not_by_her_needs(client: TestClient, service: Any) -> None:
    advice = service.teacher_advice("T1", 3)
    service.advice["T1"] = replace(advice, status="no_course", recommendations=())
    assert "没有找到合适的课：目前没有向您开放的课程。" in _page(client, "/teachers/T1")
    places = tuple(replace(place, basis="uptake") for place in advice.recommendations)
    service.advice["T1"] = replace(advice, objective="uptake", recommendations=places)
    assert "不是按您的需求" in _page(client, "/teachers/T1")


def test_hours_without_a_rule_and_hours_done(client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, hours=())
    assert "数据中没有适用于您的学时规定" in _page(client, "/teachers/T1")
    done = Hours("public", date(2026, 1, 1), date(2026, 12, 31), 18.0, 18.0, None)
    service.needs["T1"] = replace(teacher, hours=(done,))
    assert "已完成" in _page(client, "/teachers/T1")


@pytest.mark.parametrize(
    ("mean", "zh", "en"),
    [(0.04, "不到 0.1 分（可能 -0.3 – 0.4）", "less than 0.1 points"),
     (0.06, "约 0.1 分（可能 -0.3 – 0.4）", "about 0.1 points")],
)  # fmt: skip
def test_help_that_rounds_to_nothing_is_called_small(mean: float, zh: str, en: str) -> None:
    values = (mean, -0.32, 0.41)
    assert points_range(values, Words("zh")) == zh
    assert points_range(values, Words("en")).startswith(en)
