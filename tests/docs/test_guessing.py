"""The page on guesses: its files are guessed by its commands, and what comes out can be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.sources.guess.guess_files import guess_files
from features.sources.map.read_mapping import read_mapping

PAGE = "guessing.md"
SOURCE = re.compile(r"`(source/\S+?)`")


@pytest.fixture(scope="module")
def source(folder: Path, blocks: Callable[[str], Any]) -> Path:
    """The folder with the page's files."""
    (folder / "source").mkdir()
    for block in blocks(PAGE):
        if block.language == "csv" and (named := SOURCE.match(block.before)):
            (folder / named[1]).write_text(block.text, "utf-8")
    return folder / "source"


def test_the_commands_write_mapped_files(
    source: Path, blocks: Callable[[str], Any], run: Callable[[str], int]
) -> None:
    lines = [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]
    assert len(lines) == len(list(source.iterdir())) == 4
    assert [run(line) for line in lines] == [0, 0, 0, 0]
    mappings = [read_mapping(source.parent / line.split("--out ")[1]) for line in lines]
    assert [len(m.pupils) for m in mappings] == [2, 0, 0, 0] and [len(m.ratings) for m in mappings] == [0, 0, 1, 0]
    assert [table.name for table in mappings[3].tables] == ["observations", "observations"]  # a scale each
    assert [table.name for table in mappings[1].tables][:3] == ["results", "assessments", "assessment_dimensions"]


def test_every_question_is_on_the_page(source: Path, docs: Path) -> None:
    page = (docs / PAGE).read_text("utf-8")
    names = {q.name.partition(":")[0] for guess in guess_files([source], {}).wide for q in guess.questions}
    assert names >= {"assessment", "date", "scale_sd", "reverse", "answer", "survey"}
    assert all(re.search(rf"^\| .*\b{name}\b.* \|", page, re.MULTILINE) for name in names)
