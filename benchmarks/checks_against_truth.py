"""Do the checks of the needs agree with the truth that they do not use?

    python benchmarks/checks_against_truth.py [--teachers 2000] [--seeds 101 102] [--scenarios plain sparse ...]

For each simulated city, side by side: slope and coverage of forecasts of left-out sources (the checks) and slope and
coverage of the posterior on true abilities; mean reliability claimed and the squared correlation with truth within
competencies, and the same inside teachers' profiles; correlation of schools' needs with intake, and of schools' true gaps
with it; and the warnings given.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from known_truth import profile_correlation
from numpy.typing import NDArray

from features.needs import diagnose
from features.needs.checks import check, diagnosis_findings
from features.needs.checks.intake_bias import correlation, school_intake
from features.needs.diagnosis_context import diagnosis_context
from features.needs.needs import Needs
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables

Array = NDArray[np.float64]
SCENARIOS = ("plain", "sparse", "unequal", "confounded", "heavy_tails")


def against_truth(needs: Needs, truth: Array) -> tuple[float, float, float]:
    """Slope, share within the 90% range, squared correlation within competencies."""
    mask = needs.applies & np.isfinite(truth)
    slope = float(np.polyfit(needs.mean[mask], truth[mask], 1)[0])
    coverage = float((np.abs(truth - needs.mean) < 1.645 * needs.sd)[mask].mean())
    squares, people = [], []
    for k in range(mask.shape[1]):
        of = mask[:, k]
        if of.sum() >= 50:
            squares.append(np.corrcoef(needs.mean[of, k], truth[of, k])[0, 1] ** 2)
            people.append(int(of.sum()))
    return slope, coverage, float(np.average(squares, weights=people))


def city(scenario: str, teachers: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = simulate(Path(place), teachers=teachers, seed=seed, scenario=scenario)
        tables, abilities = read_tables([folder / "tables"]).tables, Truth.read(folder / "truth").abilities
    needs = diagnose(tables, tables.latest_evidence())
    results = check(tables, needs.as_of, needs)
    wide = abilities.pivot(index="teacher_id", columns="competency_id", values="value")
    truth = wide.reindex(index=needs.teacher_ids, columns=needs.competency_ids).to_numpy()
    slope, coverage, square = against_truth(needs, truth)
    forecasts = results.predictions.sources.set_index("source").loc["all"]
    claimed, profile = results.reliability.query("competency_id == 'all'")[["whole", "profile"]].iloc[0]
    inside = profile_correlation(needs.mean, np.nan_to_num(truth), needs.applies & np.isfinite(truth)) ** 2
    rows = results.intake_bias.rows.query("what == 'need' and unit == 'school' and intake == 'prior_scores'")
    context = diagnosis_context(tables, needs.as_of, None)
    target = np.where(needs.applies, needs.gap_mean + needs.mean, np.nan)
    gap = pd.DataFrame(np.maximum(target - truth, 0.0)).mean(axis=1).to_numpy()
    true = correlation(gap, context.hierarchy.index.school, school_intake(context), by_school=True)
    print(
        f"{scenario:12} {seed:5}   {forecasts['slope']:5.2f} {slope:5.2f}     {forecasts['cover90']:4.0%} {coverage:4.0%}     "
        f"{claimed:4.2f} {square:4.2f}     {profile:4.2f} {inside:4.2f}     {rows['r'].iloc[0] if len(rows) else np.nan:+5.2f} "
        f"{true[0] if true else np.nan:+5.2f}     "
        + " ".join(one.code for one in diagnosis_findings(results) if one.severity != "trust"),
        flush=True,
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[101, 102])
    ask.add_argument("--scenarios", nargs="+", default=SCENARIOS)
    options = ask.parse_args()
    print("each pair: check, truth")
    print("scenario      seed   slope           90% range     reliability   profile       with intake     warnings")
    for scenario in options.scenarios:
        for seed in options.seeds:
            city(scenario, options.teachers, seed)


if __name__ == "__main__":
    main()
