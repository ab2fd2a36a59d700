"""The quickstart as a newcomer takes it: every command, in order, in an empty folder; what it names appears."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import recommender.cli.main as app

PAGE = "quickstart.md"
WRITES = re.compile(r"^writes (.+?)\.(?:\s|$)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`([\w/.]+)`")


@pytest.fixture(scope="module")
def road(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page."""
    assert list(folder.iterdir()) == []
    lines = [line for b in blocks(PAGE) if b.language == "console" for line in b.text.splitlines()]
    return {line: run(line) for line in lines}


def test_every_command_does_its_work(road: dict[str, int]) -> None:
    assert len(road) == 11
    assert {line: code for line, code in road.items() if code} == {}


def test_what_the_page_says_is_written_is_there(road: dict[str, int], docs: Path, folder: Path) -> None:
    rows = [name for text in WRITES.findall((docs / PAGE).read_text("utf-8")) for name in NAME.findall(text)]
    assert {"workspace/scores/needs.parquet", "class_effects", "recommendations", "outcomes"} <= set(rows)
    for name in rows:
        path = folder / name if "/" in name else folder / "workspace" / "scores" / f"{name}.parquet"
        assert path.exists() and len(pd.read_parquet(path)), name


def test_files_named_in_commands_are_there(road: dict[str, int], folder: Path) -> None:
    named = {
        word for line in road for word in shlex.split(line)[1:] if re.fullmatch(r"city\S*|\S+\.xlsx", word)
    }
    assert named == {"city", "city/tables", "city/truth", "tables.xlsx"}
    assert all((folder / name).exists() for name in named)


def test_a_simulated_road_stays_marked(road: dict[str, int], folder: Path) -> None:
    for place in ("city/tables", "city/truth", "workspace/tables", "workspace/scores"):
        assert '"made_up": true' in (folder / place / "origin.json").read_text("utf-8"), place


def test_commands_that_are_only_named_exist(
    road: dict[str, int], docs: Path, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    named = re.findall(r"^ {4}recommender (.+)$", (docs / PAGE).read_text("utf-8"), re.MULTILINE)
    assert [line.split()[0] for line in named] == ["serve", "token"]
    assert app.run(["serve", "--help"]) == 0
    teacher = str(pd.read_parquet(folder / "workspace/tables/teachers.parquet")["teacher_id"].iloc[0])
    capfd.readouterr()
    assert app.run(shlex.split(named[1].replace("TEACHER_ID", teacher))) == 0
    assert capfd.readouterr().out.count(".") == 2
