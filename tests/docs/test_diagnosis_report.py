"""The page on the report: its commands run, and its list of keys is what the file holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = "diagnosis-report.md"


def test_commands_write_what_the_page_says_and_the_keys_it_lists(
    folder: Path, docs: Path, blocks: Callable[[str], Any], run: Callable[[str], int]
) -> None:
    lines = [line for b in blocks(PAGE) if b.language == "console" for line in b.text.splitlines()]
    assert {line: code for line in lines if (code := run(line))} == {}
    for page in ("workspace/scores/diagnosis.html", "city-report/checks.html"):
        assert (folder / page).exists() and (folder / page).with_suffix(".json").exists()
    values = json.loads((folder / "workspace" / "scores" / "diagnosis.json").read_text("utf-8"))
    table = (docs / PAGE).read_text("utf-8").split("## JSON")[1].split("\n\n")[1]
    listed = [key.strip() for row in table.splitlines()[2:] for key in row.split("|")[1].split(",")]
    assert listed == list(values)
