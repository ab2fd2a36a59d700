"""The doctor says what is wrong and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.settings import Settings
from recommender.workspace.health import examine
from recommender.workspace.signing_keys import key_file, local_key
from recommender.workspace.workspace import Workspace


def _by_check(root: Path, settings: Settings) -> dict[str, tuple[str, str]]:
    return {finding.check: (finding.state, finding.next) for finding in examine(Workspace(root), settings)}


def test_an_empty_machine_is_told_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    found = _by_check(tmp_path / "none", Settings())
    assert found["tables"] == ("note", "run `recommender data import PATH`")
    assert found["signing key"][0] == "note" and found["packages"][0] == "ok"
    assert not (tmp_path / "config").exists()


def test_an_open_key_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    local_key("token")
    key_file("token").chmod(0o640)
    state, todo = _by_check(tmp_path / "none", Settings())["token key"]
    assert state == "wrong" and todo.startswith("run `chmod 600")


def test_production_without_keys_is_wrong(tmp_path: Path) -> None:
    found = _by_check(tmp_path, Settings(production=True))
    assert found["signing key"][0] == found["token key"][0] == "wrong"
