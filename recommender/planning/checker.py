"""The independent check: a finished plan against its limits, straight from tables, seat by seat.

It shares nothing with the solvers: no constraints, no arrays of the problem, no duals. Every plan is checked before
it is written.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

from features.tables import split_list
from recommender.planning.constraints.forbid import courses_of, pairs_of
from recommender.planning.constraints.group_floor import Floor
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits

CENT: Final = 0.01  # yuan, rounding of sums of money


def violations(
    district: District,
    limits: Limits,
    yuan: float,
    assignments: Iterable[tuple[str, str]],
    opened: Iterable[str],
) -> list[str]:
    """What the plan breaks, one sentence each; empty for a good plan. assignments: (teacher, course) ids."""
    seats = list(assignments)
    courses = {str(row["course_id"]): row for row in district.courses.to_dict("records")}
    people = {str(row["teacher_id"]): row for row in district.register.to_dict("records")}
    open_pairs = {
        (str(district.teacher_ids[t]), str(district.course_ids[c]))
        for t, c in zip(district.pairs.teacher.tolist(), district.pairs.course.tolist(), strict=True)
    }
    open_courses = set(opened)
    broken: list[str] = []
    for pair, number in Counter(seats).items():
        if number > 1:
            broken.append(f"{pair} was given twice")
        if pair not in open_pairs:
            broken.append(f"{pair} is not open to her")
        if pair[1] not in open_courses:
            broken.append(f"{pair} is in a course that is not opened")
    taken: dict[str, list[dict[Any, Any]]] = defaultdict(list)
    for teacher, course in seats:
        taken[teacher].append(courses[course])
    broken += _courses(courses, open_courses, Counter(course for _, course in seats))
    cost = math.fsum(float(courses[c]["fixed_cost"]) for c in sorted(open_courses))
    cost += math.fsum(float(courses[c]["seat_cost"]) for _, c in seats)
    if cost > yuan + CENT:
        broken.append(f"costs {cost} of {yuan} yuan")
    broken += _people(limits, taken)
    broken += _schools(limits, people, taken)
    broken += _decisions(district, limits, set(seats), open_courses)
    places = {
        str(r["org_id"]): {str(k): v for k, v in r.items()} for r in district.organizations.to_dict("records")
    }
    for floor in limits.floor:
        group = [t for t, row in people.items() if _inside(places, floor, row)]
        reached = sum(t in taken for t in group)
        if reached < math.ceil(floor.share * len(group) - 1e-9):
            broken.append(f"floor {floor.name}: {reached} of {len(group)}")
    return broken


def _courses(courses: dict[str, dict[Any, Any]], open_courses: set[str], seats: Counter[str]) -> list[str]:
    broken = []
    for course in open_courses:
        low, high = courses[course]["min_seats"], courses[course]["max_seats"]
        if seats[course] < (0 if low != low else low) or seats[course] > (math.inf if high != high else high):
            broken.append(f"{course} has {seats[course]} seats, not {low} to {high}")
    return broken


def _people(limits: Limits, taken: dict[str, list[dict[Any, Any]]]) -> list[str]:
    broken = []
    for teacher, courses in taken.items():
        if limits.max_courses_per_teacher is not None and len(courses) > limits.max_courses_per_teacher:
            broken.append(f"{teacher} has {len(courses)} courses")
        hours = math.fsum(float(row["hours"]) for row in courses)
        if limits.max_hours_per_teacher is not None and hours > limits.max_hours_per_teacher + 1e-6:
            broken.append(f"{teacher} has {hours} hours")
    return broken


def _schools(
    limits: Limits, people: dict[str, dict[Any, Any]], taken: dict[str, list[dict[Any, Any]]]
) -> list[str]:
    members: dict[str, list[str]] = defaultdict(list)
    for teacher, row in people.items():
        members[str(row["school_id"])].append(teacher)
    broken = []
    for school, staff in members.items():
        days = math.fsum(float(row["release_days"]) for t in staff for row in taken.get(t, ()))
        rate = limits.release_days_per_teacher
        if rate is not None and days > rate * len(staff) + 1e-6:
            broken.append(f"{school} is without teachers for {days} days")
        reached = sum(t in taken for t in staff)
        if reached < math.ceil((limits.floor_share_per_school or 0.0) * len(staff) - 1e-9):
            broken.append(f"{school}: {reached} of {len(staff)} have a seat")
    return broken


def _decisions(district: District, limits: Limits, seats: set[tuple[str, str]], open_courses: set[str]) -> list[str]:
    broken = [f"{course} had to open" for course in limits.must_open if course not in open_courses]
    broken += [f"{course} was forbidden" for course in courses_of(limits.forbid) if course in open_courses]
    broken += [f"{pair} was forbidden" for pair in pairs_of(limits.forbid) if pair in seats]
    broken += [f"{pair} was pinned" for pair in limits.pin if pair not in seats]
    pinned = set(limits.pin)
    for named in limits.list:
        required = {(t, named.course) for t in named.teachers}
        pinned |= required
        broken += [f"{pair} was on the list {named.name}" for pair in sorted(required - seats)]
    for named in (held_list for held_list in limits.list if held_list.only):
        others = {pair for pair in seats if pair[1] == named.course} - pinned
        broken += [f"{pair} is not on the list {named.name}" for pair in sorted(others)]
    if limits.keep_refusals:
        refused = district.refused.nonzero()[0]
        for place in refused.tolist():
            pair = (
                str(district.teacher_ids[district.pairs.teacher[place]]),
                str(district.course_ids[district.pairs.course[place]]),
            )
            if pair in seats and pair not in pinned:
                broken.append(f"{pair} was refused by her")
    return broken


def _inside(places: dict[str, dict[str, Any]], floor: Floor, row: dict[Any, Any]) -> bool:
    school = str(row["school_id"])
    place = places[school]
    lack = place["disadvantage"]
    return (
        (not floor.school or school in floor.school)
        and (not floor.stage or row["stage"] in floor.stage)
        and (not floor.ladder_step or row["ladder_step"] in floor.ladder_step)
        and (not floor.location or place["location"] in floor.location)
        and (not floor.subject or bool(set(floor.subject) & set(split_list(row["subject"]))))
        and (floor.disadvantage_min is None or bool(lack >= floor.disadvantage_min))
    )
