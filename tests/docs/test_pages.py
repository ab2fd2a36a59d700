"""Prose and code agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from features.schema.table_docs import table_page
from recommender.types import Band, Basis, Status
from recommender.workspace.exports import SCHEMAS

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
CODES = {"band": get_args(Band), "status": get_args(Status), "basis": get_args(Basis)}


def test_the_list_of_tables_is_the_schema() -> None:
    assert (ROOT / "docs" / "tables.md").read_text("utf-8") == table_page(), (
        "run: .venv/bin/python -m features.schema.table_docs > docs/tables.md"
    )


def test_every_column_of_the_score_files_is_explained() -> None:
    _, *sections = (ROOT / "docs" / "score-files.md").read_text("utf-8").split("\n## ")
    by_name = {section.split(" ", 1)[0]: section for section in sections}
    assert set(by_name) == set(SCHEMAS)
    for name, schema in SCHEMAS.items():
        table = by_name[name].split("\n\n")[1]
        listed = [column for row in table.splitlines()[2:] for column in row.split("|")[1].split(",")]
        assert [column.strip() for column in listed] == schema.names, name


def test_every_code_of_the_score_files_is_explained() -> None:
    page = (ROOT / "docs" / "score-files.md").read_text("utf-8")
    for column, codes in CODES.items():
        assert all(re.search(rf"\b{code}\b", page) for code in codes), column


def test_links_between_pages_lead_somewhere() -> None:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for link in LINK.findall(page.read_text("utf-8")):
            assert "://" in link or (page.parent / link).exists(), f"{page.name}: {link}"
