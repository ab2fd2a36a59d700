"""What each part of the recommender is worth: lists with everything, and with one part left out.

    python benchmarks/part_values.py [--teachers 800] [--seeds 1 2 3] [--markdown FILE]

Two tables, each over the pooled lists of several simulated cities; a school (or teacher) stays a cluster of its own
city. *Evidence*: scenario `plain`, one kind of evidence removed and everything diagnosed and fitted again, lists
judged by known truth (share of the best possible gain among the first 3). *Candidate sources and feature families*:
scenario `no_evidence`, one of them left out of the ranker of next enrolments, judged by NDCG@10 of what was really taken
next. Differences are to the whole, paired, with 95% intervals; below 0 the part contributes. Simulated data: the table
says what the program does with its own cities, not what a district will see.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from features.needs import diagnose
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from models.data.study import open_study
from models.evaluation.ablation import ALL, ablation_lists
from models.evaluation.list_metrics import ListMetrics, MetricRow, pooled

TABLES = {"evidence": ("plain", "oracle_share@3"), "candidates and features": ("no_evidence", "ndcg@10")}
HEAD = "| left out | {metric} | difference to the whole | 95% interval | p | clusters |\n|---|---|---|---|---|---|"


def lists_of(scenario: str, seed: int, teachers: int) -> ListMetrics:
    """The lists of one city, with everything and without each part."""
    with tempfile.TemporaryDirectory() as folder:
        city = simulate(Path(folder) / "city", teachers=teachers, seed=seed, scenario=scenario)
        tables, truth = read_tables([city / "tables"]).tables, Truth.read(city / "truth")
    as_of = tables.latest_evidence() or tables["enrolments"]["requested_on"].max()
    study = open_study(tables, diagnose, as_of, seed)
    return ablation_lists(study, diagnose, truth if study.objective == "gain" else None, threads=2)


def common(parts: Sequence[ListMetrics]) -> list[ListMetrics]:
    """The same cities, with the variants that every one of them has."""
    names = [name for name in next(iter(parts[0].values.values()))
             if all(name in next(iter(part.values.values())) for part in parts)]  # fmt: skip
    return [
        ListMetrics(p.test, {m: {n: per[n] for n in names} for m, per in p.values.items()}, p.schools, p.teachers,
                    p.units, p.unit_kind)
        for p in parts
    ]  # fmt: skip


def markdown(rows: Sequence[MetricRow], metric: str) -> list[str]:
    """Largest loss first, the whole above all."""
    chosen = [row for row in rows if row.metric == metric]
    whole = [row for row in chosen if row.scorer == ALL]
    rest = sorted((row for row in chosen if row.scorer != ALL), key=lambda row: row.difference)
    lines = [HEAD.format(metric=metric)]
    lines += [f"| nothing | {r.value:.3f} | | | | {r.clusters} |" for r in whole]
    lines += [
        f"| {r.scorer} | {r.value:.3f} | {r.difference:+.4f} | {r.difference_low:+.4f} to {r.difference_high:+.4f} "
        f"| {r.p:.3f} | {r.clusters} |"
        for r in rest
    ]
    return lines


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=800)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--markdown", type=Path, help="write the tables there as well")
    options = ask.parse_args()
    lines: list[str] = []
    for name, (scenario, metric) in TABLES.items():
        cities = []
        for seed in options.seeds:
            cities.append(lists_of(scenario, seed, options.teachers))
            print(f"{scenario} {seed} done", file=sys.stderr, flush=True)
        table = markdown(pooled(common(cities)).rows(ALL, 0), metric)
        lines += [f"{name}: {len(options.seeds)} made-up cities of {options.teachers} teachers, scenario {scenario}", "",
                  *table, ""]  # fmt: skip
        print("\n".join(lines[-len(table) - 3 :]), flush=True)
    if options.markdown:
        options.markdown.write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
