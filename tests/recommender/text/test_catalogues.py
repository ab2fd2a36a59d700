"""Every message has its words, in both languages, with the same values; and no words are left without a use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from features.errors import CODE, UsageError
from features.messages import LANGS, BilingualText, message
from recommender.text import catalogues
from recommender.text.catalogues import areas, catalogue, gaps, has, in_both, join, render, template, word

ROOT = Path(__file__).parents[3]
SOURCES = [
    p for top in ("features", "models", "recommender", "api") for p in sorted((ROOT / top).rglob("*.py"))
]
TEMPLATES = [p for top in ("recommender", "api") for p in sorted((ROOT / top).rglob("*.html"))]
CODES = [f"{area}.{name}" for area in areas() for name in catalogue(area)]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LETTER = re.compile(r"[^\W\d_]")
PAGE_GROUPS = re.compile(r"\bt\.names?\(\s*['\"](\w+)['\"]")
PAGE_BEGINNINGS = re.compile(r"['\"]([a-z_]+\.[a-z_]+)['\"] ~")
WORD_GROUPS = re.compile(r"\bword\(\s*['\"](\w+)['\"]")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def coded_calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Calls whose first argument is a code: message(...), Message(...), UsageError(...), a page's words(...)."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                code = node.args[0].value
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                makes_message = name in ("message", "Message", "bilingual") or name.endswith("Error")
                if makes_message and isinstance(code, str) and CODE.fullmatch(code):
                    yield path, node, code


@cache
def literals() -> tuple[frozenset[str], tuple[str, ...]]:
    """All string literals of the sources and the words of templates; and what f-strings with a code begin with."""
    strings: set[str] = set()
    beginnings: list[str] = []
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                beginnings.append(str(node.values[0].value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.add(node.value)
        beginnings += [f"words.{group}_" for group in WORD_GROUPS.findall(path.read_text("utf-8"))]
        beginnings += [f"pages.{group}_" for group in PAGE_GROUPS.findall(path.read_text("utf-8"))]
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        strings |= set(CODE.findall(text))
        beginnings += [f"pages.{group}_" for group in PAGE_GROUPS.findall(text)] + PAGE_BEGINNINGS.findall(
            text
        )
    starts = tuple(text for text in beginnings if "." in text and text.split(".")[0] in areas())
    return frozenset(strings), tuple(start for start in starts if start not in ("words.", "pages."))


@pytest.mark.parametrize("area", areas())
def test_entries_have_both_languages_with_the_same_values(area: str) -> None:
    codes = {f"{area}.{name}": entry for name, entry in catalogue(area).items()}
    assert codes and not [code for code, entry in codes.items() if set(entry) != set(LANGS)]
    assert not [code for code in codes if not CODE.fullmatch(code)]
    assert not [code for code in codes if gaps(code, "zh") != gaps(code, "en")]


@pytest.mark.parametrize("area", areas())
def test_chinese_is_chinese_and_english_has_none(area: str) -> None:
    for name in catalogue(area):
        zh, en = (
            "".join(text for text, *_ in Formatter().parse(template(f"{area}.{name}", lang))) for lang in LANGS
        )
        assert not CHINESE.search(en), name
        assert CHINESE.search(zh) or not LETTER.search(zh) or zh == en, name  # a name that both languages share


@pytest.mark.slow
def test_every_code_of_the_sources_has_words() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{node.lineno} {code}"
        for path, node, code in coded_calls()
        if not has(code)
    ]
    assert not missing


def test_every_code_of_the_templates_has_words() -> None:
    for path in TEMPLATES:
        codes = set(re.findall(r"""['"](pages\.[a-z_]+)['"]""", path.read_text("utf-8")))
        assert not [c for c in codes if not has(c) and not any(code.startswith(c) for code in CODES)], path


def test_every_message_gets_exactly_the_values_of_its_words() -> None:
    wrong = []
    for path, node, code in coded_calls():
        keywords = {keyword.arg for keyword in node.keywords}
        if has(code) and len(node.args) == 1 and None not in keywords and keywords != gaps(code, "en"):
            wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {code} {keywords ^ gaps(code, 'en')}")
    assert not wrong


def test_no_words_are_left_without_a_use() -> None:
    strings, starts = literals()
    strings |= {f"{code}_one" for code in strings}  # Words.counted
    assert not [code for code in CODES if code not in strings and not code.startswith(starts)]


def test_a_sentence_takes_messages_lists_and_both_languages_as_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    toy = {
        "outer": {"zh": "甲{inner}乙{items}{name}", "en": "a {inner:capital} b {items} {name}"},
        "inner": {"zh": "{n} 天", "en": "{n} {n:plural=day,days}, {share:.0%}, {text!r}, {sum:money}"},
    }
    monkeypatch.setattr(catalogues, "areas", lambda: ("toy",))
    monkeypatch.setattr(catalogues, "catalogue", lambda area: toy)
    inner = message("toy.inner", n=1, share=0.5, text="x", sum=20_000)
    outer = message("toy.outer", inner=inner, items=[1, message("toy.inner", n=2, share=0, text="", sum=0)],
                    name=BilingualText("名", "name"))  # fmt: skip
    assert render(outer, "en") == "a 1 day, 50%, 'x', 20,000 yuan b 1, 2 days, 0%, '', 0 yuan name"
    assert render(outer, "zh") == "甲1 天乙1、2 天名"
    assert in_both(outer) == BilingualText(render(outer, "zh"), render(outer, "en"))
    with pytest.raises(LookupError, match=r"toy\.inner needs a value for 'n'"):
        render(message("toy.inner", m=1), "zh")


def test_text_stays_as_it_is_and_what_has_no_words_is_named() -> None:
    assert render("{as it is}", "zh") == "{as it is}"
    assert render(BilingualText("中", "en"), "en") == "en"
    with pytest.raises(LookupError, match=r"recommender/text/nowhere\.toml"):
        render(message("nowhere.name"))
    with pytest.raises(LookupError, match="'no_such_entry'"):
        render(message("words.no_such_entry"))


def test_words_of_coded_values() -> None:
    assert in_both(word("mode", "online")) == BilingualText("线上", "online")
    assert word("mode", "by post") == "by post"
    assert join(["a", word("mode", "online")], "zh") == "a、线上"


def test_an_error_reads_in_english_and_keeps_its_code_and_values() -> None:
    error = UsageError("cli.unknown_language", value="fr")
    assert str(error) == render(error.message, "en") and "'fr'" in str(error)
    assert error.message == message("cli.unknown_language", value="fr")
    assert str(UsageError("Not migrated yet: plain text")) == "Not migrated yet: plain text"
