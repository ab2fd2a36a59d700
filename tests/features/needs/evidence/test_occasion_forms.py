"""Forms follow those measured in the same role, stage and subject, else in the same role and stage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.needs.evidence.occasion_forms import occasion_form
from features.needs.evidence.source_averages import SourceAverages

TEACHERS = pd.DataFrame({
    "role": "teacher", "stage": ["primary"] * 8 + ["junior"] * 2, "subject": ["数学"] * 4 + ["语文"] * 4 + ["数学"] * 2,
})  # fmt: skip
APPLIES = np.ones((10, 2), dtype=bool)


def _cells(rows: list[tuple[int, int]], sampling: float = 0.0, n: float = 1.0) -> SourceAverages:
    t, j = (np.array(column, dtype=np.intp) for column in zip(*sorted(rows), strict=True))
    one = np.ones(len(rows))
    cov = np.column_stack([t, j, j, np.full(len(rows), sampling)]) if sampling else np.zeros((0, 4))
    return SourceAverages("observation", t, j, 0 * one, n * one, 2 * one, one, np.eye(2), cov)


def test_lines_that_half_of_a_subject_have() -> None:
    cells = _cells([(0, 0), (1, 0), (2, 0), (0, 1), (4, 0), (4, 1), (5, 0), (5, 1), (6, 1)])
    form = occasion_form(cells, TEACHERS, APPLIES, by_subject=False)
    assert form.lines[:4].tolist() == [[True, False]] * 4  # one of three measured has line 1
    assert form.lines[4:8].tolist() == [[True, True]] * 4
    assert not form.lines[8:].any() and form.age == 2.0


def test_few_of_a_subject_follow_their_stage_unless_lines_differ_by_subject() -> None:
    cells = _cells([(0, 0), (1, 0), (2, 0), (4, 1)])
    assert occasion_form(cells, TEACHERS, APPLIES, by_subject=False).lines[4:8].tolist() == [[True, False]] * 4
    assert not occasion_form(cells, TEACHERS, APPLIES, by_subject=True).lines[4:8].any()


def test_lines_on_what_does_not_apply_are_left_out() -> None:
    applies = APPLIES.copy()
    applies[0, 0] = False
    form = occasion_form(_cells([(0, 0), (1, 0), (2, 0)]), TEACHERS, applies, by_subject=False)
    assert not form.lines[0].any() and form.lines[1].tolist() == [True, False]


def test_sampling_covariance_is_that_of_one_occasion() -> None:
    form = occasion_form(_cells([(0, 0), (1, 0), (2, 0)], sampling=0.02, n=4.0), TEACHERS, APPLIES, by_subject=False)
    np.testing.assert_allclose(form.sampling_cov, [[0.08, 0.0], [0.0, 0.0]])
