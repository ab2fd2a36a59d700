"""Lines on visits: counts by school in the order of names, small schools together, the expected gain beside chance."""

from __future__ import annotations

from dataclasses import replace

from api.pages.page_words import Words
from api.pages.visit_lines import SchoolLine, district_visits, school_visits
from recommender.visits.visit_plan import SchoolVisits


def test_a_district_sees_counts_by_school_and_small_ones_together(service) -> None:
    view = district_visits(service, "D1", Words("en"))
    assert view.schools == (
        SchoolLine("S1", "示例机构 S1", "28 lessons, 3 surveys, 1 class to link"),
        SchoolLine(None, "other schools (fewer than 10 teachers each, together)", "8 lessons"),
    )
    text = " ".join(view.lines)
    assert "40 visits" in text and "add 0.45" in text and "add 0.10" in text and "Scope" not in text
    assert "0.25 to 0.65" in view.source[0] and "30 Jun 2026" in view.source[1]


def test_a_wider_proposal_shows_a_district_its_own_schools_alone(service) -> None:
    plan = service.visits.plan
    schools = (SchoolVisits("S1", (2, 0, 0)), SchoolVisits("S3", (5, 0, 0)), SchoolVisits("others", (8, 0, 0)))
    service.visits = replace(service.visits, plan=replace(plan, org_id="C1", schools=schools))
    view = district_visits(service, "D1", Words("zh"))
    assert [school.school_id for school in view.schools] == ["S1"] and "示例机构 C1" in " ".join(view.lines)


def test_a_school_sees_its_own_number(service) -> None:
    own = " ".join(school_visits(service, "S1", Words("en")).lines)
    assert "in this school: 28 lessons, 3 surveys, 1 class to link" in own and "示例机构 D1" in own
    assert "counted together" in " ".join(school_visits(service, "S2", Words("en")).lines)
    plan = service.visits.plan
    service.visits = replace(service.visits, plan=replace(plan, schools=plan.schools[:1]))
    assert "None of these" in " ".join(school_visits(service, "S2", Words("en")).lines)


def test_expired_needs_have_no_proposal(service) -> None:
    service.age = replace(service.age, open_on=service.age.open_on.replace(year=2029))
    view = district_visits(service, "D1", Words("en"))
    assert len(view.lines) == 1 and "expired" in view.lines[0] and not view.schools
