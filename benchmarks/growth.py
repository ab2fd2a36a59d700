"""Changes of abilities between school years against known truth: do the intervals hold what they promise?

    python benchmarks/growth.py [--teachers 600] [--seeds 911 912 913] [--scenarios plain drift]

For each simulated city, over all changes that have comparable evidence: the share of true changes inside the 50, 80 and 90%
intervals, their number, the mean reliability, the squared error of the estimate beside that of "no change" (1.00), and how
often an interval of 90% that excludes 0 has the wrong sign. The true change is that of the abilities on the dates of
her evidence, as weighted there.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from features.needs import diagnose
from features.needs.evidence.cycle_averages import COLUMNS
from features.needs.model.ability_change import ability_changes
from features.simulate import past_of, simulate
from features.simulate.observations import CHANGE
from features.simulate.simulated_enrolments import BEGINS
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables

COVERED = {0.5: 0.6744897501960817, 0.8: 1.2815515655446004, 0.9: 1.6448536269514722}


def true_changes(out: Path, teachers: int, seed: int, scenario: str) -> pd.DataFrame:
    """One row a change: mean, sd, prior_sd and truth, teacher-SD units."""
    simulate(out, teachers=teachers, seed=seed, scenario=scenario)
    tables = read_tables([out / "tables"]).tables
    as_of = tables.latest_evidence()
    needs, truth = diagnose(tables, as_of), Truth.read(out)
    edges = np.array(past_of(teachers, seed, scenario)[1])
    order = pd.Index(truth.competencies["competency_id"]).get_indexer(pd.Index(needs.competency_ids))
    people = pd.Index(truth.teachers["teacher_id"]).get_indexer(pd.Index(needs.teacher_ids))
    scale = truth.competencies["sd"].to_numpy()[order]
    state, rows = needs.state, []
    assert state is not None
    for teacher in np.flatnonzero(np.diff(state.cycle_first)):
        cells = dict(zip(COLUMNS, state.cycle_cells[slice(*state.cycle_first[teacher : teacher + 2])].T, strict=True))
        days = np.datetime64(as_of, "D") - np.round(cells["age"] * 365.25).astype("timedelta64[D]")
        half = np.searchsorted(BEGINS, days, side="right") - 1
        edge = half + ((days - BEGINS[half]).astype(int) >= CHANGE)
        for one in ability_changes(state, int(teacher)):
            about = state.q[cells["row"].astype(int)][:, one.k] > 0
            ends = []
            for year in (one.from_year, one.to_year):
                mine = about & (cells["year"] == year)
                ends.append(np.average(edges[edge[mine], people[teacher], order[one.k]], weights=cells["n"][mine]))
            rows.append((one.mean, one.sd, one.prior_sd, (ends[1] - ends[0]) / scale[one.k], one.to_year - one.from_year))
    return pd.DataFrame(rows, columns=["mean", "sd", "prior_sd", "truth", "years"])


def figures(changes: pd.DataFrame) -> dict[str, float]:
    """What is printed of one city."""
    error = (changes["truth"] - changes["mean"]).abs()
    result = {f"within {level:.0%}": float((error <= z * changes["sd"]).mean()) for level, z in COVERED.items()}
    clear = changes[changes["mean"].abs() > COVERED[0.9] * changes["sd"]]
    return result | {
        "changes": float(len(changes)), "mean truth": float(changes["truth"].mean()),
        "mean estimate": float(changes["mean"].mean()),
        "reliability": float(1.0 - (changes["sd"] ** 2 / changes["prior_sd"] ** 2).mean()),
        "error / no change": float((error**2).mean() / (changes["truth"] ** 2).mean()),
        "clear": len(clear) / max(len(changes), 1),
        "wrong sign": float((np.sign(clear["mean"]) != np.sign(clear["truth"])).mean()) if len(clear) else 0.0,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[911, 912, 913])
    parser.add_argument("--scenarios", nargs="+", default=["plain", "drift"])
    arguments = parser.parse_args()
    rows = []
    for scenario in arguments.scenarios:
        for seed in arguments.seeds:
            with tempfile.TemporaryDirectory() as folder:
                changes = true_changes(Path(folder), arguments.teachers, seed, scenario)
            rows.append({"scenario": scenario, "seed": seed} | figures(changes))
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
