"""Imports are whole or nothing, the same twice changes nothing, and a reader sees one version."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import recommender.workspace.import_history as import_history
import recommender.workspace.versions as versions
from features.errors import DataError, ReadError, UsageError
from recommender.workspace.importing import Mode, import_tables, prepare_import
from recommender.workspace.row_changes import Change
from recommender.workspace.versions import load_tables, version_of
from recommender.workspace.workspace import Workspace

TEACHERS = "teacher_id,school_id,role,stage,subject\nT1,S1,teacher,primary,数学\nT2,S1,teacher,primary,语文\n"


def _snapshot(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_the_same_twice_changes_nothing(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    first = import_tables(root, [files()])
    assert first.changes["teachers"] == Change(2, 0, 0, 0)
    before = _snapshot(root)
    again = prepare_import(root, [files()])
    assert again.changes["teachers"] == Change(0, 0, 2, 0) and not again.write()
    assert _snapshot(root) == before


def test_replace_removes_what_the_file_does_not_have_and_other_tables_stay(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    folder = files()
    import_tables(root, [folder])
    (tmp_path / "teachers.csv").write_text(
        TEACHERS.replace("T2,S1,teacher,primary,语文", "T3,S1,teacher,primary,英语").replace("数学", "语文"),
        "utf-8",
    )
    ready = import_tables(root, [tmp_path / "teachers.csv"], mode=Mode.REPLACE)
    assert ready.changes == {"teachers": Change(new=1, changed=1, same=0, gone=1)}
    existing = load_tables(root)
    assert existing["teachers"]["teacher_id"].tolist() == ["T1", "T3"] and len(existing["organizations"]) == 2


def test_problems_write_nothing_unless_good_rows_are_wanted(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    folder = files(teachers=TEACHERS.replace("T2,S1", "T2,S9"))
    with pytest.raises(DataError, match="nothing was written"):
        import_tables(root, [folder])
    assert version_of(root) is None
    import_tables(root, [folder], accept_good_rows=True)
    assert load_tables(root)["teachers"]["teacher_id"].tolist() == ["T1"]


def test_good_rows_of_a_city_without_schools_are_refused(files, tmp_path: Path) -> None:
    folder = files(organizations="org_id,name,kind\nS1,实验学校,castle\n")
    with pytest.raises(DataError, match="organizations"):
        import_tables(tmp_path / "w", [folder], accept_good_rows=True)
    assert version_of(tmp_path / "w") is None


def test_no_tables_yet_and_damaged_tables_are_said(files, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data import"):
        load_tables(tmp_path)
    root = tmp_path / "w"
    import_tables(root, [files()])
    (root / "tables" / "teachers.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReadError, match="data undo"):
        load_tables(root)


def test_a_reader_keeps_the_version_it_began_with(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    reader = Workspace(root)
    before = reader.fingerprint
    import_tables(root, [files(teachers=TEACHERS.replace("数学", "科学"))])
    assert reader.tables["teachers"]["subject"].tolist() == ["数学", "语文"] and reader.fingerprint == before
    assert Workspace(root).tables["teachers"]["subject"].tolist() == ["科学", "语文"]


def test_of_two_imports_that_looked_at_the_same_the_later_is_told(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    mine = prepare_import(root, [files(teachers=TEACHERS.replace("数学", "科学"))])
    import_tables(root, [files(teachers=TEACHERS.replace("数学", "美术"))])
    with pytest.raises(DataError, match="meanwhile"):
        mine.write()
    assert load_tables(root)["teachers"]["subject"].tolist() == ["美术", "语文"]


def test_real_tables_beside_made_up_ones_stay_marked(files, tmp_path: Path) -> None:
    root, folder = tmp_path / "w", files()
    (folder / "origin.json").write_text('{"made_up": true}', "utf-8")
    import_tables(root, [folder])
    (folder / "origin.json").unlink()
    import_tables(root, [folder / "teachers.csv"])
    assert load_tables(root).made_up
    import_tables(root, [folder])
    assert not load_tables(root).made_up


def test_a_workspace_copied_without_links_still_serves_and_takes_imports(files, tmp_path: Path) -> None:
    root, copy = tmp_path / "w", tmp_path / "copy"
    import_tables(root, [files()])
    shutil.copytree(root / "tables", copy / "tables")
    pd.testing.assert_frame_equal(load_tables(copy)["teachers"], load_tables(root)["teachers"])
    import_tables(copy, [files(teachers=TEACHERS.replace("数学", "科学"))])
    assert load_tables(copy)["teachers"]["subject"].tolist() == ["科学", "语文"]


@pytest.mark.parametrize("where", ["write_table", "point", "write_checked", "write_bytes"])
@pytest.mark.slow
def test_an_import_that_fails_midway_leaves_the_workspace_as_it_was(
    files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    before = {name: frame.copy() for name, frame in load_tables(root).frames.items()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    module = {"write_table": versions.pq, "write_bytes": versions}.get(where, import_history)
    monkeypatch.setattr(module, where, full)
    with pytest.raises(OSError, match="No space"):
        import_tables(root, [files(teachers=TEACHERS.replace("数学", "科学"))])
    monkeypatch.undo()
    for name, frame in load_tables(root).frames.items():
        pd.testing.assert_frame_equal(frame, before[name])
    import_tables(root, [files(teachers=TEACHERS.replace("数学", "科学"))])
    assert load_tables(root)["teachers"]["subject"].tolist() == ["科学", "语文"]


@pytest.mark.slow
def test_an_import_killed_at_any_moment_leaves_one_whole_version(files, tmp_path: Path) -> None:
    """A child imports two versions in turn; killed at 12 moments, the tables are always one of the two."""
    root, one = tmp_path / "w", tmp_path / "one"
    import_tables(root, [files()])
    shutil.copytree(files(), one)
    (one / "teachers.csv").write_text(TEACHERS.replace("数学", "科学"), "utf-8")
    code = (
        "from pathlib import Path\nfrom recommender.workspace.importing import import_tables\nprint('on', flush=True)\n"
        f"while True:\n  for p in ({str(one)!r}, {str(files())!r}): import_tables(Path({str(root)!r}), [Path(p)])\n"
    )
    for turn in range(12):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None and child.stdout.readline() == "on\n"
        try:
            child.wait(timeout=0.05 + 0.037 * turn)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert load_tables(root)["teachers"]["subject"].tolist() in (["数学", "语文"], ["科学", "语文"])
