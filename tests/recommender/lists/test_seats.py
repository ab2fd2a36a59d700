"""Lists that fit into the seats: nobody is passed over for somebody who gains less."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recommender.cli.main import run
from recommender.lists.seats import within_seats
from recommender.lists.top_lists import ScoredPairs
from recommender.pipeline import run_recommend


def _pairs(rng: np.random.Generator, teachers: int, courses: int) -> ScoredPairs:
    t, c = np.nonzero(rng.random((teachers, courses)) < 0.8)
    gain = np.round(rng.gamma(1.0, 0.1, len(t)), 2)  # with ties
    zeros, ones = np.zeros(len(t)), np.ones(len(t), np.intp)
    return ScoredPairs(t, c, gain, gain, zeros, zeros, zeros, zeros, ones, ones.astype(bool), ones == 0).ordered()


@pytest.mark.parametrize("seed", range(20))
def test_no_course_is_overfull_and_the_outcome_is_stable(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs, top = _pairs(rng, 30, 8), int(rng.integers(1, 4))
    seats = rng.integers(0, 12, 8).astype(float)
    seats[0] = np.nan  # no limit is stated
    accepted = within_seats(pairs, seats, top)
    counts = np.bincount(pairs.course[accepted], minlength=8)
    assert (counts[1:] <= seats[1:]).all() and np.bincount(pairs.unit[accepted]).max(initial=0) <= top
    for row in np.flatnonzero(
        ~accepted
    ):  # whoever lacks a course has better ones, or it is full of people who gain more
        hers = accepted & (pairs.unit == pairs.unit[row])
        content = hers.sum() == top and (pairs.score[hers] >= pairs.score[row]).all()
        there = accepted & (pairs.course == pairs.course[row])
        full = (
            there.sum() >= seats[pairs.course[row]] and (pairs.gain_mean[there] >= pairs.gain_mean[row]).all()
        )
        assert content or full


def test_lists_to_be_sent_out_fit_into_the_seats(city, tmp_path) -> None:
    written = run_recommend(city.workspace, city.settings, top=3, out=tmp_path, respect_seats=True)
    rows = pd.read_parquet(written.recommendations)
    own = rows[rows["unit_kind"] == "teacher"]
    seats = city.workspace.tables["courses"].set_index("course_id")["max_seats"]
    used = own.groupby("course_id").size()
    assert (used <= seats.reindex(used.index)).all() and used.max() > 1
    plain = pd.read_parquet(
        run_recommend(city.workspace, city.settings, top=3, out=tmp_path / "b.parquet").recommendations
    )
    unlimited = plain[plain["unit_kind"] == "teacher"].groupby("course_id").size()
    assert (unlimited > seats.reindex(unlimited.index)).any()  # it made a difference
    first = own.groupby("unit_id")["rank"].agg(["min", "max", "size"])
    assert (first["min"] == 1).all() and (first["max"] == first["size"]).all()


def test_seats_are_of_everybody(city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    arguments = ["recommend", "--teacher", teacher, "--respect-seats", "--workspace", str(city.workspace.root)]
    assert run(arguments) == 2
