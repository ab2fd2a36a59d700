"""What every page has in common, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient


def _page(client: TestClient, path: str, role: str = "teacher") -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


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


def test_names_from_tables_cannot_become_markup(client: TestClient, service: Any) -> None:
    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, name="<b onclick=x>", school_name='"><img src=x>')
    page = _page(client, "/teachers/T1")
    assert "<b onclick" not in page
    assert "<img" not in page


def test_the_language_is_remembered_and_first_taken_from_the_browser(client: TestClient) -> None:
    headers = {"Authorization": "Bearer teacher", "Accept": "text/html"}

    def lang_of(path: str, accept: str = "") -> str:
        page = client.get(path, headers=headers | ({"Accept-Language": accept} if accept else {}))
        assert "Accept-Language" in page.headers["vary"] and "Cookie" in page.headers["vary"]
        return page.text.split('<html lang="')[1].split('"')[0]

    assert lang_of("/courses") == "zh-CN" and lang_of("/courses", "en-US,en;q=0.9") == "en"
    assert lang_of("/courses?lang=zh", "en-US,en;q=0.9") == "zh-CN"  # and leaves its cookie
    assert lang_of("/courses", "en-US,en;q=0.9") == "zh-CN"
    answer = client.get("/courses?lang=en", headers=headers)
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert lang_of("/courses") == "en" and lang_of("/teachers/T1", "zh-CN") == "en"
    client.cookies.clear()
    client.get("/courses?lang=xx", headers=headers)
    assert lang_of("/courses") == "zh-CN" and not client.cookies


def test_links_carry_the_language_only_where_the_browser_would_not(client: TestClient) -> None:
    assert 'href="/courses?lang=en"' in _page(client, "/courses?lang=en")  # no cookie came with this request
    assert 'href="/courses"' in _page(client, "/courses?lang=en") and 'href="/courses"' in _page(client, "/courses")


def test_the_switch_keeps_the_search_and_drops_the_token(client: TestClient) -> None:
    page = _page(client, "/courses?q=a&stage=primary")
    assert 'href="/courses?q=a&amp;stage=primary&amp;lang=en"' in page
