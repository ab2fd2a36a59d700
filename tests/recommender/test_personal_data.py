"""All that is recorded of a teacher: no table of the schema and of the records can be forgotten."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from features.personal_rows import ABOUT_NOBODY, BY_CLASS, naming_columns, personal_rows
from features.schema import TABLES
from recommender.advice import AdviceService
from recommender.personal_data import recorded_tables
from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.personal_records import about, personal_records
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import METADATA
from recommender.settings import Settings
from recommender.text.catalogues import has


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_searched_or_is_about_nobody(name: str) -> None:
    searched = bool(naming_columns(TABLES[name])) or name in BY_CLASS
    assert searched != (name in ABOUT_NOBODY), f"{name}: say in features/personal_rows.py whom its rows are about"
    assert set(TABLES) >= ABOUT_NOBODY


@pytest.mark.parametrize("name", METADATA.tables)
def test_every_table_of_the_records_names_a_person_and_has_a_name(name: str) -> None:
    assert about(METADATA.tables[name], "T1") is not None and has(f"records.table_{name}")


def test_a_table_that_names_nobody_is_a_fault() -> None:
    with pytest.raises(ValueError, match="draws"):
        about(sa.Table("draws", sa.MetaData(), sa.Column("seed", sa.Integer)), "T1")


def test_each_row_that_names_her_is_there(city) -> None:
    """Counted in another way: any cell of any table that is her id."""
    service = AdviceService(city.workspace, city.settings)
    tables = city.workspace.tables
    observed = tables["observations"]["teacher_id"].value_counts()
    teacher = str(observed.index[0])
    by_name = {table.name: table for table in service.personal_data(teacher)}
    for name, frame in tables.items():
        cells = frame.astype(object).where(frame.notna(), None)
        naming = cells.map(lambda cell: cell == teacher).any(axis=1) if len(frame) else pd.Series(dtype=bool)
        if naming.any():
            assert len(by_name[name].rows) == int(naming.sum()), name
            assert by_name[name].sources, name
    classes = {str(row["class_id"]) for row in by_name["classes"].rows}
    results = tables["results"]
    expected = results[(results["unit_kind"] == "class") & results["unit_id"].isin(classes)]
    assert len(by_name["results"].rows) == len(expected)
    assert len(by_name["needs"].rows) == len(service.teacher_needs(teacher).needs)
    assert all(source.at and source.files for source in by_name["teachers"].sources)


def test_rows_of_others_are_not(city) -> None:
    tables = city.workspace.tables
    one, two = (str(t) for t in tables["teachers"]["teacher_id"][:2])
    own = personal_rows(tables, one)
    assert set(own["teachers"]["teacher_id"]) == {one} and set(own["enrolments"]["teacher_id"]) <= {one}
    assert two not in set(own["classes"]["teacher_id"])


def test_what_she_did_and_who_read_of_her_is_there(tmp_path: Path) -> None:
    store = RecordStore.of(tmp_path, Settings()).open()
    records, trail = FeedbackRecords(store), AuditTrail(store)
    records.record(Author("T1", "teacher"), "1", "T1", "K1", "dismiss", "time")
    records.record(Author("T2", "teacher"), "1", "T2", "K1", "intend")
    records.personalise(Author("T1", "teacher"), "2", "T1", False)
    for unit in ("T1", "T2"):
        line = AuditLine(store.now(), "head", "school", "/v1", "teacher", unit, "training proposal", True)
        trail.append(line).result(10)
    trail.close()
    tables = {table.name: table.rows for table in recorded_tables(personal_records(store, "T1"))}
    assert set(tables) == set(METADATA.tables)
    assert [row["reason"] for row in tables["feedback"]] == ["time"]
    assert [row["enabled"] for row in tables["personalisation"]] == [False]
    assert [(row["actor"], row["unit_id"]) for row in tables["audit"]] == [("head", "T1")]
    assert {row["key"] for row in tables["idempotency_keys"]} == {"1", "2"}
    store.close()
