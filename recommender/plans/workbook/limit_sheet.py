"""The limits of the question and their prices."""

from __future__ import annotations

from features.messages import BilingualText, message
from recommender.plans.limit_words import limit_name, limit_text, unit_name
from recommender.plans.workbook.book import Book, both, title
from recommender.text.catalogues import in_both
from recommender.workspace.exports import harmless


def write_limits(book: Book) -> None:
    """Budget and limits as they were set, then a row a price."""
    summary = book.record.summary
    page, row = book.sheet(both("plans.sheet_limits"), title("plans.title_limits"), (30, 13, 22, 9, 44, 50), True)
    settings = [
        (both("plans.budget_key"), f"{summary.budget:,.0f}"),
        *((" ".join(limit_name(key)), _setting(limit_text(key, value))) for key, value in summary.limits.items()),
    ]
    for name, text in settings:
        page.write_string(row, 0, name, book.key)
        page.merge_range(row, 1, row, 4, "", book.text)
        page.write_string(row, 1, harmless(text)[:1000], book.text)
        row += 1
    row += 1
    rows = [
        (" ".join(limit_name(p.limit)), p.key, " ".join(unit_name(p.unit)), p.price, p.zh, p.en)
        for p in book.record.tables.prices
    ]
    codes = ("plans.limit", "plans.limit_key", "plans.unit", "plans.price")
    headers = (*map(both, codes), *in_both(message("plans.in_words")))
    styles = (book.text, book.id, book.text, book.gain, book.text, book.quiet)
    end = book.table(page, row, headers, rows, styles)
    page.print_area(0, 0, end, 5)


def _setting(text: BilingualText) -> str:
    return text.zh if text.zh == text.en else " / ".join(text)
