"""The catalogue of courses: what a course claims, what it truly does, and what makes it popular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.simulate.city import CITY, SimulatedCity
from features.simulate.course_response import DEMAND
from features.simulate.framework import (
    FAMILIES,
    FAMILY_OF,
    FAMILY_ZH,
    LADDER,
    LEAVES,
    STAGE_ZH,
    STAGES,
    SUBJECTS,
    family_leaves,
)  # fmt: skip
from features.simulate.random_streams import Bools, Floats, Ints, stream

FORMS: Final = ("lecture", "workshop", "practice", "coaching", "studio")
FORM_ZH: Final = ("专题讲座", "工作坊", "跟岗实践", "驻校辅导", "名师工作室研修")
MODES: Final = ("online", "offline", "blended")
OWNERS: Final = ("national", "province", "city", "district", "school")
CATEGORIES: Final = ("public", "professional", "elective")
MECHANISMS: Final = ("insight", "goals", "technique", "practice")
USUAL_DOSE: Final = np.array([0.24, 0.40, 0.48, 0.60, 0.52])
EMBEDDED: Final = np.array([0.1, 0.4, 0.8, 0.7, 0.6])
GENERIC: Final = np.array([k for k, leaf in enumerate(LEAVES) if leaf.who in {"all", "schooled", "both"}])
LEADING: Final = np.array([k for k, leaf in enumerate(LEAVES) if leaf.who == "principal"])
FAMILY_LEAVES: Final = np.array([family_leaves(f) for f in range(len(FAMILIES))])


@dataclass(frozen=True)
class SimulatedCatalogue:
    """C courses as arrays; `dose` is the truth, `claimed` what the goals table says."""

    ids: list[str]
    form: Ints
    mode: Ints
    owner: Ints
    provider_district: Ints  # -1: not a district's
    provider_school: Ints  # -1: not a school's
    family: Ints  # -1: all subjects
    stages: Bools  # (C, 4), all False: all stages
    for_principals: Bools
    ladder_min: Ints
    ladder_max: Ints
    hours: Floats
    category: Ints
    fixed_cost: Floats
    seat_cost: Floats
    min_seats: Ints
    max_seats: Ints
    release_days: Floats
    start: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    end: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    requires: Ints  # -1: nothing
    mechanisms: Bools  # (C, 4)
    grade: Ints  # -1: none
    level: Ints  # 1..4
    claimed: Floats  # (C, K)
    dose: Floats  # (C, K), at most this lift, in the city's own unit
    useless: Bools
    popularity: Floats
    light: Floats
    burden: Floats
    by_lottery: Bools
    tested: Bools

    @property
    def demand(self) -> Floats:
        return DEMAND[self.level - 1]

    @property
    def embedded(self) -> Floats:
        return EMBEDDED[self.form]


def courses_wanted(teachers: int) -> int:
    """About 150 for 2,000 people and 2,000 for 131,000."""
    return int(np.clip(round(150 * (teachers / 2000) ** 0.62), 90, 2000))


def draw_catalogue(city: SimulatedCity, seed: int) -> SimulatedCatalogue:
    rng = stream(seed, "catalogue")
    c = courses_wanted(len(city.teacher_ids))
    d, s = len(city.district_ids), len(city.school_ids)
    owner = rng.choice(5, c, p=[0.07, 0.09, 0.30, 0.40, 0.14])
    form = np.where(owner <= 1, rng.choice(5, c, p=[0.5, 0.25, 0.1, 0.05, 0.1]), 0)
    form = np.where(owner >= 2, rng.choice(5, c, p=[0.30, 0.28, 0.20, 0.14, 0.08]), form)
    online = rng.random(c) < np.array([0.65, 0.30, 0.06, 0.05, 0.10])[form]
    mode = np.where(online, 0, np.where(rng.random(c) < 0.3, 2, 1))
    for_principals = rng.random(c) < 0.08
    generic_share = 0.45 * (150 / c) ** 0.35
    early = (rng.random(c) < 0.12) & ~for_principals
    generic = (rng.random(c) < generic_share) & ~early
    families = np.array([0.19, 0.17, 0.15, 0.16, 0.13, 0.20])
    family = np.where(generic | for_principals, -1, rng.choice(6, c, p=families))
    family = np.where(early & ~generic, 6, family)
    stages = _stages(rng, c, family, for_principals)
    hours = np.round(np.array([6, 12, 24, 30, 40])[form] * rng.lognormal(0.0, 0.45, c) / 2) * 2 + 2.0
    level = 1 + np.minimum(rng.binomial(3, np.array([0.30, 0.42, 0.5, 0.5, 0.62])[form]), 3)
    bounded = rng.random(c) < 0.30
    low = np.where(bounded & (level >= 3), 2 + (rng.random(c) < 0.3), 0)
    high = np.where(bounded & (level <= 2), 3 + (rng.random(c) < 0.4), 0)
    low = np.where(for_principals, 7, low)
    high = np.where(for_principals, 0, high)
    mechanisms = rng.random((c, 4)) < np.array(
        [[0.8, 0.25, 0.2, 0.03], [0.7, 0.4, 0.7, 0.3], [0.5, 0.5, 0.7, 0.9], [0.5, 0.7, 0.8, 0.9],
         [0.6, 0.6, 0.6, 0.6]]
    )[form]  # fmt: skip
    mechanisms[:, 0] |= ~mechanisms.any(1)
    claimed = _claims(rng, c, family, for_principals)
    dose, useless = draw_doses(rng, form, mechanisms.sum(1), hours, claimed)
    grade = draw_grades(rng, dose)
    grade = np.where(rng.random(c) < 0.35, -1, grade)
    release = np.where(mode == 0, 0.0, np.round(hours / np.array([8, 8, 9, 24, 16])[form] * 2) / 2)
    popularity = np.exp(
        1.1 * (mode == 0) - 0.035 * hours - 0.25 * release + 0.5 * (form == 0) - 0.3 * (level - 2)
        + 0.5 * rng.standard_normal(c)
    )  # fmt: skip
    seats = np.array([150, 40, 24, 10, 16])[form] * rng.lognormal(0.0, 0.35, c)
    seats *= np.array([6.0, 3.0, 2.0, 1.0, 0.6])[owner] * np.where(mode == 0, 6.0, 1.0)
    max_seats = np.maximum(np.round(seats), 6).astype(np.int64)
    per_seat = np.array([260, 800, 1500, 2600, 1900])[form] * np.where(mode == 0, 0.15, 1.0)
    seat_cost = np.round(per_seat * rng.lognormal(0.0, 0.3, c) / 10) * 10
    fixed = np.round(np.array([3000, 6000, 9000, 12000, 15000])[form] * rng.lognormal(0, 0.4, c) / 100) * 100
    start, end = _dates(rng, c, hours)
    category = np.where(family >= 0, 1, rng.choice(3, c, p=[0.35, 0.35, 0.30]))
    return SimulatedCatalogue(
        ids=[f"C{i:05d}" for i in range(1, c + 1)], form=form, mode=mode, owner=owner,
        provider_district=np.where(owner == 3, rng.integers(0, d, c), -1),
        provider_school=np.where(owner == 4, rng.integers(0, s, c), -1), family=family, stages=stages,
        for_principals=for_principals, ladder_min=low, ladder_max=high, hours=hours, category=category,
        fixed_cost=fixed, seat_cost=seat_cost, min_seats=np.maximum(max_seats // 5, 3), max_seats=max_seats,
        release_days=release, start=start, end=end, requires=_requires(rng, family, for_principals, level),
        mechanisms=mechanisms, grade=grade, level=level, claimed=claimed, dose=dose, useless=useless,
        popularity=popularity, by_lottery=(rng.random(c) < 0.15) & (mode > 0), tested=rng.random(c) < 0.6,
        light=1.9 - 0.020 * hours + 0.25 * (mode == 1) - 0.45 * (mode == 0) + rng.normal(0, 0.25, c),
        burden=np.clip(hours / 20.0, 0.2, 2.0) * np.where(mode == 0, 0.7, 1.0),
    )  # fmt: skip


def _stages(rng: np.random.Generator, c: int, family: Ints, for_principals: Bools) -> Bools:
    first = rng.choice(4, c, p=[0.1, 0.42, 0.28, 0.2])
    stages = np.zeros((c, 4), dtype=bool)
    stages[np.arange(c), first] = True
    stages[np.arange(c), np.clip(first + 1, 1, 3)] |= rng.random(c) < 0.45
    stages[:, 0] &= family < 0  # the early years have their own courses
    stages[(stages.sum(1) == 0), 1] = True
    free = (rng.random(c) < np.where(family >= 0, 0.35, 0.45)) | for_principals
    stages[free] = False
    stages[family == 6] = [True, False, False, False]
    return stages


def _claims(rng: np.random.Generator, c: int, family: Ints, for_principals: Bools) -> Floats:
    """(C, K) claimed weights, 1 to 4 goals a course, rows sum to 1."""
    chance = rng.random((c, len(LEAVES)))
    allowed = np.zeros((c, len(LEAVES)), dtype=bool)
    allowed[:, GENERIC] = ~for_principals[:, None]
    allowed[np.ix_(for_principals, LEADING)] = True
    own = family >= 0
    rows = np.flatnonzero(own)
    for column in (0, 1):
        allowed[rows, FAMILY_LEAVES[family[rows], column]] = True
        chance[rows, FAMILY_LEAVES[family[rows], column]] += 0.7
    chance[~allowed] = -1.0
    goals = 1 + rng.binomial(3, 0.4, c)
    order = np.argsort(-chance, axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(len(LEAVES))[None, :].repeat(c, 0), 1)
    weight = np.where((place < goals[:, None]) & allowed, rng.choice([1.0, 2.0, 3.0], (c, len(LEAVES))), 0.0)
    return np.asarray(np.round(weight / weight.sum(1, keepdims=True), 2), dtype=np.float64)


def draw_doses(
    rng: np.random.Generator, form: Ints, mechanisms: Ints, hours: Floats, claimed: Floats
) -> tuple[Floats, Bools]:
    """(C, K) doses of courses of which form, number of mechanisms, hours and claims are known, and the useless ones."""
    c = len(form)
    useless = np.zeros(c, dtype=bool)
    useless[rng.permutation(c)[: round(0.25 * c)]] = True
    strength = USUAL_DOSE[form] * rng.lognormal(-0.05, 0.28, c) * (0.7 + 0.1 * mechanisms)
    strength *= 1.3 * hours / (hours + 8.0)
    return np.where(useless, 0.0, strength)[:, None] * _delivered(rng, claimed), useless


def draw_grades(rng: np.random.Generator, dose: Floats) -> Ints:
    """(C,) the grade of evidence that a study of each course would give, 0 (A) to 3 (D)."""
    signal = 2.2 * dose.sum(1) + rng.normal(0.0, 0.55, len(dose))
    return np.asarray(3 - np.searchsorted([0.0, 0.7, 1.6], signal), dtype=np.int64)


def _delivered(rng: np.random.Generator, claimed: Floats) -> Floats:
    """What is really taught: claims are kept unevenly, one goal in six is not kept, a little spills over."""
    kept = claimed * rng.gamma(7.0, 1 / 7.0, claimed.shape) * (rng.random(claimed.shape) > 1 / 6)
    spill = (rng.random(claimed.shape) < 0.03) & (claimed == 0)
    return np.asarray(kept**0.75 + 0.12 * spill, dtype=np.float64)


def _dates(
    rng: np.random.Generator, c: int, hours: Floats
) -> tuple[np.ndarray[tuple[int], np.dtype[np.datetime64]], np.ndarray[tuple[int], np.dtype[np.datetime64]]]:
    kind = rng.choice(3, c, p=[0.15, 0.65, 0.20])  # closed, coming, always open
    offset = np.where(kind == 0, rng.integers(-240, -40, c), rng.integers(5, 230, c))
    start = np.datetime64("2026-06-30") + offset.astype("timedelta64[D]")
    end = start + np.clip(np.round(hours * 2.5), 1, 110).astype("timedelta64[D]")
    end = np.where(kind == 0, np.minimum(end, np.datetime64("2026-06-20")), end)
    nothing = np.datetime64("NaT")
    return np.where(kind == 2, nothing, start), np.where(kind == 2, nothing, end)


def _requires(rng: np.random.Generator, family: Ints, for_principals: Bools, level: Ints) -> Ints:
    """Some higher courses ask for a lower one of the same family that was made before them."""
    requires = np.full(len(family), -1)
    for course in np.flatnonzero((rng.random(len(family)) < 0.12) & (level >= 3)):
        before = np.flatnonzero(
            (family[:course] == family[course]) & (for_principals[:course] == for_principals[course])
            & (level[:course] < level[course])
        )  # fmt: skip
        if len(before):
            requires[course] = rng.choice(before)
    return requires


def may_take(
    catalogue: SimulatedCatalogue, district: Ints, stage: Ints, subject: Ints, second: Ints, principal: Bools
) -> Bools:
    """(rows, C): by content, owner and role alone; a school's own courses are left out here."""
    fits = (catalogue.provider_school < 0)[None, :] & _content(catalogue, stage, subject, second)
    fits &= (catalogue.provider_district < 0)[None, :] | (
        catalogue.provider_district[None, :] == district[:, None]
    )
    for bound in (catalogue.ladder_min, catalogue.ladder_max):
        fits &= (bound == 0)[None, :] | ((bound >= 7)[None, :] == principal[:, None])
    return np.asarray(fits)


