"""An empty workbook with a sheet for each table: headers, hints, lists to choose from; ids kept as text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import xlsxwriter

from features.schema import TABLES, Column, Table
from features.sources.read_tables import REQUIRED
from recommender.text import Lang
from recommender.workspace.atomic import replacing

ROWS: Final = 5000  # that lists and formats reach down to
SHEET: Final[dict[Lang, str]] = {"zh": "说明", "en": "readme"}
KINDS: Final[dict[str, dict[Lang, str]]] = {
    "id": {"zh": "编号(文本)", "en": "id (text)"},
    "text": {"zh": "文字", "en": "text"},
    "list": {"zh": "可填多个,用分号隔开", "en": "several, separated by ;"},
    "date": {"zh": "日期,如 2026-09-01", "en": "date, e.g. 2026-09-01"},
    "number": {"zh": "数字", "en": "number"},
    "integer": {"zh": "整数", "en": "whole number"},
}
GUIDE: Final[dict[Lang, tuple[str, ...]]] = {
    "zh": (
        "每个工作表是一张数据表;带 * 的列必填,其余可空。只有前三张表必填,其他表没有数据可留空。",
        "不要改工作表名和表头;编号列已设为文本,请按原样粘贴,不要让表格软件改成科学计数法。",
        "不需要学生个人数据,也不需要身份证号。",
        "填好后先检查:recommender data check 本文件.xlsx",
    ),
    "en": (
        "Each sheet is one table; columns with * are required. Only the first three tables have to be filled.",
        "Keep sheet names and headers; id columns are set to text, so paste ids as they are.",
        "No pupil's data and no identity-card numbers are needed.",
        "Check it when filled: recommender data check THIS_FILE.xlsx",
    ),
}


def write_template(path: Path, lang: Lang = "zh") -> None:
    """The workbook at `path`, in place in one step."""
    with replacing(path) as fresh, xlsxwriter.Workbook(str(fresh)) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
        must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
        text, wrap = (
            book.add_format({"num_format": "@"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        _guide(book.add_worksheet(SHEET[lang]), lang, bold, wrap)
        for table in TABLES.values():
            sheet = book.add_worksheet(table.name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(table.columns):
                width = max(12, 2 * len(column.zh) + 4 if lang == "zh" else len(column.name) + 4)
                sheet.set_column(place, place, width, text if column.kind in ("id", "date", "list") else None)
                sheet.write_string(0, place, _header(column, lang), must if column.required else bold)
                sheet.write_comment(0, place, hint(column, lang))
                if column.choices and column.kind != "list" and len(",".join(column.choices)) < 250:
                    choices = {"validate": "list", "source": list(column.choices), "error_type": "warning"}
                    sheet.data_validation(1, place, ROWS, place, choices)


def hint(column: Column, lang: Lang) -> str:
    """What goes into a cell of this column."""
    parts = [KINDS[column.kind][lang] if not column.choices else " / ".join(column.choices)]
    low = "" if column.low is None else f"{'>' if column.above else '≥'} {column.low:g}"
    high = "" if column.high is None else f"≤ {column.high:g}"
    parts += [part for part in (low, high) if part]
    if column.references:
        parts.append(f"→ {TABLES[column.references].zh if lang == 'zh' else column.references}")
    return ("必填。" if lang == "zh" else "required. ") * column.required + "; ".join(parts)


def _header(column: Column, lang: Lang) -> str:
    return column.zh if lang == "zh" else column.name


def _guide(sheet: xlsxwriter.worksheet.Worksheet, lang: Lang, bold: object, wrap: object) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 60, wrap)
    sheet.set_column(2, 2, 14)
    for row, line in enumerate(GUIDE[lang]):
        sheet.merge_range(row, 0, row, 2, line, wrap)
    titles = (
        ("工作表", "列(* 必填)", "是否必填")
        if lang == "zh"
        else ("sheet", "columns (* required)", "required")
    )
    top = len(GUIDE[lang]) + 1
    for place, title in enumerate(titles):
        sheet.write_string(top, place, title, bold)
    for row, table in enumerate(TABLES.values(), start=top + 1):
        needed = table.name in REQUIRED
        told = ("必填" if lang == "zh" else "required") if needed else ""
        sheet.write_string(row, 0, f"{table.name} {table.zh}")
        sheet.write_string(row, 1, _columns(table, lang))
        sheet.write_string(row, 2, told)


def _columns(table: Table, lang: Lang) -> str:
    joint = "、" if lang == "zh" else ", "
    return joint.join(_header(c, lang) + "*" * c.required for c in table.columns)
