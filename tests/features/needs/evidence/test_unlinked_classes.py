"""Classes whose results are nobody's: those the diagnosis leaves out, with their school and source."""

from __future__ import annotations

from features.needs.evidence.adjusted_results import adjust
from features.needs.evidence.class_teachers import with_teachers
from features.needs.evidence.unlinked_classes import COLUMNS, unlinked_classes
from features.tables import Tables


def test_unlinked_classes_are_known_by_another_subject(district: Tables) -> None:
    adjusted = adjust(district)
    rows = unlinked_classes(district, adjusted)
    assert list(rows.columns) == COLUMNS and len(rows) > 0
    assert set(rows["source"]) <= {"class_gain", "class_level"}
    assert not rows.duplicated(["school_id", "subject", "class_id"]).any()
    home = district["classes"].drop_duplicates("class_id").set_index("class_id")["school_id"]
    assert (rows["class_id"].map(home) == rows["school_id"]).all()


def test_a_link_takes_a_class_off_the_list(district: Tables) -> None:
    rows = unlinked_classes(district, adjust(district))
    first = rows.iloc[0]
    results = adjust(district).rows
    mine = results[(results["unit_id"] == first["class_id"]) & (results["subject"] == first["subject"])]
    assert (with_teachers(district, mine)[1] != "").any()
    classes = district["classes"]
    teacher = district["teachers"].loc[district["teachers"]["school_id"] == first["school_id"], "teacher_id"].iloc[0]
    row = classes[classes["class_id"] == first["class_id"]].iloc[[0]]
    terms = classes["term"].unique()
    added = [row.assign(subject=first["subject"], teacher_id=teacher, term=term, share=1.0) for term in terms]
    linked = Tables({**district.frames, "classes": _joined([classes, *added])}, district.made_up)
    after = unlinked_classes(linked, adjust(linked))
    key = ["subject", "class_id"]
    assert not (after[key] == first[key]).all(axis=1).any() and len(after) == len(rows) - 1


def _joined(frames):
    import pandas as pd

    return pd.concat(frames, ignore_index=True).drop_duplicates(["class_id", "subject", "term", "teacher_id"])
