"""Frames and arrays behind a file are the same, can be read by everything, and leave no file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.schema import TABLES
from features.tables import empty_frame
from recommender.advice import AdviceService
from recommender.served_version import usable_recommender
from recommender.workspace import file_backed
from recommender.workspace.file_backed import arrays_behind_file, frames_behind_file, release_memory
from recommender.workspace.workspace import Workspace

TEXTS = st.lists(st.none() | st.text(max_size=20), max_size=30)


@settings(max_examples=25)
@given(TEXTS, st.randoms(use_true_random=False))
def test_frames_are_the_same(tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], random) -> None:
    n = len(texts)
    frame = pd.DataFrame({
        "text": pd.Series(texts, dtype="str"),
        "number": [random.choice([np.nan, np.inf, -0.0, 1.5]) for _ in texts],
        "day": pd.Series([random.choice([pd.NaT, pd.Timestamp("2026-02-28")]) for _ in texts], dtype="datetime64[us]"),
        "flag": np.array([random.random() < 0.5 for _ in texts], bool),
        "whole": np.arange(n),
        "objects": pd.Series([("a", i) for i in range(n)], dtype=object),
    })  # fmt: skip
    folder = tmp_path_factory.mktemp("mapped")
    frames = {"one": frame, "rows left": frame[frame["flag"]], "none": frame.iloc[:0]}
    mapped = frames_behind_file(frames, folder)
    for name in frames:
        pd.testing.assert_frame_equal(mapped[name], frames[name])
    assert list(folder.iterdir()) == []


def test_every_table_of_the_schema_is_the_same_without_rows(tmp_path: Path) -> None:
    frames = {name: empty_frame(name) for name in TABLES}
    mapped = frames_behind_file(frames, tmp_path)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(mapped[name], frame)


def test_arrays_are_the_same_and_may_only_be_read(tmp_path: Path) -> None:
    arrays = {"two": np.arange(6.0).reshape(2, 3), "flags": np.array([True, False]), "none": np.zeros((0, 3))}
    mapped = arrays_behind_file(arrays, tmp_path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(mapped[name], array)
        assert mapped[name].dtype == array.dtype
    with pytest.raises(ValueError, match="read-only"):
        mapped["two"][0, 0] = 1.0


def test_where_no_file_can_be_made_all_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_backed, "create_private_file", full)
    frame = pd.DataFrame({"text": pd.Series(["a"], dtype="str")})
    pd.testing.assert_frame_equal(frames_behind_file({"one": frame}, tmp_path)["one"], frame)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux what is mapped")
def test_the_values_lie_in_the_file(tmp_path: Path) -> None:
    arrays = {"large": np.arange(4_000_000.0)}
    mapped = arrays_behind_file(arrays, tmp_path)
    def own(kind: str) -> int:
        maps = [m for m in psutil.Process(os.getpid()).memory_maps(grouped=False) if str(tmp_path) in m.path]
        return sum(getattr(m, kind) for m in maps)

    assert own("size") >= mapped["large"].nbytes
    assert mapped["large"].sum() == arrays["large"].sum()
    assert own("rss") >= mapped["large"].nbytes
    release_memory()
    assert own("rss") < mapped["large"].nbytes / 10
    np.testing.assert_array_equal(mapped["large"], arrays["large"])
    del mapped
    assert own("size") == 0  # nothing else holds it


def test_a_service_behind_files_gives_the_same_answers(city, copy: Workspace) -> None:
    plain = AdviceService(copy, city.settings)
    workspace = Workspace(copy.root)
    service = AdviceService(workspace, city.settings, ready=usable_recommender(workspace, city.settings, mapped=True))
    for teacher in [str(t) for t in service._recommender.snapshot.teacher_ids[::20]]:
        assert service.teacher_advice(teacher) == plain.teacher_advice(teacher)
        assert service.teacher_needs(teacher) == plain.teacher_needs(teacher)
        assert service.personal_data(teacher) == plain.personal_data(teacher)
    for school in service._school:
        assert service.school_advice(school) == plain.school_advice(school)
        assert service.school_needs(school) == plain.school_needs(school)
    assert service.version == plain.version
    assert list(workspace.mapped.iterdir()) == []
