"""A school's file through the data desk in a real browser, without scripts, and its pages as they are read and printed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Browser, Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
HEADER = ["序号", "教职工号", "姓名", "所在学校", "任教学段", "教什么", "参加工作时间"]
WAIT = 90_000  # milliseconds for the process that looks at the files


def _register(school: str) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("在编")
        sheet.merge_range(0, 0, 0, 6, "教师名册（2026年9月）")
        sheet.write_row(2, 0, HEADER)
        for i, (name, day) in enumerate(((school, "2016年9月"), ("没有这所学校", "不详")), start=3):
            sheet.write_row(i, 0, [i, f"N{i}", "甲", name, "小学", "数学", day])
    return content.getvalue()


def _is_readable(page: Page) -> None:
    """Nothing is cut off at any width, and axe has nothing to say, with every part opened."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text("utf-8"))
    violations = page.evaluate("axe.run(document, {})")["violations"]
    assert [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in violations] == []


@pytest.mark.parametrize(("lang", "scripts"), [("zh", False), ("en", True)])
def test_a_file_is_brought_looked_at_and_given_up(
    lang: str, scripts: bool, chromium: Browser, site: Any, city: Any
) -> None:
    page = chromium.new_context(viewport={"width": 375, "height": 900}, java_script_enabled=scripts).new_page()
    page.goto(site.enter(f"/data?lang={lang}", "admin"))
    name = city.service.name_of(site.school)
    file = {"name": "教师.xlsx", "mimeType": "application/octet-stream", "buffer": _register(name)}
    page.set_input_files("input[type=file]", [file])
    page.locator("form.ask button").click()
    page.wait_for_selector("fieldset.sheet select", timeout=WAIT)
    if scripts:
        _is_readable(page)
    page.locator("main form button").first.click()
    page.wait_for_selector("a[download]", timeout=WAIT)
    text = page.locator("main").inner_text()
    assert ("没有这所学校" in text) and ("不详" in text) and ("5" in text), "problems with their rows"
    if scripts:
        _is_readable(page)
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.locator("form[action*=discard] button").click()
    page.wait_for_url("**/data?after=discarded*")
    page.context.close()
