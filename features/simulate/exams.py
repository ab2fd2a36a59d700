"""District examinations: every June, class by class, with the same pupils' earlier score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from features.simulate.city import SimulatedCity
from features.simulate.class_lists import Roster, grade_name, join_columns
from features.simulate.framework import FAMILY_OF, STAGES, SUBJECTS
from features.simulate.indicator_rows import DIMENSIONS, dimension_weights
from features.simulate.random_streams import Floats, Ints, noise, stream
from features.simulate.scenario import Scenario
from features.simulate.write_tables import pick

SCALE: Final = 100.0
MIDDLE: Final = 500.0
PULL: Final = 0.74  # of a pupil's earlier score on the later one
WITHIN: Final = 0.75  # variance within classes, pupil-SD units squared
WRONG: Final = 0.176  # error variance of the earlier score: reliability .85 over all pupils
TEACHING: Final = 0.13  # pupil SD for one SD of teaching
TESTED: Final = {1: ((0, 1, 2), (4, 5, 6)), 2: ((0, 1, 2, 5), (8, 9)), 3: ((0, 1, 2), (11, 12))}


def felt(teaching: Floats) -> Floats:
    """What pupils gain from teaching: flattens at both ends, pupil-SD units."""
    return np.asarray(TEACHING * 1.8 * np.tanh(teaching / 1.6), dtype=np.float64)


@dataclass
class Sheets:
    """Rows of the four tables of assessment, part by part."""

    assessments: list[tuple[object, ...]] = field(default_factory=list)
    dimensions: list[tuple[object, ...]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    covariances: list[tuple[object, ...]] = field(default_factory=list)

    def tables(self) -> dict[str, dict[str, Any]]:
        return {
            "assessments": _named(self.assessments, (
                "assessment_id", "name", "programme", "date", "term", "stage", "grade", "subject",
                "sample_type")),
            "assessment_dimensions": _named(self.dimensions, (
                "assessment_id", "dimension", "name", "scale_mean", "scale_sd", "reliability",
                "prior_reliability")),
            "results": join_columns(self.results),
            "result_covariances": _named(self.covariances, (
                "assessment_id", "dimension_1", "other_assessment_id", "dimension_2", "within_cov")),
        }  # fmt: skip


def _named(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def examine(
    sheets: Sheets,
    city: SimulatedCity,
    rosters: list[Roster],
    ability: dict[int, Floats],
    seed: int,
    scenario: Scenario,
) -> None:
    """Adds every June's examinations. `ability` by year: (N, K) as the pupils met it."""
    trend = stream(seed, "school trend").normal(0.0, 0.03, len(city.school_ids))
    for roster in rosters:
        rng = stream(seed, f"exams {roster.year}")
        yearly = city.added + trend * (roster.year - 2023) + rng.normal(0.0, 0.05, len(city.school_ids))
        # one measured earlier score for each class of pupils, the same for every subject
        rooms = len(roster.pupils)
        seen = roster.prior + rng.standard_normal(rooms) * np.sqrt(WRONG / roster.pupils)
        shock = 0.07 * noise(rng, rooms, scenario.heavy)
        for stage, (subjects, grades) in TESTED.items():
            for subject in subjects:
                for grade in grades:
                    _examination(
                        sheets, city, roster, rng, ability[roster.year], yearly, seen, shock, scenario,
                        stage, subject, grade,
                    )  # fmt: skip
                    if subject == subjects[0]:
                        _covariances(sheets, city, rng, roster.year, stage, grade, subjects)


def exam_id(year: int, district: str, stage: int, grade: int, subject: int) -> str:
    return f"DE{year}-{district}-{grade_name(grade)}-{'CMESDPHBYGKUAIL'[subject]}"


