"""Lessons seen by raters: whole points on a form, severity, halo, and kindness among colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from features.simulate.city import SimulatedCity
from features.simulate.framework import INDEX
from features.simulate.indicator_rows import OBSERVED, OBSERVED_LEAD, subject_leaf
from features.simulate.random_streams import Bools, Floats, Ints, noise, stream
from features.simulate.scenario import Scenario
from features.simulate.simulated_enrolments import BEGINS
from features.simulate.write_tables import numbered, pick

EDGES: Final = {4: np.array([-2.1, -0.7, 1.0]), 5: np.array([-2.4, -1.3, -0.2, 1.2])}
EXPERTS: Final = 12  # a district
CHANGE: Final = 120  # day of a half-year from which its courses show


@dataclass(frozen=True)
class LessonVisits:
    """l lessons of `person`, on a day of a half-year each; v visits to them: lesson (v,), rater and whether a colleague.
    severity: of all who may rate."""

    person: Ints
    period: Ints
    day: Ints
    lesson: Ints
    rater: Ints
    colleague: Bools
    severity: Floats


def observe(city: SimulatedCity, edges: list[Floats], seed: int, scenario: Scenario) -> dict[str, Any]:
    """The observations table: 30% of people are never seen, beginners more often than others."""
    rng = stream(seed, "observations")
    if scenario.observed <= 0:
        return {}
    return _scored(rng, city, edges, scenario, _draw_visits(rng, city, scenario), "", None)


def observe_further(
    city: SimulatedCity, edges: list[Floats], seed: int, scenario: Scenario, teacher_ids: Any, day: date, draw: int
) -> dict[str, Any]:
    """Rows of further lessons, one seen by one expert of the district for each entry of teacher_ids, on the form and with
    the noise of all others, at today's ability. draw: which luck they have; ids are new for each."""
    known = _draw_visits(stream(seed, "observations"), city, scenario)
    rng = stream(seed, f"further lessons {draw}")
    place = {name: i for i, name in enumerate(city.teacher_ids)}
    person = np.array([place[str(name)] for name in teacher_ids], dtype=np.int64)
    size = len(person)
    expert = len(city.school) + city.school_district[city.school[person]] * EXPERTS + rng.integers(0, EXPERTS, size)
    last = np.full(size, len(edges) - 2)
    visits = LessonVisits(
        person, last, np.full(size, CHANGE), np.arange(size), expert, np.zeros(size, dtype=bool), known.severity
    )
    return _scored(rng, city, edges, scenario, visits, f"F{draw}-", np.datetime64(day, "D"))


def _draw_visits(rng: np.random.Generator, city: SimulatedCity, scenario: Scenario) -> LessonVisits:
    """Who is seen when, by whom."""
    n = len(city.school)
    eager = np.clip(scenario.observed + 0.18 * (city.years < 4) - 0.06, 0.0, 1.0)
    observed = np.flatnonzero(rng.random(n) < eager)
    lessons = 1 + rng.binomial(3, 0.35, len(observed))
    person = np.repeat(observed, lessons)
    period = rng.integers(2, 8, len(person))
    day = rng.integers(15, 172, len(person))
    raters = 1 + (rng.random(len(person)) < 0.3)
    lesson = np.repeat(np.arange(len(person)), raters)
    rater, colleague = _raters(rng, city, person[lesson])
    severity = rng.normal(0.0, 0.45, n + EXPERTS * len(city.district_ids))
    return LessonVisits(person, period, day, lesson, rater, colleague, severity)


