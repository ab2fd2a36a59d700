"""Every import is recorded; `undo` goes back one by one, and to any that is kept."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import recommender.workspace.import_history as import_history
from features.errors import DataError, ReadError, UsageError
from recommender.workspace.import_history import history, restorable, undo
from recommender.workspace.importing import Mode, import_tables, prepare_import
from recommender.workspace.versions import load_tables, version_of

HEADER = "teacher_id,school_id,role,stage,subject\n"


def _subjects(root: Path) -> list[str]:
    return load_tables(root)["teachers"]["subject"].tolist()


def _teacher(one, number: int, subject: str = "英语") -> Path:
    return one("teachers", f"{HEADER}T{number},S1,teacher,primary,{subject}\n")


def test_an_entry_says_when_who_which_files_and_how_many_rows(files, one, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()], by="ann")
    file = _teacher(one, 3)
    import_tables(root, [file], by="bob")
    first, second = history(root)
    assert (first["n"], first["by"], first["mode"], first["before"]) == (1, "ann", "add", None)
    assert {f["name"] for f in first["files"]} == {"organizations.csv", "teachers.csv", "competencies.csv"}
    assert second["files"] == [
        {"name": "teachers.csv", "bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    ]
    assert second["tables"] == {"teachers": {"new": 1, "changed": 0, "same": 2, "gone": 0}}
    assert second["before"] == {"n": 1, "version": first["version"]} and second["at"] >= first["at"]
    assert second["version"] == version_of(root).name


def test_the_same_again_is_not_recorded(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    for _ in range(3):
        import_tables(root, [files()])
    assert [entry["n"] for entry in history(root)] == [1]


@pytest.mark.slow
def test_undo_goes_back_one_by_one_and_forward_again(files, one, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    for number, subject in ((3, "英语"), (4, "科学")):
        import_tables(root, [_teacher(one, number, subject)])
    assert _subjects(root) == ["数学", "语文", "英语", "科学"]
    result = undo(root, "ann")
    assert result.to == 2 and result.changes["teachers"].gone == 1 and _subjects(root) == ["数学", "语文", "英语"]
    assert undo(root, "ann").to == 1 and _subjects(root) == ["数学", "语文"]
    with pytest.raises(UsageError, match="no earlier import"):
        undo(root, "ann")
    assert undo(root, "ann", to=3).to == 3 and _subjects(root) == ["数学", "语文", "英语", "科学"]
    assert undo(root, "ann").to == 2
    assert [(e["action"], e.get("to")) for e in history(root)] == [
        ("import", None), ("import", None), ("import", None), ("undo", 2), ("undo", 1), ("undo", 3), ("undo", 2)
    ]  # fmt: skip
    import_tables(root, [_teacher(one, 9, "音乐")])
    assert undo(root, "ann").to == 2 and _subjects(root) == ["数学", "语文", "英语"]
    with pytest.raises(UsageError, match="no import 99"):
        undo(root, "ann", to=99)


def test_only_the_newest_versions_are_kept_and_the_history_says_which(
    files, one, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_history, "VERSIONS_KEPT", 2)
    root = tmp_path / "w"
    import_tables(root, [files()])
    for number in range(3, 7):
        import_tables(root, [_teacher(one, number)])
    assert [restorable(root, entry) for entry in history(root)] == [False, False, True, True, True]
    with pytest.raises(UsageError, match="no longer kept"):
        undo(root, "ann", to=1)
    assert len(_subjects(root)) == 6


def test_a_damaged_table_is_named_and_undo_or_an_import_cures_it(files, one, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    import_tables(root, [_teacher(one, 3)])
    file = root / "tables" / "teachers.parquet"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ReadError, match=r"teachers\.parquet.*data undo.*--mode replace"):
        load_tables(root)
    with pytest.raises(ReadError, match=r"teachers\.parquet"):
        prepare_import(root, [_teacher(one, 4)])
    assert undo(root, "ann").to == 1 and _subjects(root) == ["数学", "语文"]
    with pytest.raises(ReadError, match=r"teachers\.parquet"):
        undo(root, "ann", to=2)
    import_tables(root, [_teacher(one, 3)])  # the same rows again, into a folder of their own
    assert _subjects(root) == ["数学", "语文", "英语"]
    (root / "tables" / "teachers.parquet").write_bytes(b"")
    import_tables(root, [files()], mode=Mode.REPLACE)
    assert _subjects(root) == ["数学", "语文"]


@pytest.mark.slow
def test_no_flipped_byte_of_a_table_is_used(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    generator = np.random.default_rng(1)
    for file in sorted((root / "tables").glob("*.parquet"))[:6]:
        original = file.read_bytes()
        for place in generator.integers(0, len(original), 8):
            data = bytearray(original)
            data[int(place)] ^= 1 << int(generator.integers(8))
            file.write_bytes(bytes(data))
            with pytest.raises(ReadError, match=file.name):
                load_tables(root)
        file.write_bytes(original)
    load_tables(root)


def test_a_damaged_history_is_named_and_the_next_import_begins_a_new_one(files, one, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    for path in (root / "imports.json", root / ".imports.json.copy"):
        path.write_text("[", "utf-8")
    with pytest.raises(ReadError, match=r"imports\.json"):
        history(root)
    import_tables(root, [_teacher(one, 3)])
    assert [entry["n"] for entry in history(root)] == [1] and (root / "imports.json.damaged").exists()
    assert undo(root, "ann").to == 0 and _subjects(root) == ["数学", "语文"]


def test_a_workspace_of_an_earlier_version_gets_a_history(files, one, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()])
    for path in (root / "imports.json", root / ".imports.json.copy"):
        path.unlink()
    assert history(root) == []
    import_tables(root, [_teacher(one, 3)])
    assert undo(root, "ann").to == 0 and _subjects(root) == ["数学", "语文"]


def _import(root: Path, file: Path, number: int, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    try:
        import_tables(root, [file], by=str(number))
    except DataError:
        sys.exit(1)


def test_of_imports_at_once_each_is_whole_or_refused(files, tmp_path: Path) -> None:
    root = tmp_path / "w"
    import_tables(root, [files()], by="first")
    context = multiprocessing.get_context("fork")
    start, children = context.Event(), []
    for number in range(3, 7):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "teachers.csv").write_text(f"{HEADER}T{number},S1,teacher,primary,英语\n", "utf-8")
        children.append(context.Process(target=_import, args=(root, folder / "teachers.csv", number, start)))
    for child in children:
        child.start()
    start.set()
    for child in children:
        child.join(60)
    written = {entry["by"] for entry in history(root)} - {"first"}
    assert written == {str(n) for n, child in zip(range(3, 7), children, strict=True) if child.exitcode == 0}
    ids = set(load_tables(root)["teachers"]["teacher_id"])
    assert ids == {"T1", "T2"} | {f"T{number}" for number in written} and written


@pytest.mark.slow
def test_killed_at_any_moment_tables_and_history_agree(files, tmp_path: Path) -> None:
    """A child imports and undoes in turn; killed at 10 moments, the last entry is the version in place."""
    root, other = tmp_path / "w", tmp_path / "other"
    import_tables(root, [files()])
    shutil.copytree(files(), other)
    (other / "teachers.csv").write_text(f"{HEADER}T3,S1,teacher,primary,英语\n", "utf-8")
    code = (
        "from pathlib import Path\nfrom recommender.workspace.import_history import undo\n"
        "from recommender.workspace.importing import import_tables\nprint('on', flush=True)\n"
        f"root = Path({str(root)!r})\nwhile True:\n"
        f"  import_tables(root, [Path({str(other)!r})])\n  undo(root, 'child')\n"
    )
    generator = np.random.default_rng(5)
    for _ in range(10):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None and child.stdout.readline() == "on\n"
        time.sleep(float(generator.uniform(0.0, 0.4)))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert _subjects(root) in (["数学", "语文"], ["数学", "语文", "英语"])
        entries = history(root)
        assert entries[-1]["version"] == version_of(root).name
        assert [entry["n"] for entry in entries] == sorted({entry["n"] for entry in entries})
