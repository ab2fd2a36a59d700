"""Each check reports its state and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.settings import Settings
from recommender.workspace.health import check_packages, check_python, examine
from recommender.workspace.importing import import_tables
from recommender.workspace.signing_keys import key_file, local_key
from recommender.workspace.workspace import Workspace


def _by_check(root: Path, settings: Settings) -> dict[str, tuple[str, str]]:
    return {finding.check: (finding.state, str(finding.remedy)) for finding in examine(Workspace(root), settings)}


def test_an_empty_machine_is_told_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    result = _by_check(tmp_path / "none", Settings())
    assert result["tables"] == ("note", "run `recommender data import PATH`")
    assert result["signing key"][0] == "note" and result["packages"][0] == "ok"
    assert not (tmp_path / "config").exists()


def test_an_open_key_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    local_key("token")
    key_file("token").chmod(0o640)
    state, todo = _by_check(tmp_path / "none", Settings())["token key"]
    assert state == "wrong" and todo.startswith("run `chmod 600")


def test_production_without_keys_is_wrong(tmp_path: Path) -> None:
    result = _by_check(tmp_path, Settings(production=True))
    assert result["signing key"][0] == result["token key"][0] == "wrong"


def test_requirements_that_do_not_apply_here_are_left_out_and_versions_are_compared() -> None:
    assert check_packages(["pytest>=1", "absent; extra == 'dev'", "absent; python_version < '3'"]).state == "ok"
    missing = check_packages(["pytest>=1", "no-such-package-x>=1"])
    assert missing.state == "wrong" and "no-such-package-x" in str(missing.observed)
    other = check_packages(["pytest>=1000"])
    assert other.state == "wrong" and "pytest" in str(other.observed) and str(other.remedy) == "run `make setup`"


@pytest.mark.parametrize(("installed", "state"), [("3.11.0", "ok"), ("3.100.1", "ok"), ("3.9.18", "wrong")])
def test_versions_of_python_are_compared_as_versions(installed: str, state: str) -> None:
    assert check_python(">=3.11", installed).state == state


def test_a_city_with_a_model_is_fit_and_tables_without_one_are_noted(city, tmp_path: Path) -> None:
    fit = {f.check: f.state for f in examine(city.workspace, city.settings)}
    assert fit["tables"] == fit["model"] == "ok"
    other = Workspace(tmp_path)
    import_tables(tmp_path, [city.workspace.root / "simulated" / "tables"])
    findings = {f.check: f.as_json() for f in examine(other, city.settings)}
    assert findings["model"] == {
        "check": "model", "state": "note", "found": "none yet", "next": "run `recommender train`"
    }  # fmt: skip
    (tmp_path / "tables" / "teachers.parquet").write_bytes(b"PAR1")
    damaged = {f.check: f for f in examine(Workspace(tmp_path), city.settings)}["tables"]
    assert damaged.state == "wrong" and "damaged" in str(damaged.observed)
