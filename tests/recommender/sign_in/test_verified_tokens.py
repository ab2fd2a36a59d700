"""A token is verified once, and holds as long as before and no longer."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from recommender.sign_in import verified_tokens
from recommender.sign_in.verified_tokens import VerifiedTokens
from recommender.tokens import LEEWAY, issue_token, read_token

KEY = b"a key for tests that is long enough to be taken as one"


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was verified."""
    tokens: list[str] = []

    def noting(key: bytes, token: str) -> object:
        tokens.append(token)
        return read_token(key, token)

    monkeypatch.setattr(verified_tokens, "read_token", noting)
    return tokens


def test_each_token_is_verified_once_and_has_its_own_claims(verified: list[str]) -> None:
    reader = VerifiedTokens(KEY)
    issued = [issue_token(KEY, "teacher", f"T{n}", [f"S{n}"]) for n in range(3)]
    for _ in range(2):
        assert [reader.read(token) for token in issued] == [read_token(KEY, token) for token in issued]
    assert verified == issued


def test_a_refused_token_is_verified_each_time(verified: list[str]) -> None:
    reader, foreign = VerifiedTokens(KEY), issue_token(b"x" * 32, "teacher", "T1")
    assert [reader.read(foreign), reader.read(foreign), reader.read("")] == [None] * 3
    assert verified == [foreign, foreign, ""]


def test_a_token_ends_at_the_second_at_which_it_would_without_being_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = VerifiedTokens(KEY)
    token = issue_token(KEY, "teacher", "T1", minutes=1)
    claims = reader.read(token)
    assert claims is not None
    end = claims.expires.timestamp() + LEEWAY
    monkeypatch.setattr(time, "time", lambda: end - 0.5)
    assert reader.read(token) == claims
    monkeypatch.setattr(time, "time", lambda: end)
    assert reader.read(token) is None
    old = issue_token(KEY, "teacher", "T1", minutes=1, now=datetime.now(UTC) - timedelta(seconds=60 + LEEWAY + 1))
    assert read_token(KEY, old) is None  # what the library does at the same second


def test_the_tokens_used_last_are_kept(monkeypatch: pytest.MonkeyPatch, verified: list[str]) -> None:
    monkeypatch.setattr(verified_tokens, "MOST", 2)
    reader = VerifiedTokens(KEY)
    a, b, c = (issue_token(KEY, "teacher", name) for name in "abc")
    for token in (a, b, a, c, a, b):
        reader.read(token)
    assert verified == [a, b, c, b]
