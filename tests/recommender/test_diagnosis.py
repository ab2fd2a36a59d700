"""Needs are computed once for each date, and their files are written when they are missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from features.tables import Tables
from recommender.diagnosis import default_as_of, needs_at, run_diagnose
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace


class Calls(Protocol):
    """Counts the calls of a function."""

    calls: int


def test_a_lost_file_of_scores_is_written_again(copy: Workspace, counted: dict[str, Calls]) -> None:
    (copy.scores / "needs.parquet").unlink()
    run_diagnose(copy)
    assert (copy.scores / "needs.parquet").exists() and counted["diagnose"].calls == 0


def test_as_of_is_the_newest_evidence_then_the_newest_enrolment_then_today(city) -> None:
    tables = city.workspace.tables
    frames = dict(tables.frames)
    newest = max(frames[name]["date"].max() for name in ("observations", "surveys", "assessments"))
    assert default_as_of(tables) == newest.date()
    for name in ("observations", "surveys", "assessments"):
        frames[name] = frames[name].iloc[:0]
    assert default_as_of(Tables(frames)) == frames["enrolments"]["requested_on"].max().date()
    frames["enrolments"] = frames["enrolments"].iloc[:0]
    assert default_as_of(Tables(frames)) == Settings().day()


def test_needs_of_an_earlier_day_are_kept_apart(copy: Workspace, counted: dict[str, Calls]) -> None:
    day = default_as_of(copy.tables) - timedelta(days=400)
    needs = needs_at(copy, copy.tables, day)
    assert needs.as_of == day and counted["diagnose"].calls <= 1
    needs_at(copy, copy.tables, day)
    assert counted["diagnose"].calls <= 1
