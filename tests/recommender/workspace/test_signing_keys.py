"""Local keys: made once, for their owner alone, never in a workspace."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from features.errors import ReadError, UsageError
from recommender.settings import Settings
from recommender.workspace.signing_keys import FOLDER, key_file, key_folder, local_key


@pytest.fixture
def empty_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_a_key_is_made_once_with_mode_0600(empty_config: Path) -> None:
    first = local_key("signing")
    path = key_file("signing")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert empty_config in path.parents
    assert local_key("signing") == first and len(first) >= 32
    assert local_key("token") != first
    assert sorted(p.name for p in path.parent.iterdir()) == ["signing.key", "token.key"]


def test_a_key_that_others_may_read_is_refused(empty_config: Path) -> None:
    local_key("signing")
    key_file("signing").chmod(0o644)
    with pytest.raises(ReadError, match="chmod 600"):
        local_key("signing")


def test_a_short_key_is_refused(empty_config: Path) -> None:
    local_key("signing")
    key_file("signing").write_text("short")
    with pytest.raises(ReadError, match="too short"):
        local_key("signing")


def test_production_makes_no_key(empty_config: Path) -> None:
    with pytest.raises(UsageError, match="RECOMMENDER_SIGNING_KEY"):
        Settings(production=True).bundle_key()
    assert not key_file("signing").exists()


def test_keys_of_the_settings_are_used_and_not_shown(
    empty_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "d41d8cd98f00b204e9800998ecf8427e2a9c"
    monkeypatch.setenv("RECOMMENDER_TOKEN_KEY", secret)
    settings = Settings()
    assert settings.session_key() == secret.encode()
    assert secret not in repr(settings)
    assert not key_file("token").exists()


def test_a_short_secret_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOMMENDER_TOKEN_KEY", "short-secret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "short-secret" not in str(refused.value)


def test_keys_stay_where_they_are_and_relative_settings_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for relative in ("", ".", "config"):
        monkeypatch.setenv("XDG_CONFIG_HOME", relative)
        assert key_folder() == tmp_path / ".config" / FOLDER
    monkeypatch.setattr("sys.platform", "darwin")
    (tmp_path / ".config" / FOLDER).mkdir(parents=True)
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert key_folder() == tmp_path / ".config" / FOLDER


def test_a_key_file_of_equal_letters_is_refused(empty_config: Path) -> None:
    path = key_file("token")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a" * 64)
    path.chmod(0o600)
    with pytest.raises(ReadError, match="guessed"):
        local_key("token")
