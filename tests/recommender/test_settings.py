"""Settings come from the environment; secrets are checked, used and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

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
    monkeypatch.setenv("RECOMMENDER_SIGNING_KEY", "k" * SHORTEST_SECRET)
    settings = Settings(production=True)
    assert settings.bundle_key() == b"k" * SHORTEST_SECRET
    assert "k" * SHORTEST_SECRET not in repr(settings)
