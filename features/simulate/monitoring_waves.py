"""National monitoring: three domains a year in grades 4 and 8, some schools a district, plausible values."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from features.simulate.city import SimulatedCity
from features.simulate.exams import MIDDLE, PULL, SCALE, WITHIN, Sheets, felt
from features.simulate.framework import FAMILY_OF, STAGES, SUBJECTS
from features.simulate.indicator_rows import DIMENSIONS, dimension_weights
from features.simulate.random_streams import Floats, Ints, stream
from features.simulate.scenario import Scenario
from features.simulate.write_tables import pick

DOMAINS: Final = {
    2023: ("数学", "体育与健康", "心理健康"),
    2024: ("语文", "美术", "英语"),
    2025: ("道德与法治", "科学", "劳动"),
    2026: ("数学", "体育与健康", "心理健康"),
}  # fmt: skip
SITES: Final = ((1, "G4"), (2, "G8"))
UNTAUGHT: Final[tuple[tuple[str, str, dict[str, float]], ...]] = (
    ("emotion", "情绪", {}),
    ("adaptation", "适应", {}),
)


def monitor(sheets: Sheets, city: SimulatedCity, ability: dict[int, Floats], seed: int, scenario: Scenario) -> None:
    """Adds the four Mays of monitoring: rows of schools and districts, never of classes."""
    for year, subjects in DOMAINS.items():
        for number, subject in enumerate(subjects):
            for stage, grade in SITES:
                rng = stream(seed, f"monitoring {year} {subject} {grade}")
                for d in range(len(city.district_ids)):
                    _site(sheets, city, rng, ability[year], year, subject, number, stage, grade, d, scenario)


def _site(
    sheets: Sheets, city: SimulatedCity, rng: np.random.Generator, ability: Floats, year: int, subject: str,
    number: int, stage: int, grade: str, d: int, scenario: Scenario,
) -> None:  # fmt: skip
    schools = np.flatnonzero((city.school_stage == stage) & (city.school_district == d))
    if not len(schools):
        return
    schools = np.sort(rng.permutation(schools)[: scenario.monitored])
    code = f"NM{year}-{city.district_ids[d]}-{grade}-{number + 1}"
    sample = "national_sample" if (d + year) % 3 == 0 else "agreement"
    name = f"模拟{year}年国家义务教育质量监测 {subject} {grade} {city.district_names[d]}"
    sheets.assessments.append((
        code, name, "national_monitoring", np.datetime64(f"{year}-05-26"), f"{year - 1}-2", STAGES[stage],
        grade, subject, sample,
    ))  # fmt: skip
    known = subject in SUBJECTS
    family = int(FAMILY_OF[SUBJECTS.index(subject)]) if known else -1
    parts = DIMENSIONS[family] if known else UNTAUGHT
    class_ability = (
        _taught(city, ability, SUBJECTS.index(subject), schools) @ dimension_weights(family).T
        if known
        else None
    )
    n = np.maximum(np.round(rng.normal(30, 1.5, len(schools))), 12.0)
    base = PULL * city.intake[schools] + city.added[schools]
    same = rng.standard_normal(len(schools)) * np.sqrt(0.6 * WITHIN / n)
    for i, (dimension, zh, _) in enumerate(parts):
        sheets.dimensions.append(
            (code, dimension, zh, MIDDLE, SCALE, round(float(rng.uniform(0.75, 0.86)), 2), None)
        )
        level = base + same + rng.standard_normal(len(schools)) * np.sqrt(0.4 * WITHIN / n)
        level += rng.normal(0.0, 0.07, len(schools)) + (felt(class_ability[:, i]) if class_ability is not None else 0.0)
        se = np.sqrt(WITHIN / n) * rng.uniform(0.95, 1.25, len(n))
        values = rng.gamma(4.0, 0.004 / 4.0, len(n)) * 30.0 / n
        _add(sheets, code, dimension, "school", pick(city.school_ids, schools), n, level, se, values, rng)
        mean = float(np.average(level, weights=n))
        spread = float(np.sqrt(np.var(level) / len(n) + 0.002))
        _add(
            sheets, code, dimension, "district", pick(city.district_ids, np.array([d])), np.array([n.sum()]),
            np.array([mean]), np.array([spread]), np.array([0.0006]), rng,
        )  # fmt: skip


def _taught(city: SimulatedCity, ability: Floats, subject: int, schools: Ints) -> Floats:
    """(schools, K) mean ability of the subject's teachers weighted by lessons; 0 where there is none."""
    rows = np.flatnonzero((city.subject == subject) & ~city.principal)
    s, weight = city.school[rows], city.weekly[rows]
    total = np.bincount(s, weight, minlength=len(city.school_ids))
    sums = np.column_stack(
        [np.bincount(s, weight * ability[rows, k], minlength=len(total)) for k in range(ability.shape[1])]
    )
    return np.asarray((sums / np.maximum(total, 1e-9)[:, None])[schools])


def _add(
    sheets: Sheets, code: str, dimension: str, kind: str, unit: Any, n: Floats, level: Floats, se: Floats,
    values: Floats, rng: np.random.Generator,
) -> None:  # fmt: skip
    zero = np.zeros(len(n), dtype=np.int64)
    blank = np.full(len(n), np.nan)
    sheets.results.append({
        "assessment_id": pick([code], zero), "dimension": pick([dimension], zero),
        "unit_kind": pick([kind], zero), "unit_id": unit, "n": n, "mean": np.round(MIDDLE + SCALE * level, 2),
        "sd": np.round(SCALE * np.sqrt(WITHIN) * rng.uniform(0.9, 1.1, len(n)), 2),
        "se": np.round(SCALE * se, 2),
        "n_effective": np.round(n * 0.8, 1), "prior_mean": blank, "prior_sd": blank, "prior_cov": blank,
        "pv_variance": np.round(SCALE**2 * values, 2),
    })  # fmt: skip
