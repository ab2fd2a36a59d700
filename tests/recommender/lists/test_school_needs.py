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
    departments, school = open_cells(inside, applies, floor)
    for k in range(3):
        groups_shown = [set(np.flatnonzero(inside[g] & applies[:, k])) for g in range(groups) if departments[g, k]]
        everyone = set(np.flatnonzero(applies[:, k]))
        published = [*groups_shown, everyone] if school[k] else groups_shown
        assert all(len(group) >= floor for group in published)
        for one in published:
            for other in published:
                if one < other:
                    assert len(other - one) >= floor
        if school[k]:
            left = everyone - set().union(*groups_shown)
            assert not 0 < len(left) < floor


def test_a_competency_of_one_person_is_shown_to_nobody_else(city) -> None:
    service = AdviceService(city.workspace, city.settings)
    needs, teachers = service.needs, city.workspace.tables["teachers"]
    for school in teachers["school_id"].unique():
        members = (teachers["school_id"] == school).to_numpy()
        people = dict(zip(needs.competency_ids, needs.applies[members].sum(axis=0), strict=True))
        for floor in (5, 10):
            answer = service.school_needs(str(school), floor)
            open_ids = {g.need.competency_id for g in (*answer.school, *answer.departments) if g.need}
            assert all(people[competency] >= floor for competency in open_ids)
            assert all(people[view.competency_id] >= floor for view in answer.views)
