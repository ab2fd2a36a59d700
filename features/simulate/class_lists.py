"""Which teacher teaches which class in which spring, and the pupils' level on entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from features.simulate.city import SimulatedCity
from features.simulate.framework import SUBJECTS
from features.simulate.random_streams import Bools, Floats, Ints, rank_within, stream
from features.simulate.scenario import Scenario
from features.simulate.write_tables import join, pick

YEARS: Final = (2023, 2024, 2025, 2026)
GRADES: Final = np.array([3, 6, 3, 3])
FIRST_GRADE: Final = np.array([-3, 1, 7, 10])  # -3..-1 are the three years of kindergarten


@dataclass(frozen=True)
class Roster:
    """One school year, a row a class x subject."""

    year: int
    room: Ints  # index of the class among all classes of the year
    school: Ints
    subject: Ints
    teacher: Ints
    helper: Ints  # a second teacher with half of the lessons, or -1
    grade: Ints
    linked: Bools  # the register tells who teaches it
    class_ids: Any  # by room
    pupils: Ints  # by room
    prior: Floats  # by room: the pupils' true level on entry, pupil-SD units
    together: Floats  # by room: what the same pupils share in every test


def draw_rosters(city: SimulatedCity, general: Floats, seed: int, scenario: Scenario) -> list[Roster]:
    """The four springs. `general` (N,) sorts better teachers to better classes where the scenario says so."""
    rng = stream(seed, "classes")
    people = np.bincount(city.school, minlength=len(city.school_ids))
    share = np.where(city.school_stage == 0, 0.45, 0.40)
    sections = np.maximum(np.round(people * share), GRADES[city.school_stage]).astype(np.int64)
    turning = rng.random(len(sections)) < 0.4
    lift = rng.normal(0.0, 0.2, int(sections.sum()))
    return [_year(rng, city, general, year, sections, turning, lift, scenario) for year in YEARS]


def _year(
    rng: np.random.Generator, city: SimulatedCity, general: Floats, year: int, sections: Ints, turning: Bools,
    lift: Floats, scenario: Scenario,
) -> Roster:  # fmt: skip
    room_school = np.repeat(np.arange(len(sections)), sections)
    number = np.arange(len(room_school)) - np.repeat(np.cumsum(sections) - sections, sections)
    stage = city.school_stage[room_school]
    grade_place, section = number % GRADES[stage], number // GRADES[stage]
    cohort = year - grade_place
    first = np.cumsum(sections) - sections

    teaching = np.flatnonzero(~city.principal)
    key = city.school[teaching] * len(SUBJECTS) + city.subject[teaching]
    order = np.argsort(key, kind="stable")
    staff = teaching[order]
    departments, start, size = np.unique(key[order], return_index=True, return_counts=True)
    school = departments // len(SUBJECTS)
    rows = np.repeat(np.arange(len(departments)), sections[school])
    place = rank_within(rows)
    total = sections[school[rows]]
    turned = (place + np.where(turning[school[rows]], 3 * (year - YEARS[0]), 0)) % total
    seat = turned * size[rows] // total
    teacher = staff[start[rows] + seat]
    shared = (rng.random(len(rows)) < 0.08) & (size[rows] > 1)
    helper = np.where(shared, staff[start[rows] + (seat + 1) % size[rows]], -1)
    room = first[school[rows]] + place

    staffed = np.maximum(np.bincount(room, minlength=len(room_school)), 1)
    quality = np.bincount(room, general[teacher], minlength=len(room_school)) / staffed
    prior = city.intake[room_school] + lift + rng.normal(0.0, 0.1, len(lift)) + scenario.sorting * quality
    return Roster(
        year=year, room=room, school=school[rows], subject=departments[rows] % len(SUBJECTS), teacher=teacher,
        helper=helper, grade=(FIRST_GRADE[stage] + grade_place)[room],
        linked=rng.random(len(rows)) < scenario.linked,
        class_ids=join(
            pick(city.school_ids, room_school), "-",
            pick([str(y) for y in range(2000, 2030)], cohort - 2000), "-",
            pick([f"{i:02d}" for i in range(1, 200)], section),
        ),
        pupils=np.clip(np.round(rng.normal(42, 6, len(lift))), 12, 56).astype(np.int64), prior=prior,
        together=rng.standard_normal(len(lift)),
    )  # fmt: skip


def grade_name(grade: int) -> str:
    return f"K{grade + 4}" if grade < 0 else f"G{grade}"


def classes_table(city: SimulatedCity, rosters: list[Roster]) -> dict[str, Any]:
    """The linked part of the rosters, by term; a shared class has two rows of half.

    Rosters are those of June, the second term of the school year begun the year before; the last one has its first term too.
    """
    parts = [_term(city, roster, f"{roster.year - 1}-2") for roster in rosters]
    parts.append(_term(city, rosters[-1], f"{rosters[-1].year - 1}-1"))
    return join_columns(parts)


def _term(city: SimulatedCity, roster: Roster, term: str) -> dict[str, Any]:
    alone = np.flatnonzero(roster.linked)
    pairs = np.flatnonzero(roster.linked & (roster.helper >= 0))
    row = np.r_[alone, pairs]
    teacher = np.r_[roster.teacher[alone], roster.helper[pairs]]
    names = [grade_name(g) for g in range(-3, 13)]
    return {
        "class_id": roster.class_ids.take(roster.room[row]), "subject": pick(SUBJECTS, roster.subject[row]),
        "term": pick([term], np.zeros(len(row), np.int64)), "teacher_id": pick(city.teacher_ids, teacher),
        "school_id": pick(city.school_ids, roster.school[row]), "grade": pick(names, roster.grade[row] + 3),
        "share": np.where(roster.helper[row] >= 0, 0.5, 1.0), "students": roster.pupils[roster.room[row]],
    }  # fmt: skip


def join_columns(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One set of columns out of several with the same names."""
    if not parts:
        return {}

    def whole(name: str) -> Any:
        values = [part[name] for part in parts]
        if isinstance(values[0], np.ndarray):
            return np.concatenate(values)
        if isinstance(values[0], list):
            return [cell for value in values for cell in value]
        return pa.concat_arrays([v.combine_chunks() if isinstance(v, pa.ChunkedArray) else v for v in values])

    return {name: whole(name) for name in parts[0]}
