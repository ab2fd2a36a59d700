"""Rows that come back as they were written, and damage that is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import ReadError
from recommender.prepared.row_file import DICTIONARY, INDEX, ROWS, RowFile, write_rows


@settings(max_examples=25)
@given(st.dictionaries(st.integers(0, 19), st.binary(min_size=0, max_size=400)), st.integers(1, 5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: dict[int, bytes], size: int) -> None:
    folder = tmp_path_factory.mktemp("rows") / "file"
    items = list(rows.items())
    write_rows(folder, 20, (items[i : i + size] for i in range(0, len(items), size)))
    file = RowFile(folder)
    assert [file.read(number) for number in range(20)] == [rows.get(number) for number in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rows(tmp_path / "file", 3, [[(0, b"one row" * 20), (2, b"another row" * 20)]])
    return tmp_path / "file"


@pytest.mark.parametrize("name", [INDEX, DICTIONARY])
def test_a_changed_index_or_dictionary_is_not_opened(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ReadError):
        RowFile(folder)


@pytest.mark.parametrize("name", [ROWS, INDEX, DICTIONARY, "digests.json"])
def test_a_missing_file_is_a_damaged_folder(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ReadError):
        RowFile(folder)


def test_every_changed_byte_of_a_row_is_noticed(folder: Path) -> None:
    data = (folder / ROWS).read_bytes()
    file = RowFile(folder)
    first, last = file.read(0), file.read(2)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        (folder / ROWS).write_bytes(changed)
        results = []
        for number in (0, 2):
            try:
                results.append(RowFile(folder).read(number))
            except ReadError:
                results.append(None)
        assert results.count(None) == 1
        assert {*results} <= {None, first, last}


def test_a_file_that_was_cut_short_is_noticed(folder: Path) -> None:
    (folder / ROWS).write_bytes((folder / ROWS).read_bytes()[:-3])
    with pytest.raises(ReadError):
        RowFile(folder).read(2)
