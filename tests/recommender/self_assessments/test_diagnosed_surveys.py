"""The next diagnosis counts what was submitted, gives what she saw at once, and refuses where it cannot look."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import UnavailableError
from recommender.diagnosis import needs_at, posterior_state, run_diagnose
from recommender.pipeline import run_snapshot
from recommender.records.record_store import Author, RecordStore
from recommender.records.self_assessment_records import SelfAnswer, SelfAssessmentRecords
from recommender.self_assessments.diagnosed_surveys import number_taken_in, take_in_submitted
from recommender.self_assessments.own_view import PREFIX, OwnView
from recommender.settings import Settings
from recommender.workspace.import_history import history
from recommender.workspace.workspace import Workspace

TEACHER = 11


@pytest.fixture
def view(copy: Workspace) -> OwnView:
    as_of = copy.tables.latest_evidence()
    assert as_of is not None
    needs_at(copy, copy.tables, as_of)
    snapshot = run_snapshot(copy, as_of)
    state = posterior_state(copy, snapshot)
    assert state is not None
    return OwnView(snapshot, state, TEACHER)


@pytest.fixture
def records(copy: Workspace) -> SelfAssessmentRecords:
    day = copy.tables.latest_evidence()
    assert day is not None
    store = RecordStore.of(copy.root, Settings())
    store._now = lambda: datetime.combine(day, time(12), UTC)
    return SelfAssessmentRecords(store.open())


def submit(records: SelfAssessmentRecords, view: OwnView, teacher: str, score: float, key: str) -> None:
    answers = [SelfAnswer(item.item, score, item.scale_min, item.scale_max) for item in view.chosen()]
    assert records.save(Author(teacher, "teacher"), key, teacher, "submitted", answers) is not None


def test_the_next_diagnosis_gives_what_she_saw_at_once(copy: Workspace, view: OwnView, records: Any) -> None:
    teacher = str(copy.tables["teachers"]["teacher_id"].iloc[TEACHER])
    submit(records, view, teacher, 1.0, "k1")
    promised = view.changes((), records.standing(teacher).submitted)
    needs = run_diagnose(copy)
    assert needs.teacher_ids[TEACHER] == teacher and number_taken_in(copy.tables) == 1
    applies = needs.applies[TEACHER]
    moved = np.array([change.moved for change in promised])
    assert moved.mean() < -0.03, "a low view of herself lowers it"
    now = needs.mean[TEACHER][applies]
    # of 200 teachers: the diagnosis also fits the parameters again (the same parameters: 1e-7, test_teacher_posterior)
    np.testing.assert_allclose(now, [change.after for change in promised], atol=0.06)
    state = posterior_state(copy, run_snapshot(copy, needs.as_of))
    assert state is not None
    view = OwnView(run_snapshot(copy, needs.as_of), state, TEACHER)
    assert view.changed_posterior(records.standing(teacher).submitted) is None  # so that prepared lists hold again
    assert view.changed_posterior(()) is not None
    again = view.changes((), records.standing(teacher).submitted)
    np.testing.assert_allclose([change.after for change in again], now, atol=1e-6)  # it is not counted twice


def test_the_newest_of_a_year_replaces_the_one_before_and_deleted_ones_leave_all_versions(
    copy: Workspace, view: OwnView, records: Any
) -> None:
    teacher = str(copy.tables["teachers"]["teacher_id"].iloc[TEACHER])
    others = len(copy.tables["surveys"])
    for n, score in enumerate((2.0, 4.0)):
        submit(records, view, teacher, score, f"k{n}")
        take_in_submitted(copy, Settings())
        ours = copy.tables["surveys"][copy.tables["surveys"]["survey_id"].str.startswith(PREFIX)]
        assert set(ours["mean"]) == {score} and set(ours["survey_id"]) == {f"{PREFIX}{n + 1}"}
    assert [file["name"] for file in history(copy.root)[-1]["files"]] == ["self-assessments"]
    fingerprint = Workspace(copy.root).fingerprint
    take_in_submitted(copy, Settings())
    assert Workspace(copy.root).fingerprint == fingerprint == copy.fingerprint  # nothing new, nothing written
    records.delete(Author(teacher, "teacher"), "k9", teacher)
    take_in_submitted(copy, Settings())
    assert len(copy.tables["surveys"]) == others
    for file in Path(copy.root / ".tables").glob("*/surveys.parquet"):
        assert PREFIX.encode() not in file.read_bytes() and number_taken_in(Workspace(copy.root).tables) == 0


def test_where_the_records_cannot_be_read_there_is_no_diagnosis(copy: Workspace, view: OwnView, records: Any) -> None:
    teacher = str(copy.tables["teachers"]["teacher_id"].iloc[TEACHER])
    submit(records, view, teacher, 2.0, "k1")
    take_in_submitted(copy, Settings())
    store = copy.root / "store.db"
    kept = {path: path.read_bytes() for path in copy.root.glob("store.db*")}
    for path in kept:
        path.unlink()
    with pytest.raises(UnavailableError, match="self"):
        run_diagnose(copy)
    store.write_bytes(b"no database at all" * 100)
    with pytest.raises(UnavailableError):
        run_diagnose(copy)
