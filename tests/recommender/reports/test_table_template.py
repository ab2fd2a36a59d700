"""The workbook to fill in: a sheet a table, a hint a column, in either language."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from features.schema import TABLES
from recommender.reports.table_template import hint, write_template
from recommender.text import Lang


@pytest.mark.parametrize(("lang", "first"), [("zh", "说明"), ("en", "readme")])
def test_a_sheet_a_table_behind_the_guide(tmp_path: Path, lang: Lang, first: str) -> None:
    write_template(tmp_path / "tables.xlsx", lang)
    with zipfile.ZipFile(tmp_path / "tables.xlsx") as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        texts = book.read("xl/sharedStrings.xml").decode()
    assert names == [first, *TABLES]
    headers = [
        column.zh if lang == "zh" else column.name for table in TABLES.values() for column in table.columns
    ]
    assert all(f">{header}<" in texts for header in headers)


def test_hints_name_kind_range_reference_and_whether_required() -> None:
    columns = [column for table in TABLES.values() for column in table.columns]
    for column in columns:
        zh, en = hint(column, "zh"), hint(column, "en")
        assert zh.startswith("必填。") == en.startswith("required. ") == column.required
        assert not column.references or f"→ {column.references}" in en
        assert column.low is None or (f"{column.low:g}" in en and f"{column.low:g}" in zh)
        assert all(choice in en for choice in column.choices)
    assert any(column.references for column in columns) and any(column.low is not None for column in columns)
