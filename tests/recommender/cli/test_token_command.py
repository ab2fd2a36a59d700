"""`recommender token`: one line that the pages accept."""

from __future__ import annotations

import pytest

from recommender.settings import Settings
from recommender.sign_in.service_tokens import ServiceTokens
from recommender.tokens import read_token


def test_token_is_one_line_that_the_pages_accept(run, city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    code, out, _ = run("token", "--role", "teacher", "--subject", teacher)
    claims = read_token(Settings().session_key(), out.strip())
    assert code == 0 and out.count("\n") == 1 and claims is not None and claims.subject == teacher


def test_service_tokens_are_issued_listed_and_revoked(run, city) -> None:
    server, key = ServiceTokens(city.workspace.root), Settings().session_key()
    code, out, _ = run("token", "--role", "admin", "--service", "report", "--days", "30")
    assert code == 0 and server.read(key, out.strip()) is not None
    assert "report  admin" in run("token", "--list")[1]
    assert run("token", "--role", "admin", "--service", "report")[0] == 2
    assert run("token", "--revoke", "report")[0] == 0
    assert server.read(key, out.strip()) is None and run("token", "--list")[1] == ""


@pytest.mark.parametrize(
    "words",
    [
        (), ("--role", "mayor"), ("--role", "teacher"), ("--role", "district"), ("--role", "teacher", "--service", "x"),
        ("--role", "admin", "--link", "--service", "x"), ("--revoke", "nobody"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(words: tuple[str, ...], run, one_line) -> None:
    code, out, err = run("token", *words)
    assert (code, out) == (2, "") and one_line(err)
