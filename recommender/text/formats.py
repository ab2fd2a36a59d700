"""How numbers, money and dates are written, on every page, in every file and sentence.

Month names and date patterns are Babel's. Numbers are Python's: it rounds the binary value, Babel its shortest
decimal text (0.35 is 0.3 here and 0.4 there), and pages and files must show the same digit. Money is explicit:
locale data have no form such as "12.5 万元" that leaves out a zero decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from babel.dates import format_date

from features.messages import BilingualText, Lang

DAY: Final[Mapping[Lang, str]] = {"zh": "y 年 M 月 d 日", "en": "d MMM y"}
MONTH: Final[Mapping[Lang, str]] = {"zh": "y 年 M 月", "en": "MMM y"}


def day(value: date, lang: Lang) -> str:
    """2026 年 5 月 1 日; 1 May 2026."""
    return format_date(value, DAY[lang], lang)


def month(value: date, lang: Lang) -> str:
    """2026 年 5 月; May 2026."""
    return format_date(value, MONTH[lang], lang)


def iso(value: date) -> str:
    """2026-05-01."""
    return f"{value:%Y-%m-%d}"


def number(value: float, grouping: bool = True) -> str:
    """At most one decimal: 12, 1.5, 0; thousands apart where `grouping`."""
    text = f"{value:,.1f}" if grouping else f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def interval(low: float, high: float, decimals: int = 0) -> str:
    """3 – 12."""
    return f"{low:.{decimals}f} – {high:.{decimals}f}".replace("-0 ", "0 ")


def whole_percents(shares: Mapping[str, float]) -> dict[str, int]:
    """Shares of one whole by id, as whole percents that add up to 100: the largest remainders are rounded up (Hamilton's
    method), of equal ones the first by id. Empty where the shares are all 0."""
    total = sum(shares.values())
    if not total > 0:
        return {}
    exact = {name: 100.0 * share / total for name, share in shares.items()}
    percents = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (round(percents[name] - exact[name], 9), name))
    for name in by_remainder[: 100 - sum(percents.values())]:
        percents[name] += 1
    return percents


def money(yuan: float, lang: Lang) -> str:
    """300 万元; 3.00m yuan. Small sums in full, in Chinese up to 10,000 and in English up to a million."""
    if lang == "en":
        return f"{yuan / 1e6:,.2f}m yuan" if yuan >= 1_000_000 else f"{yuan:,.0f} yuan"
    if yuan < 10_000:
        return f"{yuan:,.0f} 元"
    decimals = 0 if yuan >= 1_000_000 else 1
    return f"{f'{yuan / 10_000:,.{decimals}f}'.removesuffix('.0')} 万元"


def money_text(yuan: float) -> BilingualText:
    """`money` in both languages."""
    return BilingualText(money(yuan, "zh"), money(yuan, "en"))


def signed(value: float) -> str:
    """Two decimals and the sign, the minus as wide as the plus: +0.50, −0.50."""
    return f"{value:+.2f}".replace("-", "−")


def capital(text: str) -> str:
    """The first letter large, all others small: the beginning of a sentence."""
    return text.capitalize()


# {budget:money} in a catalogue; every other specification is Python's own, such as {share:.0%}
SPECIFICATIONS: Final[Mapping[str, Callable[[Any, Lang], str]]] = {
    "day": day,
    "month": month,
    "iso": lambda value, _: iso(value),
    "number": lambda value, _: number(value),
    "plain": lambda value, _: number(value, grouping=False),
    "money": money,
    "signed": lambda value, _: signed(value),
    "capital": lambda value, _: capital(str(value)),
}
