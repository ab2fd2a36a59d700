"""The search of the catalogue."""

from __future__ import annotations

from starlette.testclient import TestClient


def _page(client: TestClient, path: str, role: str = "teacher") -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def test_the_search_stays_in_the_address(client: TestClient) -> None:
    page = _page(client, "/courses?q=%E6%95%B0%E5%AD%A6&stage=primary&lang=en")
    assert 'value="数学"' in page
    assert '<option value="primary" selected>' in page
    assert "cursor=2" in page
    assert "lang=en" in page
