"""The known truth: its units, its gains, and that the records mislead as they are meant to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import ReadError, UnknownIdError
from features.simulate import simulate
from features.simulate.truth import Truth


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("city"), teachers=1200, seed=5)


@pytest.fixture(scope="module")
def truth(city: Path) -> Truth:
    return Truth.read(city / "truth")


def test_one_is_the_standard_deviation_over_all_to_whom_a_competency_applies(truth: Truth) -> None:
    values = truth.abilities.groupby("competency_id")["value"]
    np.testing.assert_allclose(values.std(ddof=0), 1.0, rtol=1e-9)
    np.testing.assert_allclose(values.mean(), 0.0, atol=1e-9)


def test_gains_are_finite_and_a_useless_course_gives_nothing(truth: Truth) -> None:
    people, courses = truth.teachers["teacher_id"].tolist(), truth.courses["course_id"].tolist()
    gain = truth.gain(people, courses)
    assert gain.shape == (len(people), len(courses))
    assert np.isfinite(gain).all() and gain.min() >= 0.0 and gain.max() > 0.2
    useless = truth.course_effects["useless"].to_numpy()
    assert 0.2 < useless.mean() < 0.3
    assert (gain[:, useless] == 0.0).all()
    assert (truth.course_effects["effect"].to_numpy()[useless] == 0.0).all()


def test_gains_are_the_same_in_any_block_and_order(truth: Truth) -> None:
    people, courses = truth.teachers["teacher_id"].tolist()[:40], truth.courses["course_id"].tolist()[:25]
    whole = truth.gain(people, courses)
    np.testing.assert_array_equal(truth.gain(people[::-1], courses[::-1]), whole[::-1, ::-1])
    np.testing.assert_array_equal(truth.gain(people[7:8], courses[3:4])[0, 0], whole[7, 3])


def test_a_gain_is_at_most_the_weighted_gap_times_completion(truth: Truth) -> None:
    frame = truth.abilities
    gap = (frame["target"] - frame["value"]).clip(lower=0) * frame["weight"]
    most = gap.groupby(frame["teacher_id"]).sum()
    people, courses = most.index.tolist()[:100], truth.courses["course_id"].tolist()
    finish = truth.completion(people, courses)
    assert ((finish > 0) & (finish < 1)).all()
    assert (truth.gain(people, courses) <= most.to_numpy()[:100, None] * finish + 1e-12).all()


def test_what_is_popular_is_not_what_helps(city: Path, truth: Truth) -> None:
    taken = pd.read_csv(city / "tables" / "enrolments.csv", dtype=str)["course_id"].value_counts()
    effect = truth.course_effects.set_index("course_id")["effect"]
    taken = taken.reindex(effect.index).fillna(0)
    assert taken.rank().corr(effect.rank()) < 0.15
    assert effect[taken.nlargest(5).index].mean() < effect.mean()


def test_stronger_people_take_more(city: Path, truth: Truth) -> None:
    taken = pd.read_csv(city / "tables" / "enrolments.csv", dtype=str)
    count = taken.loc[taken["assignment"] == "self", "teacher_id"].value_counts()
    level = truth.abilities.groupby("teacher_id")["value"].mean()
    assert level.corr(count.reindex(level.index).fillna(0)) > 0.15
    named = taken.loc[taken["assignment"] == "nominated", "teacher_id"].unique()
    assert level[named].mean() > level.mean() + 0.1


def test_a_lottery_leaves_losers_and_says_its_chances(city: Path) -> None:
    taken = pd.read_csv(city / "tables" / "enrolments.csv")
    drawn = taken[taken["assignment"] == "lottery"]
    assert (drawn["propensity"] == 0.5).all() and taken.loc[drawn.index, "status"].eq("refused").any()
    assert taken.loc[taken["assignment"] != "lottery", "propensity"].isna().all()


def test_self_reports_are_weak_and_flattering_observations_are_better(city: Path, truth: Truth) -> None:
    level = truth.abilities.set_index(["competency_id", "teacher_id"])["value"].loc["TL-DESIGN"]
    surveys = pd.read_csv(city / "tables" / "surveys.csv", dtype={"teacher_id": str})
    own = surveys[surveys["item"] == "SELF-TL-DESIGN"].set_index("teacher_id")["mean"]
    seen = pd.read_csv(city / "tables" / "observations.csv", dtype={"teacher_id": str})
    score = seen[seen["item"] == "LESSON-TL-DESIGN"].groupby("teacher_id")["score"].mean()
    assert 0.1 < own.corr(level) < 0.45 < score.corr(level) < 0.85
    assert own.mean() > 3.3
    weak = own[level.reindex(own.index) < -1]
    assert weak.mean() > 3.0


def test_unknown_ids_and_a_missing_truth_are_refused(truth: Truth, tmp_path: Path) -> None:
    with pytest.raises(UnknownIdError):
        truth.gain(["nobody"], ["C00001"])
    with pytest.raises(UnknownIdError):
        truth.gain(["00000001"], ["nothing"])
    with pytest.raises(ReadError):
        Truth.read(tmp_path)


def test_a_plan_of_one_course_each_gains_what_its_pairs_gain(truth: Truth) -> None:
    people = sorted(truth.teachers["teacher_id"].tolist()[:30])
    courses = truth.courses["course_id"].tolist()[:30]
    np.testing.assert_allclose(
        truth.plan_gain(people, courses), np.diag(truth.gain(people, courses)), rtol=1e-12, atol=1e-15
    )
    assert truth.plan_gain([], []).shape == (0,)


def test_lifts_of_several_courses_add_up_to_the_gap_and_no_further(truth: Truth) -> None:
    people = sorted(truth.teachers["teacher_id"].tolist()[:200])
    best = truth.course_effects.nlargest(1, "effect")["course_id"].iloc[0]
    once = truth.gain(people, [best])[:, 0]
    thrice = truth.plan_gain([t for t in people for _ in range(3)], [best] * 600)
    assert (thrice <= 3 * once + 1e-12).all() and (thrice >= once - 1e-12).all()
    assert (thrice < 3 * once - 1e-6).any()
    gap = truth.abilities.assign(
        gap=lambda frame: (frame["target"] - frame["value"]).clip(lower=0.0) * frame["weight"]
    )
    most = gap.groupby("teacher_id")["gap"].sum().reindex(people).to_numpy()
    assert (thrice <= most + 1e-12).all()
