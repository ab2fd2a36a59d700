"""What a diagnosis costs: estimation and posterior apart, seconds and peak memory, and how they grow.

    python benchmarks/needs_cost.py [--teachers 13000 131000]

Simulated cities with every source. CPU seconds of this process (all threads) and wall seconds for each step; peak
memory is the process's own high-water mark after the largest step so far. Beside them, in the same run: how long one
pass over as many bytes as the posterior's blocks hold takes (memory bandwidth), and a matrix product of the size its
inversions add up to (BLAS), so that it shows what limits it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from features.needs.evidence.evidence import gather
from features.simulate import simulate
from features.sources.read_tables import read_tables

diagnosing = sys.modules["features.needs.diagnose"]


def timed(what: str, run: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    took = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  {what:34} {took[0]:7.1f} s wall {took[1]:7.1f} s CPU   peak so far {peak:5.2f} GB", flush=True)
    return result


def city(teachers: int) -> None:
    print(f"{teachers} teachers")
    with tempfile.TemporaryDirectory() as place:
        made = simulate(Path(place), teachers=teachers, seed=1)
        tables = timed("read tables", lambda: read_tables([made / "tables"]).tables)
    as_of = tables.latest_evidence()
    tables = tables.until(as_of)
    evidence = timed("gather evidence (raters solved)", lambda: gather(tables, as_of))
    context = timed(
        "components and prior mean", lambda: diagnosing.diagnosis_context(tables, as_of, evidence)
    )
    timed(f"posterior, {len(context.competency_ids)} competencies", lambda: diagnosing.condition(context))
    timed("class effects", lambda: diagnosing.class_effects(evidence.adjusted, tables["classes"]))
    values = sum(len(cell.t) for cell in evidence.cells)
    print(f"  {values / 1e6:.2f} million cells of evidence, {values / teachers:.1f} a teacher")


def limits() -> None:
    """Bandwidth and BLAS of this machine now, as it is shared."""
    block = np.ones((64, 1 << 20))
    began = time.perf_counter()
    for _ in range(4):
        block.sum()
    rate = 4 * block.nbytes / (time.perf_counter() - began) / 1e9
    a = np.ones((2000, 2000))
    began = time.perf_counter()
    a @ a
    flops = 2 * 2000**3 / (time.perf_counter() - began) / 1e9
    small = np.random.default_rng(0).normal(size=(4096, 40, 40)) + 40 * np.eye(40)
    began = time.perf_counter()
    np.linalg.inv(small)
    inversions = 4096 * 2 * 40**3 / (time.perf_counter() - began) / 1e9
    print(
        f"this machine now: {rate:.0f} GB/s read, {flops:.0f} GFLOP/s products, {inversions:.1f} GFLOP/s in 40x40 inverses"
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--teachers", type=int, nargs="+", default=[13_000, 131_000])
    limits()
    for teachers in ask.parse_args().teachers:
        city(teachers)


if __name__ == "__main__":
    main()
