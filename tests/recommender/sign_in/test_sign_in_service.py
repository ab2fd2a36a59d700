"""From settings to a session: there and back, and where she begins."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from features.errors import UsageError
from recommender.records.database import sqlite_url
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.sign_in.oidc_client import SignInError
from recommender.sign_in.sign_in_links import link_code
from recommender.sign_in.sign_in_service import SignInService, UnmappedPersonError, start_of
from recommender.tokens import read_token

MAPPING = """
subject = "employee_no"
[[rule]]
role = "teacher"
claim = "groups"
value = "teachers"
[[rule]]
role = "district"
claim = "groups"
value = "planners"
scope = { claim = "districts", map = { "440305" = "D 05" } }
"""


@pytest.fixture
def service(provider: str, tmp_path: Path) -> SignInService:
    mapping = tmp_path / "roles.toml"
    mapping.write_text(MAPPING, "utf-8")
    settings = Settings(
        oidc_issuer=provider, oidc_client_id="recommender", oidc_client_secret="a secret of the client",
        oidc_mapping=mapping, public_url="http://127.0.0.1:8000",
    )  # fmt: skip
    return SignInService(settings, RecordStore(sqlite_url(tmp_path / "store.db")))


def there_and_back(service: SignInService, subject: str, then: str = "") -> tuple[str, str]:
    url, kept = service.begin(then)
    location = httpx2.post(url, data={"sub": subject}).headers["location"]
    back = parse_qs(urlsplit(location).query)
    return service.finish(kept, back["code"][0], back["state"][0])


def test_a_planner_gets_her_district(service: SignInService) -> None:
    token, then = there_and_back(service, "u-20")
    claims = read_token(Settings().session_key(), token)
    assert claims is not None and (claims.subject, claims.role, claims.scope) == ("P1", "district", frozenset({"D 05"}))
    assert then == "/districts/D%2005"
    assert there_and_back(service, "u-17", then="/courses?q=a")[1] == "/courses?q=a"


def test_whoever_has_no_role_is_not_let_in(service: SignInService) -> None:
    with pytest.raises(UnmappedPersonError):
        there_and_back(service, "u-30")


def test_the_way_back_must_fit_the_way_there(service: SignInService) -> None:
    url, kept = service.begin("")
    back = parse_qs(urlsplit(httpx2.post(url, data={"sub": "u-17"}).headers["location"]).query)
    other = service.begin("")[1]
    for begun, state in ((other, back["state"][0]), (kept, "another state"), ("", back["state"][0])):
        with pytest.raises(SignInError, match="not begun in this browser"):
            service.finish(begun, back["code"][0], state)


def test_without_a_provider_there_are_links(tmp_path: Path) -> None:
    service = SignInService(Settings(), RecordStore(sqlite_url(tmp_path / "store.db")))
    assert not service.with_provider and service.sign_out_address() is None
    with pytest.raises(SignInError, match="No provider is set up"):
        service.begin("")
    code = link_code(Settings().session_key(), "teacher", "T1")
    opened = service.use_link(code)
    assert opened is not None and opened[1] == "/teachers/T1"
    assert service.use_link(code) is None


def test_what_is_missing_is_named(provider: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="OIDC_MAPPING"):
        SignInService(Settings(oidc_issuer=provider), RecordStore(sqlite_url(tmp_path / "store.db")))


@pytest.mark.parametrize(
    ("role", "scope", "start"),
    [("school", ("S1",), "/schools/S1"), ("school", ("S1", "S2"), "/"), ("admin", (), "/"), ("researcher", ("C1",), "/")],
)
def test_where_one_begins(role: str, scope: tuple[str, ...], start: str) -> None:
    assert start_of(role, "x", scope) == start
