"""Limits of one file: in proportion to its size, and what no table has is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from features.errors import FileReadError
from features.sources.read.isolated.read_limits import (
    CELLS,
    MAX_COLUMNS,
    MAX_TEXT,
    MEMORY,
    SECONDS,
    check_cells,
    check_columns,
    check_sheet,
    limits_of,
)
from features.sources.read.sheet import Sheet, texts

ALLOCATE = """
from features.sources.read.isolated.read_limits import limit_memory
limit_memory(200_000_000)
few = bytearray(100_000_000)
try:
    more = bytearray(300_000_000)
except MemoryError:
    print("refused")
limit_memory(600_000_000)
more = bytearray(300_000_000)
print("granted")
"""


def _sheet(header: tuple[str, ...], *columns: list[str]) -> Sheet:
    return Sheet("a.csv", None, header, tuple(map(texts, columns)), np.arange(len(columns[0])) + 2)


def _refusal(sheet: Sheet) -> tuple[str, object, object]:
    with pytest.raises(FileReadError) as refused:
        check_sheet(Path(__file__), sheet)
    message = refused.value.message
    return message.code, message.values.get("row"), message.values.get("column")


def test_limits_grow_with_the_file() -> None:
    small, large = limits_of(1000, ".xlsx"), limits_of(20_000_000, ".xlsx")
    assert MEMORY < small.memory < MEMORY * 1.01 and small.seconds == pytest.approx(SECONDS, rel=0.01)
    assert large.memory > small.memory and large.seconds == pytest.approx(SECONDS + 40)
    assert limits_of(1 << 60, ".csv").memory < 1 << 62


def test_sound_sheets_pass_and_others_are_refused_with_their_place() -> None:
    check_sheet(Path(__file__), _sheet(("a", "b"), ["x" * MAX_TEXT, "y"], ["", ""]))
    assert _refusal(_sheet(("a", "b"), ["x", "y"], ["", "x" * (MAX_TEXT + 1)])) == ("sources.cell_too_long", 3, "B")
    assert _refusal(_sheet(("a", "汉" * MAX_TEXT), ["x"], ["y"])) == ("sources.cell_too_long", 1, "B")
    with pytest.raises(FileReadError) as refused:
        check_columns("a.csv", MAX_COLUMNS + 1)
    assert refused.value.message.code == "sources.too_many_columns"


def test_cells_are_in_proportion_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(bytes(1000))
    check_cells(path, CELLS, 1)
    with pytest.raises(FileReadError) as refused:
        check_cells(path, CELLS, 2)
    assert refused.value.message.code == "sources.too_many_cells"
    path.write_bytes(bytes(1_000_000))
    check_cells(path, CELLS, 2)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not apply a limit of address space")
def test_memory_is_limited_and_the_limit_can_be_raised_again() -> None:
    ran = subprocess.run([sys.executable, "-c", ALLOCATE], capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == ["refused", "granted"], ran.stderr
