"""Encodings by evidence: small files of several offices, and UTF-8 with damage."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from features.errors import FileReadError
from features.sources.read.csv_reader import read_csv
from features.sources.read.encoding import decode
from features.sources.read_tables import read_tables

TEXTS = {
    "gb18030": ("工号,姓名,任教学科\nT1,赵翠芳,数学\nT2,翟浩然,信息技术\n", "GB18030"),
    "gb18030 one word": ("org_id,name\nS1,学校\n", "GB18030"),
    "big5": ("teacher_id,name,subject\nT1,林怡君,國語\nT2,黃志豪,數學\n", "Big5"),
    "big5 one word": ("competency_id,name_zh\nC1,教學\n", "Big5"),
    "cp1252": ("id,name\nT1,Zoë Müller\nT2,François Lefèvre\n", "Windows-1252"),
    "cp1252 one word": ("id,name\nS1,Übungsschule\n", "Windows-1252"),
    "cp1252 Portuguese": ("id,name\nT1,João\nT2,Avaliação da educação\n", "Windows-1252"),
    "cp1251": ("id,name\nT1,Пётр Кузнецов\nT2,Школа\n", "Windows-1251"),
    "cp932": ("id,name\nT1,山本さくら\nT2,数学の授業\n", "Shift-JIS (cp932)"),
    "cp949": ("id,name\nT1,박서준\nT2,한국초등학교\n", "EUC-KR (cp949)"),
    "cp1254": ("id,name\nT1,Ayşe Yıldız\nT2,Çağrı Şahin\n", "Windows-1254"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_an_encoding_is_found_by_evidence_and_noted(case: str) -> None:
    text, name = TEXTS[case]
    decoded = decode("a.csv", text.encode(case.split()[0]))
    assert decoded.data.decode() == text
    assert [(n.code, n.values["encoding"]) for n in decoded.notes] == [("sources.encoding_taken", name)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_or_valid_utf_8_is_certain(encoding: str) -> None:
    for text in ("工号,姓名\nT1,王五\n", "id,name\nT1,Zoë Ångström\n", "id,name\nT1,Ελένη\n", "id,name\nT1,שרה\n",
                 "id,name\nT1,Иван\n"):  # fmt: skip
        assert decode("a.csv", text.encode(encoding)) == (text.encode(), ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_and_without_a_mark(encoding: str) -> None:
    text = "工号\t姓名\r\nT1\t王五\r\n"
    mark = codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
    assert decode("a.txt", mark + text.encode(encoding)) == (text.encode(), ())
    bare = decode("a.txt", text.encode(encoding))
    assert bare.data.decode() == text and bare.notes[0].code == "sources.encoding_taken"


@pytest.mark.parametrize("damage", [b"\xff", b"\xb0\xa1", b"\xe7\x8e"])
def test_a_few_bytes_that_are_not_utf_8_are_lost_not_read_as_gb18030(damage: bytes) -> None:
    rows = [f"T{i},王小{name}" for i, name in enumerate("明红芳军强丽")]
    data = "\n".join(["工号,姓名", *rows, ""]).encode().replace("红".encode(), damage)
    decoded = decode("a.csv", data)
    assert decoded.notes[0].code == "sources.lost_bytes"
    assert decoded.data.decode().count("王小") == 6 and "\ufffd" in decoded.data.decode()


def test_the_rows_of_lost_bytes_are_problems_by_their_numbers(sound: Path) -> None:
    path = sound / "organizations.csv"
    path.write_bytes(path.read_bytes().replace("南山区".encode(), b"\xc4\xcf" + "山区".encode()))
    result = read_tables([sound])
    problems = [(i.row, i.letter, i.expected.code) for i in result.issues if i.severity == "problem"]
    assert problems[0] == (2, "B", "sources.lost_character")
    assert not result.accepted and "sources.lost_bytes" in {i.expected.code for i in result.issues}


def test_an_encoding_that_is_given_is_taken_or_the_row_is_named() -> None:
    assert decode("a.csv", "á,č\n".encode("cp1250"), "cp1250") == ("á,č\n".encode(), ())
    with pytest.raises(FileReadError) as refused:
        decode("a.csv", b"a,b\n1,2\n\x81,3\n", "cp1252")
    assert refused.value.message.code == "sources.not_in_encoding" and refused.value.message.values["row"] == 3


def test_what_is_text_in_no_encoding_is_refused(tmp_path: Path) -> None:
    for data in (bytes(range(128, 256)) * 3, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a,b\n".encode("utf-16-le") + b"\xff\xff\0"):
        path = tmp_path / "a.csv"
        path.write_bytes(data)
        with pytest.raises(FileReadError, match="UTF-8"):
            read_csv(path)
