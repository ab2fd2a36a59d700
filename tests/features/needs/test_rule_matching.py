"""Which row speaks for whom."""

from __future__ import annotations

import pandas as pd

from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.rule_matching import winning_rows
from features.needs.targets import find_targets
from features.tables import Tables, typed_frame

SELECTORS = ("subject", "stage", "ladder_step", "role")


def _rows(*rows):
    return pd.DataFrame(rows, columns=list(SELECTORS), dtype=object)


def test_most_filled_selectors_win_then_subject_then_stage():
    rows = _rows(
        (None, None, None, None),
        (None, "primary", None, None),
        ("数学", None, None, None),
        (None, "primary", "T1", None),
        ("数学", None, None, "teacher"),
    )
    cases = _rows(
        ("语文", "junior", "T2", "teacher"),
        ("语文", "primary", "T2", "teacher"),
        ("数学", "primary", "T2", "principal"),
        ("数学", "primary", "T1", "teacher"),
        ("语文;数学", "junior", "T2", "teacher"),
    )
    assert winning_rows(rows, cases, SELECTORS).tolist() == [0, 1, 2, 4, 4]


def test_nobody_matches_is_minus_one():
    assert (
        winning_rows(_rows(("数学", None, None, None)), _rows(("语文", "junior", None, None)), SELECTORS)[0]
        == -1
    )


def _city(targets, indicators=()):
    frames = {
        "teachers": pd.DataFrame(
            {
                "teacher_id": ["t1", "t2"], "school_id": "s", "role": ["teacher", "principal"],
                "stage": "primary", "subject": "数学", "ladder_step": ["T1", None],
            }
        ),
        "competencies": pd.DataFrame(
            {
                "competency_id": ["A", "A1", "A2", "B"], "name_zh": "名", "name_en": "name",
                "parent_id": [None, "A", "A", None], "framework": "f", "version": "1",
            }
        ),
        "targets": pd.DataFrame(
            targets, columns=["competency_id", "role", "ladder_step", "target", "weight"]
        ),
        "indicators": pd.DataFrame(
            indicators, columns=["source", "indicator", "competency_id", "weight", "assessment_id", "subject"]
        ),
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def test_a_parents_target_holds_for_its_leaves_unless_the_leaf_has_its_own():
    result = find_targets(_city([("A", "teacher", None, 0.5, None), ("A2", None, None, 1.0, 2.0)]))
    assert result.applies.tolist() == [[True, True, False], [False, True, False]]
    assert result.target[0].tolist() == [0.5, 1.0, 0.0]
    assert result.weight[0].tolist() == [1.0, 2.0, 0.0]


def test_without_any_target_all_leaves_apply_at_zero():
    result = find_targets(_city([]))
    assert result.applies.all() and not result.target.any() and (result.weight == 1).all()


def test_an_indicator_means_its_rows_else_its_own_name_else_nothing():
    meanings = IndicatorMap(
        _city(
            [],
            [
                ("assessment", "calc", "A1", 1.0, None, None),
                ("assessment", "calc", "B", 1.0, None, None),
                ("assessment", "calc", "B", 3.0, "x", None),
            ],
        )
    )
    cases = pd.DataFrame(
        {
            "indicator": ["calc", "calc", "A", "strange"], "subject": "数学", "stage": "primary",
            "assessment_id": ["x", "y", "y", "y"],
        }
    )  # fmt: skip
    row, q = meanings.of("assessment", cases)
    assert q[row[0]].tolist() == [0.25, 0.0, 0.75]
    assert q[row[1]].tolist() == [0.5, 0.0, 0.5]
    assert q[row[2]].tolist() == [0.5, 0.5, 0.0]
    assert row[3] == -1 and meanings.unused == {("assessment", "strange")}
