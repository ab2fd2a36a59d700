import pytest

from features.sources.csv import UnreadableFile, read_rows

TEXT = '工号,姓名\r\nT1,"甲, 乙"\r\n\r\nT2,丙\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_three_encodings_read_alike_and_rows_keep_their_number(tmp_path, encoding):
    path = tmp_path / "teachers.csv"
    path.write_bytes(TEXT.encode(encoding))
    rows = [(row.number, row.cells) for row in read_rows(path)]
    assert rows == [(1, ("工号", "姓名")), (2, ("T1", "甲, 乙")), (4, ("T2", "丙"))]


@pytest.mark.parametrize("data", [b"a,b\n\xff\xff\xff", b"PK\x03\x04\0\0", b'a,b\n"open,1\n'])
def test_what_is_no_csv_is_refused_by_name(tmp_path, data):
    path = tmp_path / "broken.csv"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"broken\.csv.*retry"):
        list(read_rows(path))
