"""The pages in a real browser: nothing cut off, nothing from outside, readable by all, without scripts."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

VENDOR = Path(__file__).parent / "vendor" / "axe-core"

PAGES = [
    ("/teachers/{teacher}", "teacher"),
    ("/teachers/{teacher}/held", "teacher"),
    ("/teachers/{teacher}/self-assessment", "teacher"),
    ("/teachers/{teacher}/growth", "teacher"),
    ("/teachers/{teacher}/objections", "teacher"),
    ("/teachers/{teacher}/contest?course={course}", "teacher"),
    ("/teachers/{teacher}/hours", "teacher"),
    ("/hours", "school"),
    ("/organizations/{school}/hours", "school"),
    ("/objections", "school"),
    ("/objections/1", "school"),
    ("/schools/{school}", "school"),
    ("/districts/{district}", "district"),
    ("/plans/{plan}", "district"),
    ("/data", "admin"),
    ("/courses", "teacher"),
    ("/", "teacher"),
    ("/docs", "teacher"),
    ("/nothing-here", "teacher"),
]


def _open(browser: Browser, site: Any, path: str, role: str, lang: str, width: int, **more: Any) -> Page:
    """The page after signing in; the context collects what it asked for and complained about."""
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", **more)
    page = context.new_page()
    page.requested_urls = []  # type: ignore[attr-defined]
    page.complaints = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.requested_urls.append(request.url))  # type: ignore[attr-defined]
    page.goto(site.enter("/", role))
    page.on("console", lambda line: page.complaints.append(line.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    path = path.format(
        teacher=site.teacher, school=site.school, district=site.district, plan=site.plan, course=site.course
    )  # fmt: skip
    page.goto(f"{site.url}{path}{('&' if '?' in path else '?') + 'lang=en' if lang == 'en' else ''}")
    return page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("path", "role"), PAGES)
def test_a_page_is_whole_own_quiet_and_readable(
    path: str, role: str, lang: str, chromium: Browser, site: Any
) -> None:
    page = _open(chromium, site, path, role, lang, 320)
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert page.get_by_text("模拟数据，非真实").first.is_visible()
    assert page.get_by_text("Simulated data, not real").first.is_visible()
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for opened in ("false", "true"):
            page.evaluate(f"document.querySelectorAll('details').forEach(part => part.open = {opened})")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_SMALL) == []
    page.set_viewport_size({"width": 375, "height": 900})
    assert _violations(page, "light") == []
    assert _violations(page, "dark") == []
    assert {url for url in page.requested_urls if not url.startswith(site.url)} == set()  # type: ignore[attr-defined]
    expected = 1 if path == "/nothing-here" else 0  # the browser itself reports a 404
    assert len(page.complaints) == expected, page.complaints  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("path", "role"), [page for page in PAGES if page[0] not in ("/courses", "/docs")])
def test_a_page_prints_whole_and_ends_on_a_page_with_text(
    path: str, role: str, lang: str, chromium: Browser, site: Any
) -> None:
    page = _open(chromium, site, path, role, lang, A4)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4
    page.emulate_media(media=None)
    texts = _text_operators(page.pdf(prefer_css_page_size=True))
    assert min(texts) >= 40, texts
    assert len(texts) <= 10
    page.context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_reads_in_one_language(lang: str, chromium: Browser, site: Any, city: Any, page_checks: Any) -> None:
    page = _open(chromium, site, "/plans/{plan}", "district", lang, 1280)
    titles = [course.title for course in city.service.courses().courses]
    names = [city.service.name_of(site.district), "planner"]
    links = page.locator("table.plan-lines th a").all_inner_texts()
    assert page_checks.page_faults(page.content(), lang, [*titles, *names, *links]) == []
    page.context.close()


A4 = 680
"""CSS pixels between margins of 15 mm."""
OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.S)


def _text_operators(pdf: bytes) -> list[int]:
    """How many pieces of text each page shows, from the content streams of Chromium's PDF (ISO 32000-1, 9.4.3)."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    counts = []
    for body in objects.values():
        if contents := re.search(rb"/Type\s*/Page\b.*/Contents\s+(\d+)", body, re.S):
            head, stream = objects[int(contents[1])].split(b"stream", 1)
            data = stream.lstrip(b"\r\n").rsplit(b"endstream", 1)[0]
            counts.append(len(re.findall(rb"\bT[jJ]\b", zlib.decompress(data) if b"FlateDecode" in head else data)))
    return counts


