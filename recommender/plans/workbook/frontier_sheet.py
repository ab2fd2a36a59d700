"""What other budgets and other floors would bring, as tables and charts."""

from __future__ import annotations

from typing import Any

from recommender.plans.workbook.book import AMBER, FONT, JADE, Book, both, label_axes, title


def write_frontiers(book: Book) -> None:
    """Two tables one below the other, their charts beside each other below."""
    widths = (16, 14, 14, 14, 14, 16, 16, 14, 14)
    page, row = book.sheet(both("plans.sheet_frontiers"), title("plans.title_frontiers"), widths, True)
    end, budgets = _budgets(book, page, row)
    if book.record.tables.equity:
        end, equity = _equity(book, page, end + 2)
        page.insert_chart(end + 1, 5, equity)
    page.insert_chart(end + 1, 0, budgets)
    page.print_area(0, 0, end + 19, 8)


def _budgets(book: Book, page: Any, row: int) -> tuple[int, Any]:
    """The row below the table, and the chart."""
    page.write_string(row, 0, title("plans.curve_budget"), book.key)
    codes = ("plans.budget_yuan", "plans.gain", "plans.seats", "plans.teachers", "plans.needs_met", "plans.gap")
    rows = [
        (p.budget, p.expected_gain, p.seats, p.teachers, p.needs_met,
         max(p.bound - p.objective, 0) / max(p.bound, 1e-12))
        for p in book.record.tables.frontier
    ]  # fmt: skip
    styles = (book.yuan, book.gain, book.whole, book.whole, book.whole, book.percent)
    top = row + 1
    end = book.table(page, top, tuple(map(both, codes)), rows, styles, freeze=False)
    chart = book.book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    chart.add_series({
        "name": both("plans.chart_budget_series"), "categories": [page.name, top + 1, 0, end - 1, 0],
        "values": [page.name, top + 1, 1, end - 1, 1], "line": {"color": JADE, "width": 2.25},
        "marker": {"type": "circle", "size": 7, "fill": {"color": JADE}, "border": {"color": "white"}},
    })  # fmt: skip
    label_axes(chart, title("plans.chart_budget"), title("plans.chart_budget_x"), title("plans.chart_budget_y"), "xy")
    chart.set_legend({"none": True})
    chart.set_size({"width": 510, "height": 320})
    return end, chart


def _equity(book: Book, page: Any, row: int) -> tuple[int, Any]:
    """The row below the table, and the chart."""
    page.write_string(row, 0, title("plans.curve_equity"), book.key)
    codes = (
        "plans.floor", "plans.gain", "plans.teachers", "plans.weaker", "plans.other", "plans.weaker_each",
        "plans.other_each",
    )  # fmt: skip
    rows = [
        (p.floor_share, p.expected_gain, p.teachers, p.weaker_teachers, p.other_teachers, p.weaker_gain_each,
         p.other_gain_each)
        for p in book.record.tables.equity
    ]  # fmt: skip
    styles = (book.share, book.gain, book.whole, book.whole, book.whole, book.gain, book.gain)
    end = book.table(page, row + 1, tuple(map(both, codes)), rows, styles, freeze=False)
    chart = book.book.add_chart({"type": "line"})
    series = (
        (5, "plans.chart_equity_weaker", AMBER, "diamond"),
        (6, "plans.chart_equity_other", JADE, "circle"),
    )
    for column, code, color, marker in series:
        chart.add_series({
            "name": both(code), "categories": [page.name, row + 2, 0, end - 1, 0],
            "values": [page.name, row + 2, column, end - 1, column], "line": {"color": color, "width": 2.25},
            "marker": {"type": marker, "size": 7, "fill": {"color": color}, "border": {"color": "white"}},
        })  # fmt: skip
    label_axes(chart, title("plans.chart_equity"), title("plans.chart_equity_x"), title("plans.chart_equity_y"))
    chart.set_legend({"position": "bottom", "font": {"name": FONT, "size": 9}})
    chart.set_size({"width": 430, "height": 320})
    return end, chart
