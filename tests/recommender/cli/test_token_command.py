"""`recommender token`: one line that the pages accept."""

from __future__ import annotations

from recommender.settings import Settings
from recommender.tokens import read_token


def test_token_is_one_line_that_the_pages_accept(run, city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    code, out, _ = run("token", "--role", "teacher", "--subject", teacher)
    claims = read_token(Settings().session_key(), out.strip())
    assert code == 0 and out.count("\n") == 1 and claims is not None and claims.subject == teacher