TOO_SMALL = """() => [...document.querySelectorAll('a, button, summary, input, select')]
    .filter(part => !part.closest('p:not(:has(> a.go:only-child)), li p'))
    .filter(part => !part.matches('.skip, [type=hidden]'))
    .filter(part => part.getBoundingClientRect().height < 43.5)
    .map(part => part.outerHTML.slice(0, 120))"""
"""What a finger would miss: controls under 44 px, links within a sentence apart."""


def _violations(page: Page, scheme: Any) -> list[Any]:
    """What axe finds, of any impact, with every part of the page opened."""
    page.emulate_media(color_scheme=scheme)
    if scheme == "light":
        page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    rules = "{}" if scheme == "light" else "{runOnly: ['color-contrast']}"
    result = page.evaluate(f"axe.run(document, {rules})")
    return [
        (violation["id"], [node["html"][:150] for node in violation["nodes"]])
        for violation in result["violations"]
    ]


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_scripts_the_five_reasons_open(lang: str, width: int, chromium: Browser, site: Any) -> None:
    page = _open(chromium, site, "/teachers/{teacher}", "teacher", lang, width, java_script_enabled=False)
    card = page.locator("article.card").first
    names = {
        "zh": ["需求", "匹配", "可行", "证据", "反例"],
        "en": ["Need", "Fit", "Feasible", "Evidence", "What would change it"],
    }
    reasons = card.locator(".reasons")
    assert not reasons.is_visible()
    card.locator("details.why summary").click()
    assert reasons.is_visible()
    assert reasons.locator("dt").all_inner_texts() == names[lang]
    assert all(len(line) > 5 for line in reasons.locator("dd").all_inner_texts())
    page.context.close()


def test_a_course_is_found_without_scripts(chromium: Browser, site: Any) -> None:
    page = _open(chromium, site, "/courses", "teacher", "zh", 375, java_script_enabled=False)
    title = page.locator("article.card h2").first.inner_text()
    page.get_by_label("关键词").fill(title)
    page.get_by_role("button", name="查找").click()
    assert page.locator("article.card h2").first.inner_text() == title
    page.locator("article.card h2 a").first.click()
    assert page.locator("h1").inner_text() == title
    page.context.close()


def test_a_plan_is_asked_for_without_scripts(chromium: Browser, site: Any) -> None:
    """A budget in, a mistake shown where it is made, the same plan again by its id, and its workbook."""
    page = _open(chromium, site, "/districts/{district}", "district", "zh", 375, java_script_enabled=False)
    page.get_by_label("预算（元）").fill("120000")
    page.locator("details summary").first.click()
    page.get_by_label("指定人员、名单、群体下限等").fill("no_such_key = 1")
    page.get_by_role("button", name="求解").click()
    assert "no_such_key" in page.get_by_role("alert").inner_text()
    page.get_by_label("指定人员、名单、群体下限等").fill("")
    page.get_by_label("每人最多几门课").fill("2")
    page.get_by_role("button", name="求解").click()
    for _ in range(240):
        if page.locator("h2#result").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    assert page.locator("h2#result").inner_text() == "结果"
    assert page.locator("table.plan-lines tbody tr").count() > 2
    with page.expect_download() as download:
        page.get_by_role("link", name="下载工作簿").click()
    with zipfile.ZipFile(download.value.path()) as book:
        assert "xl/workbook.xml" in book.namelist()
    page.context.close()


def test_the_token_is_gone_from_the_address_and_the_keyboard_reaches_the_content(
    chromium: Browser, site: Any
) -> None:
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(site.enter(f"/teachers/{site.teacher}", "teacher"))
    assert page.url == f"{site.url}/teachers/{site.teacher}"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.cookie") == ""
    context.close()


def test_axe_is_the_file_that_was_published() -> None:
    package = json.loads((VENDOR / "package.json").read_text("utf-8"))
    assert (package["name"], package["version"], package["license"]) == ("axe-core", "4.14.1", "MPL-2.0")
    assert "Mozilla Public License, version 2.0" in (VENDOR / "LICENSE").read_text("utf-8")
    digest = hashlib.sha256((VENDOR / "axe.min.js").read_bytes()).hexdigest()
    assert digest == "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
