"""Who is short of hours in a whole city: time of the ledger for 131,000 teachers and five years of entries.

    python -m benchmarks.ledger [--teachers N] [--entries N]

Made-up tables in memory: a rule over five years and yearly ones by category, credits, validity and limits of a year;
entries of two platforms, one in eight recorded on both; a tenth still waits. Compared with the same question answered
entry by entry in plain Python for a sample of teachers, whose figures have to agree.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

import numpy as np
import pandas as pd

from features.ledger.hours_ledger import hours_ledger
from features.schema.hour_tables import CATEGORIES, LEVELS
from features.tables import Tables, typed_frame

AS_OF = date(2027, 12, 31)
SAMPLE = 200  # teachers compared with plain Python
DISTRICTS, SCHOOLS, TITLES, WORTH = 10, 1400, 5000, 12.0


def made_up_tables(teachers: int, entries: int, seed: int = 0) -> Tables:
    """Tables of a city with `entries` entries a teacher over the five years before `AS_OF`."""
    rng = np.random.default_rng(seed)
    n, districts = teachers * entries, [f"D{i}" for i in range(DISTRICTS)]
    schools = [f"S{i:04d}" for i in range(SCHOOLS)]
    orgs = pd.DataFrame({
        "org_id": ["C", *districts, *schools], "name": "x", "kind": ["city", *["district"] * DISTRICTS, *["school"] * SCHOOLS],
        "parent_id": [None, *["C"] * DISTRICTS, *(districts[i % DISTRICTS] for i in range(SCHOOLS))],
    })  # fmt: skip
    ids = np.array([f"T{i:06d}" for i in range(teachers)], dtype=object)
    register = pd.DataFrame({
        "teacher_id": ids, "school_id": rng.choice(schools, teachers), "role": "teacher", "stage": "primary",
        "subject": "chinese",
    })  # fmt: skip
    who, title = np.repeat(np.arange(teachers), entries), rng.integers(0, TITLES, n)
    day = np.datetime64("2023-01-01") + rng.integers(0, 1826, n)
    category, hours = rng.choice(CATEGORIES, n), rng.integers(2, 20, n).astype(float)
    status = rng.choice(["recognised", "checked", "claimed", "refused"], n, p=[0.87, 0.05, 0.05, 0.03])
    twice = np.flatnonzero(rng.random(n) < 1 / 8)
    rows = np.r_[np.arange(n), twice]
    credits_ = np.where(rng.random(len(rows)) < 0.2, 1.0, np.nan)
    table = pd.DataFrame({
        "entry_id": [f"E{i:08d}" for i in range(len(rows))], "teacher_id": ids[who[rows]],
        "activity": np.array([f"研修 {i:05d}" for i in range(TITLES)], dtype=object)[title[rows]],
        "platform": np.where(np.arange(len(rows)) < n, "甲平台", "乙平台"), "category": category[rows], "hours": hours[rows],
        "credits": credits_, "done_on": day[rows], "level": rng.choice(LEVELS, len(rows)), "status": status[rows],
    })  # fmt: skip
    rules = pd.DataFrame([
        ("C", None, "any", "2023-01-01", 5.0, 360.0, None), ("C", None, "public", "2023-01-01", 1.0, 30.0, 45.0),
        ("C", None, "professional", "2023-01-01", 1.0, 42.0, None), ("D1", None, "elective", "2023-01-01", 1.0, 18.0, 36.0),
    ], columns=["jurisdiction", "role", "category", "cycle_start", "cycle_years", "min_hours", "max_hours"])  # fmt: skip
    names = ["jurisdiction", "category", "level", "hours_per_credit", "valid_from", "valid_years", "max_hours_per_year"]
    worth = pd.DataFrame([
        ("C", None, None, WORTH, "2020-01-01", None, None), ("C", "elective", None, WORTH, "2020-01-01", 3.0, 40.0),
    ], columns=names)  # fmt: skip
    frames = {"organizations": orgs, "teachers": register, "hour_entries": table, "hour_rules": rules, "credit_rules": worth}
    for frame, column in ((rules, "cycle_start"), (worth, "valid_from")):
        frame[column] = pd.to_datetime(frame[column])
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()}, made_up=True)


def plain_counted(tables: Tables, teacher_id: str) -> float:
    """Hours of one teacher in the five years of the rule `any`, entry by entry."""
    entries = tables["hour_entries"]
    once: dict[tuple[str, object], tuple[float, str, object]] = {}
    for row in entries[entries["teacher_id"] == teacher_id].sort_values("platform", kind="stable").to_dict("records"):
        if row["status"] != "recognised" or (row["category"] == "elective" and row["done_on"] <= pd.Timestamp("2024-12-31")):
            continue
        hours = row["hours"] if np.isnan(row["credits"]) else row["credits"] * WORTH
        key = (row["activity"], row["done_on"])
        if key not in once or hours > once[key][0]:
            once[key] = (hours, row["category"], row["done_on"].year)
    total, of_year = 0.0, dict[object, float]()
    for hours, category, year in once.values():
        if category == "elective":
            of_year[year] = of_year.get(year, 0.0) + hours
        else:
            total += hours
    return total + sum(min(hours, 40.0) for hours in of_year.values())


def main() -> None:
    """Prints times, memory, and the agreement with plain Python."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teachers", type=int, default=131_000)
    parser.add_argument("--entries", type=int, default=36, help="a teacher, over five years")
    arguments = parser.parse_args()
    tables = made_up_tables(arguments.teachers, arguments.entries)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: list[float] = []
    for _ in range(3):
        started = time.perf_counter()
        ledger = hours_ledger(tables, AS_OF)
        short = ledger.short
        times.append(time.perf_counter() - started)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    every = ", ".join(f"{t:.2f}" for t in times)
    print(f"{arguments.teachers:,} teachers, {len(tables['hour_entries']):,} entries: {min(times):.2f} s (of {every})")
    print(f"short in some rule: {short['teacher_id'].nunique():,} teachers, {len(short):,} rows")
    print(f"memory {before // 1024:,} -> {after // 1024:,} MB")
    own = ledger.standing[ledger.standing["category"] == "any"].set_index("teacher_id")["counted"]
    started = time.perf_counter()
    sample = own.index[:: max(len(own) // SAMPLE, 1)]
    off = max(abs(plain_counted(tables, teacher) - float(own[teacher])) for teacher in sample)
    print(f"plain Python for {len(sample)} of them: {time.perf_counter() - started:.1f} s, largest difference {off:.1e} hours")


if __name__ == "__main__":
    main()
