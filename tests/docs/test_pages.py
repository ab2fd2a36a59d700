"""Prose and code agree."""

from __future__ import annotations

from pathlib import Path

from features.schema.page import table_page

ROOT = Path(__file__).parents[2]


def test_the_list_of_tables_is_the_schema() -> None:
    assert (ROOT / "docs" / "tables.md").read_text("utf-8") == table_page(), (
        "run: .venv/bin/python -m features.schema.page > docs/tables.md"
    )
