"""Pages taken apart: their fenced blocks, and their commands run in a folder of the tests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import recommender.cli.main as app

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)\n```", re.DOTALL)


class Block(NamedTuple):
    """A fenced block and the line of prose before it."""

    before: str
    language: str
    text: str


@pytest.fixture(scope="session")
def docs() -> Path:
    """The folder of pages."""
    return DOCS


@pytest.fixture(scope="session")
def blocks() -> Callable[[str], list[Block]]:
    """The fenced blocks of a page, in order."""

    def found(page: str) -> list[Block]:
        text = (DOCS / page).read_text("utf-8")
        return [Block(m["before"], m["language"], m["text"]) for m in FENCE.finditer(text)]

    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder to work in, with keys of its own and no setting from outside."""
    place = tmp_path_factory.mktemp("newcomer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        for name in ("WORKSPACE", "PRODUCTION", "SIGNING_KEY", "TOKEN_KEY", "TOKEN_MINUTES"):
            patch.delenv(f"RECOMMENDER_{name}", raising=False)
        patch.chdir(place)
        yield place


@pytest.fixture(scope="module")
def run(folder: Path) -> Callable[[str], int]:
    """Runs one line of a ```console block in the folder: its exit code."""

    def command(line: str) -> int:
        program, *words = shlex.split(line)
        assert program == "recommender", line
        return app.run(words)

    return command
