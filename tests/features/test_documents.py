"""JSON and TOML that a parser takes and this project does not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from features.documents import (
    INT64,
    MAX_DEPTH,
    MAX_TOML,
    DocumentError,
    MissingDocumentError,
    UnparsedDocumentError,
    parse_json,
    parse_toml,
    read_json,
    read_toml,
    value_of,
)


def _json_refusal(text: str) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_json(text.encode("utf-8"))
    return refused.value.message.code


def _toml_refusal(text: str) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_toml(text)
    return refused.value.message.code


def test_sound_documents_are_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff{"a": [1, 2.5, null, "é😀", "\\ud83d\\ude00"]}', "utf-8")
    assert read_json(tmp_path / "a.json") == {"a": [1, 2.5, None, "é😀", "😀"]}
    (tmp_path / "a.toml").write_text('\ufeff[a.b]\r\nc = "1.5"\r\nd = 2026-09-01\r\n', "utf-8")
    assert set(read_toml(tmp_path / "a.toml")["a"]["b"]) == {"c", "d"}
    assert parse_json(f'{{"a": [{INT64 - 1}, {-INT64}]}}'.encode()) == {"a": [INT64 - 1, -INT64]}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "documents.too_deep"),
        ('{"a":' * 100_000, "documents.too_deep"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "documents.too_deep"),
        ('{"a": ' + "9" * 5000 + "}", "documents.number_too_large"),
        (f'{{"a": {INT64}}}', "documents.number_too_large"),
        ('{"a": 1e999}', "documents.number_too_large"),
        ('{"a": NaN}', "documents.not_finite"),
        ('{"a": -Infinity}', "documents.not_finite"),
        ('{"a": "\\ud800"}', "documents.lone_surrogate"),
        ('{"\\uDC00": 1}', "documents.lone_surrogate"),
        ('{"a": 1, "a": 2}', "documents.repeated_key"),
        ('{"a": {"\\ud800": 1, "\\ud800": 2}}', "documents.repeated_key"),
        ("[1]", "documents.not_an_object"),
        ("", "documents.invalid"),
        ('{"a": "\x00"}', "documents.invalid"),
    ],
)
def test_json_that_would_fail_later_is_refused(text: str, code: str) -> None:
    assert _json_refusal(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = " + "[" * 10_000, "documents.too_deep"),
        ("a = " + "{b=" * 10_000, "documents.too_deep"),
        ("a = " + "[" * 80 + "]" * 80, "documents.too_deep"),
        ("a" + ".a" * 200_000 + " = 1", "documents.too_deep"),
        ("[" + '"a b" . ' * 1000 + "a]", "documents.too_deep"),
        ("a = " + "9" * 5000, "documents.invalid"),
        ("a = 0x" + "f" * 5000, "documents.number_too_large"),
        ("a = nan", "documents.not_finite"),
        ("a = [{b = inf}]", "documents.not_finite"),
        ("a = 2026-02-30", "documents.invalid"),
        ("a = 1\na = 2", "documents.invalid"),
        ('a = "\ud800"', "documents.not_utf8"),
        ("#" * (MAX_TOML + 1), "documents.too_large"),
    ],
)
def test_toml_that_would_fail_later_or_take_hours_is_refused(text: str, code: str) -> None:
    before = time.monotonic()
    assert _toml_refusal(text) == code
    assert time.monotonic() - before < 5.0


def test_dots_of_numbers_and_texts_are_no_levels() -> None:
    numbers = ", ".join(["0.5"] * 200)
    assert len(parse_toml(f"a = [{numbers}]\nb = {'.' * 200!r} # {'.' * 200}\n")["a"]) == 200


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(MissingDocumentError):
        read_json(tmp_path / "none.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    for path in (tmp_path / "pipe.json", tmp_path / "loop.json", tmp_path, Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(UnparsedDocumentError) as refused:
            read_json(path)
        assert not isinstance(refused.value, MissingDocumentError)
    (tmp_path / "big.json").write_bytes(b" " * 1001)
    with pytest.raises(UnparsedDocumentError) as refused:
        read_json(tmp_path / "big.json", 1000)
    assert refused.value.message.code == "documents.too_large"


def test_a_value_has_the_kind_that_is_needed() -> None:
    assert value_of({"a": True}, "a", bool) is True
    for content in ({}, {"a": None}, {"a": "true"}):
        with pytest.raises(DocumentError, match=r"a is missing or not of type bool|documents\.wrong_value"):
            value_of(content, "a", bool)
