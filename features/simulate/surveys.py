"""Questionnaires: pupils, who like or dislike a person as a whole, and teachers' own reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from features.simulate.city import SimulatedCity
from features.simulate.class_lists import join_columns
from features.simulate.framework import INDEX, LEAVES
from features.simulate.indicator_rows import ASKED, subject_leaf
from features.simulate.random_streams import Floats, noise, stream
from features.simulate.scenario import Scenario
from features.simulate.write_tables import join, pick

EDGES = np.array([-1.9, -1.0, 0.1, 1.2])


def survey(city: SimulatedCity, edges: list[Floats], seed: int, scenario: Scenario) -> dict[str, Any]:
    """The surveys table: two springs of pupils, one of self-reports."""
    parts = [_pupils(city, edges[6], 2025, seed, scenario), _pupils(city, edges[8], 2026, seed, scenario)]
    return join_columns([*parts, _own(city, edges[7], seed, scenario)])


def _pupils(city: SimulatedCity, ability: Floats, year: int, seed: int, scenario: Scenario) -> dict[str, Any]:
    rng = stream(seed, f"pupils {year}")
    again = stream(seed, "pupils who are asked")
    surveyed = (again.random(len(city.school)) < scenario.feedback) & ~city.principal & (city.stage > 0)
    who = np.flatnonzero(surveyed & (rng.random(len(surveyed)) < 0.85))
    halo = stream(seed, "pupils' liking").standard_normal(len(surveyed))[who]
    leaves = np.column_stack(
        [np.full(len(who), INDEX[leaf]) for leaf in ASKED]
        + [subject_leaf(city.subject[who], which) for which in (0, 1)]
    )
    n = np.clip(np.round(rng.gamma(4.0, 16.0, len(who))), 5, 240)
    liked = (
        0.6 * ability[who[:, None], leaves]
        + 0.50 * (halo + 0.4 * noise(rng, len(who), scenario.heavy))[:, None]
    )
    liked += 0.45 * noise(rng, leaves.shape, scenario.heavy)
    mean = 1.0 + 4.0 / (1.0 + np.exp(-1.25 - 0.55 * liked))  # most pupils are kind: a ceiling near 5
    sd = np.clip(0.42 * np.sqrt((5.0 - mean) * (mean - 1.0)) + rng.normal(0, 0.04, mean.shape), 0.15, 2.0)
    mean = np.clip(mean + sd * rng.standard_normal(mean.shape) / np.sqrt(n)[:, None], 1.0, 5.0)
    items = [f"PUPILS-{leaf}" for leaf in ASKED] + ["PUPILS-SUBJECT-1", "PUPILS-SUBJECT-2"]
    return _rows(
        city, who, items, np.tile(np.arange(len(items)), (len(who), 1)), np.ones(leaves.shape, dtype=bool),
        "student_feedback", f"SF{year}-", f"{year}-05-20", n, mean, sd,
    )  # fmt: skip


def _own(city: SimulatedCity, ability: Floats, seed: int, scenario: Scenario) -> dict[str, Any]:
    """One answer a person and competency: weak teachers rate themselves too high, styles differ."""
    rng = stream(seed, "self-reports")
    who = np.flatnonzero(rng.random(len(city.school)) < scenario.self_report)
    level = ability[who]
    style = 0.65 * noise(rng, len(who), scenario.heavy)[:, None]
    flattering = 0.75 * np.log1p(np.exp(-0.9 * level))
    answer = 0.72 * level + flattering + style + 0.75 * noise(rng, level.shape, scenario.heavy)
    mean = 1.0 + np.searchsorted(EDGES, answer)
    blank = np.full(mean.shape, np.nan)
    there = city.applies[who] & (rng.random(mean.shape) < 0.96)
    items = [f"SELF-{leaf.id}" for leaf in LEAVES]
    return _rows(
        city, who, items, np.tile(np.arange(len(items)), (len(who), 1)), there, "self_report", "SR2026-",
        "2026-03-16", np.ones(len(who)), mean.astype(np.float64), blank,
    )  # fmt: skip


def _rows(
    city: SimulatedCity, who: Any, items: list[str], item: Any, there: Any, kind: str, prefix: str, date: str,
    n: Floats, mean: Floats, sd: Floats,
) -> dict[str, Any]:  # fmt: skip
    row, column = np.nonzero(there)
    people = pick(city.teacher_ids, who)
    ids = join(prefix, people).take(pa.array(row))
    return {
        "survey_id": ids, "item": pick(items, item[row, column]),
        "kind": pick([kind], np.zeros(len(row), np.int64)),
        "teacher_id": people.take(pa.array(row)), "date": np.full(len(row), np.datetime64(date, "D")),
        "n": n[row], "mean": np.round(mean[row, column], 2), "sd": np.round(sd[row, column], 2),
        "scale_min": np.ones(len(row)), "scale_max": np.full(len(row), 5.0),
    }  # fmt: skip
