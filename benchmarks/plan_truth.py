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
from pathlib import Path

import pandas as pd

from features.simulate.truth import Truth
from recommender.notebook import SIMULATED, simulate
from recommender.pipeline import run_recommender
from recommender.planning.frontier import weak_third
from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.plan_regret import TrueValues, compare_plans, true_values
from recommender.planning.problem.district import load_district
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.solve import solve
from recommender.settings import Settings

SCENARIOS = ("plain", "confounded", "sparse", "cold", "unequal")
LIMITS = Limits(max_courses_per_teacher=2)
FLOORS = (0.0, 0.3, 0.5, 0.7)


def open_city(folder: Path, scenario: str, seed: int, teachers: int) -> TrueValues:
    """Simulated, imported, trained, scored."""
    workspace = simulate(folder, teachers, seed, scenario)
    ready = run_recommender(workspace, Settings())
    orgs = workspace.tables["organizations"]
    top = str(orgs.loc[orgs["kind"] == "city", "org_id"].iloc[0])
    return true_values(load_district(ready.snapshot, ready.bundle, top, made_up=True), Truth.read(folder / SIMULATED / "truth"))


def compare(city: TrueValues, yuan: float) -> list[dict[str, float | str]]:
    """One row a way of planning."""
    table = compare_plans(city, LIMITS, yuan)
    table["kept"] = table["true_gain"] / table["promised"]
    table["kept_cautious"] = table["true_gain"] / table["cautious"]
    return [dict(row) for row in table.drop(columns=["promised", "cautious"]).to_dict("records")]  # type: ignore[misc]


def equity(city: TrueValues, yuan: float) -> list[dict[str, float | str]]:
    """Floors rise: true gain of all, and a head of the weaker third and of the rest."""
    weak = weak_third(city.district)
    rows: list[dict[str, float | str]] = []
    for floor in FLOORS:
        problem, _ = build_problem(city.district, LIMITS.replace(floor_share_per_school=floor or None), yuan)
        result = solve(problem)
        if result.plan is None:
            break
        gain = city.true_gain(result.plan.chosen)
        promised = plan_metrics(city.district, problem, result.plan.chosen, result.plan.opened).gain
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
    args = ask.parse_args()
    rows: list[dict[str, float | str]] = []
    fair: list[dict[str, float | str]] = []
    middle = sorted(args.budgets)[len(args.budgets) // 2]
    for scenario in args.scenarios:
        for seed in args.seeds:
            begun = time.monotonic()
            with tempfile.TemporaryDirectory() as place:
                city = open_city(Path(place), scenario, seed, args.teachers)
                mask: dict[str, float | str] = {"scenario": scenario, "seed": seed}
                for each in args.budgets:
                    comparison = compare(city, each * args.teachers)
                    rows += [{**mask, "yuan": each, **row} for row in comparison]
                if scenario == "plain":
                    fair += [{**mask, **row} for row in equity(city, middle * args.teachers)]
            print(f"{scenario}, seed {seed}: {time.monotonic() - begun:.0f} s", flush=True)
    show("true value, mean of seeds", rows, ["scenario", "yuan", "plan"])
    show(
        "all scenarios, budgets and seeds",
        [{k: v for k, v in r.items() if k != "scenario"} for r in rows],
        ["plan"],
    )
    if fair:
        show(f"equity frontier at {middle:.0f} yuan a teacher", fair, ["scenario", "floor"])
    if args.csv:
        pd.DataFrame(rows).to_csv(args.csv, index=False)


if __name__ == "__main__":
    main()
