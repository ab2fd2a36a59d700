"""The words of the pages from `locale/pages.toml`, and how dates and numbers are written in each language."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from recommender.text import Lang

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@cache
def all_words() -> dict[str, dict[str, dict[Lang, str]]]:
    """Section -> key -> language -> text."""
    words: dict[str, dict[str, dict[Lang, str]]] = tomllib.loads(
        files("api").joinpath("locale/pages.toml").read_text("utf-8")
    )
    return words


class Words:
    """Calling it with `section.key` gives the text in its language, filled in."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, **filling: object) -> str:
        section, _, name = key.partition(".")
        text = all_words()[section][name][self.lang]
        return text.format(**filling) if filling else text

    def name(self, section: str, value: str) -> str:
        """The word for a coded value; the value itself where the tables use one we have no word for."""
        entry = all_words()[section].get(value)
        return entry[self.lang] if entry else value

    def names(self, section: str, values: tuple[str, ...]) -> str:
        """Several of them in one line."""
        return self("site.separator").join(self.name(section, value) for value in values)

    def counted(self, key: str, n: int, **filling: object) -> str:
        """The `_one` form for one thing, where English needs it."""
        section, _, name = key.partition(".")
        one = f"{name}_one"
        return self(f"{section}.{one if n == 1 and one in all_words()[section] else name}", n=n, **filling)

    def day(self, day: date | None) -> str:
        """2026 年 5 月 1 日; 1 May 2026."""
        if day is None:
            return self("site.not_recorded")
        if self.lang == "en":
            return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
        return f"{day.year} 年 {day.month} 月 {day.day} 日"

    def month(self, day: date) -> str:
        """2026 年 5 月; May 2026."""
        return (
            f"{_MONTHS[day.month - 1]} {day.year}" if self.lang == "en" else f"{day.year} 年 {day.month} 月"
        )

    def span(self, start: date | None, end: date | None) -> str:
        """Both days, one of them, or that none is recorded."""
        if start and end and start != end:
            return f"{self.day(start)} – {self.day(end)}"
        return self.day(start or end)

    @staticmethod
    def number(value: float) -> str:
        """Up to one decimal, thousands apart."""
        return f"{value:,.1f}".removesuffix(".0")
