"""Eight half-years of training: who asks, who gets in, who finishes, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from features.simulate.ability_drift import PERIODS, drift
from features.simulate.city import SimulatedCity
from features.simulate.course_catalogue import SimulatedCatalogue, may_take
from features.simulate.course_response import completion, drive_of, lift
from features.simulate.framework import FAMILY_OF, KINDERGARTEN
from features.simulate.random_streams import Bools, Floats, Ints, first_of_each, logistic, rank_within, stream
from features.simulate.scenario import Scenario
from features.simulate.write_tables import pick

STATUS: Final = ("requested", "enrolled", "completed", "withdrawn", "refused")
ASSIGNMENT: Final = ("self", "nominated", "mandated", "lottery")
_HALVES = [f"{year}-{day}" for year in range(2022, 2027) for day in ("01-05", "07-05")]
BEGINS: Final = np.array(_HALVES[1 : PERIODS + 1], dtype="datetime64[D]")


@dataclass(frozen=True)
class SimulatedHistory:
    """Abilities at the 9 edges of the 8 half-years, and every enrolment in between."""

    edges: list[Floats]
    taken: Floats  # (N, K) effective courses so far, fading
    steady: Floats  # (N,) the person's part of finishing
    columns: dict[str, Any]


def simulate_history(
    city: SimulatedCity, catalogue: SimulatedCatalogue, start: Floats, seed: int, scenario: Scenario
) -> SimulatedHistory:
    """Lets the years pass. Courses end by day 110 of a half-year, so that later evidence of it shows them."""
    rng = stream(seed, "enrolments")
    n, c = len(city.school), len(catalogue.ids)
    steady = 2.2 * (city.motivation - 0.5) + rng.normal(0.0, 0.4, n)
    edges, taken = [start], np.zeros_like(start)
    met = np.zeros(0, dtype=np.int64)  # keys of pairs completed or under way
    draws = _Draws(city, catalogue) if scenario.enrolments else None
    parts: list[dict[str, Any]] = []
    for period in range(PERIODS):
        wander = stream(seed, f"drift {period}")
        ability = drift(edges[-1], city, wander, scenario)
        taken = taken * 0.93
        if draws is not None:
            t, course, how = draws.ask(rng, edges[-1], period, scenario)
            keep = first_of_each(t * c + course)
            t, course, how = t[keep], course[keep], how[keep]
            requested = np.isin(t * c + course, met)
            needs = catalogue.requires[course]
            ready = (needs < 0) | np.isin(t * c + needs, met)
            keep = np.flatnonzero(~requested & ready)
            part = _attend(rng, city, catalogue, steady, t[keep], course[keep], how[keep], period)
            done = part["status"] == 2
            pairs = (part["t"][done], part["course"][done])
            before = edges[-1]
            _learn(ability, before, taken, city, catalogue, *pairs)
            _grade(rng, part, before, ability, city, catalogue)
            met = np.r_[met, part["t"][part["status"] <= 2] * c + part["course"][part["status"] <= 2]]
            parts.append(part)
        edges.append(ability)
    return SimulatedHistory(edges, taken, steady, _columns(parts, city, catalogue))


class _Draws:
    """Who asks for what: cells of like people share one row of attractions."""

    def __init__(self, city: SimulatedCity, catalogue: SimulatedCatalogue) -> None:
        self.city, self.catalogue = city, catalogue
        key = ((city.district * 4 + city.stage) * (KINDERGARTEN + 1) + city.subject) * 2 + city.principal
        cells, self.cell = np.unique(key, return_inverse=True)
        principal = (cells % 2).astype(bool)
        subject = cells // 2 % (KINDERGARTEN + 1)
        stage = cells // 2 // (KINDERGARTEN + 1) % 4
        district = cells // 8 // (KINDERGARTEN + 1)
        self.fits = may_take(catalogue, district, stage, subject, np.full(len(cells), -1), principal)
        self.wish = _cumulative(self.fits * catalogue.popularity)
        self.deep = _cumulative(np.where(self.fits & (catalogue.form >= 2)[None, :], 1.0, 0.0))
        order = np.argsort(catalogue.provider_school, kind="stable")
        self.order = order
        self.first = np.searchsorted(catalogue.provider_school[order], np.arange(len(city.school_ids)))
        self.count = np.bincount(
            catalogue.provider_school[catalogue.provider_school >= 0], minlength=len(city.school_ids)
        )

    def ask(
        self, rng: np.random.Generator, ability: Floats, period: int, scenario: Scenario
    ) -> tuple[Ints, Ints, Ints]:
        """Teachers, courses and ways of assignment of one half-year."""
        city, g = self.city, scenario.selection
        keen = 2.0 * (city.motivation - 0.5)
        zeal = 0.75 * np.exp(g * (0.7 * keen + 0.5 * city.general) - 0.3 * g**2)
        t = np.repeat(np.arange(len(city.school)), np.minimum(rng.poisson(zeal), 4))
        course = self._choose(rng, t, ability, scenario)
        chosen = logistic(1.2 * city.general - 3.6)
        named = np.flatnonzero(rng.random(len(city.school)) < chosen)
        sent, what = self._mandated(rng, period)
        all_t = np.r_[named, sent, t]
        all_course = np.r_[self._draw(rng, self.deep, named), what, course]
        how = np.r_[np.full(len(named), 1), np.full(len(sent), 2), np.zeros(len(t), np.int64)]
        ok = (all_course >= 0) & self._bounds(all_t, np.maximum(all_course, 0))
        return all_t[ok], all_course[ok], how[ok]

    def _choose(self, rng: np.random.Generator, t: Ints, ability: Floats, scenario: Scenario) -> Ints:
        """Of three attractive courses the one nearest to what a person is already good at."""
        best, liking = np.full(len(t), -1), np.full(len(t), -np.inf)
        for _ in range(3):
            course = self._draw(rng, self.wish, t)
            strong = (self.catalogue.claimed[course] * ability[t]).sum(1)
            taste = scenario.selection * strong + rng.gumbel(0.0, 0.6, len(t))
            better = (taste > liking) & (course >= 0)
            best, liking = np.where(better, course, best), np.where(better, taste, liking)
        school = self.city.school[t]
        at_home = (rng.random(len(t)) < 0.15) & (self.count[school] > 0)
        place = self.first[school] + (rng.random(len(t)) * self.count[school]).astype(np.int64)
        return np.where(at_home, self.order[np.minimum(place, len(self.order) - 1)], best)

    def _draw(self, rng: np.random.Generator, table: Floats, t: Ints) -> Ints:
        cell, width = self.cell[t], table.shape[1]
        flat = (table + np.arange(len(table))[:, None]).ravel()
        column = np.searchsorted(flat, cell + rng.random(len(t)) * table[cell, -1] * 0.999999, side="right")
        column = column - cell * width
        good = (table[cell, -1] > 0) & (column < width) & (column >= 0)
        return np.where(good, np.minimum(column, width - 1), -1)

    def _mandated(self, rng: np.random.Generator, period: int) -> tuple[Ints, Ints]:
        """In spring a third of the schools send everybody to the easiest course that is open to all."""
        if period % 2 == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        c = self.catalogue
        open_to_all = (
            (c.owner <= 2) & (c.family < 0) & ~c.stages.any(1) & (c.ladder_min == 0) & (c.ladder_max == 0)
        )
        if not open_to_all.any():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        ranked = np.argsort(-np.where(open_to_all, c.popularity, -1.0), kind="stable")
        what = ranked[min(period // 2, int(open_to_all.sum()) - 1)]
        sent = rng.random(len(self.city.school_ids)) < 0.33
        t = np.flatnonzero(sent[self.city.school] & (rng.random(len(self.city.school)) < 0.9))
        return t, np.full(len(t), what)

    def _bounds(self, t: Ints, course: Ints) -> Bools:
        """Ladder bounds, and content for courses that were not drawn from the cell's own row."""
        c, step = self.catalogue, self.city.ladder[t]
        low, high = c.ladder_min[course], c.ladder_max[course]
        fine = (low == 0) | ((step >= low) & ((step >= 7) == (low >= 7)) & (step > 0))
        fine &= (high == 0) | ((step <= high) & ((step >= 7) == (high >= 7)) & (step > 0))
        own = c.provider_school[course]
        content = may_take_pairs(c, self.city, t, course)
        return np.asarray(fine & ((own < 0) | (own == self.city.school[t])) & content)


