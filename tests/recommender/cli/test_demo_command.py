"""`recommender demo`: refuses before any work, and links that sign in."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from recommender.cli.demo_command import links, settings_of_day
from recommender.diagnosis import default_as_of
from recommender.settings import Settings
from recommender.tokens import read_token


def test_demo_real_needs_tables(run, tmp_path: Path, one_line) -> None:
    code, _, err = run("demo", "--real", "--no-serve", workspace=tmp_path)
    assert code == 2 and one_line(err)


def test_a_taken_port_is_reported_before_any_work(run, tmp_path: Path, one_line) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("demo", "--port", str(taken.getsockname()[1]), workspace=tmp_path)
    assert code == 2 and "--port" in err and one_line(err) and list(tmp_path.iterdir()) == []


def test_demo_links_sign_in_a_teacher_and_her_school(city) -> None:
    teachers = city.workspace.tables["teachers"]
    teacher, school = str(teachers["teacher_id"].iloc[3]), str(teachers["school_id"].iloc[3])
    lines = links(city.workspace, city.settings, teacher, "http://127.0.0.1:8000")
    urls = [urlsplit(word) for line in lines for word in line.split() if word.startswith("http")]
    assert [url.path for url in urls] == [f"/teachers/{teacher}", f"/schools/{school}", "/docs"]
    teacher_claims, school_claims = (
        read_token(city.settings.session_key(), parse_qs(url.query)["token"][0]) for url in urls[:2]
    )
    assert teacher_claims is not None and (teacher_claims.role, teacher_claims.subject) == ("teacher", teacher)
    assert school_claims is not None and (school_claims.role, school_claims.scope) == ("school", {school})


def test_simulated_needs_do_not_expire_in_a_demo(city, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    assert settings_of_day(city.workspace, settings) is settings
    monkeypatch.setenv("RECOMMENDER_TODAY", "2031-01-01")
    assert settings_of_day(city.workspace, Settings()).day() == default_as_of(city.workspace.tables)
