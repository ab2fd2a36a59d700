"""Needs against known truth: how much of what the data allow is found, and are the intervals honest?

    python benchmarks/known_truth.py [--teachers 4000] [--seeds 1 2 3] [--scenarios plain no_observation ...]

For each simulated city: squared correlation of estimate and truth over all (teacher, competency) with a target,
beside the same posterior with components taken from the truth (`allowed`: loadings by regression of every value on
the true abilities, residual parts by moments of the true residuals, covariances of the true abilities); coverage of
50, 80 and 90% intervals; calibration of P(need) as the largest and mean distance over ten equal bins; the share of
the tenth of cells with the highest P(need) whose true gap is among the highest fifth (chance .20); the correlation of
estimate and truth inside a teacher's profile (`profile_r`).
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
from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.gap import SMALLEST_GAP
from features.needs.model.cross_products import colleagues, known_noise, within_occasions
from features.needs.model.variance_components import SourceParameters, VarianceComponents, estimate
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables

COVERED = {0.5: 0.6744897501960817, 0.8: 1.2815515655446004, 0.9: 1.6448536269514722}
SCENARIOS = ("plain", "no_observation", "sparse", "heavy_tails", "unequal")


def true_components(
    sources: list[StandardizedSource],
    school: np.ndarray,
    department: np.ndarray,
    theta: np.ndarray,
    guess: VarianceComponents,
) -> VarianceComponents:
    """The components that the truth has, for the same model; theta (N, K), NaN where it does not apply."""
    value, mask = np.nan_to_num(theta), ~np.isnan(theta)
    n = mask.T.astype(float) @ mask
    together = np.where(n > 200, value.T @ value / np.maximum(n, 1), np.nan)
    off = together[~np.eye(len(n), dtype=bool)]
    shape = np.where(np.isnan(together), np.nanmean(off), together)
    shape = (shape + shape.T) / 2
    np.fill_diagonal(shape, 1.0)
    values, vectors = np.linalg.eigh(shape)
    shape = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    shares = [_between(value, mask, group) for group in (school, department)]
    parameters: dict[str, SourceParameters] = {}
    for source in sources:
        signal = (source.q[source.j] * value[source.t]).sum(axis=1) * source.share
        loading = float(signal @ source.value / max(signal @ signal, 1e-9))
        rest = replace(source, value=source.value - loading * signal)
        stable, inside = within_occasions(rest)
        sampling = known_noise(rest)
        cell = average(rest)
        near = colleagues(cell, cell, school)
        shared = max(float(near.total.sum() / max(near.number.sum(), 1)), 1e-4)
        total = float(np.mean(rest.value**2))
        lasting = stable.same if stable.pairs > 60 else 0.5 * total
        method = max(lasting - shared, 1e-3)
        cross = stable.cross if stable.cross_pairs else lasting
        noise = max(total - lasting - sampling[0], 0.01)
        new = float(np.clip(inside.mean - cross - sampling[1], 0.0, noise))
        common = float(np.clip(cross - shared, 0.0, method))
        parameters[source.name] = SourceParameters(loading, 0.0, method, common, noise, new, shared)
    near_share = float(np.clip(shares[1] - shares[0], 1e-4, 0.5))
    return VarianceComponents(shape, shares[0], near_share, guess.district, guess.phi, parameters, guess.table)


def _between(value: np.ndarray, mask: np.ndarray, group: np.ndarray) -> float:
    """Mean product of two members of a group, over all competencies."""
    size = int(group.max()) + 1
    product = pairs = 0.0
    for k in range(value.shape[1]):
        s, m = np.bincount(group, value[:, k], size), np.bincount(group, mask[:, k], size)
        w = 1.0 / np.maximum(m, 1)
        product += float((w * (s**2 - np.bincount(group, value[:, k] ** 2, size))).sum())
        pairs += float((w * (m**2 - m)).sum())
    return float(np.clip(product / max(pairs, 1.0), 0.005, 0.7))


def judge(
    mean: np.ndarray, sd: np.ndarray, p: np.ndarray, theta: np.ndarray, gap: np.ndarray
) -> dict[str, float]:
    """All figures over the cells (n,) where the truth is known."""
    z = np.abs(theta - mean) / sd
    rows = {"reliability": float(np.corrcoef(mean, theta)[0, 1] ** 2)}
    rows |= {f"cover{int(100 * share)}": float(np.mean(z < width)) for share, width in COVERED.items()}
    need = gap > SMALLEST_GAP
    order = np.argsort(p, kind="stable")
    bins = np.array_split(order, 10)
    off = [abs(float(p[b].mean() - need[b].mean())) for b in bins]
    worst = np.argsort(-gap)[: len(gap) // 5]
    rows |= {"p_off_max": max(off), "p_off_mean": float(np.mean(off))}
    rows["P@10%"] = float(np.isin(order[-(len(gap) // 10) :], worst).mean())
    return rows


def profile_correlation(mean: np.ndarray, theta: np.ndarray, mask: np.ndarray) -> float:
    """Of estimates and truth (N, K) after each teacher's own mean is subtracted; of teachers with three competencies or more.

    Lists depend on it: what is alike in all competencies of a person orders no courses.
    """
    some = mask.sum(axis=1) >= 3
    inside = mask[some]
    count = inside.sum(axis=1, keepdims=True)
    parts = [np.where(inside, values[some], 0.0) for values in (mean, theta)]
    centred = [part - part.sum(axis=1, keepdims=True) / count for part in parts]
    return float(np.corrcoef(centred[0][inside], centred[1][inside])[0, 1]) if some.any() else np.nan


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
    mask = needs.applies & ~np.isnan(theta)
    target = needs.gap_mean + needs.mean
    rows = judge(needs.mean[mask], needs.sd[mask], needs.p_need[mask], theta[mask], (target - theta)[mask])

    rows["profile_r"] = profile_correlation(needs.mean, np.nan_to_num(theta), mask)

    def known(
        sources: list[StandardizedSource],
        school: np.ndarray,
        department: np.ndarray,
        districts: int,
        k: int,
        cells: list[SourceAverages],
    ) -> VarianceComponents:
        guess = estimate(sources, school, department, districts, k, cells)
        return true_components(sources, school, department, theta, guess)

    diagnosing = sys.modules["features.needs.diagnosis_context"]
    kept = diagnosing.estimate  # type: ignore[attr-defined]
    diagnosing.estimate = known  # type: ignore[assignment]
    try:
        best = diagnose(tables, as_of)
    finally:
        diagnosing.estimate = kept
    allowed = judge(best.mean[mask], best.sd[mask], best.p_need[mask], theta[mask], (target - theta)[mask])
    rows |= {
        "allowed": allowed["reliability"],
        "share": rows["reliability"] / allowed["reliability"],
        "s": took,
    }
    return rows | {"allowed_cover90": allowed["cover90"]}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=4000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))
    args = ask.parse_args()
    rows = [
        {"scenario": scenario, "seed": seed, **city(scenario, seed, args.teachers)}
        for scenario in args.scenarios
        for seed in args.seeds
    ]
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
