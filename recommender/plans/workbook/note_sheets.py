"""Needs without a course, sources and dates, and how to read the plan."""

from __future__ import annotations

from typing import Final

from features.messages import message
from recommender.plans.plan_record import COLUMNS
from recommender.plans.plan_sentences import stage_name
from recommender.plans.workbook.book import Book, both, title
from recommender.text.catalogues import in_both, render
from recommender.workspace.exports import harmless

NOTES: Final = (
    ("plans.note_goal_name", "plans.note_goal"),
    ("plans.note_gain_name", "plans.note_gain"),
    ("plans.note_needs_name", "plans.note_needs"),
    ("plans.note_means_name", "plans.note_means"),
    ("plans.note_gap_name", "plans.note_gap"),
    ("plans.note_flattery_name", "plans.note_flattery"),
    ("plans.note_discuss_name", "plans.note_discuss"),
    ("plans.note_price_name", "plans.note_price"),
    ("plans.note_privacy_name", "plans.note_privacy"),
)


def write_brief(book: Book) -> None:
    """Needs of ten or more people that no course meets."""
    widths = (16, 26, 30, 14, 12, 14, 14, 12)
    page, row = book.sheet(both("plans.sheet_brief"), title("plans.title_brief"), widths, True)
    rows = [
        (x.competency_id, x.name_zh, x.name_en, " ".join(stage_name(x.stage)), x.needing, x.no_course, x.uncovered,
         x.mean_gap)
        for x in book.record.tables.brief
    ]  # fmt: skip
    codes = ("plans.stage", "plans.needing", "plans.no_course", "plans.uncovered", "plans.mean_gap")
    headers = (both("plans.competency_id"), *in_both(message("plans.competency_name")), *map(both, codes))
    styles = (book.id, book.text, book.text, book.text, book.whole, book.whole, book.whole, book.gain)
    if not rows:
        page.write_string(row, 0, both("plans.brief_none"), book.text)
    end = book.table(page, row + (not rows), headers, rows, styles)
    page.print_area(0, 0, end, 7)


def write_sources(book: Book) -> None:
    """Dates, versions, fingerprint, and what is in which file."""
    summary, tables = book.record.summary, book.record.tables
    page, row = book.sheet(both("plans.sheet_sources"), title("plans.title_sources"), (34, 60))
    facts = [
        (both("plans.as_of"), summary.as_of.isoformat()), (both("plans.model_version"), summary.model_version),
        (both("plans.fingerprint"), summary.tables), (both("plans.plan_id"), summary.plan_id),
        (both("plans.organization"), f"{summary.district_id} {summary.district_name}"),
        (both("plans.simulated"), both("plans.yes" if summary.made_up else "plans.no")),
        *(
            (f"{name}.csv", f"{len(getattr(tables, name))} {both('plans.table_rows')}: {', '.join(columns)}")
            for name, columns in COLUMNS.items()
        ),
    ]  # fmt: skip
    for name, text in facts:
        page.write_string(row, 0, name, book.key)
        page.write_string(row, 1, harmless(text), book.text)
        row += 1
    page.print_area(0, 0, row, 1)


def write_notes(book: Book) -> None:
    """What the figures mean."""
    page, row = book.sheet(both("plans.sheet_notes"), title("plans.title_notes"), (10, 90))
    for name, code in NOTES:
        zh, en = in_both(message(code))
        page.write_string(row, 0, render(message(name), "zh"), book.key)
        page.write_string(row, 1, f"{zh}\n{en}", book.text)
        page.set_row(row, 17 * (2 + len(zh) // 46 + len(en) // 100))
        row += 1
    page.print_area(0, 0, row, 1)
