"""CSV as offices save it: any usual encoding, Excel's row numbers, irregular rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import FileReadError
from features.sources.read import csv_reader
from features.sources.read.csv_reader import read_csv

TEXT = "工号,姓名\nT1,张三\n\nT2,李四\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_give_the_same_sheet_and_rows_keep_excels_numbers(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "teachers.csv"
    path.write_bytes(TEXT.encode(encoding))
    sheet = read_csv(path)
    assert sheet.header == ("工号", "姓名")
    assert [c.to_pylist() for c in sheet.columns] == [["T1", "T2"], ["张三", "李四"]]
    assert sheet.rows.tolist() == [2, 4]


def test_gzip_and_line_ends_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\r\n1,2\r\n3,4\r\n"))
    assert [c.to_pylist() for c in read_csv(path).columns] == [["1", "3"], ["2", "4"]]


def test_quotes_lines_in_cells_short_and_long_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"1,5","two\nlines"\n3\n4,5,6\n', "utf-8")
    sheet = read_csv(path)
    assert [c.to_pylist() for c in sheet.columns] == [["1,5", "3", "4"], ["two\nlines", "", "5"]]
    assert [int(sheet.rows[place]) for place in sheet.overlong] == [4]


@pytest.mark.parametrize(
    "data",
    [b"a,b\n\x00,1\n", b"a,b\n\x81\x8d\xff\xfe\x90\xff\n", b'a,b\n"1,2\n'],
    ids=["binary", "no text", "quote"],
)
def test_what_is_no_csv_is_refused_with_the_cure(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(FileReadError, match=r"a\.csv: .*save it"):
        read_csv(path)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n" * 1000)[:-9])
    with pytest.raises(FileReadError, match="damaged"):
        read_csv(path)


def test_an_empty_file_is_an_empty_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("", "utf-8")
    assert read_csv(path).header == () and not len(read_csv(path).rows)


@pytest.mark.parametrize("byte", [b"\xff", b"\xe6", b"\x80", b"\xc3"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_one_wrong_byte_never_makes_other_characters_of_the_rest(tmp_path: Path, byte: bytes, share: float) -> None:
    text = "教师编号,学科\n" + "".join(f"T{i},数学\n" for i in range(40))
    data = bytearray(text.encode())
    place = int(share * len(data))
    data[place] = byte[0]
    if data.decode("utf-8", "replace").count("\ufffd") == 0:
        data[place] = 0xFF  # the byte made another sound character, which nobody can tell
    (tmp_path / "a.csv").write_bytes(data)
    try:
        sheet = read_csv(tmp_path / "a.csv")
    except FileReadError:
        return
    cells = [*sheet.header, *(cell for column in sheet.columns for cell in column.to_pylist())]
    sound = [cell for cell in cells if "\ufffd" not in cell]
    assert len(cells) - len(sound) >= 1 and sheet.notes  # the place is marked, and told
    assert all(cell in text for cell in sound)


@given(st.text(st.sampled_from('",\n\ra'), max_size=24), st.integers(1, 7))
def test_quotes_are_judged_the_same_in_pieces_of_any_size(text: str, size: int) -> None:
    """A quote may open in one piece and close in another."""
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader, "QUOTES", size)
        in_pieces = csv_reader._quotes_are_regular(data, ",")
    quotes = [i for i, c in enumerate(text) if c == '"']
    edge = lambda i: not 0 <= i < len(text) or text[i] in '\r\n",'  # noqa: E731
    whole = len(quotes) % 2 == 0 and all(edge(i - 1) for i in quotes[::2]) and all(edge(i + 1) for i in quotes[1::2])
    assert in_pieces == whole
