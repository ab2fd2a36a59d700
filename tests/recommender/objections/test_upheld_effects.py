"""An upheld objection changes the next diagnosis, for her and by that row alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from features.errors import ReadError, UnavailableError
from features.row_identity import as_cells, key_of, row_digest
from features.tables import Tables
from recommender.cli.main import app
from recommender.diagnosis import needs_at, run_diagnose
from recommender.objections.upheld_effects import contested_in, leave_out_upheld
from recommender.records.objection_records import Contested, Objection, ObjectionRecords
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.workspace.importing import import_tables
from recommender.workspace.left_out import without_needs
from recommender.workspace.workspace import Workspace

HEAD = Author("head", "school")


def row_about(tables: Tables, table: str, column: str, teacher: str) -> tuple[Contested, pd.Series]:
    """Her first row of a table, as she would contest it."""
    frame = tables[table]
    row = frame[frame[column] == teacher].iloc[0]
    cells = as_cells(row.to_dict())
    return Contested("row", table, key_of(table, cells), row_digest(cells)), row


def uphold(store: RecordStore, teacher: str, about: Contested) -> Objection:
    """Contested by her and upheld by her school."""
    records = ObjectionRecords(store)
    key = f"{about.subject}{about.key_text}"[:150]
    mine = records.contest(Author(teacher, "teacher"), key, teacher, about, "not mine")
    return records.answer(HEAD, key, mine.objection_id, "upheld", "right")


@pytest.fixture
def observed(city) -> str:
    """A teacher with observations, none of them hers as an observer."""
    return str(city.workspace.tables["observations"]["teacher_id"].mode()[0])


def test_one_row_less_changes_her_estimate_and_her_school_at_most(copy: Workspace, observed: str) -> None:
    before = run_diagnose(copy).report
    store = RecordStore.of(copy.root, Settings()).open()
    about, row = row_about(copy.tables, "observations", "teacher_id", observed)
    uphold(store, observed, about)
    assert len(copy.tables["observations"]) == len(Workspace(copy.root).tables["observations"]), "not before the next diagnosis"

    needs = run_diagnose(copy)
    left, stored = copy.tables["observations"], copy.stored_tables["observations"]
    assert len(left) == len(stored) - 1 and copy.left_out.n_rows == 1
    pd.testing.assert_frame_equal(left, stored[stored.index != row.name].reset_index(drop=True))
    for name in set(copy.tables) - {"observations"}:
        pd.testing.assert_frame_equal(copy.tables[name], copy.stored_tables[name])

    key = ["unit_kind", "unit_id", "competency_id"]
    both = before.merge(needs.report, on=key, suffixes=("", "_now"))
    assert len(both) == len(before) == len(needs.report)
    fewer = both[both["n_evidence"] != both["n_evidence_now"]]
    assert set(fewer.loc[fewer["unit_kind"] == "teacher", "unit_id"]) == {observed}
    moved = (both["mean"] - both["mean_now"]).abs()
    hers = moved[(both["unit_kind"] == "teacher") & (both["unit_id"] == observed)].max()
    others = moved[(both["unit_kind"] == "teacher") & (both["unit_id"] != observed)].max()
    assert hers > 0.001 and hers > others
    store.close()


def test_the_same_as_if_the_row_had_never_been_imported(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    about, row = row_about(copy.tables, "observations", "teacher_id", observed)
    uphold(store, observed, about)
    store.close()
    with_objection = run_diagnose(copy)

    frames = dict(copy.stored_tables.frames)
    frames["observations"] = frames["observations"].drop(index=row.name).reset_index(drop=True)
    never = needs_at(Workspace(copy.root), Tables(frames, copy.tables.made_up), with_objection.as_of)
    pd.testing.assert_frame_equal(with_objection.report, never.report)
    np.testing.assert_array_equal(with_objection.mean, never.mean)


def test_taken_back_it_counts_again(copy: Workspace, observed: str) -> None:
    fingerprint, before = copy.fingerprint, run_diagnose(copy).report
    store = RecordStore.of(copy.root, Settings()).open()
    mine = uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    run_diagnose(copy)
    assert copy.fingerprint != fingerprint and Workspace(copy.root).fingerprint == copy.fingerprint
    ObjectionRecords(store).withdraw(Author(observed, "teacher"), "back", mine.objection_id)
    pd.testing.assert_frame_equal(run_diagnose(copy).report, before)
    assert copy.fingerprint == fingerprint and not copy.left_out
    store.close()


def test_a_corrected_row_counts(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    about, row = row_about(copy.tables, "observations", "teacher_id", observed)
    uphold(store, observed, about)
    assert leave_out_upheld(copy, Settings()).n_rows == 1
    other_lesson = copy.stored_tables["observations"].loc[[row.name]]
    corrected = other_lesson.assign(score=(row["scale_min"] + row["scale_max"] - row["score"] + 0.25))
    file = copy.root / "observations.parquet"
    corrected.to_parquet(file)
    import_tables(copy.root, [file])
    again = Workspace(copy.root)
    assert len(again.tables["observations"]) == len(again.stored_tables["observations"]), "before the next diagnosis, too"
    assert leave_out_upheld(again, Settings()).n_rows == 0
    store.close()


def test_of_the_register_what_is_optional_counts_as_empty(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    about, row = row_about(copy.tables, "teachers", "teacher_id", observed)
    uphold(store, observed, about)
    leave_out_upheld(copy, Settings())
    counts = copy.tables["teachers"].loc[row.name]
    assert len(copy.tables["teachers"]) == len(copy.stored_tables["teachers"])
    assert [counts[name] for name in ("teacher_id", "school_id", "stage", "subject")] == [
        row[name] for name in ("teacher_id", "school_id", "stage", "subject")
    ]
    assert counts[["start_date", "title", "ladder_step", "weekly_lessons"]].isna().all()
    store.close()


@pytest.mark.parametrize("table", ["results", "classes", "enrolments", "surveys"])
def test_rows_of_each_table_can_be_left_out(table: str, copy: Workspace) -> None:
    frame = copy.tables[table]
    cells = as_cells(frame.iloc[len(frame) // 2].to_dict())
    about = Contested("row", table, key_of(table, cells), row_digest(cells))
    assert len(contested_in(copy.tables, about)) == 1
    assert len(contested_in(copy.tables, Contested("row", table, about.row_key, "00" * 32))) == 0
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, "T1", about)
    assert dict(leave_out_upheld(copy, Settings()).rows).keys() == {table}
    assert len(copy.tables[table]) == len(frame) - 1
    store.close()


def test_an_upheld_need_is_not_estimated_until_there_is_newer_evidence(
    copy: Workspace, observed: str
) -> None:
    needs = run_diagnose(copy)
    own = needs.report[(needs.report["unit_kind"] == "teacher") & (needs.report["unit_id"] == observed)]
    seen = own[own["latest_on"].notna()].iloc[0]
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, Contested("need", str(seen["competency_id"])))
    after = run_diagnose(copy)
    gone = set(map(tuple, needs.report[["unit_id", "competency_id"]].to_numpy())) - set(
        map(tuple, after.report[["unit_id", "competency_id"]].to_numpy())
    )
    assert gone == {(observed, seen["competency_id"])}
    cell = after.teacher_ids.index(observed), after.competency_ids.index(seen["competency_id"])
    assert not after.applies[cell] and after.weight[cell] == after.expected_gap[cell] == 0
    assert (after.applies.sum(), after.mean.tolist()) == (needs.applies.sum() - 1, needs.mean.tolist())

    (person, competency, _), latest = copy.left_out.needs[0], pd.Timestamp(seen["latest_on"]).date()
    earlier = latest.replace(year=latest.year - 1)
    assert without_needs(needs, [(person, competency, earlier)]) is needs, "its evidence is newer than that answer"
    assert without_needs(needs, [(person, competency, latest)]) is not needs
    store.close()


def test_without_the_records_nothing_is_diagnosed(copy: Workspace, observed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    store.close()
    run_diagnose(copy)
    for file in copy.root.glob("store.db*"):
        file.unlink()
    with pytest.raises(UnavailableError, match="store restore"):
        run_diagnose(Workspace(copy.root))
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(UnavailableError):
        run_diagnose(Workspace(copy.root))


def test_a_damaged_file_is_named_and_written_anew_by_a_diagnosis(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    leave_out_upheld(copy, Settings())
    whole = copy.fingerprint
    for name in ("left-out.json", ".left-out.json.copy"):
        (copy.root / name).write_bytes(b"{}")
    with pytest.raises(ReadError, match=r"left-out\.json"):
        Workspace(copy.root).tables  # noqa: B018
    mended = Workspace(copy.root)
    leave_out_upheld(mended, Settings())
    assert mended.fingerprint == whole
    store.close()


def test_the_file_names_nobody(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    uphold(store, observed, Contested("need", str(copy.tables["competencies"]["competency_id"].iloc[-1])))
    leave_out_upheld(copy, Settings())
    text = (copy.root / "left-out.json").read_text("utf-8")
    assert observed not in text and (copy.root / "left-out.json").stat().st_mode & 0o077 == 0
    store.close()


def test_the_command_says_how_much_is_left_out(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    store.close()
    result = CliRunner().invoke(app, ["diagnose", "--workspace", str(copy.root)])
    assert result.exit_code == 0 and "left out by upheld objections: 1 row, 0 needs" in result.output


def test_on_postgresql_the_same_rows_are_left_out(
    copy: Workspace, observed: str, new_postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", new_postgres_database())
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    store.close()
    assert leave_out_upheld(copy, Settings()).n_rows == 1 and not (copy.root / "store.db").exists()


def test_behind_a_file_both_kinds_of_tables_stay_what_they_are(copy: Workspace, observed: str) -> None:
    store = RecordStore.of(copy.root, Settings()).open()
    uphold(store, observed, row_about(copy.tables, "observations", "teacher_id", observed)[0])
    store.close()
    leave_out_upheld(copy, Settings())
    fresh = Workspace(copy.root)
    fresh.put_behind_file()
    for name in copy.tables:
        pd.testing.assert_frame_equal(fresh.tables[name], copy.tables[name])
        pd.testing.assert_frame_equal(fresh.stored_tables[name], copy.stored_tables[name])
    assert [name for name in fresh.tables if fresh.tables[name] is not fresh.stored_tables[name]] == ["observations"]
