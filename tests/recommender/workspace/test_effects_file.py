"""Effects of courses: one row a course, those of the rule that ranks, and who completed it."""

from __future__ import annotations

import numpy as np

from recommender.pipeline import run_recommender
from recommender.workspace.effects_file import course_effects
from recommender.workspace.exports import SCHEMAS


def test_a_row_for_each_course_with_the_effects_of_the_rule(city) -> None:
    recommender = run_recommender(city.workspace, city.settings)
    snapshot, bundle = recommender.snapshot, recommender.bundle
    table = course_effects(snapshot, bundle)
    assert list(table.columns) == SCHEMAS["course_effects"].names
    assert table["course_id"].tolist() == list(snapshot.course_ids)
    mean, sd = bundle.scoring_model.rule.effects(snapshot)
    np.testing.assert_array_equal(table["effect_mean"], mean)
    np.testing.assert_array_equal(table["effect_sd"], sd)
    enrolments = snapshot.tables["enrolments"]
    completed = enrolments.loc[enrolments["status"] == "completed", "course_id"].value_counts()
    counts = completed.reindex(snapshot.course_ids).fillna(0).to_numpy()
    few = (counts > 0) & (counts < 5)
    assert few.any() and table["n_treated"].isna().tolist() == few.tolist()
    assert table["n_treated"].sum() == counts[~few].sum() > 0
    assert set(table["claim"]) <= {"works", "no_effect", "unknown"}
    assert (table.loc[table["claim"] == "works", "n_comparison"] > 0).all()
