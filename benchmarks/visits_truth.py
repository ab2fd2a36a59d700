"""Do proposed visits win by known truth against visits at random, spread evenly, or to whoever is known least?

    python benchmarks/visits_truth.py DIR [--teachers 500] [--seeds 31 .. 38] [--scenarios plain] [--visits 20 60] [--each]

For each simulated city the product is trained once. Then, for each number of visits and each way to spend it, the lessons are
observed in the simulation (the same forms, raters and noise as all others), the city is diagnosed again with the new rows,
variance components and all, and every teacher's first course is chosen anew. Counted is the true expected gain of all
first courses, over redraws of what courses do given their form (people fixed), less that before the visits: teacher-SD,
summed over the city.

    chosen      `recommender.visits`, lessons alone
    random      teachers by lot, one lesson each
    even        by lot within schools, in proportion to their teachers
    least       the teachers of the lowest reliability, one lesson each

With `--each` one lesson of everybody is observed at once, and each teacher's own gain is set against the value of a visit to
her: the sum over the N of the largest values beside N of the mean, promised and true. One diagnosis serves every N and there is
no choosing by lot, so far fewer cities say as much; what visits to few people do to others through shared estimates is not in it.

`promised` is what the product expects of the chosen visits (and `promised random` of as many at random). Outcomes of visits are
drawn `--repeats` times, the lots with them. Intervals: Student's t over cities, each city its mean over repeats. DIR keeps
the workspaces, and one row a city and scenario, so that a run can be continued.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from features.needs.diagnose import condition
from features.needs.diagnosis_context import diagnosis_context
from features.needs.evidence.unlinked_classes import COLUMNS
from features.needs.further_evidence import FurtherEvidence
from features.simulate import past_of
from features.simulate.effect_redraws import redraw_effects
from features.simulate.observations import observe_further
from features.simulate.truth import Truth
from features.snapshot import Snapshot
from features.tables import Tables, typed_frame
from recommender.lists.recommend import NO_CHOICE
from recommender.notebook import simulate
from recommender.pipeline import run_recommender
from recommender.settings import Settings
from recommender.visits.visit_plan import VisitQuestion
from recommender.visits.visit_search import VisitSearch
from recommender.visits.visit_values import VisitValues
from recommender.workspace.workspace import Workspace

WAYS = ("chosen", "random", "even", "least")
REDRAWS = 30


class VisitedCity:
    """One city: the product on it, what courses truly do on average, and the first courses before any visit."""

    def __init__(self, folder: Path, scenario: str, seed: int, teachers: int) -> None:
        self.seed, self.scenario, self.teachers = seed, scenario, teachers
        place = folder / f"{scenario}-{seed}-{teachers}"
        workspace = Workspace(place) if place.exists() else simulate(place, teachers, seed, scenario)
        self.ready = run_recommender(workspace, Settings())
        self.now: Snapshot = self.ready.snapshot
        truth = Truth.read(place / "simulated" / "truth")
        courses, goals = self.now.tables["courses"], self.now.tables["course_goals"]
        drawn = redraw_effects(truth, courses, goals, seed, REDRAWS)
        self.gain = np.mean([t.gain(self.now.teacher_ids, self.now.course_ids) for t in drawn], axis=0)
        self.open_to = self.now.eligibility.block(np.arange(len(self.now.teacher_ids)))
        t, c = np.nonzero(self.open_to)
        self.p_complete = np.zeros(self.open_to.shape)
        self.p_complete[t, c] = self.ready.scorer.completion(t, c.astype(np.intp))
        self.context = diagnosis_context(self.now.tables, self.now.as_of)
        self.further = FurtherEvidence(self.context)
        self.offered = np.flatnonzero(self.further.offered("observation"))
        self.past = past_of(teachers, seed, scenario)
        self.before = self.worth(self.now.tables)
        best = np.where(self.open_to, self.gain, 0.0).max(axis=1)
        self.oracle = float(best.sum())

    def worth(self, tables: Tables) -> float:
        """True gain of all first courses, chosen by the needs of these tables."""
        return float(self.gains(tables).sum())

    def gains(self, tables: Tables) -> np.ndarray:
        """(N,) true gain of each first course."""
        joint, _ = condition(diagnosis_context(tables, self.now.as_of))
        needs = self.now.needs
        gap = np.where(needs.applies, needs.gap_mean + needs.mean - joint.mean, 0.0)
        moved = replace(self.now, needs=replace(needs, mean=joint.mean, sd=joint.sd, gap_mean=gap, gap_sd=joint.sd))
        rule = self.ready.bundle.scoring_model.rule.prepare(moved)
        t, c = np.nonzero(self.open_to)
        expected = np.full(self.open_to.shape, -1.0)
        expected[t, c] = rule.gain(t, c.astype(np.intp), self.p_complete[t, c]).mean
        first = expected.argmax(axis=1)
        return np.where(self.open_to.any(axis=1), self.gain[np.arange(len(first)), first], 0.0)

    def chosen(self, visits: int) -> tuple[np.ndarray, float, float]:
        """Teachers, one entry a lesson; promised gain, and that of as many lessons at random."""
        question = VisitQuestion("", visits, self.now.as_of, kinds=("observation",), seed=self.seed)
        everybody = np.arange(len(self.now.teacher_ids))
        values = VisitValues(self.ready, self.further, everybody, self.now.as_of, NO_CHOICE)
        search = VisitSearch(self.ready, question, values, pd.DataFrame(columns=COLUMNS))
        allocation = search.allocation()
        worth, _ = search.worth(allocation)
        return np.repeat(allocation.teacher, allocation.counts[:, 0]), worth.gain, worth.random

    def by_lot(self, visits: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(self.offered, min(visits, len(self.offered)), replace=False)

    def evenly(self, visits: int, rng: np.random.Generator) -> np.ndarray:
        """Teachers in an order drawn by lot, every (n / visits)-th of the list of schools."""
        order = self.offered[np.lexsort((rng.random(len(self.offered)), self.ready.school_of[self.offered]))]
        start = rng.random() * len(order) / visits
        return order[np.unique((start + np.arange(visits) * len(order) / visits).astype(np.intp))]

    def least_known(self, visits: int) -> np.ndarray:
        needs = self.now.needs
        known = np.where(needs.applies, needs.reliability, 0.0).sum(axis=1) / np.maximum(needs.applies.sum(axis=1), 1)
        return self.offered[np.argsort(known[self.offered], kind="stable")[:visits]]

    def after(self, teachers: np.ndarray, draw: int) -> float:
        """True gain of all first courses, less that before, after these lessons."""
        return self.worth(self.with_lessons(teachers, draw)) - self.before

    def with_lessons(self, teachers: np.ndarray, draw: int) -> Tables:
        """The tables with one more lesson for each entry."""
        rows = pd.DataFrame(observe_further(*self.past, self.now.teacher_ids[teachers], self.now.as_of, draw))
        tables = self.now.tables
        added = pd.concat([tables["observations"], typed_frame("observations", rows)], ignore_index=True)
        return Tables({**tables.frames, "observations": added}, tables.made_up)


    def each(self, repeats: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n,) the value of a lesson, largest first, the true gain in this order when everybody had one, and the true gain by
        reliability, lowest first."""
        everybody = np.arange(len(self.now.teacher_ids))
        values = VisitValues(self.ready, self.further, everybody, self.now.as_of, NO_CHOICE)
        value = values.of(everybody, {"observation": 1}, 512, self.seed).mean
        before, total = self.gains(self.now.tables), np.zeros(len(value))
        for draw in range(repeats):
            total += self.gains(self.with_lessons(self.offered, draw)) - before
        order = self.offered[np.argsort(-value[self.offered], kind="stable")]
        return value[order], total[order] / repeats, total[self.least_known(len(order))] / repeats


