"""A city of a thousand holds people in every state: needs, thin, without a record, without a course, met."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.simulate import simulate
from features.snapshot import Snapshot, take_snapshot
from features.sources.read_tables import read_tables
from recommender.lists.outcomes import school_statuses, teacher_statuses, with_courses

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    source = simulate(tmp_path_factory.mktemp("city"), teachers=1000)
    tables = read_tables([source / "tables"]).tables
    return take_snapshot(tables, diagnose(tables, AS_OF))


@pytest.mark.slow
def test_every_state_of_a_teacher_is_there(snapshot: Snapshot) -> None:
    open_to = snapshot.eligibility.block(np.arange(len(snapshot.teacher_ids))).any(axis=1)
    states = pd.Series(with_courses(teacher_statuses(snapshot.needs), open_to))
    measured = np.asarray(snapshot.needs.measured)
    assert set(states) == {"listed", "met", "thin", "no_course"}
    assert (states == "no_course").sum() == 1
    assert (~measured).sum() >= 3 and set(states[~measured]) == {"thin"}
    assert 1 <= (measured & (states == "thin").to_numpy()).sum() <= 5


def test_a_new_school_is_thin_and_the_others_are_not(snapshot: Snapshot) -> None:
    orgs = snapshot.tables["organizations"]
    ids = np.array(sorted(orgs.loc[orgs["kind"] == "school", "org_id"]), dtype=object)
    states = school_statuses(snapshot.needs.report, ids)
    assert (states == "thin").sum() == 1
    school = ids[states == "thin"][0]
    people = snapshot.tables["teachers"].loc[snapshot.tables["teachers"]["school_id"] == school, "teacher_id"]
    assert not snapshot.tables["observations"]["teacher_id"].isin(people).any()
    assert snapshot.tables["surveys"]["teacher_id"].isin(people).sum() == 2
    rows = snapshot.needs.report
    assert set(rows.loc[(rows["unit_kind"] == "school") & (rows["unit_id"] == school), "band"]) == {"thin"}


def test_small_cities_have_none(tmp_path: Path) -> None:
    source = simulate(tmp_path, teachers=200)
    surveys = pd.read_csv(source / "tables" / "surveys.csv", dtype=str)
    assert surveys["date"].min() > "2020"
