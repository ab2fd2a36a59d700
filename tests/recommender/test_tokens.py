"""Tokens say who may read what, for a while, and only when we signed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from features.errors import UsageError
from recommender.tokens import AUDIENCE, issue_token, read_token

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
