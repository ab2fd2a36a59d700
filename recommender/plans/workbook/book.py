"""The workbook with its cell formats, and what all sheets share: frame, table, bilingual labels, axes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from features.messages import message
from recommender.plans.plan_record import PlanRecord
from recommender.text.catalogues import in_both
from recommender.workspace.exports import harmless
from recommender.workspace.versions import NOTICE

FONT: Final = "Noto Sans CJK SC"
JADE: Final = "#12645A"
AMBER: Final = "#8A4B00"
MIST: Final = "#E7F0ED"
STRIPE: Final = "#FFE39A"
CHART_BESIDE: Final = 10  # rows of a table that a chart still fits below on the same page


def both(code: str, separator: str = " ") -> str:
    """The words of a code in both languages, Chinese first."""
    return separator.join(in_both(message(code)))


def title(code: str) -> str:
    """A title in both languages."""
    return both(code, " · ")


class Book:
    """The workbook of a record with its cell formats; all sheets have the same header, footer and paper."""

    def __init__(self, path: Path, record: PlanRecord) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.record = record
        base = {"font_name": FONT, "font_size": 10, "valign": "top"}

        def style(**more: Any) -> Any:
            return self.book.add_format({**base, **more})

        self.title = style(bold=True, font_size=16, font_color=JADE)
        self.text = style(text_wrap=True)
        self.id = style(num_format="@")
        self.head = style(bold=True, bg_color=MIST, bottom=1, text_wrap=True, valign="vcenter")
        self.whole = style(num_format="#,##0")
        self.yuan = style(num_format="#,##0")
        self.gain = style(num_format="0.000")
        self.percent = self.book.add_format({"num_format": "0.00%", "font_name": FONT, "font_size": 10})
        self.share = style(num_format="0.0%")
        self.warn = style(bold=True, bg_color=STRIPE, text_wrap=True)
        self.quiet = style(font_color="#4A625B", text_wrap=True)
        self.key = style(bold=True)

    def sheet(
        self, name: str, title: str, widths: Sequence[float], landscape: bool = False
    ) -> tuple[Any, int]:
        """A sheet with title, notice of simulated data, A4; and the next free row."""
        page = self.book.add_worksheet(name)
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(0.5, 0.5, 0.7, 0.7)
        if landscape:
            page.set_landscape()
        for place, width in enumerate(widths):
            page.set_column(place, place, width)
        summary = self.record.summary
        page.set_footer(f"&L{summary.plan_id} · {summary.as_of} · {summary.model_version}&R&P / &N")
        page.write_string(0, 0, title, self.title)
        page.set_row(0, 26)
        row = 1
        if summary.made_up:
            page.merge_range(row, 0, row, max(len(widths) - 1, 1), NOTICE, self.warn)
            row += 1
        return page, row + 1

    def table(
        self, page: Any, row: int, headers: Sequence[str], rows: Sequence[Sequence[Any]], styles: Sequence[Any],
        freeze: bool = True,
    ) -> int:  # fmt: skip
        """Writes a table whose header stays in sight and repeats in print; returns the row below it."""
        for place, header in enumerate(headers):
            page.write_string(row, place, header, self.head)
        page.set_row(row, 32)
        if freeze:
            page.freeze_panes(row + 1, 0)
            page.repeat_rows(row)
        for number, cells in enumerate(rows, row + 1):
            for place, (cell, style) in enumerate(zip(cells, styles, strict=True)):
                self.cell(page, number, place, cell, style)
        return row + 1 + len(rows)

    @staticmethod
    def cell(page: Any, row: int, place: int, cell: Any, style: Any) -> None:
        """Text stays text and no formula; an unknown number is an empty cell."""
        if cell is None or (isinstance(cell, float) and cell != cell):
            page.write_blank(row, place, None, style)
        elif isinstance(cell, str):
            page.write_string(row, place, harmless(cell)[:32_767], style)
        else:
            page.write_number(row, place, float(cell), style)


def label_axes(chart: Any, title: str, x: str, y: str, from_zero: str = "y") -> None:
    """Title and axis names of a chart, in the workbook's font; axes named in `from_zero` begin at 0."""
    font = {"name": FONT, "size": 9}
    line = {"color": "#CFDBD6"}
    chart.set_title({"name": title, "name_font": {"name": FONT, "size": 11}, "overlay": False})
    for name, label, grid, set_axis in (("x", x, False, chart.set_x_axis), ("y", y, True, chart.set_y_axis)):
        options = {
            "name": label, "name_font": font, "num_font": font, "major_gridlines": {"visible": grid, "line": line},
        }  # fmt: skip
        set_axis(options | ({"min": 0} if name in from_zero else {}))
