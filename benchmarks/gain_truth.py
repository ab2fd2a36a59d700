"""Are promised gains kept, claims true and orders good, in simulated cities whose truth is known?

    python benchmarks/gain_truth.py [--teachers 2000] [--seeds 1 2 3] [--scenarios plain confounded sparse cold unequal]

Share of the oracle's gain at 1, 3, 10 over all courses open to teachers of test schools (the model was not
trained on them), compared within a city: `served` beside the need rule with prior effects, popularity, hours owed,
self-report match, ALS (own few lines, order-blind), random; and `form`, the same formula with true needs and true
response while each course is known only by its form (average true dose of the form's courses). Schools: share of the
oracle's summed gain of the first 3 courses, best teachers up to the seats. Calibration over the first 10 of the
served lists: true over promised gain, share of true gains inside the 90% interval, completion by tenths. False
`works` among truly useless courses. Intervals: bootstrap over schools (city) and over cities (pooled).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from features.needs import diagnose
from features.simulate import simulate
from features.simulate.truth import Truth
from features.snapshot import Snapshot
from features.sources.read_tables import read_tables
from models.data.enrolment_history import history_of
from models.data.study import fit, open_study, training_data
from models.effects.need_rule import NeedRule
from models.evaluation.evaluation import ranking_score
from models.evaluation.list_metrics import truth_metrics
from models.evaluation.ranking_metrics import rank
from models.rankers.baselines import HoursOwed, Popularity, Random, SelfReportMatch
from models.rankers.scorer import Prepare

AT = (1, 3, 10)
SCORERS = ("served", "need_rule", "popularity", "hours_owed", "self_report", "als", "random", "form")


def als(
    snapshot: Snapshot, factors: int = 16, alpha: float = 5.0, ridge: float = 1.0, rounds: int = 8
) -> Prepare:
    """Implicit-feedback ALS (Hu, Koren and Volinsky 2008) on enrolments."""
    taken = history_of(snapshot).matrix()
    rng = np.random.default_rng(0)
    course = rng.normal(0, 0.1, (taken.shape[1], factors))
    people = np.zeros((taken.shape[0], factors))
    for _ in range(rounds):
        for grid, factors_of, other in ((taken, people, course), (taken.T.tocsr(), course, people)):
            gram = other.T @ other + ridge * np.eye(factors)
            for row in range(grid.shape[0]):
                columns = grid.indices[grid.indptr[row] : grid.indptr[row + 1]]
                y = other[columns]
                factors_of[row] = np.linalg.solve(gram + alpha * y.T @ y, (1 + alpha) * y.sum(axis=0))
    return lambda _: lambda t, c: np.asarray((people[t] * course[c]).sum(axis=1))


def by_form(snapshot: Snapshot, truth: Truth) -> Prepare:
    """True needs, response and completion; each course has its form's mean dose, divided among its goals as declared.

    Level, mode and hours are the course's own, from the catalogue.
    """
    form = snapshot.tables["courses"]["form"].to_numpy(dtype=object)
    own = truth.doses.groupby("course_id")["dose"].sum().reindex(snapshot.course_ids).fillna(0.0).to_numpy()
    usual = pd.Series(own).groupby(form).transform("mean").to_numpy()
    row, leaf = np.nonzero(snapshot.goals)
    doses = pd.DataFrame({
        "course_id": snapshot.course_ids[row], "competency_id": np.array(snapshot.needs.competency_ids)[leaf],
        "dose": usual[row] * snapshot.goals[row, leaf],
    })  # fmt: skip
    by_form_truth = Truth(
        truth.abilities, truth.course_effects, doses, truth.teachers, truth.courses, truth.competencies
    )
    grid = by_form_truth.gain(snapshot.teacher_ids, snapshot.course_ids)
    return lambda _: lambda t, c: np.asarray(grid[t, c])


def city(scenario: str, seed: int, teachers: int) -> tuple[dict[str, object], pd.DataFrame]:
    with tempfile.TemporaryDirectory() as place:
        folder = simulate(Path(place) / "city", teachers=teachers, seed=seed, scenario=scenario)
        tables = read_tables([folder / "tables"]).tables
        truth = Truth.read(folder / "truth")
    as_of = tables.latest_evidence()
    assert as_of is not None
    began = time.perf_counter()
    study = open_study(tables, diagnose, as_of, seed)
    model = fit(study, study.roles, study.now, with_ranker=False)
    took = time.perf_counter() - began
    now, test = study.now, np.flatnonzero(study.roles.test)
    data = training_data(study, study.roles.development, now)
    scorers: dict[str, Prepare] = {
        s.name: s.fit(data).prepare for s in (Random(seed=seed), Popularity(), HoursOwed(), SelfReportMatch())
    }
    completion, prior = model.completion.prepare(now), NeedRule().prepare(now)
    scorers["need_rule"] = lambda _: lambda t, c: prior.gain(t, c, completion(t, c)).mean
    scorers["served"] = partial(ranking_score, model)
    scorers["als"] = als(now)
    scorers["form"] = by_form(now, truth)
    metrics = truth_metrics(scorers, now, test, truth)
    row: dict[str, object] = {"scenario": scenario, "seed": seed, "s": took}
    for k in AT:
        for name in SCORERS:
            row[f"{name}@{k}"] = float(np.nanmean(metrics.values[f"oracle_share@{k}"][name]))
    row |= schools(now, test, truth, scorers)
    t, c = now.eligibility.pairs(test)
    scores = model.prepare(now)(t, c)
    gain = truth.gain(now.teacher_ids[test], now.course_ids)[np.searchsorted(test, t), c]
    first = rank(np.searchsorted(test, t).astype(np.intp), scores.score, len(test)).place < 10
    inside = np.abs(gain - scores.gain_mean) <= norm.ppf(0.95) * scores.gain_sd
    row["kept"] = float(gain[first].sum() / scores.gain_mean[first].sum())
    row["inside90"] = float(inside[first].mean())
    finish = truth.completion(now.teacher_ids[test], now.course_ids)[np.searchsorted(test, t), c]
    curve = pd.DataFrame(
        {"tenth": (scores.p_complete * 10).astype(int), "told": scores.p_complete, "true": finish}
    )
    useless = truth.course_effects.set_index("course_id")["useless"].reindex(now.course_ids).to_numpy(bool)
    effects = model.rule.estimated.courses
    claim = np.array([effects[c][4] if c in effects else "unknown" for c in now.course_ids])
    row |= {
        "useless": int(useless.sum()), "false_works": int((useless & (claim == "works")).sum()),
        "works": int((claim == "works").sum()), "no_effect": int((claim == "no_effect").sum()),
        "false_none": int((~useless & (claim == "no_effect")).sum()),
    }  # fmt: skip
    return row, curve


def schools(now: Snapshot, test: np.ndarray, truth: Truth, scorers: dict[str, Prepare]) -> dict[str, float]:
    """Share of the oracle's summed gain of a school's first three courses."""
    seats = now.tables["courses"]["max_seats"].fillna(np.inf).to_numpy()
    shares: dict[str, list[float]] = {name: [] for name in ("served", "need_rule", "popularity")}
    for school in np.unique(now.school_of[test]):
        people = np.flatnonzero(now.school_of == school)
        open_to = now.eligibility.block(people)
        gain = np.where(open_to, np.maximum(truth.gain(now.teacher_ids[people], now.course_ids), 0.0), 0.0)
        t, c = now.eligibility.pairs(people)

        def worth(by: np.ndarray, real: np.ndarray) -> np.ndarray:
            order = np.argsort(-by, axis=0, kind="stable")
            counted = np.arange(len(by))[:, None] < seats[None, :]
            return (np.take_along_axis(real, order, axis=0) * counted).sum(axis=0)

        best = np.sort(worth(gain, gain))[::-1][:3].sum()
        if best <= 0:
            continue
        for name in shares:
            grid = np.zeros(open_to.shape)
            grid[np.searchsorted(people, t), c] = np.maximum(scorers[name](now)(t, c), 0.0)
            chosen = np.argsort(-worth(grid, grid), kind="stable")[:3]
            shares[name].append(float(worth(grid, gain)[chosen].sum() / best))
    return {f"school {name}@3": float(np.mean(values)) for name, values in shares.items()}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--scenarios", nargs="+", default=["plain", "confounded", "sparse", "cold", "unequal"])
    options = ask.parse_args()
    rows, curves = [], []
    for scenario in options.scenarios:
        for seed in options.seeds:
            row, curve = city(scenario, seed, options.teachers)
            rows.append(row)
            curves.append(curve)
            print(f"{scenario} {seed}: " + "  ".join(f"{n} {row[n + '@3']:.3f}" for n in SCORERS), flush=True)
    table = pd.DataFrame(rows)
    rng = np.random.default_rng(0)
    pick = rng.integers(0, len(table), (2000, len(table)))
    print("\nshare of the oracle's gain, all cities; differences of served with 95% over cities")
    for k in AT:
        ours = table[f"served@{k}"].to_numpy()
        for name in SCORERS:
            its = table[f"{name}@{k}"].to_numpy()
            low, high = np.quantile((ours - its)[pick].mean(axis=1), [0.025, 0.975])
            ratio = (ours / its).mean()
            print(
                f"@{k:<3}{name:12}{its.mean():7.3f}   {(ours - its).mean():+.3f} [{low:+.3f}, {high:+.3f}]  x{ratio:.3f}"
            )
    print(table[[c for c in table if c.startswith("school")]].mean().round(3).to_string())
    print("\n" + table[["scenario", "seed", "kept", "inside90", "useless", "false_works", "works", "no_effect",
                        "false_none", "s"]].round(3).to_string(index=False))  # fmt: skip
    print(
        "kept (sum of cities)",
        round(float(table["kept"].mean()), 3),
        "inside90",
        round(float(table["inside90"].mean()), 3),
    )
    print("false works share", table["false_works"].sum() / table["useless"].sum())
    curve_table = pd.concat(curves)
    print(curve_table.groupby("tenth")[["told", "true"]].agg(["mean", "size"]).round(3).to_string())


if __name__ == "__main__":
    main()
