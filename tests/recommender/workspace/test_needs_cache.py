"""Needs come back from disk as they were; damaged folders are named; only the newest stay."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import ReadError
from recommender.workspace.needs_cache import ARRAYS, CACHED, FRAMES, delete_old, read_needs, write_needs


@pytest.fixture
def needs(district, planted):
    return planted(district, date(2026, 6, 30))


def test_what_was_written_is_read_back_and_a_second_write_changes_nothing(tmp_path: Path, needs) -> None:
    folder = tmp_path / "needs"
    write_needs(folder, needs)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    write_needs(folder, needs)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    back = read_needs(folder)
    assert (back.as_of, back.teacher_ids, back.competency_ids) == (
        needs.as_of, needs.teacher_ids, needs.competency_ids,
    )  # fmt: skip
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(needs, name))
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(back, name), getattr(needs, name), check_column_type=False)


@pytest.mark.parametrize("name", ["ids.json", "arrays.npz", "report.parquet"])
def test_a_damaged_folder_is_named(tmp_path: Path, needs, name: str) -> None:
    write_needs(tmp_path / "needs", needs)
    whole = (tmp_path / "needs" / name).read_bytes()
    for content in (b"", b"{}", whole[:-40]):
        (tmp_path / "needs" / name).write_bytes(content)
        with pytest.raises(ReadError, match="damaged"):
            read_needs(tmp_path / "needs")


def test_the_newest_folders_stay(tmp_path: Path) -> None:
    for i in range(CACHED + 3):
        (tmp_path / f"needs-{i:02}").mkdir()
        os.utime(tmp_path / f"needs-{i:02}", (i, i))
    (tmp_path / ".being-written").mkdir()
    delete_old(tmp_path)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [".being-written", *(f"needs-{i:02}" for i in range(3, CACHED + 3))]
