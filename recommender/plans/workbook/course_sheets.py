"""Courses, seats per school and people: what a plan carries out."""

from __future__ import annotations

from recommender.plans.workbook.book import CHART_BESIDE, FONT, JADE, Book, both, label_axes, title


def write_lines(book: Book) -> None:
    """The opened courses by expected gain, with a chart of the first."""
    record = book.record
    widths = (11, 44, 12, 8, 8, 8, 12, 12, 12)
    page, row = book.sheet(both("plans.sheet_lines"), title("plans.title_lines"), widths, True)
    codes = (
        "plans.course_id", "plans.course_title", "plans.form", "plans.hours", "plans.seats", "plans.most_seats",
        "plans.cost_line", "plans.gain", "plans.redrawn",
    )  # fmt: skip
    lines = zip(record.tables.lines, record.courses, strict=True)
    ordered = sorted(lines, key=lambda pair: (-(pair[0].expected_gain or 0.0), pair[0].course_id))
    rows = [
        (x.course_id, x.title, course.form, course.hours, x.seats, course.max_seats, x.cost, x.expected_gain,
         course.open_share)
        for x, course in ordered
    ]  # fmt: skip
    styles = (
        book.id, book.text, book.text, book.whole, book.whole, book.whole, book.yuan, book.gain, book.share,
    )  # fmt: skip
    end = book.table(page, row, tuple(map(both, codes)), rows, styles)
    if len(rows) > 1:
        chart = book.book.add_chart({"type": "bar"})
        last = min(row + 15, end - 1)
        chart.add_series({
            "name": both("plans.expected_gain"), "categories": [page.name, row + 1, 1, last, 1],
            "values": [page.name, row + 1, 7, last, 7], "fill": {"color": JADE}, "gap": 40,
        })  # fmt: skip
        label_axes(chart, title("plans.chart_lines"), title("plans.chart_lines_axis"), "", "x")
        chart.set_y_axis({"reverse": True, "num_font": {"name": FONT, "size": 8}})
        chart.set_legend({"none": True})
        chart.set_size({"width": 900, "height": 430})
        page.insert_chart(end + 1, 0, chart)
        if len(rows) > CHART_BESIDE:
            page.set_h_pagebreaks([end + 1])  # the whole chart on a page of its own
    page.print_area(0, 0, end + 24, 8)


def write_schools(book: Book) -> None:
    """Seats of each school by course."""
    record, titles = book.record, book.record.titles
    page, row = book.sheet(both("plans.sheet_schools"), title("plans.title_schools"), (14, 30, 12, 44, 10))
    rows = [
        (x.school_id, record.school_names.get(x.school_id, ""), x.course_id, titles.get(x.course_id, ""), x.seats)
        for x in sorted(record.tables.seats, key=lambda x: (x.school_id, x.course_id))
    ]
    codes = ("plans.school_id", "plans.school", "plans.course_id", "plans.course", "plans.seats")
    styles = (book.id, book.text, book.id, book.text, book.whole)
    end = book.table(page, row, tuple(map(both, codes)), rows, styles)
    page.autofilter(row, 0, end - 1, 4)
    page.print_area(0, 0, end, 4)


def write_people(book: Book) -> None:
    """Who is proposed for which course; no need and no gain beside a name."""
    titles = book.record.titles
    page, row = book.sheet(both("plans.sheet_people"), title("plans.title_people"), (16, 14, 50))
    rows = [(x.teacher_id, x.course_id, titles.get(x.course_id, "")) for x in book.record.tables.assignments]
    codes = ("plans.teacher_id", "plans.course_id", "plans.course")
    end = book.table(page, row, tuple(map(both, codes)), rows, (book.id, book.id, book.text))
    page.autofilter(row, 0, max(end - 1, row), 2)
    page.print_area(0, 0, end, 2)
