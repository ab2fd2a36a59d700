"""The page on hours as an office takes it: its commands in order, its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

PAGE = "hours.md"


@pytest.fixture(scope="module")
def codes(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page."""
    lines = [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]
    return {line: run(line) for line in lines}


def test_every_command_does_its_work(codes: dict[str, int]) -> None:
    assert len(codes) >= 6 and {line: code for line, code in codes.items() if code} == {}


def test_its_file_has_the_columns_of_the_page(codes: dict[str, int], folder: Path, docs: Path) -> None:
    text = (docs / PAGE).read_text("utf-8")
    frame = pd.read_csv(folder / "list" / "short.csv", dtype=str)
    assert len(frame) and all(f"`{column}`" in text for column in frame.columns)