def each_row(city: VisitedCity, visits: list[int], repeats: int) -> dict[str, object]:
    value, gain, least = city.each(repeats)
    row: dict[str, object] = {"scenario": city.scenario, "seed": city.seed, "before": city.before, "oracle": city.oracle}
    for number in visits:
        row |= {f"chosen {number}": float(gain[:number].sum()), f"random {number}": float(number * gain.mean())}
        row |= {f"least {number}": float(least[:number].sum())}
        row |= {f"promised {number}": float(value[:number].sum()), f"promised random {number}": float(number * value.mean())}
    return row | {"slope": float(np.cov(value, gain)[0, 1] / value.var())}


def city_row(city: VisitedCity, visits: list[int], repeats: int) -> dict[str, object]:
    row: dict[str, object] = {
        "scenario": city.scenario, "seed": city.seed, "teachers": city.teachers, "before": city.before, "oracle": city.oracle,
    }  # fmt: skip
    for number in visits:
        rng = np.random.default_rng([city.seed, number])
        chosen, promised, at_random = city.chosen(number)
        least = city.least_known(number)
        gains: dict[str, list[float]] = {way: [] for way in WAYS}
        for draw in range(repeats):
            teachers = {"chosen": chosen, "random": city.by_lot(number, rng), "even": city.evenly(number, rng), "least": least}
            for way in WAYS:
                gains[way].append(city.after(teachers[way], 1000 * number + draw))
        row |= {f"{way} {number}": float(np.mean(values)) for way, values in gains.items()}
        row |= {f"promised {number}": promised, f"promised random {number}": at_random}
    return row


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--teachers", type=int, default=500)
    ask.add_argument("--seeds", type=int, nargs="+", default=list(range(31, 39)))
    ask.add_argument("--scenarios", nargs="+", default=["plain"])
    ask.add_argument("--visits", type=int, nargs="+", default=[20, 60])
    ask.add_argument("--repeats", type=int, default=6)
    ask.add_argument("--each", action="store_true")
    options = ask.parse_args()
    make, ways = (each_row, ("chosen", "random", "least")) if options.each else (city_row, WAYS)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for scenario in options.scenarios:
        for seed in options.seeds:
            name = "-".join(map(str, (scenario, seed, options.teachers, *options.visits, options.repeats)))
            name += "-each" if options.each else ""
            path = options.folder / f"{name}.json"
            if not path.exists():
                began = time.perf_counter()
                city = VisitedCity(options.folder, scenario, seed, options.teachers)
                path.write_text(json.dumps(make(city, options.visits, options.repeats)))
                print(f"{scenario} {seed}: {time.perf_counter() - began:.0f} s", flush=True)
            rows.append(json.loads(path.read_text()))
    report(pd.DataFrame(rows), options.visits, ways)


