"""Districts, schools and the people in them, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.simulate.framework import KINDERGARTEN, MIX, STAGE_ZH, STAGES, applies
from features.simulate.random_streams import Bools, Floats, Ints, stream
from features.simulate.scenario import Scenario

CITY: Final = "440300"
DISTRICTS: Final = (
    ("440305", "南山区"), ("440304", "福田区"), ("440306", "宝安区"), ("440307", "龙岗区"),
    ("440303", "罗湖区"), ("440309", "龙华区"), ("440311", "光明区"), ("440310", "坪山区"),
    ("440308", "盐田区"), ("440399", "大鹏(模拟代码)"), ("440398", "深汕(模拟代码)"),
)  # fmt: skip
PATTERN: Final = np.array([1, 2, 1, 0, 3, 1, 2, 1, 0, 1, 2, 1, 0, 1, 0, 3, 1, 2, 0, 1])
TITLES: Final = ("三级教师", "二级教师", "一级教师", "高级教师", "正高级教师")
NEWEST: Final = np.datetime64("2026-06-30")


@dataclass(frozen=True)
class SimulatedCity:
    """S schools, N teachers (principals among them), sorted by school; indices into the id lists."""

    district_ids: list[str]
    district_names: list[str]
    school_ids: list[str]
    school_district: Ints
    school_stage: Ints
    disadvantage: Floats
    location: Ints
    intake: Floats  # pupils' prior level, pupil-SD units
    added: Floats  # what the school adds for reasons other than its teachers
    fidelity: Floats  # how well the school carries training into practice
    leniency: Floats  # of the school's own raters
    teacher_ids: list[str]
    school: Ints
    principal: Bools
    stage: Ints
    subject: Ints
    second: Ints
    ladder: Ints
    started: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    years: Floats
    title: Ints
    weekly: Floats
    motivation: Floats  # 0..1
    general: Floats  # the general factor of ability, standard
    applies: Bools  # (N, K)

    @property
    def district(self) -> Ints:
        return self.school_district[self.school]


def draw_city(teachers: int, seed: int, scenario: Scenario) -> SimulatedCity:
    """A city of exactly `teachers` people."""
    rng = stream(seed, "schools")
    n_districts = int(np.clip(round(teachers / 12000), 1, len(DISTRICTS)))
    n_schools = max(5, round(teachers / 48.5))
    stage_of = PATTERN[np.arange(n_schools) % len(PATTERN)]
    district = (
        np.sort(np.arange(n_schools) * 7 % n_districts) if n_districts > 1 else np.zeros(n_schools, int)
    )
    size = rng.lognormal(0.0, 0.35, n_schools) * np.array([0.65, 1.1, 1.05, 1.4])[stage_of]
    size = _whole(size, teachers)
    district_effect = rng.normal(0.0, 1.0, n_districts)[district]
    poor = np.clip(0.35 - 0.10 * district_effect + rng.normal(0.0, 0.18, n_schools), 0.0, 1.0)
    intake = 0.9 * (0.35 - poor) + rng.normal(0.0, 0.36, n_schools)
    codes = [DISTRICTS[d][0] for d in range(n_districts)]
    numbers = np.arange(n_schools) - np.searchsorted(district, district) + 1
    ids = [f"{codes[d]}{n:04d}" for d, n in zip(district, numbers, strict=True)]

    people = stream(seed, "people")
    school = np.repeat(np.arange(n_schools), size)
    n = len(school)
    rank = np.arange(n) - np.repeat(np.cumsum(size) - size, size)
    principal = rank < 1 + size[school] // 45
    stage = stage_of[school]
    subject = (people.random(n)[:, None] > np.cumsum(MIX, axis=1)[stage] + 1e-12).sum(1)
    subject = np.minimum(subject, KINDERGARTEN)
    second = np.where((people.random(n) < 0.08) & (stage > 0) & ~principal, people.choice([4, 14], n), -1)
    second = np.where(second == subject, -1, second)

    local = np.sqrt(scenario.between) * people.normal(0.0, 1.0, n_schools) - 0.5 * (poor - 0.35)
    local += scenario.district_sd * district_effect
    general = local[school] + np.sqrt(1.0 - scenario.between) * people.normal(0.0, 1.0, n)
    years = np.clip(people.gamma(1.7, 6.5, n), 0.2, 38.0)
    years = np.where(principal, np.clip(years + 9.0, 8.0, 38.0), years)
    general = general + 0.45 * np.log1p(years / 4.0)
    general = (general - general.mean()) / general.std()
    merit = 0.8 * general + 0.9 * np.log1p(years) + people.normal(0.0, 0.6, n)
    ladder = 1 + np.searchsorted([1.9, 2.6, 3.4, 4.4, 5.2], merit)
    ladder = np.where(principal, 7 + np.searchsorted([2.3, 3.0, 3.8, 4.6], merit), ladder)
    ladder = np.where(people.random(n) < 0.03, 0, ladder)
    title = np.searchsorted([2.0, 9.0, 16.0, 27.0], years + 2.0 * general + people.normal(0, 2, n))
    drive = 0.35 * general - 0.012 * years + people.normal(0.0, 0.8, n)
    weekly = np.where(principal, 4.0, np.clip(np.round(people.normal(13.5, 2.6, n)), 4, 24))
    return SimulatedCity(
        district_ids=codes, district_names=[DISTRICTS[d][1] for d in range(n_districts)], school_ids=ids,
        school_district=district, school_stage=stage_of, disadvantage=np.round(poor, 2),
        location=np.searchsorted([0.55, 0.72], poor + rng.normal(0, 0.05, n_schools)), intake=intake,
        added=rng.normal(0.0, 0.14, n_schools), fidelity=np.clip(rng.normal(0.78, 0.2, n_schools), 0.25, 1.2),
        leniency=np.clip(rng.normal(0.45, 0.25, n_schools), 0.0, 1.2),
        teacher_ids=[f"{i:08d}" for i in range(1, n + 1)], school=school, principal=principal, stage=stage,
        subject=subject, second=second, ladder=ladder, years=years,
        started=(NEWEST - np.round(years * 365.25).astype("timedelta64[D]")), title=title, weekly=weekly,
        motivation=1.0 / (1.0 + np.exp(-1.2 * drive)), general=general,
        applies=applies(principal, stage, subject, second),
    )  # fmt: skip


def _whole(size: Floats, total: int) -> Ints:
    """Whole school sizes with the given total, at least 4 each: largest remainders."""
    exact = 4 + size / size.sum() * (total - 4 * len(size))
    whole = np.floor(exact).astype(np.int64)
    remainder = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:remainder]] += 1
    return np.asarray(whole, dtype=np.int64)


def organizations_table(city: SimulatedCity) -> dict[str, list[object]]:
    """Province, city, districts, a national platform, studios and schools."""
    rows: list[tuple[object, ...]] = [
        ("440000", "广东省(模拟)", "province", None, None, None, None),
        (CITY, "深圳市(模拟)", "city", "440000", None, None, None),
        ("NP", "国家学习平台(模拟)", "platform", None, None, None, None),
    ]
    for code, name in zip(city.district_ids, city.district_names, strict=True):
        rows.append((code, f"{name}(模拟)", "district", CITY, None, None, None))
        rows.append((f"ST{code}", f"{name}名师工作室(模拟)", "studio", code, None, None, None))
    for s, org in enumerate(city.school_ids):
        kind = int(city.school_stage[s])
        where = ("urban", "town", "rural")[int(city.location[s])]
        name = f"模拟{STAGE_ZH[kind]} {s + 1:03d}"
        parent = city.district_ids[int(city.school_district[s])]
        rows.append((org, name, "school", parent, STAGES[kind], where, float(city.disadvantage[s])))
    names = ("org_id", "name", "kind", "parent_id", "stage", "location", "disadvantage")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
