"""Words, dates and positions of the pages."""

from __future__ import annotations

from datetime import date

from fastapi import Request

from api.pages.need_bar import place
from api.pages.page_words import Words
from api.pages.render import foreign, link
from features.needs.evidence.sources.source_registry import reported_sources


def test_every_source_of_evidence_has_a_word() -> None:
    for lang in ("zh", "en"):
        assert all(Words(lang).name("source", name) != name for name in reported_sources())


def test_small_things_of_language() -> None:
    zh, en = Words("zh"), Words("en")
    assert (zh.day(date(2026, 5, 1)), en.day(date(2026, 5, 1))) == ("2026 年 5 月 1 日", "1 May 2026")
    assert (zh.day(None), en.day(None)) == ("未记录", "not recorded")
    assert en.span(None, date(2026, 5, 1)) == "1 May 2026"
    assert zh.other("pages.site_school") == en("pages.site_school")
    assert zh.name("mode", "by_post") == "by_post"
    assert str(foreign("数学", "en")) == '<span lang="zh-CN">数学</span>'
    assert foreign("数学", "zh") == "数学"
    request = Request({"type": "http", "path": "/courses", "query_string": b"lang=en", "headers": []})
    assert link("/courses", request, q="a b") == "/courses?q=a+b&lang=en"
    assert (place(0), place(50), place(99)) == (0, 50, 100)