def _content(catalogue: SimulatedCatalogue, stage: Ints, subject: Ints, second: Ints) -> Bools:
    any_stage = np.asarray(~catalogue.stages.any(1))
    family = catalogue.family[None, :]
    fits = (family < 0) | (family == FAMILY_OF[subject][:, None])
    fits |= (second >= 0)[:, None] & (family == FAMILY_OF[second][:, None])
    return np.asarray(fits & (any_stage[None, :] | catalogue.stages.T[stage]))


def courses_table(catalogue: SimulatedCatalogue, city: SimulatedCity) -> dict[str, object]:
    rows = range(len(catalogue.ids))
    provider = [_provider(catalogue, city, i) for i in rows]
    main = catalogue.claimed.argmax(1)
    return {
        "course_id": catalogue.ids, "title": [_title(catalogue, i, int(main[i])) for i in rows],
        "provider_id": provider, "owner_level": [OWNERS[i] for i in catalogue.owner],
        "subjects": [_subjects(int(f)) for f in catalogue.family],
        "stages": [";".join(STAGES[k] for k in np.flatnonzero(row)) or None for row in catalogue.stages],
        "ladder_min": [LADDER[i] or None for i in catalogue.ladder_min],
        "ladder_max": [LADDER[i] or None for i in catalogue.ladder_max],
        "mode": [MODES[i] for i in catalogue.mode], "form": [FORMS[i] for i in catalogue.form],
        "hours": catalogue.hours, "category": [CATEGORIES[i] for i in catalogue.category],
        "fixed_cost": catalogue.fixed_cost, "seat_cost": catalogue.seat_cost,
        "min_seats": catalogue.min_seats, "max_seats": catalogue.max_seats,
        "release_days": catalogue.release_days, "start_date": catalogue.start, "end_date": catalogue.end,
        "prerequisites": [catalogue.ids[i] if i >= 0 else None for i in catalogue.requires],
        "units": np.maximum(np.round(catalogue.hours / 3).astype(np.int64), 1),
        "mechanisms": [";".join(MECHANISMS[k] for k in np.flatnonzero(r)) for r in catalogue.mechanisms],
        "evidence_grade": ["ABCD"[i] if i >= 0 else None for i in catalogue.grade],
        "description": ["模拟课程,非真实 (made up)"] * len(catalogue.ids),
    }  # fmt: skip