def _scored(
    rng: np.random.Generator, city: SimulatedCity, edges: list[Floats], scenario: Scenario, visits: LessonVisits,
    prefix: str, on: np.datetime64 | None,
) -> dict[str, Any]:  # fmt: skip
    """The scores of visits as columns of the observations table; on: the date of all, by period and day where None."""
    person, visit = visits.person, visits.lesson
    who = person[visit]
    shift = 0.35 * noise(rng, len(visit), scenario.heavy) - visits.severity[visits.rater]
    shift += np.where(visits.colleague, city.leniency[city.school[who]], 0.0)
    of_lesson = 0.45 * noise(rng, len(person), scenario.heavy)
    leaves, items = _items(city, who)
    state = np.where(visits.day[visit] >= CHANGE, visits.period[visit] + 1, visits.period[visit])
    ability = _ability_at(edges, state, who, leaves)
    perceived = ability + (shift + of_lesson[visit])[:, None]
    perceived += 0.25 * noise(rng, (len(person), leaves.shape[1]), scenario.heavy)[visit]
    perceived += 0.65 * noise(rng, leaves.shape, scenario.heavy)
    points = np.where(city.school_district[city.school[who]] % 3 == 1, 5, 4)
    score = np.where(
        (points == 5)[:, None], 1 + np.searchsorted(EDGES[5], perceived), 1 + np.searchsorted(EDGES[4], perceived)
    )
    there = items >= 0
    row, column = np.nonzero(there)
    names = [f"LESSON-{leaf}" for leaf in (*OBSERVED, *OBSERVED_LEAD)]
    names += ["LESSON-SUBJECT-1", "LESSON-SUBJECT-2"]
    dates = np.minimum(BEGINS[visits.period] + visits.day.astype("timedelta64[D]"), np.datetime64("2026-06-26"))
    raters_ids = city.teacher_ids + [
        f"EX{district}-{i + 1:02d}" for district in city.district_ids for i in range(EXPERTS)
    ]
    return {
        "observation_id": numbered(f"{prefix}O", np.arange(1, len(visit) + 1), 8).take(_int(row)),
        "item": pick(names, items[row, column]), "teacher_id": pick(city.teacher_ids, who[row]),
        "rater_id": pick(raters_ids, visits.rater[row]),
        "lesson_id": numbered(f"{prefix}L", np.arange(1, len(person) + 1), 8).take(_int(visit[row])),
        "date": (dates if on is None else np.full(len(person), on))[visit[row]],
        "score": score[row, column].astype(np.float64), "scale_min": np.ones(len(row)),
        "scale_max": points[row].astype(np.float64),
    }  # fmt: skip


def _raters(rng: np.random.Generator, city: SimulatedCity, who: Ints) -> tuple[Ints, Bools]:
    """A colleague of the same school for six visits in ten, else one of the district's experts."""
    size = np.bincount(city.school, minlength=len(city.school_ids))
    first = np.cumsum(size) - size
    school = city.school[who]
    step = 1 + (rng.random(len(who)) * np.maximum(size[school] - 1, 1)).astype(np.int64)
    mate = first[school] + (who - first[school] + step) % size[school]
    expert = len(city.school) + city.school_district[school] * EXPERTS + rng.integers(0, EXPERTS, len(who))
    colleague = (rng.random(len(who)) < 0.6) & (mate != who)
    return np.where(colleague, mate, expert), colleague


def _items(city: SimulatedCity, who: Ints) -> tuple[Ints, Ints]:
    """(visits, 8) leaf and item numbers; -1 where the form of this person has no such line."""
    head = city.principal[who]
    leaves = np.zeros((len(who), len(OBSERVED) + 2), dtype=np.int64)
    items = np.full(leaves.shape, -1)
    for i, leaf in enumerate(OBSERVED):
        leaves[:, i] = INDEX[leaf]
        items[:, i] = np.where(head, -1, i)
    lead = np.array([INDEX[leaf] for leaf in OBSERVED_LEAD])
    for i in range(len(lead)):
        leaves[head, i] = lead[i]
        items[head, i] = len(OBSERVED) + i
    items[(city.stage[who] == 0) & ~head, OBSERVED.index("TL-ASSESS")] = -1
    for which in (0, 1):
        column = len(OBSERVED) + which
        leaves[:, column] = subject_leaf(city.subject[who], which)
        items[:, column] = np.where(head, -1, len(OBSERVED) + len(OBSERVED_LEAD) + which)
    return leaves, items


def _ability_at(edges: list[Floats], state: Ints, who: Ints, leaves: Ints) -> Floats:
    """(rows, items) ability at the half-year edge `state` of each row."""
    ability = np.empty(leaves.shape)
    for edge in np.unique(state):
        rows = np.flatnonzero(state == edge)
        ability[rows] = edges[int(edge)][who[rows][:, None], leaves[rows]]
    return ability


def _int(index: Ints) -> Any:
    return pa.array(index)
