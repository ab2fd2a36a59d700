"""Signing in: a link, once; the office's provider, there and back; out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from recommender.settings import Settings
from recommender.sign_in.sign_in_links import link_code
from recommender.sign_in.sign_in_service import SignInService
from recommender.tokens import read_token

KEY = "signs the sessions of these tests, and nothing else"
HTML = {"Accept": "text/html"}
MAPPING = """
subject = "employee_no"
[[rule]]
role = "teacher"
claim = "groups"
value = "teachers"
"""


@pytest.fixture
def with_provider(provider: str, simulated: Any, tmp_path: Path) -> Iterator[TestClient]:
    mapping = tmp_path / "roles.toml"
    mapping.write_text(MAPPING, "utf-8")
    settings = Settings(
        token_key=SecretStr(KEY), oidc_issuer=provider, oidc_client_id="recommender", oidc_mapping=mapping,
        oidc_client_secret=SecretStr("a secret of the client"), public_url="http://127.0.0.1",
    )  # fmt: skip
    records = simulated.records()
    with simulated.client(
        simulated.service(), records=records, sign_in=SignInService(settings, records), base_url="http://127.0.0.1"
    ) as client:
        yield client


def get(client: TestClient, path: str) -> Any:
    return client.get(path, headers=HTML, follow_redirects=False)


def session_of(answer: Any) -> Any:
    return read_token(KEY.encode(), answer.cookies["recommender_session"])


def test_looking_at_a_link_does_not_use_it_up_and_the_button_does(client: TestClient) -> None:
    code = link_code(KEY.encode(), "district", "planner", ["D1"])
    for _ in range(3):
        shown = get(client, f"/sign-in/link?code={code}&lang=en")
        assert shown.status_code == 200 and "signs in planner as district" in shown.text
        assert shown.headers["cache-control"] == "no-store" and "recommender_session" not in shown.cookies
    used = client.post("/sign-in/link", data={"code": code}, headers=HTML, follow_redirects=False)
    assert (used.status_code, used.headers["location"]) == (303, "/districts/D1")
    assert session_of(used).role == "district"
    assert {"httponly", "samesite=lax"} <= {part.strip().lower() for part in used.headers["set-cookie"].split(";")}
    again = client.post("/sign-in/link", data={"code": code}, headers=HTML, follow_redirects=False)
    assert again.status_code == 401 and "has been used or is too old" in again.text


def test_a_form_of_another_site_uses_no_link(client: TestClient) -> None:
    code = link_code(KEY.encode(), "teacher", "T1")
    answer = client.post("/sign-in/link", data={"code": code}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert client.post("/sign-in/link", data={"code": code}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("code", ["", "x", "a.b.c", "é"])
def test_a_link_that_is_none_says_what_to_do(client: TestClient, code: str) -> None:
    shown = get(client, f"/sign-in/link?code={code}&lang=en")
    assert shown.status_code == 401 and "Ask your administrator for a new one" in shown.text


def test_without_a_provider_the_start_page_says_how_to_enter(client: TestClient) -> None:
    assert get(client, "/sign-in").headers["location"] == "/"
    assert "/sign-in" not in get(client, "/").text


def test_there_and_back(with_provider: TestClient) -> None:
    refused = get(with_provider, "/teachers/T1")
    assert refused.status_code == 401 and "/sign-in?then=%2Fteachers%2FT1" in refused.text
    gone = get(with_provider, "/sign-in?then=/teachers/T1/held")
    assert gone.status_code == 303 and "code_challenge_method=S256" in gone.headers["location"]
    assert "Path=/sign-in" in gone.headers["set-cookie"] and "HttpOnly" in gone.headers["set-cookie"]
    back = httpx2.post(gone.headers["location"], data={"sub": "u-17"}).headers["location"]
    path = urlsplit(back)
    arrived = get(with_provider, f"{path.path}?{path.query}")
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/teachers/T1/held")
    assert session_of(arrived).subject == "T1"
    twice = get(with_provider, f"{path.path}?{path.query}")
    assert twice.status_code == 401  # the code is spent, and what was kept of the way there is gone


def test_a_way_back_that_was_begun_elsewhere_is_refused(with_provider: TestClient) -> None:
    gone = get(with_provider, "/sign-in")
    back = httpx2.post(gone.headers["location"], data={"sub": "u-17"}).headers["location"]
    with_provider.cookies.clear()  # a victim who was lured to the attacker's way back
    answer = get(with_provider, f"/sign-in/callback?{urlsplit(back).query}&lang=en")
    assert answer.status_code == 401 and "not begun in this browser" in answer.text
    assert "recommender_session" not in answer.cookies


@pytest.mark.parametrize("subject", ["u-20", "u-30"])
def test_who_has_no_role_reads_what_to_do(with_provider: TestClient, subject: str) -> None:
    back = httpx2.post(get(with_provider, "/sign-in").headers["location"], data={"sub": subject}).headers["location"]
    answer = get(with_provider, f"/sign-in/callback?{urlsplit(back).query}&lang=en")
    assert answer.status_code == 401 and "Tell the administrator your staff number" in answer.text


def test_who_stops_half_way_can_try_again(with_provider: TestClient) -> None:
    answer = get(with_provider, "/sign-in/callback?error=access_denied&lang=en")
    assert answer.status_code == 401 and "Sign in again" in answer.text


@pytest.mark.parametrize("then", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "courses"])
def test_signing_in_leads_to_no_other_site(with_provider: TestClient, then: str) -> None:
    gone = with_provider.get("/sign-in", params={"then": then}, headers=HTML, follow_redirects=False)
    back = httpx2.post(gone.headers["location"], data={"sub": "u-17"}).headers["location"]
    assert get(with_provider, f"/sign-in/callback?{urlsplit(back).query}").headers["location"] == "/teachers/T1"


def test_signing_out_ends_the_providers_session_too(with_provider: TestClient) -> None:
    answer = get(with_provider, "/sign-out")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query == {"client_id": ["recommender"], "post_logout_redirect_uri": ["http://127.0.0.1/"]}
    assert 'recommender_session=""' in answer.headers["set-cookie"]
