"""Who taught a class at the time of a test, and why a result is nobody's."""

from __future__ import annotations

import pandas as pd
import pytest

from features.needs.evidence.class_teachers import term_begins, with_teachers
from features.tables import Tables, typed_frame

TEACHING = [  # class, subject, term, teacher, share
    ("K1", "数学", "2024-2", "T1", 1.0), ("K1", "数学", "2025-1", "T2", 1.0), ("K1", "数学", "2026-1", "T3", 1.0),
    ("K2", "数学", "2025-2", "T1", 0.6), ("K2", "数学", "2025-2", "T2", 0.4), ("K2", "语文", "2025-2", "T3", 1.0),
    ("K3", "generalist", "2025-2", "T4", 1.0), ("K4", "数学", "spring", "T1", 1.0), ("K5", "数学", "2025-2", "X", 1.0),
    ("K6", "数学", "2025-2", "T1", 0.25), ("K6", "数学", "2025-2", "T2", 0.2), ("K7", "数学", "2026-1", "T1", 1.0),
    ("K8", "数学", "2023-1", "T1", 1.0),
]  # fmt: skip


def _attribute(
    unit: str, term: str | None, day: str = "2026-06-20", subject: str = "数学"
) -> tuple[list[str], str]:
    classes = pd.DataFrame(TEACHING, columns=["class_id", "subject", "term", "teacher_id", "share"])
    frames = {
        "teachers": pd.DataFrame({"teacher_id": ["T1", "T2", "T3", "T4"]}),
        "classes": classes.assign(school_id="S", grade="5"),
    }
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    rows = pd.DataFrame(
        {
            "assessment_id": ["A"], "dimension": "d", "unit_id": unit, "subject": subject,
            "term": pd.Series([term], index=[7], dtype="str"), "date": pd.Timestamp(day),
        },
        index=[7],
    )  # fmt: skip
    attributed, kind = with_teachers(tables, rows)
    assert kind.index.tolist() == [7] and attributed["row"].isin([7]).all()
    return [f"T{t + 1}" for t in sorted(attributed["t"])], str(kind.iloc[0])


@pytest.mark.parametrize(
    ("unit", "term", "teachers"),
    [
        ("K1", "2025-1", ["T2"]),
        ("K1", "2025-2026-1", ["T2"]),  # the same term, written otherwise
        ("K1", None, ["T2"]),  # 2026-1 begins after the test
        ("K2", "2025-2", ["T1", "T2"]),
        ("K3", "2025-2", ["T4"]),
        ("K4", "spring", ["T1"]),
        ("K8", None, ["T1"]),
    ],
)
def test_the_teachers_of_the_term_are_found(unit: str, term: str | None, teachers: list[str]):
    assert _attribute(unit, term) == (teachers, "")


@pytest.mark.parametrize(
    ("unit", "term", "subject", "kind"),
    [
        ("K9", "2025-2", "数学", "class_unknown"),
        ("K2", "2025-2", "英语", "class_subject"),
        ("K7", "2025-2", "数学", "class_not_yet"),
        ("K7", None, "数学", "class_not_yet"),
        ("K8", "2025-2", "数学", "class_no_longer"),
        ("K1", "2025-2", "数学", "class_other_terms"),
        ("K4", None, "数学", "class_term_unreadable"),
        ("K4", "2025-2", "数学", "class_term_unreadable"),
        ("K5", "2025-2", "数学", "class_teacher_unknown"),
        ("K6", "2025-2", "数学", "class_share_small"),
    ],
)
def test_a_result_of_nobody_has_a_reason(unit: str, term: str | None, subject: str, kind: str):
    assert _attribute(unit, term, subject=subject) == ([], kind)


def test_a_test_over_several_subjects_counts_for_all_teachers_of_the_class():
    assert _attribute("K2", "2025-2", subject="generalist") == (["T1", "T2", "T3"], "")


def test_terms_begin_with_the_school_year():
    terms = pd.Series(
        ["2025-1", "2025-2", "2025-2026-1", "2025-2026-2", "2025-2027-1", "spring", None], dtype="str"
    )
    begins = term_begins(terms)
    expected = ["2025-09-01", "2026-02-01", "2025-09-01", "2026-02-01"]
    assert begins[:4].dt.strftime("%Y-%m-%d").tolist() == expected and begins[4:].isna().all()
