"""Standard names of subjects."""

from __future__ import annotations

from features.sources.read.subject_names import subject_names


def test_synonyms_by_any_case_and_width() -> None:
    names = subject_names()
    assert names.name("Maths") == names.name("ＭＡＴＨ") == names.name(" 算术 ") == "数学"
    assert names.name("陶艺") == "陶艺" and "陶艺" not in names.names


def test_further_names_come_beside_the_built_in_ones() -> None:
    names = subject_names({"国学": "语文", "书画": "美术与书法"})
    assert names.name("国学") == "语文" and names.name("思品") == "道德与法治" and "美术与书法" in names.names
    assert subject_names().name("国学") == "国学"
