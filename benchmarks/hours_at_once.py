"""Two processes claim and decide hours at the same time: is anything lost, doubled or decided against the rules?

    python -m benchmarks.hours_at_once [--operations N] [--url postgresql://...]

Each process does half of the operations on one database: claims, single decisions, decisions of many, withdrawals, and now
and then the same write sent again. Then: the records are whole (`store verify`), every acknowledged write is there exactly
once, every entry went through allowed states alone, and the ledgers that two readers compute agree with each other and with
what follows from the acknowledged writes alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.ledger.hours_ledger import hours_ledger
from features.ledger.joined_entries import joined_entries
from features.tables import Tables, empty_frame, typed_frame
from recommender.records.database import database_url
from recommender.records.hour_records import FROM, DecidedEntry, HourClaim, HourRecords, HourStateError
from recommender.records.record_store import Author, RecordStore
from recommender.records.store_check import verify

PROCESSES, TEACHERS = 2, 40
TODAY = date(2026, 6, 1)


@dataclass(frozen=True)
class AtOnceReport:
    """What the two processes did and what was there afterwards. hours: counted in all; expected: from acknowledged writes."""

    claims: int
    decisions: int
    refused: int
    findings: list[str]
    hours: float
    expected: float
    readers_agree: bool
    seconds: float


def operate(url: str, root: Path, worker: int, operations: int) -> list[dict[str, object]]:
    """One process's operations; returns what was acknowledged, in its order."""
    store = RecordStore(database_url(url, root)).open()
    records = HourRecords(store)
    rng, done, known = np.random.default_rng(worker), list[dict[str, object]](), records.recorded().claims
    for n in range(operations):
        key = f"{worker}-{n}"
        if n % 10 == 0:
            known = records.recorded().claims
        if len(known) < 5 or rng.random() < 0.35:
            teacher = f"T{rng.integers(TEACHERS):02d}"
            claim = HourClaim(f"活动 {key}", "public", float(rng.integers(1, 9)), date(2026, 5, 1), "school")
            entry_id = records.claim(Author(teacher, "teacher"), key, teacher, claim)
            if rng.random() < 0.1:  # sent again
                assert records.claim(Author(teacher, "teacher"), key, teacher, claim) == entry_id
            done.append({"claim": entry_id, "hours": claim.hours})
            continue
        some = known.sample(int(rng.integers(1, 6)), random_state=int(rng.integers(2**31)))
        entries = [DecidedEntry(str(e), str(t), "claimed") for e, t in zip(some["entry_id"], some["teacher_id"], strict=True)]
        decision = str(rng.choice(["checked", "checked", "recognised", "recognised", "refused", "withdrawn"]))
        author = Author(f"office{worker}", "district")
        try:
            decided = records.decide(author, key, entries, decision, "why")  # type: ignore[arg-type]
            if rng.random() < 0.1:
                assert records.decide(author, key, entries, decision, "why") == decided  # type: ignore[arg-type]
        except HourStateError:
            decided = ()
        done.append({"decision": decision, "decided": list(decided), "tried": len(entries)})
    store.close()
    return done


def run_at_once(url: str, root: Path, operations: int) -> AtOnceReport:
    """Both processes, then the checks."""
    store = RecordStore(database_url(url, root)).open()
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.hours_at_once", "--url", url, "--root", str(root)]
    each = str(operations // PROCESSES)
    running = [
        subprocess.Popen([*command, "--operations", each, "--worker", str(worker)], stdout=subprocess.PIPE, text=True)
        for worker in range(PROCESSES)
    ]
    answers = [process.communicate()[0] for process in running]
    seconds = time.perf_counter() - started
    findings = [f"a process ended with {process.returncode}" for process in running if process.returncode]
    done = [one for answer in answers for one in json.loads(answer or "[]")]
    findings += [str(finding) for finding in verify(store)]
    records = HourRecords(store)
    claims = {str(one["claim"]): float(one["hours"]) for one in done if "claim" in one}  # type: ignore[arg-type]
    if set(records.recorded().claims["entry_id"]) != set(claims):
        findings.append("claims are not those that were acknowledged")
    recognised = 0.0
    for entry_id, hours in claims.items():
        state = "claimed"
        for step in records.steps(entry_id):
            if state not in FROM[step["decision"]]:
                findings.append(f"{entry_id}: {step['decision']} after {state}")
            state = step["decision"]
        recognised += hours if state == "recognised" else 0.0
        said = sum(entry_id in one["decided"] for one in done if "decided" in one)  # type: ignore[operator]
        if said != len(records.steps(entry_id)):
            findings.append(f"{entry_id}: {said} decisions acknowledged, {len(records.steps(entry_id))} there")
    readers = [RecordStore(database_url(url, root)) for _ in range(2)]
    hours = [_counted(HourRecords(reader)) for reader in readers]
    for reader in readers:
        reader.close()
    refused = sum(int(one["tried"]) - len(one["decided"]) for one in done if "decided" in one)  # type: ignore[call-overload,arg-type]
    decided = sum(len(one["decided"]) for one in done if "decided" in one)  # type: ignore[arg-type]
    store.close()
    return AtOnceReport(
        len(claims), decided, refused, findings, hours[0].sum(), recognised, bool(np.array_equal(*hours)), seconds
    )


def _counted(records: HourRecords) -> np.ndarray:
    """Hours that count of each teacher, as one reader of the records sees them."""
    recorded = records.recorded()
    frames = {
        "organizations": pd.DataFrame({"org_id": ["S"], "name": ["x"], "kind": ["school"]}),
        "teachers": pd.DataFrame({"teacher_id": [f"T{i:02d}" for i in range(TEACHERS)], "school_id": "S", "role": "teacher"}),
        "hour_rules": pd.DataFrame({"jurisdiction": ["S"], "category": "any", "cycle_start": [pd.Timestamp("2026-01-01")],
                                    "cycle_years": 1.0, "min_hours": 1000.0}),
        "hour_entries": joined_entries(empty_frame("hour_entries"), recorded.claims, recorded.decisions, TODAY),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    counted: np.ndarray = hours_ledger(tables, TODAY).standing["counted"].to_numpy()
    return counted


def main() -> None:
    """A worker prints what was acknowledged; without one the whole comparison runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--url", default="", help="of a database without records; a new SQLite file by default")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--worker", type=int)
    arguments = parser.parse_args()
    if arguments.worker is not None:
        print(json.dumps(operate(arguments.url, arguments.root, arguments.worker, arguments.operations)))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        report = run_at_once(arguments.url or f"sqlite:///{root / 'store.db'}", root, arguments.operations)
    print(f"{report.claims:,} claims, {report.decisions:,} decisions, {report.refused:,} not allowed, {report.seconds:.1f} s")
    print(f"hours counted {report.hours:,.0f}, from acknowledged writes {report.expected:,.0f}")
    print(f"two readers agree: {report.readers_agree}")
    print("\n".join(report.findings) or "nothing lost, doubled or against the rules")


if __name__ == "__main__":
    main()
