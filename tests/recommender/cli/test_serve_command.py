"""Keys that can be guessed serve this machine alone."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from features.errors import UsageError
from recommender.cli.serve_command import check_keys
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