def _examination(
    sheets: Sheets, city: SimulatedCity, roster: Roster, rng: np.random.Generator, ability: Floats, yearly: Floats,
    seen: Floats, shock: Floats, scenario: Scenario, stage: int, subject: int, grade: int,
) -> None:  # fmt: skip
    rows = np.flatnonzero(
        (roster.subject == subject) & (roster.grade == grade) & (city.school_stage[roster.school] == stage)
    )
    if not len(rows):
        return
    family = int(FAMILY_OF[subject])
    shown = dimension_weights(family)
    parts = DIMENSIONS[family]
    room, school, helper = roster.room[rows], roster.school[rows], roster.helper[rows]
    class_ability = ability[roster.teacher[rows]] @ shown.T
    second = ability[np.maximum(helper, 0)] @ shown.T
    class_ability = np.where((helper >= 0)[:, None], 0.5 * (class_ability + second), class_ability)
    n = roster.pupils[room].astype(np.float64)
    sat = np.maximum(np.round(n * rng.uniform(0.9, 1.0, len(n))), 5.0)
    left = np.sqrt((WITHIN - PULL**2 * WITHIN) / sat)
    private = rng.standard_normal((len(rows), len(parts))) * np.sqrt(0.6)
    same = np.sqrt(0.2) * (roster.together[room] + rng.standard_normal(len(rows)))
    own = 0.05 * noise(rng, (len(rows), len(parts)), scenario.heavy)
    level = (
        (PULL * roster.prior[room] + yearly[school] + shock[room])[:, None]
        + felt(class_ability) + own + left[:, None] * (same[:, None] + private)
    )  # fmt: skip
    level -= 0.05 * np.maximum(level, 0.0) ** 2  # a ceiling
    spread = np.sqrt(WITHIN) * (1.0 - 0.06 * level) * np.sqrt(rng.chisquare(sat - 1.0) / (sat - 1.0))[:, None]
    before = np.sqrt(WITHIN + WRONG) * np.sqrt(rng.chisquare(sat - 1.0) / (sat - 1.0))
    with_prior = rng.random() < 0.88
    districts = city.school_district[school]
    ids = [exam_id(roster.year, d, stage, grade, subject) for d in city.district_ids]
    for d in np.unique(districts):
        name = f"模拟{roster.year}年{city.district_names[d]}{grade_name(grade)}{SUBJECTS[subject]}学业测评"
        sheets.assessments.append((
            ids[d], name, "district_exam", np.datetime64(f"{roster.year}-06-18"), f"{roster.year - 1}-2",
            STAGES[stage], grade_name(grade), SUBJECTS[subject], "census",
        ))  # fmt: skip
        for code, zh, _ in parts:
            prior = 0.85 if with_prior else None
            reliability = round(float(rng.uniform(0.8, 0.9)), 2)
            sheets.dimensions.append((ids[d], code, zh, MIDDLE, SCALE, reliability, prior))
    earlier = (seen[room], before) if with_prior else None
    for i, (code, _, _) in enumerate(parts):
        where = (pick(ids, districts), code, roster.class_ids.take(room))
        sheets.results.append(_class_rows(where, sat, level[:, i], spread[:, i], earlier))
        for kind, unit, names in (
            ("school", school, city.school_ids), ("district", districts, city.district_ids),
        ):  # fmt: skip
            sheets.results.append(
                _unit_rows(ids, districts, kind, unit, names, code, sat, level[:, i], spread[:, i], earlier)
            )


def _class_rows(
    where: tuple[Any, str, Any],
    sat: Floats,
    level: Floats,
    spread: Floats,
    earlier: tuple[Floats, Floats] | None,
) -> dict[str, Any]:
    test, code, unit = where
    blank = np.full(len(sat), np.nan)
    mean, sd = earlier if earlier is not None else (blank, blank)
    cov = PULL * WITHIN * spread / np.sqrt(WITHIN) if earlier is not None else blank
    return _rows(test, code, "class", unit, sat, level, spread, mean, sd, cov)


