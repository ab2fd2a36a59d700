"""The page on plans as a planner takes it: its commands in order, its limits file, its files, every key listed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.planning.problem.constraint_registry import settings
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_record import COLUMNS

PAGE = "plans.md"


@pytest.fixture(scope="module")
def road(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page; the limits file is written where it is shown."""
    codes: dict[str, int] = {}
    for block in blocks(PAGE):
        if block.language == "toml":
            (folder / "limits.toml").write_text(block.text, "utf-8")
        if block.language == "console":
            codes |= {line: run(line) for line in block.text.splitlines()}
    return codes


def test_every_command_does_its_work(road: dict[str, int]) -> None:
    assert len(road) == 5
    assert {line: code for line, code in road.items() if code} == {}


def test_more_money_under_the_same_limits_is_worth_no_less(road: dict[str, int], folder: Path) -> None:
    rows = [json.loads(p.read_text("utf-8")) for p in (folder / "workspace" / "plans").glob("*/summary.json")]
    richer = json.loads((folder / "richer" / "summary.json").read_text("utf-8"))
    (before,) = [one for one in rows if one["limits"]]
    assert richer["limits"] == before["limits"] and richer["budget"] > before["budget"]
    assert richer["bound"] >= before["objective"] - 1e-9
    assert all(one["made_up"] and one["cost"] <= one["budget"] + 0.01 for one in (*rows, richer))


def test_files_named_on_the_page_are_there(road: dict[str, int], docs: Path, folder: Path) -> None:
    named = set(re.findall(r"`(\w+)\.csv`", (docs / PAGE).read_text("utf-8")))
    assert named == set(COLUMNS)
    for name, columns in COLUMNS.items():
        frame = pd.read_csv(folder / "richer" / f"{name}.csv", dtype=str)
        assert list(frame.columns[: len(columns)]) == list(columns), name
    assert (folder / "richer" / "workbook.xlsx").stat().st_size > 5000


def test_every_key_of_the_limits_is_listed(
    docs: Path, blocks: Callable[[str], Any], road: dict[str, int]
) -> None:
    listed = set(re.findall(r"`\[?\[?(\w+)\]?\]?`", (docs / PAGE).read_text("utf-8")))
    assert {setting.key for setting in settings()} <= listed
    assert Limits.of({}) == Limits()
