"""Keys that can be guessed serve this machine alone."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import pytest
import uvicorn
from pydantic import SecretStr

from features.errors import UsageError
from recommender.cli.serve_command import ALLOCATION, APPLICATION, check_keys, run
from recommender.settings import Settings
from recommender.workspace.health import examine
from recommender.workspace.workspace import Workspace

WEAK, RANDOM = "k" * 40, "3f9a1c7e5b2d8046e9f1a3c5b7d90e2f4a6c8b1d"


def test_a_weak_key_is_warned_of_on_this_machine(capsys):
    check_keys("127.0.0.1", Settings(token_key=SecretStr(WEAK)))
    assert "RECOMMENDER_TOKEN_KEY" in capsys.readouterr().err
    check_keys("127.0.0.1", Settings(token_key=SecretStr(RANDOM)))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("host", "production"), [("0.0.0.0", False), ("127.0.0.1", True)])
def test_a_weak_key_is_refused_elsewhere(host, production):
    settings = Settings(signing_key=SecretStr(WEAK), token_key=SecretStr(RANDOM), production=production)
    with pytest.raises(UsageError, match="RECOMMENDER_SIGNING_KEY"):
        check_keys(host, settings)
    check_keys(host, Settings(signing_key=SecretStr(RANDOM), token_key=SecretStr(RANDOM), production=production))


def test_keys_that_can_be_guessed_sign_nothing_in_production(tmp_path):
    with pytest.raises(UsageError, match="RECOMMENDER_TOKEN_KEY"):
        Settings(token_key=SecretStr(WEAK), production=True).session_key()
    findings = examine(Workspace(tmp_path), Settings(token_key=SecretStr(WEAK)))
    assert [f.state for f in findings if f.check == "token key"] == ["wrong"]


@pytest.mark.skipif(os.name != "posix", reason="a process cannot become another program there")
def test_the_process_becomes_a_server_with_one_heap(monkeypatch, tmp_path):
    became = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(os, "execv", lambda program, command: became.append((program, command)))
    monkeypatch.setattr(uvicorn, "run", lambda *args, **kwargs: None)
    run(tmp_path, "127.0.0.1", 8123, workers=2, fresh=True)
    [(program, command)] = became
    assert program == command[0] == sys.executable and command[1:4] == ["-P", "-m", "uvicorn"]
    options = import_module("uvicorn.main").main.make_context("uvicorn", command[4:]).params
    assert (options["app"], options["host"], options["port"], options["workers"]) == (APPLICATION, "127.0.0.1", 8123, 2)
    assert options["factory"] and not options["access_log"] and not options["server_header"]
    assert os.environ["RECOMMENDER_WORKSPACE"] == str(tmp_path.resolve()) and ALLOCATION.items() <= os.environ.items()
    run(tmp_path, "127.0.0.1", 8123)
    assert len(became) == 1
