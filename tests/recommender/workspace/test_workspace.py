"""A workspace knows what was made from what; notes of two writers are both kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import UsageError
from recommender.workspace.workspace import Workspace, code_fingerprint

NOTE = """
import sys
from pathlib import Path
from recommender.workspace.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
for i in range(50):
    workspace.note("bundles", f"{sys.argv[2]}-{i}", "tables")
"""


@pytest.mark.slow
def test_two_writers_lose_no_note(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", NOTE, str(tmp_path), name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert set(Workspace(tmp_path).state()["bundles"]) == {f"{name}-{i}" for name in "ab" for i in range(50)}


def test_an_empty_workspace_has_no_tables_and_an_empty_state(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none")
    assert not workspace.imported and workspace.state() == {"scores": {}, "bundles": {}, "decided": {}}
    with pytest.raises(UsageError, match="data import"):
        workspace.tables  # noqa: B018
    assert not (tmp_path / "none").exists()


def test_a_damaged_state_is_restored_from_its_copy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    workspace = Workspace(tmp_path)
    workspace.note("bundles", "v", "tables")
    whole = (tmp_path / "state.json").read_bytes()
    for damage in (b"", b"[]", whole[:-9], whole.replace(b"tables", b"tablet"), b"[" * 100_000, b'{"a": 1' + b"0" * 5000 + b"}"):
        caplog.clear()
        (tmp_path / "state.json").write_bytes(damage)
        assert workspace.state()["bundles"] == {"v": "tables"} and "state.json was damaged" in caplog.text
        assert (tmp_path / "state.json").read_bytes() == whole
    assert (tmp_path / "state.json.damaged").read_bytes() == b""


def test_a_state_that_is_damaged_with_its_copy_is_kept_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    workspace = Workspace(tmp_path)
    workspace.note("bundles", "v", "tables")
    for name in ("state.json", ".state.json.copy"):
        (tmp_path / name).write_text("{")
    assert workspace.state() == {"scores": {}, "bundles": {}, "decided": {}}
    assert "kept aside as state.json.damaged" in caplog.text and (tmp_path / "state.json.damaged").exists()


def test_what_is_made_depends_on_tables_date_and_code(city) -> None:
    workspace, day = city.workspace, city.workspace.tables.latest_evidence()
    assert workspace.made_from(day) == Workspace(workspace.root).made_from(day)
    assert workspace.made_from(day)["code"] == code_fingerprint("features", "models", "recommender")
    assert workspace.needs_folder("a", day) != workspace.needs_folder("b", day)
    assert code_fingerprint("features") != code_fingerprint("models")
    origin = workspace.origin(as_of="x")
    assert origin["made_up"] is True and "Simulated data" in origin["notice"] and origin["as_of"] == "x"


def test_a_choice_is_recorded_and_deleted(tmp_path: Path, city) -> None:
    workspace = Workspace(tmp_path)
    workspace.__dict__["fingerprint"] = "f"
    workspace.decide()
    assert workspace.state()["decided"] == {"tables": "f"}
    workspace.undecide()
    assert workspace.state()["decided"] == {"tables": None}


def test_exported_files_of_another_origin_are_deleted(tmp_path: Path, city) -> None:
    workspace = Workspace(tmp_path)
    workspace.__dict__["tables"] = city.workspace.tables
    workspace.scores.mkdir()
    (workspace.scores / "needs.csv").write_text("x")
    workspace.note("scores", "needs", {"tables": "a"})
    (workspace.scores / "origin.json").write_text('{"made_up": true}')
    workspace.clear_foreign_scores()
    assert (workspace.scores / "needs.csv").exists()
    (workspace.scores / "origin.json").write_text('{"made_up": false}')
    workspace.clear_foreign_scores()
    assert not list(workspace.scores.iterdir()) and workspace.state()["scores"] == {"needs": None}
