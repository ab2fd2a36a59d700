"""Evidence of characters: right decodings above wrong ones."""

from __future__ import annotations

import pytest

from features.sources.read.plausibility import evidence


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("教学 王小明", "gb18030", ("big5", "cp949", "cp1252", "cp1251")),
        ("教學 陳大文", "big5", ("gb18030", "cp1252")),
        ("Jörg Grün", "cp1252", ("gb18030", "cp1251")),
        ("Ирина", "cp1251", ("gb18030", "cp1252")),
        ("さくら", "cp932", ("gb18030", "cp1252", "cp1251")),
    ],
)
def test_the_right_decoding_has_more_evidence(text: str, right: str, wrong: tuple[str, ...]) -> None:
    best = evidence(text, right)
    assert best > 0
    for encoding in wrong:
        assert evidence(text.encode(right).decode(encoding, "replace"), encoding) < best, encoding


def test_private_use_and_controls_are_evidence_against() -> None:
    for encoding in ("gb18030", "big5", "cp932", "cp949"):
        assert evidence("\ue000", encoding) < -3 and evidence("\x85", encoding) < -3