def _unit_rows(
    ids: list[str], districts: Ints, kind: str, unit: Ints, names: list[str], code: str, sat: Floats,
    level: Floats, spread: Floats, earlier: tuple[Floats, Floats] | None,
) -> dict[str, Any]:  # fmt: skip
    """The same pupils put together: pooled means, and spreads with the part between classes."""
    units, place = np.unique(unit, return_inverse=True)
    n = np.asarray(np.bincount(place, sat), dtype=np.float64)

    def pooled(values: Floats) -> Floats:
        return np.asarray(np.bincount(place, sat * values) / n, dtype=np.float64)

    mean = pooled(level)
    sd = np.sqrt(pooled(spread**2) + np.maximum(pooled(level**2) - mean**2, 0.0))
    blank = np.full(len(units), np.nan)
    first, first_sd, cov = blank, blank, blank
    if earlier is not None:
        first = pooled(earlier[0])
        between = np.maximum(pooled(earlier[0] ** 2) - first**2, 0.0)
        first_sd = np.sqrt(pooled(earlier[1] ** 2) + between)
        cov = PULL * WITHIN + pooled(earlier[0] * level) - first * mean
    of = np.zeros(len(units), dtype=np.int64)
    of[place] = districts
    return _rows(pick(ids, of), code, kind, pick(names, units), n, mean, sd, first, first_sd, cov)


def _rows(
    ids: Any, code: str, kind: str, unit: Any, n: Floats, mean: Floats, sd: Floats, prior: Floats,
    prior_sd: Floats, cov: Floats,
) -> dict[str, Any]:  # fmt: skip
    blank = np.full(len(n), np.nan)
    zero = np.zeros(len(n), dtype=np.int64)
    return {
        "assessment_id": ids, "dimension": pick([code], zero), "unit_kind": pick([kind], zero),
        "unit_id": unit, "n": n, "mean": np.round(MIDDLE + SCALE * mean, 2),
        "sd": np.round(SCALE * sd, 2), "se": blank, "n_effective": blank,
        "prior_mean": np.round(MIDDLE + SCALE * prior, 2),
        "prior_sd": np.round(SCALE * prior_sd, 2), "prior_cov": np.round(SCALE**2 * cov, 1),
        "pv_variance": blank,
    }  # fmt: skip


def _covariances(
    sheets: Sheets,
    city: SimulatedCity,
    rng: np.random.Generator,
    year: int,
    stage: int,
    grade: int,
    subjects: tuple[int, ...],
) -> None:
    """Of one pupil's scores within classes, in one test and between tests of the same June."""
    staged = np.unique(city.school_district[city.school_stage == stage])
    codes = [(s, part[0]) for s in subjects for part in DIMENSIONS[int(FAMILY_OF[s])]]
    for d in staged:
        names = {s: exam_id(year, city.district_ids[d], stage, grade, s) for s in subjects}
        for i, (s, code) in enumerate(codes):
            for other_s, other in codes[i + 1 :]:
                left = 0.4 if s == other_s else 0.2
                share = PULL**2 + (1.0 - PULL**2) * left
                cov = round(float(SCALE**2 * WITHIN * share * (1.0 + rng.normal(0.0, 0.02))), 1)
                sheets.covariances.append(
                    (names[s], code, None if s == other_s else names[other_s], other, cov)
                )


def known_only(sheets: Sheets, class_ids: Any) -> None:
    """Leaves out covariances of tests that nobody sat, and results of classes that no register names."""
    ids = {row[0] for row in sheets.assessments}
    sheets.covariances = [r for r in sheets.covariances if r[0] in ids and (r[2] is None or r[2] in ids)]
    sheets.results = [_of_known(part, class_ids) for part in sheets.results]


def _of_known(part: dict[str, Any], class_ids: Any) -> dict[str, Any]:
    if not len(part["unit_id"]) or part["unit_kind"][0].as_py() != "class":
        return part
    known = pc.is_in(part["unit_id"], value_set=class_ids)
    if pc.all(known).as_py():
        return part
    mask = known.to_numpy(zero_copy_only=False)
    return {n: v[mask] if isinstance(v, np.ndarray) else v.filter(known) for n, v in part.items()}