def may_take_pairs(catalogue: SimulatedCatalogue, city: SimulatedCity, t: Ints, course: Ints) -> Bools:
    """By stage and subject, pair by pair."""
    stages = catalogue.stages[course]
    family = catalogue.family[course]
    fits = ~stages.any(1) | stages[np.arange(len(t)), city.stage[t]]
    return np.asarray(fits & ((family < 0) | (family == FAMILY_OF[city.subject[t]])))


def _cumulative(weights: Floats) -> Floats:
    total = weights.sum(1, keepdims=True)
    shares = np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0)
    return np.asarray(np.minimum(np.cumsum(shares, axis=1), 1.0))


def _attend(
    rng: np.random.Generator, city: SimulatedCity, catalogue: SimulatedCatalogue, steady: Floats, t: Ints, course: Ints,
    how: Ints, period: int,
) -> dict[str, Any]:  # fmt: skip
    """Lottery and seats let in, then life decides who finishes."""
    m = len(t)
    drawn = catalogue.by_lottery[course] & (how == 0)
    luck = rng.random(m) < 0.5
    how = np.where(drawn, 3, how)
    let_in = ~drawn | luck
    queue = rng.permutation(m)
    place = np.empty(m, dtype=np.int64)
    place[queue] = rank_within(np.where(let_in, course, -1)[queue])
    let_in &= (place < 3 * catalogue.max_seats[course]) | (how == 2) | drawn
    p = completion(steady[t], city.weekly[t], catalogue.light[course], catalogue.burden[course])
    finishes = rng.random(m) < p
    status = np.where(let_in, np.where(finishes, 2, 3), 4)
    requested_on = BEGINS[period] + rng.integers(0, 40, m).astype("timedelta64[D]")
    ended = BEGINS[period] + rng.integers(50, 110, m).astype("timedelta64[D]")
    if period == PERIODS - 1:
        waits = rng.random(m)
        status = np.where(let_in & (waits < 0.06), 1, np.where(let_in & (waits < 0.08), 0, status))
    return {"t": t, "course": course, "how": how, "status": status, "asked": requested_on, "ended": ended}


