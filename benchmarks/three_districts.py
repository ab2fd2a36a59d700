"""How close do the lists come to an oracle, in cities whose truth is known?

    python benchmarks/three_districts.py [--teachers 2000] [--seeds 1 2 3] [--scenario plain]

Draws one simulated district a seed, trains on the earlier period and on train schools, and evaluates every scorer
on the teachers of test schools over all courses open to them: NDCG@10 by true gain and the share of the
oracle's gain at 1, 3, 10, with 95% intervals over schools and the paired difference to the need rule; then
all districts pooled.
Also the observed test, which needs no truth: measured gains after T0, one list a school.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from features.needs import diagnose
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from models.evaluation.evaluation import EvaluationReport, evaluate
from models.evaluation.list_metrics import ListMetrics, MetricRow, pooled
from recommender.training import report_json

SHOWN = {"truth": ("ndcg@10", "oracle_share@1", "oracle_share@3", "oracle_share@10"),
         "observed": ("ndcg@10", "recall@10")}  # fmt: skip


def run(teachers: int, seed: int, scenario: str) -> EvaluationReport:
    with tempfile.TemporaryDirectory() as place:
        city = simulate(Path(place) / "city", teachers=teachers, seed=seed, scenario=scenario)
        tables = read_tables([city / "tables"]).tables
        as_of = tables.latest_evidence()
        assert as_of is not None
        return evaluate(tables, diagnose, as_of, Truth.read(city / "truth"), seed=seed)


def show(title: str, rows: list[MetricRow]) -> None:
    print(f"\n{title}")
    print(f"{'test':9}{'metric':17}{'scorer':13}{'value':>7}  {'95%':16}{'- rival':>9}  {'95%':16}  rival")
    for row in rows:
        if row.metric in SHOWN[row.test]:
            print(
                f"{row.test:9}{row.metric:17}{row.scorer:13}{row.value:7.3f}  "
                f"{row.low:.3f} .. {row.high:.3f}  {row.difference:+9.3f}  "
                f"{row.difference_low:+.3f} .. {row.difference_high:+.3f}  {row.rival} "
                f"({row.lists} lists, {row.schools} schools)"
            )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, default=2000)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--scenario", default="plain")
    ask.add_argument("--json", type=Path, help="also write all rows here")
    options = ask.parse_args()
    reports: list[EvaluationReport] = []
    for seed in options.seeds:
        began = time.perf_counter()
        report = run(options.teachers, seed, options.scenario)
        reports.append(report)
        took = time.perf_counter() - began
        title = f"{options.scenario}, seed {seed}, {options.teachers} teachers, {took:.0f} s"
        show(f"{title}: {report.decision.reason}", report.rows)
    everything: list[MetricRow] = []
    for test in ("truth", "observed"):
        parts: list[ListMetrics] = [r.metrics[test] for r in reports if test in r.metrics]
        same = {tuple(p.values["ndcg@10"]) for p in parts}
        if parts and len(same) == 1:
            everything += pooled(parts).rows("need_rule", seed=0)
    show("all districts pooled", everything)
    if options.json:
        content = {"districts": [report_json(r) for r in reports], "pooled": [r.as_json() for r in everything]}
        options.json.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
