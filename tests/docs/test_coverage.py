"""The page on files of one organization: its commands run on a school of a city, and its table names every table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.schema import TABLES
from features.sources.check.organization_scope import city_wide
from recommender.workspace.versions import load_tables

PAGE = "coverage.md"


@pytest.fixture(scope="module")
def codes(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page, for a school that brings one teacher more."""
    assert run("recommender data simulate city --teachers 200") == 0
    assert run("recommender data import city/tables --yes") == 0
    teachers = pd.read_csv(folder / "city" / "tables" / "teachers.csv", dtype=str)
    own = teachers[teachers["school_id"] == teachers["school_id"].iloc[0]]
    more = own.iloc[[0]].assign(teacher_id="NEW-1")
    (folder / "我校").mkdir()
    pd.concat([own, more]).to_csv(folder / "我校" / "teachers.csv", index=False)
    lines = [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]
    codes = {}
    for line in lines:
        codes[line] = run(line.replace("S001", str(own["school_id"].iloc[0])))
        if " import " in line:
            assert "NEW-1" in set(load_tables(folder / "workspace")["teachers"]["teacher_id"])
    return codes


def test_every_command_does_its_work(codes: dict[str, int], folder: Path) -> None:
    assert len(codes) >= 3 and {line: code for line, code in codes.items() if code} == {}
    assert "NEW-1" not in set(load_tables(folder / "workspace")["teachers"]["teacher_id"])


def test_the_page_says_of_every_table_whose_it_is(docs: Path) -> None:
    rows = [line for line in (docs / PAGE).read_text("utf-8").splitlines() if line.startswith("| ")]
    shared = {name.strip() for row in rows if "全市" in row for name in row.split("|")[1].split(",")}
    named = {name.strip() for row in rows for name in row.split("|")[1].split(",")}
    assert set(TABLES) <= named and shared == {name for name in TABLES if city_wide(name)}
