"""No arithmetic on what is shown of a school tells about fewer people than the reader's floor."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.advice import AdviceService
from recommender.lists.school_needs import open_cells


@given(st.integers(1, 30), st.integers(0, 5), st.integers(0, 2**32 - 1), st.sampled_from([5, 10]))
def test_small_groups_and_small_rests_stay_hidden(people: int, groups: int, seed: int, floor: int) -> None:
    rng = np.random.default_rng(seed)
    inside = rng.random((groups, people)) < rng.uniform(0.1, 0.9)
    applies = rng.random((people, 3)) < rng.uniform(0.2, 1.0)
    shown, whole = open_cells(inside, applies, floor)
    for k in range(3):
        them = [set(np.flatnonzero(inside[g] & applies[:, k])) for g in range(groups) if shown[g, k]]
        everyone = set(np.flatnonzero(applies[:, k]))
        told = [*them, everyone] if whole[k] else them
        assert all(len(group) >= floor for group in told)
        for one in told:
            for other in told:
                if one < other:
                    assert len(other - one) >= floor
        if whole[k]:
            left = everyone - set().union(*them)
            assert not 0 < len(left) < floor


def test_a_competency_of_one_person_is_shown_to_nobody_else(city) -> None:
    desk = AdviceService(city.workspace, city.settings)
    needs, teachers = desk.needs, city.workspace.tables["teachers"]
    for school in teachers["school_id"].unique():
        members = (teachers["school_id"] == school).to_numpy()
        people = dict(zip(needs.competency_ids, needs.applies[members].sum(axis=0), strict=True))
        for floor in (5, 10):
            told = desk.school_needs(str(school), floor)
            open_ids = {g.need.competency_id for g in (*told.school, *told.departments) if g.need}
            assert all(people[competency] >= floor for competency in open_ids)
            assert all(people[view.competency_id] >= floor for view in told.views)
