"""What plans are truly worth, in cities whose truth is known: ours, the usual ways, and an oracle's.

    python benchmarks/plan_truth.py [--teachers 2000] [--seeds 1 2 3] [--scenarios plain ...] [--budgets 150 300 600]

For each simulated city and budget (yuan a teacher) plans are made from what the tables say and valued by the
truth: who completes what, lifts of several courses together, up to the gap. Two courses a teacher at most.

    ours         the solver, on estimated gains less a tenth of their uncertainty
    greedy       the same estimates, course by course: what brings most for a yuan with its opening next
    popularity   seats by what teachers of her stage and subject took most last year
    habit        the budget divided among schools by headcount; what was taken most last year, most hours owed first
    oracle       the solver on true gains

`of oracle` is true value / the oracle's. A shortfall has two parts: what the solver may have left (its proven gap, a
share of what is estimated) and the regret of not knowing the truth, the rest. `kept` is true / promised gain: before,
and in the last column what is left when the stated bound on flattery is taken off the promise. In the equity
frontier a floor (share of each school's teachers with a seat) rises at the middle budget of the plain cities.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.simulate.truth import Truth
from models.baselines import Popularity
from models.scorer import TrainingData
from recommender.notebook import SIMULATED, simulate
from recommender.pipeline import recommender_step
from recommender.plan.curse import flattery
from recommender.plan.district import District, take_district
from recommender.plan.frontier import weak_third
from recommender.plan.limits import Limits
from recommender.plan.measure import measure
from recommender.plan.pairs import Index
from recommender.plan.posing import pose
from recommender.plan.repair import Plan
from recommender.plan.simple import by_headcount, fees, greedy, in_order
from recommender.plan.solve import solve
from recommender.settings import Settings

SCENARIOS = ("plain", "confounded", "sparse", "cold", "unequal")
LIMITS = Limits(max_courses_per_teacher=2)
FLOORS = (0.0, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class City:
    """A district with its truth, and the orders in which habit and popularity give seats."""

    district: District
    truth: Truth
    popular: Index
    habit: Index
    rate: np.ndarray

    def true_gain(self, chosen: Index) -> pd.Series:
        """Of each teacher with a seat, by index."""
        pairs, ids = self.district.pairs, self.district.teacher_ids
        people = pairs.teacher[chosen]
        gain = self.truth.plan_gain(ids[people], self.district.course_ids[pairs.course[chosen]])
        held = np.unique(people)  # ids are not sorted as indices are
        order = np.argsort(self.truth.teachers["teacher_id"].searchsorted(ids[held]), kind="stable")
        return pd.Series(gain, index=held[order])


def open_city(folder: Path, scenario: str, seed: int, teachers: int) -> City:
    held = simulate(folder, teachers, seed, scenario)
    ready = recommender_step(held, Settings())
    orgs = held.tables["organizations"]
    top = str(orgs.loc[orgs["kind"] == "city", "org_id"].iloc[0])
    district = take_district(ready, top, made_up=True)
    snapshot, pairs = ready.snapshot, district.pairs
    everybody = np.ones(len(snapshot.teacher_ids), bool)
    data = TrainingData(snapshot, snapshot.enrolments, everybody, 0)
    rate = Popularity().fit(data).score(snapshot, district.people[pairs.teacher], pairs.course)
    recent = snapshot.enrolments[snapshot.enrolments["c"] >= 0]
    recent = recent[recent["requested_on"] > pd.Timestamp(snapshot.as_of) - pd.Timedelta(days=365)]
    taken = np.bincount(recent["c"].to_numpy(np.intp), minlength=pairs.courses)
    problem, _ = pose(district, LIMITS, 0.0)
    price = fees(problem)[pairs.course]
    owed = np.nan_to_num(district.owed[:, -1], posinf=0.0)
    popular = np.lexsort((price, -rate))
    habit = np.lexsort((-owed[pairs.teacher], price, -taken[pairs.course]))
    return City(district, Truth.read(folder / SIMULATED / "truth"), popular, habit, rate)


def known_truth(city: City) -> District:
    """The same district with true gains in place of estimates."""
    d = city.district
    gain = np.empty(len(d.pairs), np.float32)
    for start in range(0, d.pairs.teachers, 500):
        a, b = d.pairs.first[start], d.pairs.first[min(start + 500, d.pairs.teachers)]
        grid = city.truth.gain(d.teacher_ids[start : start + 500], d.course_ids)
        gain[a:b] = grid[d.pairs.teacher[a:b] - start, d.pairs.course[a:b]]
    return replace(d, pairs=replace(d.pairs, gain=gain, sd=np.zeros_like(gain), worth=gain))


def compare(city: City, yuan: float) -> list[dict[str, float | str]]:
    """One row a way of planning."""
    problem, _ = pose(city.district, LIMITS, yuan)
    exact = replace(LIMITS, uncertainty_discount=0.0)
    oracle, _ = pose(known_truth(city), exact, yuan)
    ours, best = solve(problem), solve(oracle)
    assert ours.plan is not None and best.plan is not None
    plans: dict[str, Plan] = {
        "ours": ours.plan,
        "greedy": greedy(problem),
        "popularity": in_order(problem, city.popular),
        "habit": by_headcount(problem, city.district.school, city.habit),
        "oracle": best.plan,
    }
    values = {name: float(city.true_gain(plan.chosen).sum()) for name, plan in plans.items()}
    rows: list[dict[str, float | str]] = []
    for name, plan in plans.items():
        row: dict[str, float | str] = {"plan": name, "true": values[name], "seats": len(plan.chosen)}
        row["of_oracle"] = values[name] / values["oracle"]
        row["cost"] = float(problem.used(problem.budget_row(), plan.chosen, plan.opened)[0]) / yuan
        if name in ("ours", "oracle"):
            row["gap"] = ours.gap if name == "ours" else best.gap
        if name in ("ours", "greedy"):
            told = measure(city.district, problem, plan.chosen, plan.opened)
            curse = flattery(city.district, problem, plan.chosen, told.seat_gain)
            row["kept"] = values[name] / told.gain
            row["kept_cautious"] = values[name] / (told.gain * (1 - curse))
        rows.append(row)
    return rows


def equity(city: City, yuan: float) -> list[dict[str, float | str]]:
    """Floors rise: true gain of all, and a head of the weaker third and of the rest."""
    weak = weak_third(city.district)
    rows: list[dict[str, float | str]] = []
    for floor in FLOORS:
        problem, _ = pose(city.district, replace(LIMITS, floor_share_per_school=floor or None), yuan)
        found = solve(problem)
        if found.plan is None:
            break
        gain = city.true_gain(found.plan.chosen).reindex(range(len(weak)), fill_value=0.0).to_numpy()
        promised = measure(city.district, problem, found.plan.chosen, found.plan.opened).gain
        rows.append({
            "floor": f"{floor:.0%}", "promised": promised, "true": float(gain.sum()),
            "weak_each": float(gain[weak].mean()), "rest_each": float(gain[~weak].mean()),
        })  # fmt: skip
    return rows


def show(title: str, rows: list[dict[str, float | str]], by: list[str]) -> None:
    table = pd.DataFrame(rows)
    numbers = [c for c in table.columns if c not in (*by, "seed")]
    print(f"\n{title} (made-up data)")
    print(table.groupby(by, sort=False)[numbers].mean().round(3).to_string(na_rep=""))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))
    ask.add_argument("--budgets", type=float, nargs="+", default=[150, 300, 600], help="yuan a teacher")
    ask.add_argument("--csv", type=Path, help="also write one row a city, budget and plan here")
    asked = ask.parse_args()
    rows: list[dict[str, float | str]] = []
    fair: list[dict[str, float | str]] = []
    middle = sorted(asked.budgets)[len(asked.budgets) // 2]
    for scenario in asked.scenarios:
        for seed in asked.seeds:
            begun = time.monotonic()
            with tempfile.TemporaryDirectory() as place:
                city = open_city(Path(place), scenario, seed, asked.teachers)
                here: dict[str, float | str] = {"scenario": scenario, "seed": seed}
                for each in asked.budgets:
                    found = compare(city, each * asked.teachers)
                    rows += [{**here, "yuan": each, **row} for row in found]
                if scenario == "plain":
                    fair += [{**here, **row} for row in equity(city, middle * asked.teachers)]
            print(f"{scenario}, seed {seed}: {time.monotonic() - begun:.0f} s", flush=True)
    show("true value, mean of seeds", rows, ["scenario", "yuan", "plan"])
    show(
        "all scenarios, budgets and seeds",
        [{k: v for k, v in r.items() if k != "scenario"} for r in rows],
        ["plan"],
    )
    if fair:
        show(f"equity frontier at {middle:.0f} yuan a teacher", fair, ["scenario", "floor"])
    if asked.csv:
        pd.DataFrame(rows).to_csv(asked.csv, index=False)


if __name__ == "__main__":
    main()
