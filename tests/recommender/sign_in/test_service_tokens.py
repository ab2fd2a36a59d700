"""A service token holds while it is on the list, in every process that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import ReadError, UnknownIdError, UsageError
from recommender.sign_in.service_tokens import FOLDER, LIST, ServiceTokens
from recommender.tokens import issue_token

KEY = b"a key for tests that is long enough to be taken as one"


def test_a_revoked_token_holds_no_more_and_others_do(tmp_path: Path) -> None:
    tokens, server = ServiceTokens(tmp_path), ServiceTokens(tmp_path)
    hours = tokens.issue(KEY, "hours platform", "school", "service:hours", ("S1",), 90)
    report = tokens.issue(KEY, "report", "admin", "service:report", (), 1)
    claims = server.read(KEY, hours)
    assert claims is not None and (claims.subject, claims.scope) == ("service:hours", {"S1"})
    assert hours not in (tmp_path / FOLDER / LIST).read_text("utf-8")
    with pytest.raises(UsageError, match="report"):
        tokens.issue(KEY, "report", "admin", "x", (), 1)
    tokens.revoke("hours platform")
    assert server.read(KEY, hours) is None and server.read(KEY, report) is not None
    with pytest.raises(UnknownIdError, match="hours"):
        tokens.revoke("hours platform")
    assert [entry.name for entry in ServiceTokens(tmp_path).entries()] == ["report"]


def test_a_token_that_was_never_on_the_list_does_not_hold(tmp_path: Path) -> None:
    server = ServiceTokens(tmp_path)
    assert server.read(KEY, issue_token(KEY, "admin", "x", token_id="made up")) is None
    assert server.read(KEY, issue_token(KEY, "admin", "x")) is not None  # a session is not on it


def test_a_damaged_list_lets_no_service_in(tmp_path: Path) -> None:
    tokens = ServiceTokens(tmp_path)
    report = tokens.issue(KEY, "report", "admin", "service:report", (), 1)
    (tmp_path / FOLDER / LIST).write_text('{"tokens": [{}]}', "utf-8")
    assert tokens.read(KEY, report) is None
    with pytest.raises(ReadError, match="service-tokens"):
        tokens.entries()
