"""Steps run what is missing or stale, and nothing else; an interrupted run leaves the old files."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import pandas as pd
import pytest

import recommender.pipeline as pipeline
from features.eligibility import open_courses
from features.hours import hours_owed
from recommender.diagnosis import default_as_of, posterior_state, run_diagnose
from recommender.hours.recorded_hours import hour_records
from recommender.pipeline import run_bundle, run_recommend, run_recommender
from recommender.records.hour_records import DecidedEntry, HourClaim
from recommender.records.record_store import Author
from recommender.workspace.importing import import_tables
from recommender.workspace.workspace import Workspace


class Calls(Protocol):
    """Counts the calls of a function."""

    calls: int


def test_nothing_is_made_twice(copy: Workspace, city, counted: dict[str, Calls]) -> None:
    before = (copy.scores / "needs.parquet").stat().st_mtime_ns
    run_diagnose(copy)
    run_bundle(copy, city.settings)
    assert (counted["diagnose"].calls, counted["train"].calls) == (0, 0)
    assert (copy.scores / "needs.parquet").stat().st_mtime_ns == before


def test_hours_recognised_here_count_in_lists_and_plans(
    copy: Workspace, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = default_as_of(copy.tables)
    monkeypatch.setenv("RECOMMENDER_TODAY", day.isoformat())  # decided on the day of the data
    before = pipeline.run_snapshot(copy, day)
    teacher = str(before.teacher_ids[0])
    with hour_records(copy, city.settings) as records:
        entry = records.claim(Author(teacher, "teacher"), "1", teacher, HourClaim("读书会", "public", 3.0, day, "school"))
        for n, decision in enumerate(("checked", "recognised")):
            records.decide(Author("office", "district"), f"{n}", [DecidedEntry(entry, teacher, "claimed")], decision)
    after = pipeline.run_snapshot(copy, day)
    counted = [hours_owed(one.tables, day).set_index(["teacher_id", "category"])["counted"] for one in (before, after)]
    difference = (counted[1] - counted[0]).loc[lambda change: change != 0]
    assert set(difference.index) == {(teacher, "any"), (teacher, "public")} and set(difference) == {3.0}
    assert posterior_state(copy, after) is not None  # what the diagnosis kept belongs to the imported tables


@pytest.mark.slow
def test_new_tables_make_needs_and_model_stale(copy: Workspace, city, counted: dict[str, Calls], change_courses) -> None:
    old = copy.registry().current()
    other = change_courses(copy)
    written = run_recommend(other, city.settings, top=2)
    assert counted["diagnose"].calls > 0 and counted["train"].calls == 1
    assert other.registry().current() != old
    assert set(pd.read_parquet(written.recommendations)["model_version"]) == {other.registry().current()}


@pytest.mark.slow
def test_tables_that_come_back_bring_their_version_back(copy: Workspace, city, tmp_path: Path, change_courses) -> None:
    old = copy.registry().current()
    copy.tables["courses"].to_parquet(tmp_path / "courses.parquet")
    other = change_courses(copy)
    assert run_bundle(other, city.settings).version != old
    import_tables(copy.root, [tmp_path / "courses.parquet"])
    assert run_bundle(Workspace(copy.root), city.settings).version == old


@pytest.mark.slow
def test_lists_of_an_earlier_day_use_a_version_that_knows_no_more(copy: Workspace, city) -> None:
    day = default_as_of(copy.tables) - timedelta(days=200)
    ready = run_recommender(copy, city.settings, day)
    assert ready.bundle.as_of <= day and ready.snapshot.as_of == day
    assert copy.registry().current() == city.workspace.registry().current()
    again = run_recommender(copy, city.settings, day)
    assert again.bundle.version == ready.bundle.version


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_out_decides_place_and_format(copy: Workspace, city, tmp_path: Path, suffix: str) -> None:
    before = {p.name: p.read_bytes() for p in copy.scores.iterdir()}
    written = run_recommend(copy, city.settings, top=1, out=tmp_path / "out" / f"lists{suffix}")
    assert written.recommendations == tmp_path / "out" / f"lists{suffix}"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        f"lists{suffix}", f"outcomes{suffix}", f"course_effects{suffix}", "origin.json",
    }  # fmt: skip
    assert {p.name: p.read_bytes() for p in copy.scores.iterdir()} == before


def test_an_interrupted_run_leaves_the_old_lists(
    copy: Workspace, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in copy.scores.iterdir()}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline.Recommender, "outcomes", stop)
    monkeypatch.setattr(pipeline.Recommender, "frame", stop)
    with pytest.raises(KeyboardInterrupt):
        run_recommend(copy, city.settings, top=2)
    assert {p.name: p.read_bytes() for p in copy.scores.iterdir()} == before


def test_files_keep_as_of_and_mark_what_has_closed_since(copy: Workspace, city, tmp_path: Path) -> None:
    today = date(2026, 11, 30)
    later = city.settings.model_copy(update={"today": today})
    courses = copy.tables["courses"].set_index("course_id")
    still_open = set(courses.index[open_courses(courses, today)])
    before = pd.read_parquet(city.written.recommendations)
    assert not before["closed"].any()

    written = run_recommend(copy, later, top=5, out=tmp_path / "lists")
    rows = pd.read_parquet(written.recommendations)
    pd.testing.assert_frame_equal(rows.drop(columns="closed"), before.drop(columns="closed"))
    assert rows["closed"].tolist() == (~rows["course_id"].isin(still_open)).tolist()
    assert written.closed_rows == rows["closed"].sum() > 0 and written.open_on == written.as_of

    today_alone = run_recommend(copy, later, top=5, out=tmp_path / "open", open_on=today)
    rows = pd.read_parquet(today_alone.recommendations)
    assert len(rows) and set(rows["course_id"]) <= still_open and today_alone.closed_rows == 0
    assert set(rows["as_of"]) == {written.as_of}
    assert json.loads((tmp_path / "open" / "origin.json").read_text())["open_on"] == "2026-11-30"

    backtest = run_recommend(copy, later, top=5, as_of=written.as_of, out=tmp_path / "backtest")
    assert backtest.closed_rows == 0 and not backtest.age.stale
