"""Settings come from the environment; secrets are checked, used and never shown."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from pydantic import ValidationError

from features.errors import UsageError
from recommender.settings import SHORTEST_SECRET, Settings


def test_defaults_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().workspace == Path("workspace") and not Settings().production
    monkeypatch.setenv("RECOMMENDER_WORKSPACE", "elsewhere")
    monkeypatch.setenv("RECOMMENDER_TOKEN_MINUTES", "5")
    assert (Settings().workspace, Settings().token_minutes) == (Path("elsewhere"), 5)


@pytest.mark.parametrize("minutes", ["0", "100000", "soon"])
def test_minutes_out_of_range_are_refused(monkeypatch: pytest.MonkeyPatch, minutes: str) -> None:
    monkeypatch.setenv("RECOMMENDER_TOKEN_MINUTES", minutes)
    with pytest.raises(ValidationError):
        Settings()


def test_keys_of_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets.token_hex(SHORTEST_SECRET // 2)
    monkeypatch.setenv("RECOMMENDER_SIGNING_KEY", key)
    settings = Settings(production=True)
    assert settings.bundle_key() == key.encode()
    assert key not in repr(settings)


@pytest.mark.parametrize(
    "key",
    ["k" * 32, "ab" * 40, "password" * 8, "0123456789abcdef" * 4, "abcdefghijklmnopqrstuvwxyz0123456789", "1" * 63 + "2"],
)
@pytest.mark.parametrize("name", ["SIGNING", "TOKEN"])
def test_a_key_that_can_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, key: str) -> None:
    monkeypatch.setenv(f"RECOMMENDER_{name}_KEY", key)
    settings = Settings(production=True)
    with pytest.raises(UsageError, match=f"RECOMMENDER_{name}_KEY") as refused:
        settings.bundle_key() if name == "SIGNING" else settings.session_key()
    assert key not in str(refused.value)
