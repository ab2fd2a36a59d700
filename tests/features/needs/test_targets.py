"""The target that holds for a teacher: the row with most selectors filled, a leaf's own before its parent's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from features.needs.targets import find_target_rows, find_targets
from features.tables import Tables, typed_frame

TEACHERS = [("P", "primary", "语文", "P1", "principal"), ("T0", "primary", "数学", "T1", "teacher"),
            ("T1", "junior", "数学", "T2", "teacher")]  # fmt: skip
COMPETENCIES = [("alone", None), ("asking", "teaching"), ("design", "teaching"), ("teaching", None)]


def tables(*targets: dict[str, Any]) -> Tables:
    teachers = pd.DataFrame(TEACHERS, columns=["teacher_id", "stage", "subject", "ladder_step", "role"]).assign(school_id="S")
    names = pd.DataFrame(COMPETENCIES, columns=["competency_id", "parent_id"])
    names = names.assign(name_zh="x", name_en="x", framework="f", version="1")
    rows = pd.DataFrame(list(targets), columns=["competency_id", "role", "stage", "subject", "ladder_step", "target", "weight"])
    frames = {"teachers": teachers, "competencies": names, "targets": rows}
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def test_without_rows_the_target_is_0_for_everybody() -> None:
    targets = find_targets(tables())
    assert targets.applies.all() and targets.applies.shape == (3, 3)
    assert not targets.target.any() and (targets.weight == 1).all()


def test_a_parents_target_holds_for_its_leaves_and_a_leafs_own_goes_before_it() -> None:
    targets = find_targets(tables({"competency_id": "teaching", "target": 0.5, "stage": "primary"},
                                  {"competency_id": "design", "target": 0.2, "weight": 3.0}))  # fmt: skip
    assert targets.target.tolist() == [[0.0, 0.5, 0.2], [0.0, 0.5, 0.2], [0.0, 0.0, 0.2]]
    assert targets.applies.tolist() == [[False, True, True], [False, True, True], [False, False, True]]
    assert targets.weight.tolist() == [[0, 1, 3], [0, 1, 3], [0, 0, 3]]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"target": 0.1}, {"target": 0.4, "stage": "primary"}, 0.4),
        ({"target": 0.1, "stage": "primary", "role": "teacher"}, {"target": 0.4, "subject": "数学"}, 0.1),
        ({"target": 0.1, "stage": "primary"}, {"target": 0.4, "subject": "数学"}, 0.4),
        ({"target": 0.1, "ladder_step": "T1"}, {"target": 0.4, "role": "teacher"}, 0.1),
        ({"target": 0.1, "stage": "junior"}, {"target": 0.4}, 0.4),
    ],
)
def test_most_selectors_win_and_ties_go_by_subject_stage_step_role(
    first: dict[str, Any], second: dict[str, Any], expected: float
) -> None:
    for rows in ((first, second), (second, first)):
        targets = find_targets(tables(*({"competency_id": "alone", **row} for row in rows)))
        assert targets.target[1, 0] == expected


def test_the_selectors_that_won_are_named() -> None:
    rows = find_target_rows(tables({"competency_id": "alone", "target": 0.3, "ladder_step": "T1", "stage": "primary"}))
    assert rows.selectors(1, 0) == ("stage", "ladder_step")
    assert rows.selectors(2, 0) == () and rows.selectors(1, 1) == ()
