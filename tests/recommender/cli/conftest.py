"""Runs commands on the finished city."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.cli import main


@pytest.fixture
def run(city, capfd: pytest.CaptureFixture[str]):
    """Runs a command line on the finished city, or another workspace: exit code, stdout, stderr."""

    def command(*words: str, workspace: Path | None = None) -> tuple[int, str, str]:
        place = [] if words[:1] == ("--help",) else ["--workspace", str(workspace or city.workspace.root)]
        capfd.readouterr()
        code = main.run([*words, *place])
        out, err = capfd.readouterr()
        return code, out, err

    return command


@pytest.fixture(scope="session")
def one_line() -> Callable[[str], bool]:
    """Whether an error is one line without a traceback."""
    return lambda err: err.count("\n") == 1 and err.startswith("recommender: ") and "Traceback" not in err
