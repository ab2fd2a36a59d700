"""Numbers about a school and its departments are about at least as many people as the reader's minimum."""

from __future__ import annotations

from recommender.advice import AdviceService


def test_a_competency_of_one_person_is_shown_to_nobody_else(city) -> None:
    service = AdviceService(city.workspace, city.settings)
    needs, teachers = service.needs, city.workspace.tables["teachers"]
    for school in teachers["school_id"].unique():
        members = (teachers["school_id"] == school).to_numpy()
        people = dict(zip(needs.competency_ids, needs.applies[members].sum(axis=0), strict=True))
        for minimum in (5, 10):
            answer = service.school_needs(str(school), minimum)
            open_ids = {g.need.competency_id for g in (*answer.school, *answer.departments) if g.need}
            assert all(people[competency] >= minimum for competency in open_ids)
            assert all(people[view.competency_id] >= minimum for view in answer.views)


def test_a_need_says_how_many_people_it_is_about(city) -> None:
    service = AdviceService(city.workspace, city.settings)
    needs, teachers = service.needs, city.workspace.tables["teachers"]
    fewer = 0
    for school in teachers["school_id"].unique():
        members = (teachers["school_id"] == school).to_numpy()
        for group in service.school_needs(str(school), 5).departments:
            if group.need is None:
                assert group.people is None
                continue
            subject = group.unit_id.split("|")[1]
            inside = members & teachers["subject"].str.split(";").map(lambda s, name=subject: name in s).to_numpy(bool)
            k = needs.competency_ids.index(group.need.competency_id)
            assert group.people == int(needs.applies[inside, k].sum()) >= 5
            fewer += group.people < group.members
    assert fewer
