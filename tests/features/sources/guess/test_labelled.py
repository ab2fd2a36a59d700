"""The share of labelled headers, answers and files that is guessed right does not fall."""

from __future__ import annotations

import runpy
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest

ROOT = Path(__file__).parents[4]
LEAST: Final = {"headers of tables": 0.97, "headers of wide sheets": 0.97, "answers": 0.9, "files": 0.95}


@pytest.fixture(scope="module")
def right() -> dict[str, list[str]]:
    """Kind -> what was guessed wrong; `all KIND` -> everything of the kind."""
    benchmark: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks/guess_shares.py"))
    labels = tomllib.loads((Path(__file__).parent / "labelled.toml").read_text("utf-8"))
    sorted_out: dict[str, list[str]] = defaultdict(list)
    for kind, what, label, guess in benchmark["outcomes"](labels):
        sorted_out[f"all {kind}"].append(what)
        if label != guess:
            sorted_out[kind].append(f"{what}: {guess}")
    return sorted_out


@pytest.mark.parametrize("kind", LEAST)
def test_most_are_guessed_right(right: dict[str, list[str]], kind: str) -> None:
    count = len(right[f"all {kind}"])
    assert 1 - len(right[kind]) / count >= LEAST[kind], right[kind]


def test_there_are_enough_of_them(right: dict[str, list[str]]) -> None:
    assert sum(len(things) for kind, things in right.items() if kind.startswith("all ")) >= 150
