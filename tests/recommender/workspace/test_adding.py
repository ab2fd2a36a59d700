"""`--mode add`: rows of a file are new or changed by their identity, all others stay, and checks see the whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError
from features.schema import TABLES
from recommender.workspace.importing import Mode, import_tables, prepare_import
from recommender.workspace.row_changes import Change
from recommender.workspace.versions import load_tables

HEADER = "teacher_id,school_id,role,stage,subject,title\n"
REFERENCED = (
    "organizations", "competencies", "teachers", "classes", "courses", "assessments", "assessment_dimensions"
)  # fmt: skip
CLASSES = "class_id,subject,term,teacher_id,school_id,grade\n"


@pytest.fixture
def root(files, tmp_path: Path) -> Path:
    """A workspace with two teachers, T1 with a title."""
    workspace = tmp_path / "w"
    text = f"{HEADER}T1,S1,teacher,primary,数学,一级\nT2,S1,teacher,primary,语文,\n"
    import_tables(workspace, [files(teachers=text)])
    return workspace


def test_one_teacher_is_added_and_nobody_is_removed(root: Path, one) -> None:
    prepared = import_tables(root, [one("teachers", HEADER + "T3,S1,teacher,primary,英语,\n")])
    assert prepared.changes == {"teachers": Change(new=1, changed=0, same=2, gone=0)}
    assert load_tables(root)["teachers"]["teacher_id"].tolist() == ["T1", "T2", "T3"]


def test_a_row_with_a_known_key_replaces_the_stored_one(root: Path, one) -> None:
    prepared = import_tables(root, [one("teachers", HEADER + "T1,S1,teacher,primary,科学,\n")])
    assert prepared.changes == {"teachers": Change(new=0, changed=1, same=1, gone=0)}
    row = load_tables(root)["teachers"].iloc[0]
    assert row["subject"] == "科学" and pd.isna(row["title"])  # an empty cell empties


def test_a_column_that_the_file_does_not_have_keeps_its_values(root: Path, one) -> None:
    text = "teacher_id,school_id,role,stage,subject\nT1,S1,teacher,primary,科学\nT3,S1,teacher,primary,科学\n"
    import_tables(root, [one("teachers", text)])
    teachers = load_tables(root)["teachers"].set_index("teacher_id")
    assert teachers.at["T1", "title"] == "一级" and teachers.at["T1", "subject"] == "科学"
    assert pd.isna(teachers.at["T3", "title"])


def test_added_in_parts_a_city_is_the_same_as_at_once(district, tmp_path: Path) -> None:
    """Every table, cut in two halves that overlap: the second half added to the first is the whole, byte for byte."""
    whole, first, second = (tmp_path / name for name in ("whole", "first", "second"))
    for folder in (whole, first, second):
        folder.mkdir()
    for name, frame in district.items():
        rows = frame.sample(frac=1.0, random_state=3)
        half = len(rows) // 2
        rows.to_parquet(whole / f"{name}.parquet")
        keep = rows if name in REFERENCED else rows[: half + 5]
        keep.to_parquet(first / f"{name}.parquet")
        rows[half:].to_parquet(second / f"{name}.parquet")
    import_tables(tmp_path / "a", [whole])
    import_tables(tmp_path / "b", [first])
    added = import_tables(tmp_path / "b", [second])
    assert not added.gone and sum(change.new for change in added.changes.values()) > 1000
    expected = load_tables(tmp_path / "a")
    for name, frame in load_tables(tmp_path / "b").items():
        pd.testing.assert_frame_equal(frame, expected[name], obj=name)
    assert load_tables(tmp_path / "b").fingerprint() == expected.fingerprint()


def test_the_same_part_twice_changes_nothing(root: Path, one) -> None:
    file = one("teachers", HEADER + "T3,S1,teacher,primary,英语,\n")
    import_tables(root, [file])
    again = prepare_import(root, [file])
    assert again.changes == {"teachers": Change(0, 0, 3, 0)} and not again.write()


def test_a_table_without_a_key_is_identified_by_all_its_selectors(root: Path, one) -> None:
    header = "competency_id,stage,target\n"
    import_tables(root, [one("targets", f"{header}K1,,0.2\nK1,primary,0.4\n")])
    prepared = import_tables(root, [one("targets", f"{header}K1,primary,0.5\nK1,junior,0.1\n")])
    assert prepared.changes == {"targets": Change(new=1, changed=1, same=1, gone=0)}
    targets = load_tables(root)["targets"]
    assert sorted(zip(targets["stage"].fillna(""), targets["target"], strict=True)) == [
        ("", 0.2), ("junior", 0.1), ("primary", 0.5)
    ]  # fmt: skip


def test_every_table_has_an_identity_of_its_own_columns() -> None:
    for table in TABLES.values():
        assert table.identity and set(table.identity) <= {column.name for column in table.columns}


def test_ids_of_stored_rows_of_the_same_table_are_known(root: Path, one) -> None:
    import_tables(root, [one("organizations", "org_id,name,kind,parent_id\nS2,第二学校,school,D1\n")])
    assert load_tables(root)["organizations"]["org_id"].tolist() == ["D1", "S1", "S2"]
    with pytest.raises(DataError):
        import_tables(root, [one("organizations", "org_id,name,kind,parent_id\nS3,第三学校,school,D9\n")])


def test_a_cycle_through_stored_rows_is_a_problem_of_the_file(root: Path, one) -> None:
    prepared = prepare_import(root, [one("organizations", "org_id,name,kind,parent_id\nD1,南山区,district,S1\n")])
    problems = [issue for issue in prepared.reading.issues if issue.severity == "problem"]
    assert [(issue.file, issue.row) for issue in problems] == [("organizations.csv", 2)]
    prepared = prepare_import(root, [one("organizations", "org_id,name,kind,parent_id\nS1,实验学校,school,\n")])
    assert prepared.counts[0] == 0  # the stored link is replaced, it makes no cycle


def test_a_bad_row_leaves_the_stored_one(root: Path, one) -> None:
    file = one("teachers", HEADER + "T1,S9,teacher,primary,科学,\nT4,S1,teacher,primary,科学,\n")
    import_tables(root, [file], accept_good_rows=True)
    teachers = load_tables(root)["teachers"].set_index("teacher_id")
    assert teachers["subject"].to_dict() == {"T1": "数学", "T2": "语文", "T4": "科学"}


def test_shares_of_stored_and_new_rows_add_up(root: Path, one) -> None:
    header = CLASSES.strip() + ",share\n"
    import_tables(root, [one("classes", f"{header}C1,数学,2025-2,T1,S1,3,0.6\n")])
    more = prepare_import(root, [one("classes", f"{header}C1,数学,2025-2,T2,S1,3,0.6\n")])
    assert any(issue.expected.code == "sources.shares_above_one" for issue in more.reading.issues)
    instead = prepare_import(root, [one("classes", f"{header}C1,数学,2025-2,T1,S1,3,1\n")])
    assert not any(issue.expected.code == "sources.shares_above_one" for issue in instead.reading.issues)


def test_replace_says_how_many_rows_are_removed(root: Path, one) -> None:
    file = one("teachers", HEADER + "T3,S1,teacher,primary,英语,\n")
    assert prepare_import(root, [file], mode=Mode.REPLACE).gone == {"teachers": 2}
    assert prepare_import(root, [file]).gone == {}


def test_simulated_rows_that_stay_keep_their_mark(files, tmp_path: Path) -> None:
    root, folder = tmp_path / "w", files()
    (folder / "origin.json").write_text('{"made_up": true}', "utf-8")
    import_tables(root, [folder])
    (folder / "origin.json").unlink()
    (folder / "teachers.csv").write_text(HEADER + "T3,S1,teacher,primary,英语,\n", "utf-8")
    import_tables(root, [folder])
    assert load_tables(root).made_up
    import_tables(root, [folder], mode=Mode.REPLACE)
    assert not load_tables(root).made_up
