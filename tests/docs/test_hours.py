"""The page on hours as an office takes it: its commands in order with the files that it shows, and what they write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

PAGE = "hours.md"
RULES = "jurisdiction,category,cycle_start,cycle_years,min_hours,max_hours\n440300,public,2026-01-01,1,20,\n"
ENTRY = "E{n},{teacher},培训 {n},{platform},public,6,2026-03-0{n},city,{status}\n"


@pytest.fixture(scope="module")
def codes(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page; entries of a platform are imported before decisions come."""
    decisions = "entry_id,decision,reason\nE1,checked,\nE2,recognised,好\nE3,refused,没有材料\n"
    (folder / "decisions.csv").write_text(decisions, "utf-8")
    (folder / "rules.csv").write_text(RULES, "utf-8")
    (folder / "platform.toml").write_text(next(b.text for b in blocks(PAGE) if b.language == "toml"), "utf-8")
    result = {}
    for line in [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]:
        if "decide" in line:
            teachers = pd.read_csv(folder / "city" / "tables" / "teachers.csv", dtype=str)["teacher_id"]
            rows = [
                ENTRY.format(n=n, teacher=teachers[n], platform="市平台", status=status)
                for n, status in ((1, "claimed"), (2, "checked"), (3, "claimed"))
            ]
            text = "entry_id,teacher_id,activity,platform,category,hours,done_on,level,status\n" + "".join(rows)
            (folder / "hour_entries.csv").write_text(text, "utf-8")
            assert run("recommender data import hour_entries.csv --yes") == 0
        result[line] = run(line)
    return result


def test_every_command_does_its_work(codes: dict[str, int]) -> None:
    assert len(codes) == 10 and {line: code for line, code in codes.items() if code} == {}


def test_its_files_have_the_columns_of_the_page(codes: dict[str, int], folder: Path, docs: Path) -> None:
    text = (docs / PAGE).read_text("utf-8")
    short = pd.read_csv(folder / "list" / "short.csv", dtype=str)
    assert len(short) and all(f"`{column}`" in text for column in short.columns)
    changes = pd.read_csv(folder / "list" / "changes.csv", dtype=str)
    assert len(changes) and all(f"`{column}`" in text for column in changes.columns)


def test_decisions_go_back_in_the_platforms_shape(codes: dict[str, int], folder: Path) -> None:
    back = pd.read_csv(folder / "back" / "hours.csv", dtype=str)
    assert back.to_numpy().tolist() == [["E2", "6", "已认定"], ["E3", "0", "未通过"]]
