"""A link signs in once, for a while, and only what it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from features.errors import UsageError
from recommender.records.database import sqlite_url
from recommender.records.record_store import RecordStore
from recommender.sign_in.sign_in_links import link_code, read_link, use_link
from recommender.tokens import issue_token, read_token

KEY = b"a key of links for these tests, long enough"


@pytest.fixture
def records(tmp_path: Path) -> RecordStore:
    return RecordStore(sqlite_url(tmp_path / "store.db"))


def test_the_first_use_signs_in_and_no_later_one(records: RecordStore) -> None:
    code = link_code(KEY, "district", "planner", ["D1"])
    claims = read_link(KEY, code)
    assert claims is not None and (claims.role, claims.scope) == ("district", frozenset({"D1"}))
    assert use_link(KEY, code, records) == claims
    assert use_link(KEY, code, records) is None
    assert use_link(KEY, link_code(KEY, "district", "planner", ["D1"]), records) is not None  # another link works


def test_of_many_at_once_one_gets_in(records: RecordStore) -> None:
    code = link_code(KEY, "teacher", "T1")
    records.open()
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: use_link(KEY, code, records), range(24)))
    assert sum(claims is not None for claims in opened) == 1


def test_links_and_tokens_are_not_taken_for_each_other(records: RecordStore) -> None:
    code, token = link_code(KEY, "admin", "a"), issue_token(KEY, "admin", "a")
    assert read_token(KEY, code) is None
    assert read_link(KEY, token) is None and use_link(KEY, token, records) is None


def test_an_old_link_and_one_of_another_key_do_not_hold(records: RecordStore) -> None:
    old = link_code(KEY, "teacher", "T1", minutes=-5)
    assert read_link(KEY, old) is None and use_link(KEY, old, records) is None
    assert use_link(KEY, link_code(KEY + b"!", "teacher", "T1"), records) is None


@pytest.mark.parametrize(("role", "subject"), [("king", "x"), ("teacher", "")])
def test_a_link_for_nobody_is_not_made(role: str, subject: str) -> None:
    with pytest.raises(UsageError):
        link_code(KEY, role, subject)
