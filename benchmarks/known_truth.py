"""Needs against known truth: how much of what the data allow is found, and are the intervals honest?

    python benchmarks/known_truth.py [--teachers 4000] [--seeds 1 2 3] [--scenarios plain no_observation ...]

For each simulated city: squared correlation of estimate and truth over all (teacher, competency) with a target,
beside the same posterior with components taken from the truth (`allowed`: loadings by regression of every value on
the true abilities, residual parts by moments of the true residuals, covariances of the true abilities); coverage of
50, 80 and 90% intervals; calibration of P(need) as the largest and mean distance over ten equal bins; the share of
the tenth of cells with the highest P(need) whose true gap is among the highest fifth (chance .20).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.needs import diagnose
from features.needs.averages import average
from features.needs.components import Components, Noise, estimate
from features.needs.gap import SMALLEST_GAP
from features.needs.measures import Source
from features.needs.moments import within_schools
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources import read_tables

COVERED = {0.5: 0.6744897501960817, 0.8: 1.2815515655446004, 0.9: 1.6448536269514722}
SCENARIOS = ("plain", "no_observation", "sparse", "heavy_tails", "unequal")


def true_components(
    sources: list[Source], school: np.ndarray, theta: np.ndarray, guess: Components
) -> Components:
    """The components that the truth has, for the same model; theta (N, K), NaN where it does not apply."""
    value = np.nan_to_num(theta)
    here = ~np.isnan(theta)
    n = here.T.astype(float) @ here
    together = np.where(n > 0, value.T @ value / np.maximum(n, 1), 0.0)
    apart = ~np.eye(len(n), dtype=bool) & (n > 200)
    common = float(np.clip(together[apart].mean(), 0.05, 0.95)) if apart.any() else guess.common
    size = np.maximum(np.bincount(school), 1)
    pairs, product = 0.0, 0.0
    for k in range(theta.shape[1]):
        s = np.bincount(school, value[:, k], len(size))
        m = np.bincount(school, here[:, k], len(size))
        own = np.bincount(school, value[:, k] ** 2, len(size))
        product += float((s**2 - own).sum())
        pairs += float((m**2 - m).sum())
    share = float(np.clip(product / max(pairs, 1.0), 0.01, 0.7))
    found: dict[str, Noise] = {}
    for source in sources:
        signal = (source.q[source.j] * value[source.t]).sum(axis=1) * source.share
        loading = float(signal @ source.value / max(signal @ signal, 1e-9))
        rest = replace(source, value=source.value - loading * signal)
        parts = estimate([rest], school, 1).sources[source.name]
        stable = parts.method + parts.loading**2 + parts.shared  # nothing of ability is left in it
        moment = within_schools(average(rest), average(rest), school)
        shared = max(moment.mean, 1e-4)
        method = max(stable - shared, 1e-3)
        cross = parts.method_common + guess.common * parts.loading**2 + parts.shared - shared
        found[source.name] = Noise(
            loading, 0.0, method, float(np.clip(cross, 0.0, method)), parts.noise, parts.noise_common, shared
        )
    return Components(common, share, guess.district, found, guess.rows)


def judge(
    mean: np.ndarray, sd: np.ndarray, p: np.ndarray, theta: np.ndarray, gap: np.ndarray
) -> dict[str, float]:
    """All figures over the cells (n,) where the truth is known."""
    z = np.abs(theta - mean) / sd
    told = {"reliability": float(np.corrcoef(mean, theta)[0, 1] ** 2)}
    told |= {f"cover{int(100 * share)}": float(np.mean(z < width)) for share, width in COVERED.items()}
    need = gap > SMALLEST_GAP
    order = np.argsort(p, kind="stable")
    bins = np.array_split(order, 10)
    off = [abs(float(p[b].mean() - need[b].mean())) for b in bins]
    worst = np.argsort(-gap)[: len(gap) // 5]
    told |= {"p_off_max": max(off), "p_off_mean": float(np.mean(off))}
    told["P@10%"] = float(np.isin(order[-(len(gap) // 10) :], worst).mean())
    return told


def city(scenario: str, seed: int, teachers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        made = simulate(Path(place), teachers=teachers, seed=seed, scenario=scenario)
        tables = read_tables([made / "tables"]).tables
        truth = Truth.read(made / "truth").abilities
    as_of = tables.latest_evidence()
    assert as_of is not None
    grid = truth.pivot(index="teacher_id", columns="competency_id", values="value")
    began = time.perf_counter()
    needs = diagnose(tables, as_of)
    took = time.perf_counter() - began
    theta = grid.reindex(index=needs.teacher_ids, columns=needs.competency_ids).to_numpy()
    here = needs.applies & ~np.isnan(theta)
    target = needs.gap_mean + needs.mean
    told = judge(needs.mean[here], needs.sd[here], needs.p_need[here], theta[here], (target - theta)[here])

    def known(sources: list[Source], school: np.ndarray, districts: int) -> Components:
        return true_components(sources, school, theta, estimate(sources, school, districts))

    diagnosing = sys.modules["features.needs.diagnose"]
    kept = diagnosing.estimate  # type: ignore[attr-defined]
    diagnosing.estimate = known  # type: ignore[assignment]
    try:
        best = diagnose(tables, as_of)
    finally:
        diagnosing.estimate = kept
    allowed = judge(best.mean[here], best.sd[here], best.p_need[here], theta[here], (target - theta)[here])
    told |= {
        "allowed": allowed["reliability"],
        "share": told["reliability"] / allowed["reliability"],
        "s": took,
    }
    return told | {"allowed_cover90": allowed["cover90"]}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=4000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))
    asked = ask.parse_args()
    rows = [
        {"scenario": scenario, "seed": seed, **city(scenario, seed, asked.teachers)}
        for scenario in asked.scenarios
        for seed in asked.seeds
    ]
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
