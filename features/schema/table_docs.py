"""The list of tables and columns as a Markdown page; `python -m features.schema.table_docs` prints it."""

from __future__ import annotations

from features.schema import TABLES, Column, Table

_INTRO = """# Tables · 数据表

Made from the schema by `python -m features.schema.table_docs`; a test keeps page and schema equal.
由数据表定义自动生成。带 * 的列必填;中文表头、英文表头和同义词都可用。

Files: `NAME.csv` (also `.tsv`, `.txt`; UTF-8, UTF-16, GB18030, Big5 and others, see [mapped files](mapped-files.md)),
`NAME.xlsx` or `NAME.parquet` in one directory, or all sheets in one workbook.
"""


def table_page() -> str:
    """The whole page, ending in one newline."""
    return "\n".join([_INTRO, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    key = " + ".join(table.key) or "none / 无"
    head = f"## {table.name} · {table.zh}\n\nkey / 唯一键: {key}\n"
    rows = ["| column | 列名 | kind | values | synonyms / 同义词 |", "|---|---|---|---|---|"]
    return "\n".join([head, *rows, *(_row(column) for column in table.columns), ""])


def _row(column: Column) -> str:
    star = "*" if column.required else ""
    synonyms = "、".join(column.synonyms)
    return f"| {column.name}{star} | {column.zh} | {column.kind} | {_values(column)} | {synonyms} |"


def _values(column: Column) -> str:
    if column.choices:
        return " ".join(column.choices)
    low = "" if column.low is None else f"{'>' if column.above else '≥'} {column.low:g}"
    high = "" if column.high is None else f"≤ {column.high:g}"
    return " ".join(part for part in (low, high) if part)


if __name__ == "__main__":
    print(table_page(), end="")
