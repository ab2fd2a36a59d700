"""The page about signing in: its commands do what it says, its mapping is one, its settings exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.settings import Settings
from recommender.sign_in.claims_mapping import ClaimsMapping

PAGE = "sign-in.md"


def test_every_command_prints_a_link_or_a_token(
    blocks: Callable[[str], Any], run: Callable[[str], int], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]
    assert len(lines) == 9
    for line in lines:
        assert run(line) == 0
        printed = capsys.readouterr().out
        assert ("/sign-in/link?code=" in printed) == ("--link" in line), line


def test_the_mapping_of_the_page_can_be_used(blocks: Callable[[str], Any], tmp_path: Path) -> None:
    text = next(block.text for block in blocks(PAGE) if block.language == "toml")
    file = tmp_path / "roles.toml"
    file.write_text(text, "utf-8")
    mapping = ClaimsMapping.read(file)
    planner = {"employee_no": "P1", "groups": ["training-planners"], "districts": ["440305"]}
    assert mapping.person(planner) == ("P1", "district", ("D05",))


def test_the_settings_of_the_page_are_those_of_the_program(docs: Path) -> None:
    named = set(re.findall(r"RECOMMENDER_([A-Z_]+)", (docs / PAGE).read_text("utf-8")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert {name for name in Settings.model_fields if name.startswith("oidc_")} <= {name.lower() for name in named}
