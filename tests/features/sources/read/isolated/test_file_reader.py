"""One process reads all files; what ends it is an error of the file, and the next file is read by another."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import FileReadError
from features.sources.read.isolated import file_reader
from features.sources.read.isolated.file_reader import FileReader, check_regular
from features.sources.read.isolated.read_limits import ReadLimits


@pytest.fixture
def reader() -> Iterator[FileReader]:
    reader = FileReader()
    yield reader
    reader.close()


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,\n,2\n", "utf-8")
    return path


def _code(reader: FileReader, path: Path) -> str:
    with pytest.raises(FileReadError) as refused:
        reader.sheet(path)
    return refused.value.message.code


def test_one_process_reads_file_after_file(reader: FileReader, csv: Path, tmp_path: Path) -> None:
    first = reader.sheet(csv)
    process = reader._process
    (tmp_path / "b.csv").write_bytes(b"a\n\x00")
    assert _code(reader, tmp_path / "b.csv") == "sources.binary_csv"
    again = reader.sheet(csv, header_rows=(2,))
    assert reader._process is process
    assert first.header == ("a", "b") and [c.to_pylist() for c in first.columns] == [["1", ""], ["", "2"]]
    assert again.header == ("1", "") and again.rows.tolist() == [3]


def test_what_ends_the_process_is_an_error_and_the_next_file_is_read(
    reader: FileReader, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.sheet(csv)
    first = reader._process
    assert first is not None
    for limits, code in (
        (ReadLimits(memory=1, seconds=60), "sources.reading_too_large"),
        (ReadLimits(memory=1 << 40, seconds=0), "sources.reading_too_slow"),
    ):
        large = csv.with_name("large.csv")
        large.write_text("a,b\n" + "1,2\n" * 3_000_000, "utf-8")
        monkeypatch.setattr(file_reader, "limits_of", lambda size, suffix, limits=limits: limits)
        assert _code(reader, large) == code
        monkeypatch.undo()
        assert len(reader.sheet(csv).rows) == 2
    assert reader._process is not first and first.poll() is not None


def test_a_process_that_was_killed_is_replaced(reader: FileReader, csv: Path) -> None:
    reader.sheet(csv)
    assert reader._process is not None
    reader._process.kill()
    reader._process.wait()
    assert len(reader.sheet(csv).rows) == 2


def test_no_module_comes_from_the_directory_of_the_files(
    reader: FileReader, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy", "python_calamine", "features"):
        (csv.parent / f"{name}.py").write_text("raise SystemExit(9)\n", "utf-8")
    monkeypatch.chdir(csv.parent)
    monkeypatch.syspath_prepend("")
    assert len(reader.sheet(Path("a.csv")).rows) == 2


def test_what_is_no_regular_file_is_refused_before_it_is_opened(tmp_path: Path, csv: Path) -> None:
    assert check_regular(csv) == csv.stat().st_size
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s.csv"))
    for path, code in (
        (tmp_path / "pipe.csv", "sources.not_a_regular_file"),
        (tmp_path / "s.csv", "sources.not_a_regular_file"),
        (tmp_path, "sources.not_a_regular_file"),
        (Path("/dev/zero"), "sources.not_a_regular_file"),
        (tmp_path / "loop.csv", "sources.path_unusable"),
        (tmp_path / ("n" * 300 + ".csv"), "sources.path_unusable"),
        (Path("a\0.csv"), "sources.path_unusable"),
        (tmp_path / "none.csv", "sources.no_such_path"),
    ):
        with pytest.raises(FileReadError) as refused:
            check_regular(path)
        assert refused.value.message.code == code, path
