"""A workbook for one role: only the sheets that it fills in, with an example row, lists to choose from, ready to print."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from features.errors import UsageError
from features.messages import message
from features.schema import TABLES, Column, Table
from features.schema.coded_values import STEPS, zh_name
from features.sources.read.example_rows import MARKS
from recommender.reports.table_template import hint
from recommender.text import Lang, join, render
from recommender.workspace.atomic import replacing

ROWS: Final = 2000  # with lists of choices
PRINTED: Final = 30  # rows with lines, for filling in by hand
WIDEST: Final = 24  # characters
LISTED: Final = 250  # characters of a list that a spreadsheet takes
A4: Final = 9


def roles() -> tuple[str, ...]:
    """The roles that there are workbooks for."""
    return tuple(_content()["sheets"])


def sheets_of(role: str) -> tuple[str, ...]:
    """The tables that a role fills in. Raises UsageError for an unknown role."""
    if role not in _content()["sheets"]:
        raise UsageError("templates.unknown_role", role=role, known=list(roles()))
    return tuple(_content()["sheets"][role])


def write_role_template(path: Path, role: str, lang: Lang = "zh") -> None:
    """The workbook of a role at `path`, in place in one step. Raises UsageError for an unknown role."""
    tables = [TABLES[name] for name in sheets_of(role)]
    with replacing(path) as temporary, xlsxwriter.Workbook(str(temporary)) as book:
        looks = _looks(book)
        _guide(book.add_worksheet(render(message("reports.guide_sheet"), lang)), role, tables, lang, looks)
        for table in tables:
            _sheet(book.add_worksheet(table.name), table, role, lang, looks)


def choices_of(column: Column, lang: Lang) -> list[str]:
    """The values to choose from, as they are written in this language; empty where any value may stand."""
    if column.kind == "list":
        return []
    return [_word(code, lang) for code in column.choices]


def example_of(table: Table, lang: Lang) -> list[str]:
    """The cells of the example row, the first one marked."""
    example = _content()["examples"][table.name]
    cells = [_cell(column, example.get(column.name, ""), lang) for column in table.columns]
    return [f"{MARKS[0 if lang == 'zh' else 1]}{cells[0]}", *cells[1:]]


def _cell(column: Column, value: str, lang: Lang) -> str:
    return _word(value, lang) if value in column.choices else value


def _word(code: str, lang: Lang) -> str:
    """The word for a code that import understands; codes of ladder steps have names of their own."""
    if lang == "en":
        return code
    return next((name for name, step in STEPS.items() if step == code), zh_name(code))


def _looks(book: Any) -> dict[str, Any]:
    header = {"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center"}
    return {
        "optional": book.add_format(header | {"bg_color": "#DCE6F1"}),
        "required": book.add_format(header | {"bg_color": "#FCE4D6"}),
        "example": book.add_format({"italic": True, "font_color": "#7F7F7F", "border": 1, "num_format": "@"}),
        "cell": book.add_format({"border": 1, "num_format": "@"}),
        "number": book.add_format({"border": 1}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14, "text_wrap": True}),
    }


def _guide(sheet: Any, role: str, tables: list[Table], lang: Lang, looks: dict[str, Any]) -> None:
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 66, looks["wrap"])
    sheet.merge_range(0, 0, 0, 1, render(message(f"templates.title_{role}"), lang), looks["title"])
    lines = (f"templates.about_{role}", "templates.colours", "templates.example", "reports.guide_headers",
             "reports.guide_privacy", "reports.guide_check")  # fmt: skip
    for row, code in enumerate(lines, start=1):
        sheet.merge_range(row, 0, row, 1, render(message(code), lang), looks["wrap"])
        sheet.set_row(row, 32)
    for row, table in enumerate(tables, start=len(lines) + 2):
        sheet.write_string(row, 0, table.name if lang == "en" else f"{table.zh} {table.name}")
        sheet.write_string(row, 1, join([render(c.label, lang) + "*" * c.required for c in table.columns], lang), looks["wrap"])


def _sheet(sheet: Any, table: Table, role: str, lang: Lang, looks: dict[str, Any]) -> None:
    """Header in the first row, as import reads it; what it is called stands in the page header."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    name = table.name if lang == "en" else table.zh
    sheet.set_header(f"&C&14{name}&R&9{render(message(f'templates.title_{role}'), lang)}")
    sheet.set_footer(f"&L&9{render(message('templates.signature'), lang)}&R&9&P / &N")
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for place, (column, cell) in enumerate(zip(table.columns, example_of(table, lang), strict=True)):
        numeric = column.kind in ("number", "integer")
        label = render(column.label, lang)
        width = min(WIDEST, max(9, (2 if lang == "zh" else 1) * len(label) + 3, _width(cell) + 2))
        sheet.set_column(place, place, width, None if numeric else looks["text"])
        sheet.write_string(0, place, label, looks["required" if column.required else "optional"])
        sheet.write_comment(0, place, hint(column, lang))
        sheet.write_string(1, place, cell, looks["example"])
        for row in range(2, PRINTED + 2):
            sheet.write_blank(row, place, None, looks["number" if numeric else "cell"])
        choices = choices_of(column, lang)
        if choices and len(",".join(choices)) < LISTED:
            rule = {"validate": "list", "source": choices, "error_type": "warning"}
            sheet.data_validation(1, place, ROWS, place, rule)


def _width(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(files("recommender.reports").joinpath("role_templates.toml").read_text("utf-8"))
