"""An empty workbook with a sheet for each table: headers, hints, lists to choose from; ids kept as text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import xlsxwriter

from features.messages import message
from features.schema import TABLES, Column
from features.sources.read_tables import REQUIRED
from recommender.text import Lang, join, render
from recommender.workspace.atomic import replacing

ROWS: Final = 5000  # with lists of choices
GUIDE: Final = (
    "reports.guide_tables",
    "reports.guide_headers",
    "reports.guide_privacy",
    "reports.guide_check",
)
TITLES: Final = ("reports.column_sheet", "reports.column_columns", "reports.column_required")


def write_template(path: Path, lang: Lang = "zh") -> None:
    """The workbook at `path`, in place in one step."""
    with replacing(path) as temporary, xlsxwriter.Workbook(str(temporary)) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
        required = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
        text, wrap = (
            book.add_format({"num_format": "@"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        _guide(book.add_worksheet(render(message("reports.guide_sheet"), lang)), lang, bold, wrap)
        for table in TABLES.values():
            sheet = book.add_worksheet(table.name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(table.columns):
                width = max(12, 2 * len(column.zh) + 4 if lang == "zh" else len(column.name) + 4)
                sheet.set_column(place, place, width, text if column.kind in ("id", "date", "list") else None)
                sheet.write_string(0, place, _header(column, lang), required if column.required else bold)
                sheet.write_comment(0, place, hint(column, lang))
                if column.choices and column.kind != "list" and len(",".join(column.choices)) < 250:
                    choices = {"validate": "list", "source": list(column.choices), "error_type": "warning"}
                    sheet.data_validation(1, place, ROWS, place, choices)


def hint(column: Column, lang: Lang) -> str:
    """What goes into a cell of this column."""
    values = " / ".join(column.choices) or render(message(f"reports.kind_{column.kind}"), lang)
    low = "" if column.low is None else f"{'>' if column.above else '≥'} {column.low:g}"
    high = "" if column.high is None else f"≤ {column.high:g}"
    reference = f"→ {render(TABLES[column.references].label, lang)}" if column.references else ""
    parts = "; ".join(part for part in (values, low, high, reference) if part)
    return render(message("reports.required_column", hint=parts), lang) if column.required else parts


def _header(column: Column, lang: Lang) -> str:
    return render(column.label, lang)


def _guide(sheet: xlsxwriter.worksheet.Worksheet, lang: Lang, bold: object, wrap: object) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 60, wrap)
    sheet.set_column(2, 2, 14)
    for row, code in enumerate(GUIDE):
        sheet.merge_range(row, 0, row, 2, render(message(code), lang), wrap)
    top = len(GUIDE) + 1
    for position, code in enumerate(TITLES):
        sheet.write_string(top, position, render(message(code), lang), bold)
    for row, table in enumerate(TABLES.values(), start=top + 1):
        sheet.write_string(row, 0, f"{table.name} {table.zh}")
        sheet.write_string(row, 1, join([_header(c, lang) + "*" * c.required for c in table.columns], lang))
        sheet.write_string(
            row, 2, render(message("reports.required_table"), lang) if table.name in REQUIRED else ""
        )
