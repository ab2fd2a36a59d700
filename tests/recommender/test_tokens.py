"""Tokens say who may read what, for a while, and only when we signed them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import UsageError
from recommender.tokens import AUDIENCE, LEEWAY, ROLES, issue_token, read_token

KEY = b"k" * 32


def test_what_was_issued_is_read() -> None:
    claims = read_token(KEY, issue_token(KEY, "school", "head", ["S1", "S2"]))
    assert claims is not None
    assert (claims.subject, claims.role, claims.scope) == ("head", "school", frozenset({"S1", "S2"}))
    assert claims.expires > datetime.now(UTC)


def test_another_key_an_old_token_and_a_changed_one_are_refused() -> None:
    token = issue_token(KEY, "teacher", "T1")
    assert read_token(b"x" * 32, token) is None
    assert read_token(KEY, token[:-2] + ("AA" if token[-2:] != "AA" else "BB")) is None
    old = issue_token(KEY, "teacher", "T1", minutes=5, now=datetime.now(UTC) - timedelta(hours=1))
    assert read_token(KEY, old) is None
    assert read_token(KEY, "x" * 5000) is None
    assert read_token(KEY, "") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "root"},
        {"scope": "S1"},
        {"scope": [1]},
        {"aud": "other"},
        {"sub": None},
        {"exp": None},
        {"role": None},
    ],
)
def test_a_token_of_ours_that_says_something_else_is_refused(changed: dict[str, object]) -> None:
    now = datetime.now(UTC)
    content = {
        "sub": "T1",
        "role": "teacher",
        "scope": [],
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + timedelta(1),
    }
    content = {name: value for name, value in (content | changed).items() if value is not None}
    assert read_token(KEY, jwt.encode(content, KEY, algorithm="HS256")) is None


def test_an_unsigned_token_is_refused() -> None:
    now = datetime.now(UTC)
    content = {
        "sub": "T1",
        "role": "admin",
        "scope": [],
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + timedelta(1),
    }
    assert read_token(KEY, jwt.encode(content, "", algorithm="none")) is None


def test_unknown_roles_and_empty_subjects_are_not_signed() -> None:
    with pytest.raises(UsageError, match="role"):
        issue_token(KEY, "root", "T1")
    with pytest.raises(UsageError, match="subject"):
        issue_token(KEY, "teacher", "")


NOW = int(datetime.now(UTC).timestamp())
CLAIMS = {"sub": "T1", "role": "teacher", "scope": [], "aud": AUDIENCE, "iat": NOW, "exp": NOW + 600}


def _signed(content: bytes) -> str:
    """A token with any text as its claims, rightly signed."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256","typ":"JWT"}', content)]
    digest = hmac.new(KEY, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=")]).decode()


ODD = (
    "99999999999999999999", "1" * 400, "1e300", "-5", "-1e300", f"{NOW + 600}.5", f'"{NOW + 600}"', '"soon"', "NaN",
    "Infinity", "-Infinity", "null", "true", "[1]", "{}", "253402300800", "0",
)  # fmt: skip


@pytest.mark.parametrize("claim", ["exp", "iat"])
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_times_are_refused_and_never_raise(claim: str, value: str) -> None:
    text = json.dumps(CLAIMS | {claim: "HERE"}).replace('"HERE"', value)
    expected = claim == "iat" and value == "0"
    assert (read_token(KEY, _signed(text.encode())) is not None) == expected


@pytest.mark.parametrize("text", [b"[" * 2900, b'{"exp":' * 400, b"1" * 2900, b"\xff\xfe", b"", b"null", b"[]"])
def test_claims_that_are_no_object_are_refused(text: bytes) -> None:
    assert read_token(KEY, _signed(text)) is None
    head = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    assert read_token(KEY, f"{head}.{head}.{head}") is None


@pytest.mark.parametrize("token", ["\ud800.a.b", "é.é.é", "..", "a.b", "\x00"])
def test_text_that_is_no_token_is_refused(token: str) -> None:
    assert read_token(KEY, token) is None


def test_clocks_may_differ_by_a_few_seconds() -> None:
    def read(**claims: int) -> bool:
        return read_token(KEY, _signed(json.dumps(CLAIMS | claims).encode())) is not None

    now = int(datetime.now(UTC).timestamp())
    assert read(iat=now + LEEWAY - 2) and not read(iat=now + LEEWAY + 60)
    assert read(exp=now - LEEWAY + 2) and not read(exp=now - LEEWAY - 60)


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5),
       claim=st.sampled_from(sorted(CLAIMS)))  # fmt: skip
@settings(max_examples=150)
def test_no_claim_of_any_type_raises(value: object, claim: str) -> None:
    claims = read_token(KEY, _signed(json.dumps(CLAIMS | {claim: value}).encode()))
    assert claims is None or (isinstance(claims.subject, str) and claims.role in ROLES)