def _learn(
    ability: Floats, before: Floats, taken: Floats, city: SimulatedCity, catalogue: SimulatedCatalogue, t: Ints, course: Ints
) -> None:
    """Adds the lifts of the finished courses to `ability`, and counts them in `taken`."""
    for k in range(ability.shape[1]):
        rows = np.flatnonzero(catalogue.dose[course, k] > 0)
        people, what = t[rows], course[rows]
        drive = drive_of(
            city.motivation[people], city.fidelity[city.school[people]], catalogue.embedded[what]
        )
        added = lift(
            before[people, k], catalogue.dose[what, k], catalogue.demand[what], drive, taken[people, k]
        )
        ability[:, k] += np.bincount(people, weights=added, minlength=len(ability))
        taken[:, k] += np.bincount(people, minlength=len(ability))


def _grade(
    rng: np.random.Generator,
    part: dict[str, Any],
    before: Floats,
    after: Floats,
    city: SimulatedCity,
    catalogue: SimulatedCatalogue,
) -> None:
    """Marks before and after, hours, and stars that follow comfort more than learning."""
    t, course, done = part["t"], part["course"], part["status"] == 2
    claimed = catalogue.claimed[course]
    m = len(t)
    was, now = (claimed * before[t]).sum(1), (claimed * after[t]).sum(1)
    score = np.clip(np.round(76 + 8 * now + rng.normal(0, 5, m), 1), 0, 100)
    early = np.clip(np.round(72 + 8 * was + rng.normal(0, 5, m), 1), 0, 100)
    ease = np.log(catalogue.popularity[course])
    warm = stream(int(rng.integers(2**31)), "stars").normal(0, 0.7, m)
    stars = np.clip(np.round(4.1 + 0.25 * ease + 0.5 * (city.motivation[t] - 0.5) + warm), 1, 5)
    part["score"] = np.where(done & catalogue.tested[course], score, np.nan)
    part["pre_score"] = np.where(catalogue.tested[course] & (rng.random(m) < 0.4), early, np.nan)
    part["rating"] = np.where(done & (rng.random(m) < 0.6), stars, np.nan)
    short = np.round(catalogue.hours[course] * rng.uniform(0.0, 0.6, m) * 2) / 2
    part["hours"] = np.where(done, catalogue.hours[course], np.where(part["status"] == 3, short, np.nan))


def _columns(parts: list[dict[str, Any]], city: SimulatedCity, catalogue: SimulatedCatalogue) -> dict[str, Any]:
    if not parts:
        return {}
    whole = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    ended = np.where(whole["status"] == 2, whole["ended"], np.datetime64("NaT"))
    return {
        "teacher_id": pick(city.teacher_ids, whole["t"]), "course_id": pick(catalogue.ids, whole["course"]),
        "requested_on": whole["asked"], "completed_on": ended, "status": pick(STATUS, whole["status"]),
        "hours": whole["hours"], "score": whole["score"], "pre_score": whole["pre_score"],
        "rating": whole["rating"], "assignment": pick(ASSIGNMENT, whole["how"]),
        "propensity": np.where(whole["how"] == 3, 0.5, np.nan),
    }  # fmt: skip
