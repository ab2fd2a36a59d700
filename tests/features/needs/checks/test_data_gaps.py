"""Raters and how common teachers link them, on lessons written by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.needs.checks.data_gaps import data_gaps
from features.tables import Tables


def _observed(context, pairs: list[tuple[str, str]]):
    """The context with lessons of these (teacher, rater) alone."""
    lessons = context.tables["observations"].head(len(pairs)).reset_index(drop=True)
    frame = pd.DataFrame(pairs, columns=["teacher_id", "rater_id"])
    lessons = lessons.assign(teacher_id=frame["teacher_id"].to_numpy(), rater_id=frame["rater_id"].to_numpy())
    return replace(context, tables=Tables({**context.tables.frames, "observations": lessons}, True))


@pytest.mark.parametrize(
    ("pairs", "raters", "observed", "doubly_rated", "linked"),
    [
        ([("a", "x"), ("b", "y"), ("c", "z")], 3, 3, 0, 1 / 3),
        ([("a", "x"), ("a", "y"), ("b", "y"), ("b", "z")], 3, 2, 2, 1.0),
        ([("a", "x"), ("a", "x"), ("b", "y"), ("b", "z")], 3, 2, 1, 2 / 3),
    ],
)
def test_raters_are_linked_by_common_teachers(context, pairs, raters, observed, doubly_rated, linked):
    gaps = data_gaps(_observed(context, pairs))
    assert (gaps.raters, gaps.observed, gaps.doubly_rated) == (raters, observed, doubly_rated)
    assert gaps.linked == pytest.approx(linked)


def test_without_raters_nothing_is_linked(context):
    gaps = data_gaps(_observed(context, []))
    assert gaps.raters == gaps.observed == 0 and np.isnan(gaps.linked)


def test_components_that_are_priors_are_listed(context):
    table = context.components.table
    listed = set(data_gaps(context).priors)
    assert listed == set(
        table.loc[table["from"] == "prior", ["name", "source"]].itertuples(index=False, name=None)
    )
