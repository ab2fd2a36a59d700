"""The page on people's data: its commands run in order and leave what it says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.privacy.data_catalogue import data_catalogue
from recommender.privacy.traces import traces

PAGE = "privacy.md"


@pytest.fixture(scope="module")
def road(folder: Path, blocks: Callable[[str], Any], run: Callable[[str], int]) -> dict[str, int]:
    """Command line -> its exit code, in the order of the page."""
    return {
        line: run(line)
        for block in blocks(PAGE)
        if block.language == "console"
        for line in block.text.splitlines()
    }


def test_every_command_does_its_work(road: dict[str, int]) -> None:
    assert len(road) >= 4
    assert {line: code for line, code in road.items() if code} == {}


def test_the_audit_names_the_list_that_was_read(road: dict[str, int], folder: Path) -> None:
    text = (folder / "audit.csv").read_text("utf-8-sig")
    assert "00000001" in text and "list by command" in text and "audit inspected" in text


def test_the_assessment_is_filled_in_and_not_overwritten(
    road: dict[str, int], folder: Path, run: Callable[[str], int]
) -> None:
    text = (folder / "assessment.md").read_text("utf-8")
    assert "200 teachers" in text and "__________" in text
    assert run("recommender privacy impact-assessment --out assessment.md") == 2
    assert (folder / "assessment.md").read_text("utf-8") == text


def test_terms_on_the_page_are_those_of_the_program(docs: Path) -> None:
    rows = re.findall(r"^\| (.+) \| (\d+) \|$", (docs / PAGE).read_text("utf-8"), re.MULTILINE)
    listed = {int(months) for _, months in rows}
    assert listed == {term.months for term in data_catalogue().terms.values() if term.months}
    assert data_catalogue().terms["acknowledgement"].months == int(dict(rows)["acknowledged writes (`idempotency_keys`)"])


def test_the_erased_person_is_gone(road: dict[str, int], folder: Path) -> None:
    assert traces(folder / "workspace", "00000002") == {}
    assert traces(folder / "workspace", "00000003")


def test_the_research_data_hold_their_risk(road: dict[str, int], folder: Path) -> None:
    risk = json.loads((folder / "research" / "risk.json").read_text("utf-8"))
    assert 0 < risk["prosecutor_max"] <= 0.1 and risk["unique"] == 0 and risk["rows"] > 100


def test_the_monthly_deletion_is_confined_as_the_server_is(docs: Path) -> None:
    deploy = docs.parent / "deploy"
    unit, server = ((deploy / f"{name}.service").read_text("utf-8") for name in ("recommender-retention", "recommender"))
    kinds = ("Protect", "Private", "Restrict", "SystemCall", "IPAddress", "NoNewPrivileges", "Capability")
    assert {line for line in server.splitlines() if line.startswith(kinds)} <= set(unit.splitlines())
    assert "ExecStart=/usr/local/lib/recommender/bin/recommender retention --apply\n" in unit
    units = [str(deploy / f"recommender-retention.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if "recommender-retention" in line and "is not executable" not in line]
    assert wrong == []
