"""The words of the pages in the reader's language, from `recommender/text/pages.toml`."""

from __future__ import annotations

from datetime import date

from features.messages import BilingualText, Lang, Message
from features.needs.evidence.sources.source_registry import reported_sources
from recommender.text import formats
from recommender.text.catalogues import has, render


class Words:
    """Calling it with a code gives the text in its language, filled in."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, code: str, **values: object) -> str:
        return render(Message(code, values), self.lang)

    def other(self, code: str) -> str:
        """A text without values in the other language."""
        return render(Message(code), "en" if self.lang == "zh" else "zh")

    def name(self, group: str, value: str) -> str:
        """The word for a coded value; the value itself where the tables use one that has no word."""
        if group == "source" and value in (sources := reported_sources()):
            return render(sources[value].page_label, self.lang)
        code = f"pages.{group}_{value}"
        return self(code) if has(code) else value

    def text(self, text: BilingualText | Message | str) -> str:
        """A text that is there in both languages."""
        return render(text, self.lang)

    def names(self, group: str, values: tuple[str, ...]) -> str:
        """Several of them in one line."""
        return self("pages.site_separator").join(self.name(group, value) for value in values)

    def counted(self, code: str, n: int, **values: object) -> str:
        """The `_one` form for one thing, where English needs it."""
        one = f"{code}_one"
        return self(one if n == 1 and has(one) else code, n=n, **values)

    def day(self, day: date | None) -> str:
        """2026 年 5 月 1 日; 1 May 2026."""
        return self("pages.site_not_recorded") if day is None else formats.day(day, self.lang)

    def month(self, day: date) -> str:
        """2026 年 5 月; May 2026."""
        return formats.month(day, self.lang)

    def span(self, start: date | None, end: date | None) -> str:
        """Both days, one of them, or that none is recorded."""
        if start and end and start != end:
            return f"{self.day(start)} – {self.day(end)}"
        return self.day(start or end)