def report(table: pd.DataFrame, visits: list[int], ways: tuple[str, ...]) -> None:
    """Means over cities with 95% intervals: gains of each way, and the chosen ones' lead over the others, city by city."""
    for scenario, rows in table.groupby("scenario", sort=False):
        share = rows["before"] / rows["oracle"]
        print(f"\n{scenario}, {len(rows)} cities: true gain of first courses before {rows['before'].mean():.1f} "
              f"({share.mean():.3f} of the best possible)")  # fmt: skip
        for number in visits:
            lines = [(way, rows[f"{way} {number}"]) for way in (*ways, "promised", "promised random")]
            lines += [(f"chosen - {way}", rows[f"chosen {number}"] - rows[f"{way} {number}"]) for way in ways[1:]]
            print(f"  {number} visits, teacher-SD summed over the city")
            for name, values in lines:
                print(f"    {name:16s} {interval(values)}")
        if "slope" in rows:
            print(f"  slope of true gain on value over teachers {interval(rows['slope'])}")


def interval(values: pd.Series) -> str:
    n, mean = len(values), float(values.mean())
    if n < 2:
        return f"{mean:.3f}"
    half = float(student.ppf(0.975, n - 1) * values.std() / np.sqrt(n))
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


if __name__ == "__main__":
    main()
