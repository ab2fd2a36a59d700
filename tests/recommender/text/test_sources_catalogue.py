"""The catalogue of `sources`: every code in use has its words in both languages, and every entry is in use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import pytest

from recommender.text.catalogues import catalogue

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"sources\.[a-z_]+")
FILES = [
    *sorted((ROOT / "features" / "sources").rglob("*.py")),
    ROOT / "recommender" / "text" / "issue_rows.py",
]
CATALOGUE = catalogue("sources")


def _codes() -> Iterator[str]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                yield node.value.removeprefix("sources.")


def _calls() -> Iterator[tuple[str, str, set[str]]]:
    """Place, code and names of the values of each call that makes a message or raises an error with one."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            code = node.args[0].value
            if isinstance(code, str) and CODE.fullmatch(code) and getattr(node.func, "id", "") != "Takes":
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                yield f"{file.name}:{node.lineno}", code.removeprefix("sources."), names


def _gaps(entry: Mapping[str, str], lang: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(entry[lang]) if name}


def test_every_code_in_use_has_an_entry_and_every_entry_is_in_use() -> None:
    assert set(_codes()) == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_has_both_languages(name: str) -> None:
    assert set(CATALOGUE[name]) == {"zh", "en"}
    assert all(words.strip() for words in CATALOGUE[name].values())


def test_every_gap_of_an_entry_gets_a_value() -> None:
    calls = list(_calls())
    assert len(calls) > 100
    for place, name, values in calls:
        for lang in ("zh", "en"):
            assert _gaps(CATALOGUE[name], lang) <= values, f"{place}: {name} {lang}"


def test_no_prose_is_left_below_the_catalogue() -> None:
    """Chinese text in features/sources is data (headers, separators), never a sentence."""
    sentences = [
        f"{file.name}: {node.value}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(re.findall(r"[\u4e00-\u9fff]", node.value)) > 3
    ]
    assert not [
        s for s in sentences if "状态 == '在职'" not in s
    ]  # the example of the row filter's docstring
