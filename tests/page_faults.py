"""What must not be on a page: keys and gaps of templates, the other language, double ids, controls without a name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

VOID: Final = {"meta", "link", "input", "br", "hr", "img", "path", "line", "rect", "circle"}
SPOKEN: Final = ("aria-label", "alt", "title", "placeholder", "data-label")  # attributes that are read out or shown
UNFILLED: Final = re.compile(r"\b(None|nan|NaN|inf|undefined|Undefined|True|False)\b|\{\w*\}|\{\{|\}\}|%\(|\[\]|<[A-Z]\w+\(")
KEY: Final = re.compile(
    r"\b(?:pages|reasons|plans|planning|words|lists|sources|models|workspace)\.[a-z]\w+|\b[a-z]+(?:_[a-z0-9]+)+\b"
)
CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
MARKS: Final = re.compile(r"[\u3000-\u303f\uff00-\uffef]")
LATIN: Final = re.compile(r"[A-Za-z][A-Za-z'-]{2,}")
NUMBER: Final = re.compile(r"[\d.,–+−-]+")
LANGUAGE: Final = {"zh": "zh-CN", "en": "en"}
BOTH: Final = frozenset({"中文", "English", "JSON", "Excel", "模拟数据，非真实", "Simulated data, not real"})
INTERFACE: Final = frozenset({"limits.toml", "Authorization", "Bearer", "application/problem+json", "RFC", "openapi.json"})
COUNTS: Final = frozenset({
    "数据条数", "Values", "可靠程度", "Reliability", "随机种子", "Seed", "单元数", "Units", "工号", "Staff number",
    "离目标超过 3 分的可能性", "Chance of being more than 3 points below target", "名额", "Seats", "教师", "Teachers",
    "离最好最多差", "Below the best at most", "Needs expected to be met",
})  # fmt: skip
"""Terms whose value is a plain count, a share of 1 or an id: everything else that is a number says its unit."""


class Reader(HTMLParser):
    """Texts with the language that holds for them, ids, links, and controls with their labels."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lang = ""
        self.title = ""
        self.headings: list[str] = []
        self.texts: list[tuple[str, str]] = []  # language, text
        self.attributes: list[str] = []  # what is read out or shown of attributes, which have no language of their own
        self.ids: list[str] = []
        self.named: list[str] = []  # ids that something refers to
        self.links: list[str] = []
        self.actions: list[tuple[str, str]] = []  # method, address
        self.unlabelled: list[str] = []
        self.facts: list[tuple[str, str]] = []  # term, value
        self._open: list[tuple[str, str, dict[str, str]]] = []  # tag, language, attributes
        self._term = self._value = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        lang = values.get("lang") or (self._open[-1][1] if self._open else "")
        if tag == "html":
            self.lang = values.get("lang", "")
        self.ids += [values["id"]] if "id" in values else []
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.named += values.get(name, "").split()
        self.attributes += [values[name] for name in SPOKEN if values.get(name)]
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "form":
            self.actions.append((values.get("method", "get"), values.get("action", "")))
        inside = [opened for opened, _, _ in self._open]
        is_control = tag in ("select", "textarea") or (tag == "input" and values.get("type") != "hidden")
        if is_control and "label" not in inside and "aria-label" not in values:
            self.unlabelled.append(self.get_starttag_text() or tag)
        if tag in ("dt", "dd"):
            self._term, self._value = ("", "") if tag == "dt" else (self._term, "")
        if tag not in VOID:
            self._open.append((tag, lang, values))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1][0] != tag:
            self._open.pop()
        if self._open:
            self._open.pop()
        if tag == "dd":
            self.facts.append((self._term.strip(), self._value.strip()))

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _, _ in self._open]
        if "title" in inside and "svg" not in inside:
            self.title += data
        if "h1" in inside:
            self.headings.append(data)
        if "dt" in inside:
            self._term += data
        if "dd" in inside:
            self._value += data
        if data.strip() and not {"style", "textarea", "title", "code"} & set(inside):
            self.texts.append((self._open[-1][1] if self._open else "", " ".join(data.split())))


def read(html: str) -> Reader:
    """The page taken apart."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def page_faults(html: str, lang: str, data: Iterable[str] = (), keys_allowed: bool = False) -> list[str]:
    """One line a fault.

    data: names, titles and other texts of the tables, which may be in either language. keys_allowed: on the page that
    describes the data interface, and where a person's own input is shown to her.
    """
    page, known = read(html), "\n".join(data)
    faults = [] if page.lang == LANGUAGE[lang] else [f"the page's language is {page.lang!r}"]
    faults += [] if page.title.strip() else ["no title"]
    faults += [] if len([heading for heading in page.headings if heading.strip()]) >= 1 else ["no heading"]
    faults += [f"id {name} twice" for name in {name for name in page.ids if page.ids.count(name) > 1}]
    faults += [f"nothing has the id {name}" for name in set(page.named) - set(page.ids)]
    faults += [f"no label: {control}" for control in page.unlabelled]
    for tongue, text in page.texts:
        if not keys_allowed:
            faults += [f"a key: {match.group()} in {text!r}" for match in KEY.finditer(text) if match.group() not in known]
            faults += [f"not filled in: {match.group()} in {text!r}" for match in UNFILLED.finditer(text)]
        faults += _other_language(tongue, text, lang, known)
    for text in [page.title, *page.attributes]:
        faults += [f"not filled in: {match.group()} in {text!r}" for match in UNFILLED.finditer(text)]
        strange = [run for run in CHINESE.findall(text) if lang == "en" and run not in known]
        faults += [f"Chinese in an attribute or title: {text!r}"] if strange else []
    faults += [
        f"no unit: {term} {value}"
        for term, value in page.facts
        if NUMBER.fullmatch(value) and re.search(r"\d", value) and term not in COUNTS
    ]
    return faults


def _other_language(tongue: str, text: str, lang: str, known: str) -> list[str]:
    """Runs of the language that does not hold here, and runs of the page's other language that are no data."""
    if text in BOTH:
        return []
    chinese = [run for run in CHINESE.findall(text)]
    if tongue == "en":
        faults = [f"Chinese read as English: {text!r}"] if chinese else []
        return faults or ([f"Chinese marks in English: {text!r}"] if MARKS.search(text) else [])
    if lang == "en":  # marked as Chinese on an English page: only what the tables hold
        return [f"Chinese that is no data: {run}" for run in chinese if run not in known]
    words = [word for word in LATIN.findall(text) if word not in known and word not in " ".join(BOTH | INTERFACE)]
    bare = re.sub(r"\S*[\d/_@=]\S*", "", text)  # ids, versions, addresses
    return [f"English read as Chinese: {word} in {text!r}" for word in words if word in bare]
