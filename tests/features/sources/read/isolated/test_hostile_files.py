"""Every hostile file leads to an exit code and a sentence, in bounded time and memory."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5]
FILES = 200  # at least


@pytest.mark.slow
def test_hostile_and_mutated_files_lead_to_a_sentence() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "hostile_files"), "--mutations", "800"],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout[-3000:], ran.stderr[-3000:])
    files = re.search(r"^files (\d+)", ran.stdout, re.MULTILINE)
    mutated = re.search(r"^mutated files (\d+)", ran.stdout, re.MULTILINE)
    assert files is not None and int(files.group(1)) >= FILES
    assert mutated is not None and int(mutated.group(1)) == 800
