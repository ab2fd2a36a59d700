"""Leftovers of killed commands go, those of living ones stay; a workspace is closed to other users."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.bundles.durable import is_abandoned, temporary_beside
from recommender.workspace.atomic import filling, replacing
from recommender.workspace.damage import damage_findings
from recommender.workspace.importing import import_tables
from recommender.workspace.tidying import open_paths, tidy
from recommender.workspace.workspace import Workspace

KILLED = """
import os, signal, sys
from pathlib import Path
from recommender.workspace.atomic import filling, replacing
root = Path(sys.argv[1])
with filling(root / "cache" / "needs" / "n") as folder, replacing(root / "scores" / "needs.csv") as file:
    (folder / "arrays.npz").write_bytes(b"0" * 100_000)
    file.write_bytes(b"0" * 1000)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_a_killed_command_left_is_deleted_by_the_next_one(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False)
    mine = temporary_beside(root / "cache" / "needs" / "n")
    mine.mkdir()
    assert len(list((root / "cache" / "needs").iterdir())) == 2
    tidied = tidy(root)
    assert tidied.removed == 2 and tidied.bytes == 101_000
    assert list((root / "cache" / "needs").iterdir()) == [mine] and not list((root / "scores").iterdir())


def test_a_writer_deletes_what_an_earlier_one_left_beside_its_file(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert len(list((tmp_path / "scores").iterdir())) == 1
    with replacing(tmp_path / "scores" / "needs.csv") as file:
        file.write_text("x")
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["needs.csv"]


def test_age_decides_where_the_owner_is_unknown(tmp_path: Path) -> None:
    earlier = tmp_path / ".0a1b2c3d.needs.csv"
    earlier.write_text("")
    own = temporary_beside(tmp_path / "x")
    own.write_text("")
    now = time.time()
    assert not is_abandoned(earlier, now) and is_abandoned(earlier, now + 3_700)
    assert not is_abandoned(own, now + 3_700) and is_abandoned(own, now + 90_000)
    (tmp_path / ".hidden").write_text("")
    assert not is_abandoned(tmp_path / ".hidden", now + 1e9)


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_private_whatever_the_umask(files, tmp_path: Path, umask: int) -> None:
    folder, root, out = files(), tmp_path / "w", tmp_path / "out" / "deep"
    before = os.umask(umask)
    try:
        import_tables(root, [folder])
        Workspace(root).note("bundles", "v", "t")
        with replacing(out / "needs.csv") as file:
            assert _mode(file) == 0o600
            file.write_text("T1")
        with filling(out / "plan") as temporary:
            (temporary / "a.csv").write_text("T1")
    finally:
        os.umask(before)
    assert open_paths(root) == []
    assert (_mode(out.parent), _mode(out), _mode(out / "needs.csv")) == (0o700, 0o700, 0o600)
    assert (_mode(out / "plan"), _mode(out / "plan" / "a.csv")) == (0o700, 0o600)


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
def test_a_workspace_of_an_earlier_version_is_closed_and_doctor_says_so(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    stranger = root / "notes.txt"
    stranger.write_text("mine")
    for path in (root, stranger, root / "tables" / "teachers.parquet"):
        path.chmod(0o755)
    workspace = Workspace(root)
    assert "permissions" in {f.check for f in damage_findings(workspace) if f.state == "wrong"}
    workspace.tidied = tidy(root)
    assert workspace.tidied.closed == 1 and _mode(stranger) == _mode(root) == 0o755  # it holds other files too
    assert {f.check: f.state for f in damage_findings(workspace)}["permissions"] == "note"
    stranger.unlink()
    assert tidy(root).closed == 1 and _mode(root) == 0o700


def test_no_folder_but_a_workspace_is_touched(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir(mode=0o755)
    (tmp_path / ".0a1b2c3d.x").write_text("")
    os.utime(tmp_path / ".0a1b2c3d.x", (1, 1))
    assert tidy(tmp_path) == (0, 0, 0) and len(list(tmp_path.iterdir())) == 2
    assert tidy(tmp_path / "none") == (0, 0, 0) and not (tmp_path / "none").exists()


def test_a_file_that_goes_while_it_is_looked_at_is_no_fault(tmp_path) -> None:
    from recommender.workspace.tidying import _is_open

    assert not _is_open(tmp_path / "store.db-shm")
    (tmp_path / "store.db").touch(0o644)
    assert _is_open(tmp_path / "store.db")
