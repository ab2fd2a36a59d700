"""A school's page: departments and no person."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.testclient import TestClient

from api.pages.page_words import Words
from api.pages.school_page import Group, nothing_wanting, rows_of, shared_needs
from recommender.types import GroupNeed, Need, SchoolNeeds


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


def _group(unit: str, size: int, competency: int, band: str, **more: Any) -> GroupNeed:
    changed = {name: more.pop(name) for name in ("gap_mean",) if name in more}
    zh, en = NAMES[competency]
    need = replace(NEED, competency_id=f"C{competency}", name_zh=zh, name_en=en, band=band, **changed)
    kind = "school" if "|" not in unit else "department"
    return GroupNeed(kind, unit, unit.split("|")[-1], size, need, **more)  # type: ignore[arg-type]


NEED = Need("C0", "", "", 0.0, 0.3, 0.6, 0.5, 0.3, 0.8, 0.6, "possible", ("class_results",), 3)
NAMES = [("甲", "A"), ("乙", "B"), ("丙", "C"), ("丁", "D"), ("戊", "E")]
ZH, EN = Words("zh"), Words("en")


def _needs(*groups: GroupNeed) -> SchoolNeeds:
    return SchoolNeeds(
        "S1", "示例小学", tuple(g for g in groups if g.unit_kind == "department"),
        tuple(g for g in groups if g.unit_kind == "school"), date(2026, 6, 30), True,
    )  # fmt: skip


def test_every_clear_need_is_among_the_most_shared_ones() -> None:
    """Three competencies are possible in three departments each; two are clear, in one department and in the school."""
    possible = [_group(f"S1|{d}", 8, k, "possible") for d in ("数", "语", "英") for k in (0, 1, 2)]
    clear = [_group("S1|数", 8, 3, "clear"), _group("S1", 24, 4, "clear")]
    lines = [need.text(EN) for need in shared_needs(_needs(*possible, *clear), EN)]
    assert lines == ["D (clear in 1 department)", "E (clear for the whole school)", "A (possible in 3 departments)"]
    many = [_group("S1|数", 8, k, "clear") for k in range(5)]
    assert len(shared_needs(_needs(*many), EN)) == 5


def test_a_figure_says_whose_target_and_how_many_people_it_is_about() -> None:
    groups = [Group("S1|数", "数", 59), Group("S1|语", "语", 8)]
    cells = [_group("S1|数", 59, 0, "clear", people=5), _group("S1|语", 8, 0, "none", people=8, gap_mean=0.9)]
    (row,) = rows_of(_needs(*cells), groups, ZH)
    assert row.target == "55–59"
    assert [(cell.target, cell.people) for cell in row.cells if cell] == [(55, 5), (59, None)]
    (row,) = rows_of(_needs(cells[0]), groups, ZH)
    assert row.target == "55" and [cell and cell.target for cell in row.cells] == [None, None]


def test_a_school_of_thin_rows_is_not_called_free_of_gaps(client: TestClient, service: Any, monkeypatch: Any) -> None:
    thin = _needs(_group("S1|数", 8, 0, "thin"), _group("S1|语", 8, 1, "thin"))
    monkeypatch.setattr(service, "school_needs", lambda *_: thin)
    text = _text(_page(client, "/schools/S1", "school"))
    assert text.count("依据不足，还不能判断哪里有短板。") == 2 and "没有明确或可能" not in text
    groups = [Group("S1|数", "数", 8)]
    some = rows_of(_needs(_group("S1|数", 8, 0, "none"), _group("S1|数", 8, 1, "thin")), groups, ZH)
    assert nothing_wanting(some).endswith("some_thin")
    assert nothing_wanting(rows_of(_needs(_group("S1|数", 8, 0, "none")), groups, ZH)) == "pages.school_none_wanting"


def test_seats_of_the_city_are_not_summed_as_if_they_were_the_schools(client: TestClient) -> None:
    text = _text(_page(client, "/schools/S1?lang=en", "school"))
    assert "the 10 courses below" in text and "400" not in text


def test_the_schools_own_seats_of_adopted_plans_are_listed_without_names(client: TestClient, plans: Any) -> None:
    assert "还没有采用任何方案" in _text(_page(client, "/schools/S1", "school"))
    plans.adopt("P0000000000aa", "planner")
    text = _text(_page(client, "/schools/S1", "school"))
    assert "4 个名额，明细见下" in text and "示例机构 D1的方案，2026 年 7 月 2 日采用" in text
    assert "基于测评结果的教学改进 1" in text and "gone" in text and "李示例" not in text
    english = _text(_page(client, "/schools/S1?lang=en", "school"))
    assert "4 seats, listed below" in english and "adopted 2 Jul 2026" in english
    assert "已采用方案" not in _text(_page(client, "/schools/S1?lang=zh", "district"))
    answer = client.get("/v1/schools/S1/recommendations", headers={"Authorization": "Bearer school"}).json()
    assert answer["adopted_seats"] == [
        {"plan_id": "P0000000000aa", "org_id": "D1", "adopted_on": "2026-07-02",
         "courses": [{"course_id": "K1", "seats": 3}, {"course_id": "gone", "seats": 1}]}
    ]  # fmt: skip
