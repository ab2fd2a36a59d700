"""Files and folders appear whole or not at all; one writer at a time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recommender.workspace.atomic import filling, locked, point, replacing, write_json


def test_a_file_is_replaced_whole_and_an_error_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.csv"
    with replacing(path) as temporary:
        assert temporary.suffix == ".csv" and not path.exists()
        temporary.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old" and [p.name for p in path.parent.iterdir()] == ["file.csv"]


def test_a_folder_appears_filled_and_an_existing_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with pytest.raises(RuntimeError), filling(folder) as temporary:
        (temporary / "file").write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    for text in ("first", "second"):
        with filling(folder) as temporary:
            (temporary / "file").write_text(text)
    assert (folder / "file").read_text() == "first" and [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_link_is_moved_in_one_step_and_stays_relative(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point(tmp_path / "link", tmp_path / name)
        assert (tmp_path / "link").readlink() == Path(name)


def test_json_is_sorted_readable_text(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": 1, "a": "教师"})
    assert (tmp_path / "x.json").read_text("utf-8") == '{\n "a": "教师",\n "b": 1\n}\n'


def test_one_at_a_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def add(_: int) -> None:
        with locked(tmp_path):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(40)))
    assert counter.read_text() == "40"


def test_a_process_that_dies_releases_its_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from recommender.workspace.atomic import locked\n"
        "with locked(Path(sys.argv[1])): os._exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 7
    with locked(tmp_path):
        assert (tmp_path / ".lock").exists()
