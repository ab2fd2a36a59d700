"""A sign-in link becomes a cookie and a clean address."""

from __future__ import annotations

from starlette.testclient import TestClient


def test_a_sign_in_link_becomes_a_cookie_and_a_clean_address(client: TestClient) -> None:
    client = TestClient(client.app, base_url="http://127.0.0.1:8000")
    answer = client.get("/teachers/T1?lang=en&token=teacher", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/teachers/T1?lang=en"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert client.get("/teachers/T1?lang=en").status_code == 200
    assert client.get("/teachers/T2").status_code == 404
    client.get("/sign-out")
    assert client.get("/teachers/T1").status_code == 401


def test_the_cookie_is_for_https_alone_but_on_this_machine(client: TestClient) -> None:
    """Where an office opens the pages without https, no session goes over the wire in the clear."""
    plain = TestClient(client.app, base_url="http://needs.example")
    assert "secure" in plain.get("/?token=teacher", follow_redirects=False).headers["set-cookie"].lower()
    safe = TestClient(client.app, base_url="https://testserver")
    answer = safe.get("/?token=teacher", follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_bad_link_signs_nobody_in_and_a_link_is_no_way_into_the_data_interface(client: TestClient) -> None:
    for path in ("/teachers/T1?token=nobody", "/?token=nobody", "/v1/teachers/T1/needs?token=teacher"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
