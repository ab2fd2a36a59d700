"""The first sheet: the plan in sentences and figures."""

from __future__ import annotations

from recommender.plans.workbook.book import Book, both, title


def write_summary(book: Book) -> None:
    """Sentences in both languages, then the figures of the whole plan."""
    summary = book.record.summary
    heading = f"{summary.district_name} {title('plans.title_summary')}"
    page, row = book.sheet(both("plans.sheet_summary"), heading, (42, 24, 24, 24))
    for sentence in summary.sentences:
        zh, en = sentence["zh"], sentence["en"]
        page.merge_range(row, 0, row, 3, "", book.text)
        page.write_string(row, 0, zh, book.text)
        page.set_row(row, 17 * (1 + int(len(zh) * 2.0 // 100)))
        page.merge_range(row + 1, 0, row + 1, 3, "", book.quiet)
        page.write_string(row + 1, 0, en, book.quiet)
        page.set_row(row + 1, 16 * (1 + int(len(en) // 98)))
        row += 2
    row += 1
    figures = [
        ("plans.status", both(f"plans.status_{summary.status}"), book.text), ("plans.budget_yuan", summary.budget, book.yuan),
        ("plans.cost_total", summary.cost, book.yuan), ("plans.courses", summary.courses, book.whole),
        ("plans.seats", summary.seats, book.whole), ("plans.teachers_reached", summary.teachers, book.whole),
        ("plans.teachers_all", summary.teachers_in_district, book.whole),
        ("plans.courses_always", summary.courses_always, book.whole), ("plans.draws", summary.draws, book.whole),
        ("plans.needs_in_all", summary.needs_in_all, book.whole),
        ("plans.needs_covered", summary.needs_covered, book.whole),
        ("plans.gap_closed", summary.gap_closed_share, book.share), ("plans.needs_met", summary.needs_met, book.whole),
        ("plans.needs_met_low", summary.needs_met_low, book.whole),
        ("plans.needs_met_high", summary.needs_met_high, book.whole),
        ("plans.expected_gain", summary.expected_gain, book.gain),
        ("plans.gain_sd", summary.expected_gain_sd, book.gain),
        ("plans.gain_low", summary.expected_gain_low, book.gain),
        ("plans.gain_high", summary.expected_gain_high, book.gain),
        ("plans.flattery", summary.flattery_at_most, book.share),
        ("plans.gap_at_most", summary.gap if summary.status != "infeasible" else None, book.percent),
        ("plans.seed", summary.seed, book.whole), ("plans.seconds", summary.seconds, book.gain),
    ]  # fmt: skip
    for code, value, style in figures:
        page.write_string(row, 0, both(code), book.key)
        book.cell(page, row, 1, value, style)
        row += 1
    page.print_area(0, 0, row, 3)