def _provider(catalogue: SimulatedCatalogue, city: SimulatedCity, i: int) -> str:
    owner = int(catalogue.owner[i])
    if owner == 4:
        return city.school_ids[int(catalogue.provider_school[i])]
    if owner == 3:
        return city.district_ids[int(catalogue.provider_district[i])]
    if owner == 2 and catalogue.form[i] == 4:
        return f"ST{city.district_ids[i % len(city.district_ids)]}"
    return ("NP", "440000", CITY)[owner]


def _subjects(family: int) -> str | None:
    return None if family < 0 else ";".join(n for s, n in enumerate(SUBJECTS) if FAMILY_OF[s] == family)


def _title(catalogue: SimulatedCatalogue, i: int, leaf: int) -> str:
    stage = "".join(STAGE_ZH[k] for k in np.flatnonzero(catalogue.stages[i]))
    family = int(catalogue.family[i])
    who = "校长" if catalogue.for_principals[i] else stage + (FAMILY_ZH[family] if family >= 0 else "")
    return f"{who}{LEAVES[leaf].zh}{FORM_ZH[int(catalogue.form[i])]}(模拟{i + 1:04d})"


def goals_table(catalogue: SimulatedCatalogue) -> dict[str, object]:
    course, leaf = np.nonzero(catalogue.claimed)
    return {
        "course_id": [catalogue.ids[i] for i in course],
        "competency_id": [LEAVES[k].id for k in leaf],
        "weight": catalogue.claimed[course, leaf],
        "level": catalogue.level[course],
    }


def hour_rules_table(city: SimulatedCity) -> dict[str, list[object]]:
    """A rule over five years and yearly ones by category; one district asks for more."""
    start = np.datetime64("2023-01-01")
    year = np.datetime64("2026-01-01")
    five = "模拟规定:五年 360 学时(形式参照教师〔2011〕1号)"
    annual = "模拟规定:每年 90 学时"
    rows: list[tuple[object, ...]] = [
        (CITY, None, "any", start, 5.0, 360.0, None, five),
        (CITY, None, "public", year, 1.0, 30.0, None, annual),
        (CITY, None, "professional", year, 1.0, 42.0, None, annual),
        (CITY, None, "elective", year, 1.0, 18.0, 36.0, annual),
    ]
    if len(city.district_ids) > 1:
        rows.append((city.district_ids[1], None, "any", year, 1.0, 96.0, None, "模拟区规定:每年 96 学时"))
    names = (
        "jurisdiction", "role", "category", "cycle_start", "cycle_years", "min_hours", "max_hours", "source",
    )  # fmt: skip
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
