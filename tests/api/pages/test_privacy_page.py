"""/privacy is open to everybody and says of every column why it is stored."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.privacy.data_catalogue import GROUPS, data_catalogue, table_label, words_of


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_table_purpose_and_term_is_on_the_page(client: TestClient, lang: str) -> None:
    client.app.state.service = None  # type: ignore[attr-defined]  # nothing has been loaded, or nothing imported
    page = client.get(f"/privacy?lang={lang}").text
    for group in GROUPS:
        for table, entries in data_catalogue().of(group).items():
            assert getattr(table_label(group, table), lang) in page
            for entry in entries:
                assert getattr(words_of("use", entry.purpose), lang) in page.replace("&#39;", "'")
                assert getattr(words_of("term", entry.term), lang) in page.replace("&#39;", "'")
    assert ("身份" if lang == "zh" else "<code>weekly_lessons</code>") in page


def test_who_is_responsible_is_what_was_entered(client: TestClient, page_checks: Any) -> None:
    client.app.state.responsible = ("示例教育局", "privacy@example.org")  # type: ignore[attr-defined]
    for lang, word in (("zh", "联系方式："), ("en", "Contact:")):
        page = client.get(f"/privacy?lang={lang}").text
        assert "示例教育局" in page and f"{word} " in page and "RECOMMENDER_OPERATOR_NAME" not in page
        assert page_checks.page_faults(page, lang, ["示例教育局", "privacy@example.org"]) == []


def test_every_page_leads_to_it(client: TestClient, sign: Any) -> None:
    for path, role in (("/", ""), ("/teachers/T1", "teacher"), ("/courses", "school")):
        page = client.get(path, headers={"Accept": "text/html"} | (sign(role) if role else {})).text
        assert 'href="/privacy"' in page
