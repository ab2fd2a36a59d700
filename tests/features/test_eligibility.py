"""Eligibility against the contract's sentence, rule by rule, and against a slow reading of it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.eligibility import Eligibility
from features.tables import Tables, split_list, typed_frame

AS_OF = date(2026, 6, 30)


def _tables(courses, enrolments=(), **teacher):
    orgs = pd.DataFrame({
        "org_id": ["C", "D1", "D2", "S1", "S2"], "parent_id": [None, "C", "C", "D1", "D2"],
        "kind": ["city", "district", "district", "school", "school"],
    })  # fmt: skip
    person = {"teacher_id": "T", "school_id": "S1", "role": "teacher", "stage": "primary", "subject": "语文"}
    offered = [
        {"course_id": f"K{i}", "provider_id": "C", "owner_level": "city", **c} for i, c in enumerate(courses)
    ]
    taken = pd.DataFrame(list(enrolments), columns=["teacher_id", "course_id", "status"])
    frames = {
        "organizations": orgs, "teachers": pd.DataFrame([{**person, **teacher}]),
        "courses": pd.DataFrame(offered), "enrolments": taken.assign(requested_on=pd.Timestamp("2025-01-01")),
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def _open(course, enrolments=(), **teacher):
    return bool(Eligibility(_tables([course], enrolments, **teacher), AS_OF).block(np.array([0]))[0, 0])


@pytest.mark.parametrize(
    ("course", "teacher", "admitted"),
    [
        ({}, {}, True),
        ({"start_date": "2026-06-30"}, {}, True),
        ({"start_date": "2026-06-29"}, {}, False),
        ({"end_date": "2026-06-29"}, {}, False),
        ({"start_date": "2026-07-01", "end_date": "2026-08-01"}, {}, True),
        ({"subjects": "数学;语文"}, {}, True),
        ({"subjects": "数学"}, {}, False),
        ({"subjects": "数学"}, {"subject": "语文;数学"}, True),
        ({"subjects": "数学", "stages": "primary"}, {"subject": "generalist"}, True),
        ({"subjects": "数学", "stages": "junior"}, {"subject": "generalist"}, False),
        ({"subjects": "数学"}, {"subject": "generalist", "stage": "kindergarten"}, False),
        ({"subjects": "学前"}, {"subject": "generalist", "stage": "kindergarten"}, True),
        ({"subjects": "数学"}, {"subject": "generalist", "stage": "junior"}, False),
        ({"stages": "junior;primary"}, {}, True),
        ({"stages": "junior"}, {}, False),
        ({"ladder_min": "T2"}, {"ladder_step": "T2"}, True),
        ({"ladder_min": "T2"}, {"ladder_step": "T1"}, False),
        ({"ladder_max": "T2"}, {"ladder_step": "T3"}, False),
        ({"ladder_min": "T2", "ladder_max": "T4"}, {"ladder_step": "T4"}, True),
        ({"ladder_min": "T2"}, {}, False),
        ({"ladder_min": "P1"}, {"ladder_step": "T6"}, False),
        ({"ladder_min": "P1"}, {"ladder_step": "P2", "role": "principal"}, True),
        ({"ladder_min": "P1"}, {"ladder_step": "P2"}, False),
        ({"ladder_max": "T6"}, {"ladder_step": "T2", "role": "principal"}, False),
        ({"owner_level": "school", "provider_id": "S1"}, {}, True),
        ({"owner_level": "school", "provider_id": "S2"}, {}, False),
        ({"owner_level": "district", "provider_id": "D1"}, {}, True),
        ({"owner_level": "district", "provider_id": "D2"}, {}, False),
        ({"owner_level": "school", "provider_id": "S9"}, {"school_id": "S9"}, True),
        ({"owner_level": "national", "provider_id": "ZZ"}, {}, True),
    ],
)
def test_every_clause_of_the_rule(course, teacher, admitted):
    assert _open(course, **teacher) is admitted


@pytest.mark.parametrize(
    ("status", "again", "next_one"),
    [("completed", False, True), ("enrolled", False, False), ("requested", True, False),
     ("withdrawn", True, False), ("failed", True, False), ("refused", True, False)],
)  # fmt: skip
def test_history_bars_a_course_and_opens_the_next(status, again, next_one):
    tables = _tables([{}, {"prerequisites": "K0"}, {"prerequisites": "K0;OLD"}], [("T", "K0", status)])
    open_to = Eligibility(tables, AS_OF).block(np.array([0]))[0]
    assert open_to.tolist() == [again, next_one, False]
    completed = _tables(
        [{}, {}, {"prerequisites": "K0;OLD"}], [("T", "K0", "completed"), ("T", "OLD", "completed")]
    )
    assert Eligibility(completed, AS_OF).block(np.array([0]))[0, 2]


def test_a_city_agrees_with_the_slow_reading(district):
    as_of = district.latest_evidence()
    known = district.until(as_of)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(known["teachers"]), 40, replace=False))
    fast = Eligibility(known, as_of).block(chosen)
    organizations = known["organizations"].set_index("org_id")
    parents = organizations["parent_id"]
    taken = known["enrolments"].groupby("teacher_id")
    day = pd.Timestamp(as_of)
    people = known["teachers"].iloc[chosen]
    for row, (_, t) in zip(fast, people.iterrows(), strict=True):
        chain, org = set(), t["school_id"]
        while isinstance(org, str):
            chain.add(org)
            org = parents.get(org)
        own = taken.get_group(t["teacher_id"]) if t["teacher_id"] in taken.groups else None
        statuses = {} if own is None else own.groupby("course_id")["status"].agg(set).to_dict()
        for admitted, (_, c) in zip(row, known["courses"].iterrows(), strict=True):
            assert admitted == _slow(t, c, chain, statuses, day, organizations), (
                t["teacher_id"],
                c["course_id"],
            )
    assert 0 < fast.mean() < 1


def _slow(t, c, chain, statuses, day, organizations):
    good = all(pd.isna(c[d]) or c[d] >= day for d in ("start_date", "end_date"))
    subjects, stages = set(split_list(c["subjects"])), split_list(c["stages"])
    lessons = set(split_list(t["subject"]))
    every_subject = "generalist" in lessons and t["stage"] == "primary"
    if "generalist" in lessons and t["stage"] == "kindergarten":
        lessons.add("学前")
    good &= not subjects or every_subject or bool(subjects & (lessons - {"generalist"}))
    good &= not stages or t["stage"] in stages
    step = t["ladder_step"]
    for bound, low in ((c["ladder_min"], True), (c["ladder_max"], False)):
        if isinstance(bound, str):
            same = isinstance(step, str) and step[0] == bound[0]
            good &= same and (step >= bound if low else step <= bound)
            good &= t["role"] == ("principal" if bound[0] == "P" else "teacher")
    good &= all("completed" in statuses.get(p, ()) for p in split_list(c["prerequisites"]))
    if c["owner_level"] in ("district", "school"):
        owner = org = c["provider_id"]
        while isinstance(org, str):
            if organizations.at[org, "kind"] == c["owner_level"]:
                owner = org
                break
            org = organizations.at[org, "parent_id"]
        good &= owner in chain
    return good and not statuses.get(c["course_id"], set()) & {"completed", "enrolled"}


def test_blocks_are_parts_of_the_whole_and_nothing_breaks_when_empty(district):
    as_of = district.latest_evidence()
    rule = Eligibility(district.until(as_of), as_of)
    everyone = np.arange(len(district["teachers"]))
    whole = rule.block(everyone)
    mixed = everyone[::-3]
    np.testing.assert_array_equal(rule.block(mixed), whole[mixed])
    t, c = rule.pairs(mixed)
    assert len(t) == whole[mixed].sum() and whole[t, c].all() and len(set(zip(t, c, strict=True))) == len(t)
    assert rule.block(everyone[:0]).shape == (0, len(district["courses"]))
    nothing = Eligibility(Tables(), AS_OF).block(np.zeros(0, np.intp))
    assert nothing.shape == (0, 0)
    alone = Tables({"teachers": district["teachers"]})
    assert Eligibility(alone, AS_OF).block(everyone).shape == (len(everyone), 0)


def test_courses_are_judged_by_the_day_and_people_by_as_of() -> None:
    soon = AS_OF + timedelta(days=10)
    courses = [{"start_date": None, "end_date": None}, {"start_date": AS_OF, "end_date": None}, {"end_date": soon}]
    rule = Eligibility(_tables(courses, []), AS_OF)
    open_to = {day: rule.block(np.array([0]), day)[0].tolist() for day in (AS_OF, soon, soon + timedelta(days=1))}
    assert list(open_to.values()) == [[True, True, True], [True, False, True], [True, False, False]]
    assert rule.block(np.array([0]))[0].tolist() == open_to[AS_OF]
    assert rule.pairs(np.array([0]), soon)[1].tolist() == [0, 2]
