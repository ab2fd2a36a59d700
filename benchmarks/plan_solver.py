"""Gap, time and memory of plans on the simulator's own instances, beside plain greedy and HiGHS alone.

    python benchmarks/plan_solver.py [--size district city] [--work DIR] [--highs-seconds 120] [--yuan 300]

district: 13,000 teachers and 300 courses; city: 131,000 and 2,000. A city is simulated, imported and trained on
as `recommender demo` does; its pairs are scored, and the question is posed with --yuan a teacher, two courses
a teacher and one release day a teacher at most; courses cost something to open and have least numbers of seats.
Every method runs in a process of its own, whose peak memory is told; HiGHS alone gets the same program whole and
is ended after --highs-seconds, hard where it does not look at the clock. Greedy opens course by course what brings
most for a yuan, opening included. The gap is to the lowest bound that any method proved. `what-if` is the first plan
again with 5% more and 10% less money, from its prices. With --work the instance is kept there and used again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recommender.notebook import simulate
from recommender.pipeline import run_recommender
from recommender.planning.baseline_plans import greedy
from recommender.planning.problem.candidate_pairs import Index
from recommender.planning.problem.district import load_district
from recommender.planning.problem.formulation import build_problem, with_budget
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.milp import solve_exactly
from recommender.planning.solver.solve import solve
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

SIZES = {"district": (13_000, 300), "city": (131_000, 2_000)}
YUAN = 300.0  # a teacher: money is short
LIMITS = Limits(max_courses_per_teacher=2, release_days_per_teacher=1.0)
METHODS = ("greedy", "ours", "highs")


@dataclass(frozen=True)
class Run:
    """value, bound: of the plan, as the problem counts; seconds of solving; peak: memory in GB."""

    method: str
    value: float | None
    bound: float | None
    seconds: float
    cpu: float
    peak: float


def make(folder: Path, teachers: int, courses: int) -> None:
    """Simulate, import, train, score: the posed problem in `folder`, and what it took."""
    begun = time.monotonic()
    workspace = Workspace(folder / "workspace")
    if not workspace.imported:
        workspace = simulate(folder / "workspace", teachers)
    ready = run_recommender(workspace, Settings())
    orgs = workspace.tables["organizations"]
    city = str(orgs.loc[orgs["kind"] == "city", "org_id"].iloc[0])
    print(f"simulated, imported, trained: {time.monotonic() - begun:.0f} s", flush=True)
    begun = time.monotonic()
    district = load_district(ready.snapshot, ready.bundle, city, made_up=True)
    if courses < district.pairs.courses:  # the first ones: the catalogue is drawn in no order
        kept = district.pairs.course < courses
        district = replace(district, pairs=district.pairs.take(kept), refused=district.refused[kept])
    problem, _ = build_problem(district, LIMITS, YUAN * teachers)
    with (folder / "problem.pickle").open("wb") as file:  # our own, for our own children
        pickle.dump(problem, file, protocol=5)
    print(f"{len(problem.pairs):,} pairs scored and posed: {time.monotonic() - begun:.0f} s, "
          f"peak {_peak():.1f} GB", flush=True)  # fmt: skip


def measure(
    folder: Path, method: str, yuan: float, seconds: float, into: multiprocessing.SimpleQueue[list[Run]]
) -> None:
    """One method in this process."""
    with (folder / "problem.pickle").open("rb") as file:
        problem: PlanProblem = pickle.load(file)
    problem = with_budget(problem, yuan * problem.pairs.teachers)
    into.put(_measured(problem, method, seconds))


def _measured(problem: PlanProblem, method: str, seconds: float) -> list[Run]:
    begun, cpu = time.monotonic(), time.process_time()

    def run(name: str, value: float | None, bound: float | None) -> Run:
        return Run(name, value, bound, time.monotonic() - begun, time.process_time() - cpu, _peak())

    if method == "greedy":
        simple = greedy(problem)
        _check(problem, simple.chosen, simple.opened)
        return [run(method, simple.value, None)]
    if method == "highs":
        alone = solve_exactly(problem, None, seconds, seed=0, gap=1e-4)
        return [run(method, alone.plan.value if alone.plan else None, alone.bound)]
    first = solve(problem)
    assert first.plan is not None
    _check(problem, first.plan.chosen, first.plan.opened)
    result = [run(method, first.plan.value, first.bound)]
    if len(problem.pairs) < 10_000_000:
        yuan = float(problem.budget_row().limit[0])
        for share in (1.05, 0.9):
            begun, cpu = time.monotonic(), time.process_time()
            other = with_budget(problem, yuan * share)
            then = solve(other, warm=first)
            assert then.plan is not None
            _check(other, then.plan.chosen, then.plan.opened)
            result.append(run(f"what-if {share - 1:+.0%}", then.plan.value, then.bound))
    return result


def _check(problem: PlanProblem, chosen: Index, opened: np.ndarray) -> None:
    """Limits counted anew; the tests' checker goes through tables seat by seat, too slowly for a city."""
    seats = np.bincount(problem.pairs.course[chosen], minlength=problem.pairs.courses)
    assert ((seats <= problem.max_seats) & (seats >= problem.min_seats))[opened].all() and not seats[~opened].any()
    assert (
        np.bincount(problem.pairs.teacher[chosen], minlength=problem.pairs.teachers) <= problem.max_courses
    ).all()
    for block in problem.constraints:
        used = problem.used(block, chosen, opened)
        assert (used <= block.limit + 1e-6 * np.maximum(np.abs(block.limit), 1)).all(), block.name


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def show(size: str, runs: list[Run]) -> None:
    firsts = [r for r in runs if not r.method.startswith("what-if")]
    best_bound = min((r.bound for r in firsts if r.bound is not None), default=np.nan)
    print(f"\n{size} (made up)\n{'method':14}{'value':>12}{'own bound':>12}{'own gap':>9}{'gap':>9}"
          f"{'seconds':>9}{'CPU s':>8}{'GB':>6}")  # fmt: skip
    for r in runs:
        own = 1 - r.value / r.bound if r.value is not None and r.bound else np.nan
        gap = own if r not in firsts else np.nan if r.value is None else 1 - r.value / best_bound
        value = "none" if r.value is None else f"{r.value:.3f}"
        bound = "" if r.bound is None else f"{r.bound:.3f}"
        print(f"{r.method:14}{value:>12}{bound:>12}{own:>9.3%}{gap:>9.3%}{r.seconds:>9.1f}{r.cpu:>8.1f}"
              f"{r.peak:>6.1f}")  # fmt: skip


