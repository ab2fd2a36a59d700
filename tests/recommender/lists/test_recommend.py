"""Lists of a whole city: the contract's columns, and what must hold for every unit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from recommender.lists.recommend import Recommender
from recommender.workspace.exports import SCHEMAS


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - {"hours"}))  # the ledger is a file of its own command
def test_every_file_of_the_contract_is_written_with_its_columns(city, name: str) -> None:
    folder = city.workspace.scores
    assert list(pd.read_parquet(folder / f"{name}.parquet").columns) == SCHEMAS[name].names
    assert json.loads((folder / "origin.json").read_text("utf-8"))["made_up"] is True


def test_ranks_run_from_one_and_no_course_comes_twice(rows: pd.DataFrame) -> None:
    units = rows.groupby(["unit_kind", "unit_id"], sort=False)
    assert (rows["rank"].to_numpy() == units.cumcount().to_numpy() + 1).all()
    assert not rows.duplicated(["unit_kind", "unit_id", "course_id"]).any()
    assert (units["score"].diff().dropna() <= 0).all()


def test_every_teacher_has_the_eligible_courses_and_no_other(
    city, ready: Recommender, rows: pd.DataFrame
) -> None:
    snapshot = ready.snapshot
    teachers = np.arange(len(snapshot.teacher_ids))
    eligible = pd.DataFrame(
        snapshot.eligibility.block(teachers), index=snapshot.teacher_ids, columns=snapshot.course_ids
    )
    own = rows[rows["unit_kind"] == "teacher"]
    top = own["rank"].max()
    lengths = own.groupby("unit_id").size().reindex(snapshot.teacher_ids, fill_value=0)
    assert (lengths.to_numpy() == np.minimum(eligible.sum(axis=1).to_numpy(), top)).all()
    assert all(eligible.at[t, c] for t, c in zip(own["unit_id"], own["course_id"], strict=True))


def test_scores_are_those_of_the_bundle_and_ties_go_by_course_id(
    ready: Recommender, rows: pd.DataFrame
) -> None:
    teacher = int(np.flatnonzero(ready.snapshot.eligibility.block(np.arange(50)).sum(axis=1) > 3)[0])
    courses = np.flatnonzero(ready.snapshot.eligibility.block(np.array([teacher]))[0])
    scores = ready.scorer(np.full(len(courses), teacher), courses)
    order = np.lexsort((courses, -scores.score))
    own = rows[(rows["unit_kind"] == "teacher") & (rows["unit_id"] == ready.snapshot.teacher_ids[teacher])]
    best = order[: len(own)]
    assert list(own["course_id"]) == list(ready.snapshot.course_ids[courses[best]])
    np.testing.assert_allclose(own["gain_mean"], scores.gain_mean[best])
    np.testing.assert_allclose(own["gain_sd"], scores.gain_sd[best])


def test_a_schools_gain_is_the_sum_over_its_best_teachers_up_to_the_seats(
    ready: Recommender, rows: pd.DataFrame
) -> None:
    first = rows[(rows["unit_kind"] == "school") & (rows["rank"] == 1)].iloc[0]
    school = int(np.searchsorted(ready.school_ids, first["unit_id"]))
    course = int(np.flatnonzero(ready.snapshot.course_ids == first["course_id"])[0])
    members = ready.members(school)
    eligible = members[ready.snapshot.eligibility.block(members)[:, course]]
    gains = ready.scorer(eligible, np.full(len(eligible), course)).gain_mean
    seats = int(ready.snapshot.tables["courses"]["max_seats"].iloc[course])
    assert first["gain_mean"] == pytest.approx(np.sort(gains)[::-1][:seats].sum())
    assert first["gain_sd"] > 0


def test_outcomes_name_every_teacher_and_school_once(
    city, rows: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    tables = city.workspace.tables
    schools = set(tables["organizations"].query("kind == 'school'")["org_id"]) | set(
        tables["teachers"]["school_id"]
    )
    for kind, ids in (("teacher", set(tables["teachers"]["teacher_id"])), ("school", schools)):
        of_kind = outcomes[outcomes["unit_kind"] == kind]
        assert set(of_kind["unit_id"]) == ids and not of_kind["unit_id"].duplicated().any()
    assert set(outcomes["status"]) <= {"listed", "thin", "no_course", "met"}
    merged = outcomes.merge(rows[["unit_kind", "unit_id"]].drop_duplicates(), how="left", indicator=True)
    assert ((merged["_merge"] == "both") == (merged["status"] != "no_course")).all()


def test_statuses_follow_the_bands(city, outcomes: pd.DataFrame) -> None:
    """A need is clear or possible with an estimate below the target."""
    needs = pd.read_parquet(city.workspace.scores / "needs.parquet")
    is_need = needs["band"].isin(["clear", "possible"]) & (needs["gap_mean"] >= 0.05)
    units = needs.assign(is_need=is_need, known=needs["band"] != "thin").groupby(["unit_kind", "unit_id"])
    flags = units[["is_need", "known"]].any()
    for unit_kind, unit_id, status in outcomes.itertuples(index=False):
        if status == "no_course":
            continue
        need, known = flags.loc[(unit_kind, unit_id)] if (unit_kind, unit_id) in flags.index else (False, False)
        assert status == ("listed" if need else "met" if known else "thin")


def test_basis_says_whose_needs_carry_the_row(ready: Recommender, rows: pd.DataFrame) -> None:
    own = rows[rows["unit_kind"] == "teacher"]
    needs, goals = ready.snapshot.needs, ready.snapshot.goals
    place = {t: i for i, t in enumerate(ready.snapshot.teacher_ids)}
    course = {c: i for i, c in enumerate(ready.snapshot.course_ids)}
    for t, c, basis in zip(own["unit_id"], own["course_id"], own["basis"], strict=True):
        i = place[t]
        reliable = needs.applies[i] & (needs.reliability[i] >= 0.3) & (needs.weight[i] > 0)
        reliable &= needs.measured[i]
        assert basis == ("personal" if (reliable & (goals[course[c]] > 0)).any() else "group")


def test_ties_are_within_the_sd_of_the_difference(rows: pd.DataFrame) -> None:
    for name in ("tied_with_previous", "tied_with_first"):
        assert not rows.loc[rows["rank"] == 1, name].any() and 0 < rows.loc[rows["rank"] > 1, name].mean() < 1
    previous = rows.shift(1)
    later = rows["rank"] > 1
    difference = (rows["gain_mean"] - previous["gain_mean"]).abs()
    widest = np.sqrt(rows["gain_sd"] ** 2 + previous["gain_sd"] ** 2)
    assert (difference <= widest)[later & rows["tied_with_previous"]].all()
    assert rows.loc[later & (difference > widest), "tied_with_previous"].eq(False).all()
    assert rows.loc[later & (difference == 0), "tied_with_previous"].all()


def test_threads_change_nothing(ready: Recommender) -> None:
    one, two = (
        pd.concat([ready.frame(lists) for pair in ready.city(3, jobs) for lists in pair]) for jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(one, two)


def test_blocks_hold_whole_schools_and_everybody_once(ready: Recommender) -> None:
    blocks = ready.blocks()
    everybody = np.concatenate(blocks)
    assert sorted(everybody) == list(range(len(ready.snapshot.teacher_ids)))
    schools = [set(ready.school_of[block]) for block in blocks]
    assert sum(map(len, schools)) == len(set().union(*schools))
