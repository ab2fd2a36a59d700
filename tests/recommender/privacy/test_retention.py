"""What is past its term is counted, goes from every version, and nothing else does; a run that dies is finished by the next."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from recommender.pipeline import usable_version
from recommender.privacy import version_rewriting
from recommender.privacy.data_catalogue import data_catalogue
from recommender.privacy.retention import Overdue, apply_retention, overdue
from recommender.privacy.terms import months_after, need_expires_on
from recommender.privacy.version_rewriting import stored_versions
from recommender.records.audit_lines import record_command
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import METADATA
from recommender.records.store_backup import row_counts
from recommender.records.store_check import WRITTEN, verify
from recommender.settings import Settings
from recommender.workspace.import_history import history, undo
from recommender.workspace.versions import read_version
from recommender.workspace.workspace import Workspace

OPERATOR = Author("root", "operator")


def _rows(listed: list[Overdue]) -> dict[str, int]:
    return {one.place: one.rows for one in listed}


@pytest.fixture
def records(copy: Workspace):
    """The records of the copy with choices of last year, and the switch turned off long ago."""
    now = [datetime(2022, 1, 1, tzinfo=UTC)]
    store = RecordStore.of(copy.root, Settings()).open()
    store._now = lambda: now[0]
    feedback, teacher = FeedbackRecords(store), Author("T1", "teacher")
    feedback.personalise(teacher, "off", "T1", False)
    feedback.record(teacher, "old", "T1", "K1", "dismiss")
    now[0] = datetime(2026, 5, 1, tzinfo=UTC)
    feedback.record(teacher, "new", "T1", "K2", "dismiss")
    record_command(store, "root", "recommender audit", "none", "", "audit inspected")
    now[0] = datetime(2026, 6, 30, tzinfo=UTC)
    yield store
    store.close()


def test_every_table_of_the_records_has_a_term_or_says_why_not() -> None:
    for name in METADATA.tables:
        months = data_catalogue().months("records", name)
        assert months is not None or {entry.term for entry in data_catalogue().records[name]} <= {"account", "plan", "register"}
    acknowledged = data_catalogue().months("records", "idempotency_keys")
    assert acknowledged is not None
    for table in WRITTEN:  # an acknowledgement never outlives what it acknowledges
        assert (data_catalogue().months("records", table.name) or acknowledged) >= acknowledged


def test_by_default_nothing_changes(copy: Workspace, records: RecordStore) -> None:
    before = row_counts(records.engine), copy.fingerprint
    listed = _rows(overdue(copy, records, date(2026, 6, 30)))
    assert (listed["feedback"], listed["idempotency_keys"], listed["audit"], listed["scores/"]) == (1, 3, 0, 0)
    assert (row_counts(records.engine), Workspace(copy.root).fingerprint) == before


def test_records_go_and_a_refusal_stands(copy: Workspace, records: RecordStore) -> None:
    listed = apply_retention(copy, records, date(2026, 6, 30), OPERATOR)
    assert _rows(overdue(copy, records, date(2026, 6, 30))) == dict.fromkeys(_rows(listed), 0)
    standing = FeedbackRecords(records).standing("T1")
    assert [event.course_id for event in standing.events] == ["K2"] and not standing.personalised
    assert verify(records) == []


def test_self_reports_go_from_every_version_and_the_model_stays(
    copy: Workspace, records: RecordStore, change_courses, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = copy.tables
    changed = change_courses(copy)
    courses = changed.tables["courses"]
    assert len(stored_versions(copy.root)) == 2
    surveys = first["surveys"]
    reported = surveys.loc[surveys["kind"] == "self_report", "date"].max().date()
    assert _rows(overdue(changed, records, months_after(reported, 18)))["tables/surveys"] == 0
    today = months_after(reported, 19)
    old = (surveys["kind"] == "self_report") & (surveys["date"] < pd.Timestamp(months_after(today, -18)))
    assert 0 < old.sum() < (surveys["date"] < pd.Timestamp(months_after(today, -18))).sum()  # pupils' feedback stays
    assert _rows(overdue(changed, records, today))["tables/surveys"] == 2 * old.sum()
    copy.note("bundles", copy.registry().list()[0], changed.fingerprint)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(version_rewriting, "point", dies)
        apply_retention(changed, records, today, OPERATOR)
    apply_retention(Workspace(copy.root), records, today, OPERATOR)
    versions = [read_version(folder) for folder in stored_versions(copy.root)]
    assert len(versions) == 2
    for tables in versions:
        assert len(tables["surveys"]) == len(surveys) - old.sum()
        assert tables["observations"].equals(first["observations"])
    left = Workspace(copy.root)
    assert left.tables["courses"].equals(courses)
    assert usable_version(left, Settings()) is not None
    assert [entry["action"] for entry in history(copy.root)] == ["import", "import"]
    assert undo(copy.root, "root").to == 1
    assert Workspace(copy.root).tables["courses"].equals(first["courses"])


def test_expired_estimates_go(copy: Workspace, records: RecordStore) -> None:
    as_of = date.fromisoformat(str(pd.read_parquet(copy.scores / "needs.parquet")["as_of"].iloc[0]))
    last = need_expires_on(as_of)
    (copy.root / "cache" / "lists" / "a-day").mkdir(parents=True)
    apply_retention(copy, records, last, OPERATOR)
    assert (copy.scores / "needs.parquet").exists() and (copy.root / "cache" / "lists" / "a-day").exists()
    listed = _rows(apply_retention(copy, records, months_after(last, 1), OPERATOR))
    assert listed["scores/"] >= 6 and list(copy.scores.iterdir()) == [] and list((copy.root / "cache" / "needs").iterdir()) == []
    assert not any(copy.state()["scores"].values()) and not (copy.root / "cache" / "lists" / "a-day").exists()