def run_size(size: str, folder: Path, methods: list[str], yuan: float, seconds: float) -> None:
    context = multiprocessing.get_context("spawn")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "problem.pickle").exists():
        child = context.Process(target=make, args=(folder, *SIZES[size]))
        child.start()
        child.join()
    runs: list[Run] = []
    for method in methods:
        queue: multiprocessing.SimpleQueue[list[Run]] = context.SimpleQueue()
        child = context.Process(target=measure, args=(folder, method, yuan, seconds, queue))
        child.start()
        child.join(2 * seconds + 60 if method == "highs" else None)
        if child.is_alive():
            print(f"{method}: nothing to show after {2 * seconds + 60:.0f} s, ended")
            child.kill()
            child.join()
        elif child.exitcode == 0:
            runs += queue.get()
        else:
            print(f"{method}: ended with code {child.exitcode}")
    show(f"{size}, {yuan:,.0f} yuan a teacher", runs)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", nargs="+", choices=list(SIZES), default=list(SIZES))
    ask.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    ask.add_argument("--work", type=Path, help="keep the instances here and use them again")
    ask.add_argument("--highs-seconds", type=float, default=120.0)
    ask.add_argument("--yuan", type=float, default=YUAN, help="a teacher")
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for size in args.size:
            folder = (args.work or Path(place)) / size
            run_size(size, folder, args.methods, args.yuan, args.highs_seconds)


if __name__ == "__main__":
    main()
