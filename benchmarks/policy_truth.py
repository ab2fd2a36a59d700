"""Do off-policy estimates of a new ranking come true? Simulated cities, where the value of any ranking is known.

    python benchmarks/policy_truth.py [--teachers N] [--seeds 31 32 ...]

The log: every teacher with open courses gets one of the first five of the model without ranker, drawn with
probabilities from .5 down to .05 (a lottery among near-ties as a plan logs it); the outcome is the true gain plus noise
(sd .3 teacher-SD, what a year's evidence leaves of one person). New rankings: the first course of the need rule with
prior effects, of popularity, of hours owed, and the oracle's. For each its true value (mean true gain of its first
course), IPS, SNIPS and doubly robust (model: the promised gains), the effective sample size, and whether the 95% interval
over schools covers the truth. A ranking outside the log's support is marked untrusted and not counted.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from features.needs import diagnose
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from models.data.study import fit, open_study, training_data
from models.effects.need_rule import NeedRule
from models.evaluation.off_policy import policy_value
from models.rankers.baselines import HoursOwed, Popularity
from models.rankers.scorer import PreparedScorer

CHANCES = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
NOISE = 0.3


def city(seed: int, teachers: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as place:
        folder = simulate(Path(place) / "city", teachers=teachers, seed=seed, scenario="plain")
        tables, truth = read_tables([folder / "tables"]).tables, Truth.read(folder / "truth")
    as_of = tables.latest_evidence()
    assert as_of is not None
    study = open_study(tables, diagnose, as_of, seed)
    now = study.now
    model = fit(study, study.roles, now, with_ranker=False)
    people = np.arange(len(now.teacher_ids))
    t, c = now.eligibility.pairs(people)
    scores = model.prepare(now)(t, c)
    shape = (len(people), len(now.course_ids))
    promised, real = np.zeros(shape), truth.gain(now.teacher_ids, now.course_ids)
    promised[t, c] = scores.gain_mean

    def grid(values: np.ndarray) -> np.ndarray:
        value = np.full(shape, -np.inf)
        value[t, c] = values
        return value

    rng = np.random.default_rng(seed)
    order = np.argsort(-grid(scores.score), axis=1, kind="stable")[:, : len(CHANCES)]
    people = people[now.eligibility.block(people).sum(axis=1) >= len(CHANCES)]
    chosen = rng.choice(len(CHANCES), len(people), p=CHANCES)
    taken, logged = order[people, chosen], CHANCES[chosen]
    outcome = real[people, taken] + rng.normal(0.0, NOISE, len(people))
    data = training_data(study, study.roles.development, now)
    completion, prior = model.completion.prepare(now), NeedRule().prepare(now)
    scorers: dict[str, PreparedScorer] = {
        "need rule": lambda a, b: prior.gain(a, b, completion(a, b)).mean,
        "popularity": Popularity().fit(data).prepare(now), "hours owed": HoursOwed().fit(data).prepare(now),
    }  # fmt: skip
    rankings = {name: grid(score(t, c)).argmax(axis=1) for name, score in scorers.items()}
    rankings["served"] = order[:, 0]
    rankings["oracle"] = grid(real[t, c]).argmax(axis=1)
    rows: list[dict[str, object]] = []
    for name, best in rankings.items():
        new = best[people]
        value = policy_value(
            outcome, logged, (taken == new).astype(np.float64), promised[people, taken], promised[people, new],
            now.school_of[people], seed,
        )  # fmt: skip
        row: dict[str, object] = {"seed": seed, "ranking": name, "true": real[people, new].mean()}
        for how in ("ips", "snips", "dr"):
            interval = getattr(value, how)
            row |= {how: interval.value, f"{how}_off": interval.value - real[people, new].mean()}
            row[f"{how}_holds"] = interval.low <= real[people, new].mean() <= interval.high
        inside = (order[people] == new[:, None]).any(axis=1).mean()
        rows.append(
            row | {"ess": value.ess, "on the log": inside, "trusted": value.trusted and inside > 0.95}
        )
    return rows


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=list(range(31, 41)))
    options = ask.parse_args()
    rows: list[dict[str, object]] = []
    for seed in options.seeds:
        rows += city(seed, options.teachers)
        print(f"city {seed} done", flush=True)
    table = pd.DataFrame(rows)
    groups = table.groupby("ranking")
    print(groups[["true", "ips", "snips", "dr", "ess", "on the log", "trusted"]].mean().round(3).to_string())
    for how in ("ips", "snips", "dr"):
        off = groups[f"{how}_off"]
        summary = pd.DataFrame({"bias": off.mean(), "RMSE": off.apply(lambda x: np.sqrt((x**2).mean())),
                             "95% holds": groups[f"{how}_holds"].mean()})  # fmt: skip
        print(f"\n{how}\n{summary.round(3).to_string()}")


if __name__ == "__main__":
    main()
