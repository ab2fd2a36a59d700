"""Do the lists foretell what real learners take next better than what others would use?

    python benchmarks/real_enrolments.py FOLDER --set canvas --work DIR [--peers PYTHON] [--inner]
    python benchmarks/real_enrolments.py FOLDER --set mooccubex --work DIR [--peers PYTHON] [--inner]

FOLDER holds the lists (`canvas/enrolments_train.csv.gz`, `mooccubex/train.txt.gz`, ...); nothing of them is kept
beyond DIR. They become ordinary tables (one teacher a learner, ids drawn at random so that file order says nothing,
dates by order; all on one day where order carries nothing) and go the ordinary road: `data import`, `train`,
`recommend --all`. Test: the last fifth of each learner's courses (canvas), the split's own test part (mooccubex).
--inner hides a part of the training part instead: for development, the final cut is not looked at.
--peers PYTHON runs benchmarks/enrolment_peers.py with that interpreter (it needs implicit, rectools and torch, which
the project does not) on the same cut; each peer is tuned on an inner cut of the training part. Intervals: paired
bootstrap over learners, 95%.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

AT = 10
DRAWS = 2000


def canvas(folder: Path, inner: bool) -> tuple[list[list[int]], list[list[int]], pd.DataFrame]:
    """Learners' courses in order, the hidden last fifth, and what is known of courses."""
    rows = pd.read_csv(folder / "canvas" / "enrolments_train.csv.gz").sort_values(["user", "order"])
    lists = [group.tolist() for _, group in rows.groupby("user")["course"]]
    courses = pd.read_csv(folder / "canvas" / "courses.csv")
    about = pd.DataFrame({
        "title": courses["discipline"], "description": "", "provider": "canvas", "hours": courses["length_days"],
        "goals": courses["discipline"].map(lambda d: [d]),
    })  # fmt: skip
    for _ in range(2 if inner else 1):
        cuts = [max(round(0.2 * len(members)), 1) if len(members) > 1 else 0 for members in lists]
        hidden = [members[len(members) - cut :] for members, cut in zip(lists, cuts, strict=True)]
        lists = [members[: len(members) - cut] for members, cut in zip(lists, cuts, strict=True)]
    return lists, hidden, about


def mooccubex(folder: Path, inner: bool) -> tuple[list[list[int]], list[list[int]], pd.DataFrame]:
    """The split as it is; the order of a list says nothing."""
    place = folder / "mooccubex"

    def read(name: str) -> list[list[int]]:
        with gzip.open(place / name, "rt", encoding="utf-8") as file:
            return [[int(cell) for cell in line.split()[1:]] for line in file]

    lists, hidden = read("train.txt.gz"), read("test.txt.gz")
    if inner:
        rng = np.random.default_rng(5)
        lists = [list(rng.permutation(members)) for members in lists]
        hidden = [members[: round(0.2 * len(members))] for members in lists]
        lists = [members[round(0.2 * len(members)) :] for members in lists]
    rows = []
    with gzip.open(place / "course_profiles.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            members = json.loads(line)
            words = [members["about"] or "", *members["fields"], *members["key_concepts"][:30]]
            rows.append({
                "course": members["mapped_id"], "title": members["name"] or "?", "description": " ".join(words)[:1500],
                "provider": (members["schools"] or ["?"])[0], "hours": 16, "goals": members["fields"] or ["?"],
            })  # fmt: skip
    about = pd.DataFrame(rows).set_index("course").sort_index()
    return lists, hidden, about.reset_index(drop=True)


def write_tables(
    place: Path, lists: list[list[int]], about: pd.DataFrame, ordered: bool
) -> tuple[list[str], list[str]]:
    """The contract's tables as CSV; returns the ids of teachers and courses."""
    place.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)
    teachers = [f"T{i:06d}" for i in rng.permutation(len(lists))]
    courses = [f"C{i:05d}" for i in rng.permutation(len(about))]
    providers = sorted(set(about["provider"]))
    goals = sorted({goal for rows in about["goals"] for goal in rows})
    frames = {
        "organizations": pd.DataFrame({
            "org_id": ["CITY", *(f"P{i:04d}" for i in range(len(providers)))], "name": ["all", *providers],
            "kind": ["city", *["platform"] * len(providers)],
            "parent_id": [None, *["CITY"] * len(providers)],
        }),
        "teachers": pd.DataFrame({
            "teacher_id": teachers, "school_id": "CITY", "role": "teacher", "stage": "senior", "subject": "generalist",
        }),
        "competencies": pd.DataFrame({
            "competency_id": [f"K{i:04d}" for i in range(len(goals))], "name_zh": goals, "name_en": goals,
            "framework": "fields of the data set", "version": "1",
        }),
        "courses": pd.DataFrame({
            "course_id": courses, "title": about["title"].str.slice(0, 200).str.replace("\n", " "),
            "provider_id": [f"P{providers.index(p):04d}" for p in about["provider"]], "owner_level": "national",
            "mode": "online", "form": "lecture", "hours": about["hours"], "category": "elective", "fixed_cost": 0,
            "seat_cost": 0, "min_seats": 1, "max_seats": 1_000_000, "release_days": 0,
            "description": about["description"].str.replace(r"\s+", " ", regex=True),
        }),
        "course_goals": pd.DataFrame([
            {"course_id": course, "competency_id": f"K{goals.index(goal):04d}", "weight": 1.0}
            for course, rows in zip(courses, about["goals"], strict=True) for goal in sorted(set(rows))
        ]),
        "enrolments": pd.DataFrame([
            (teacher, courses[c], i if ordered else 0)
            for teacher, rows in zip(teachers, lists, strict=True) for i, c in enumerate(rows)
        ], columns=["teacher_id", "course_id", "day"]),
    }  # fmt: skip
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(frames["enrolments"].pop("day"), unit="D")
    frames["enrolments"] = frames["enrolments"].assign(requested_on=day, completed_on=day, status="completed")
    for name, frame in frames.items():
        frame.to_csv(place / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    return teachers, courses


def road(work: Path) -> tuple[pd.DataFrame, dict[str, float]]:
    """`data import`, `train`, `recommend --all`; the lists and the seconds of each command."""
    program = Path(sys.executable).with_name("recommender")
    space, took = work / "workspace", {}
    for name, command in {
        "import": ["data", "import", str(work / "tables"), "--yes"],
        "train": ["train"],
        "recommend": ["recommend", "--all", "--top", str(AT), "--out", str(work / "lists.parquet")],
    }.items():
        began = time.perf_counter()
        done = subprocess.run(
            [program, *command, "--workspace", space], capture_output=True, text=True, check=False
        )
        took[name] = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{name}: {done.stdout}\n{done.stderr}")
        if name == "train":
            print(done.stdout[-700:])
    return pd.read_parquet(work / "lists.parquet"), took


def places_of(lists: pd.DataFrame, teachers: list[str], courses: list[str]) -> np.ndarray:
    """(N, AT) course number, -1 where a list is shorter."""
    rows = lists[lists["unit_kind"] == "teacher"]
    t = pd.Index(teachers).get_indexer(rows["unit_id"])
    places = np.full((len(teachers), AT), -1)
    places[t, rows["rank"].to_numpy() - 1] = pd.Index(courses).get_indexer(rows["course_id"])
    return places


def judge(ranked: np.ndarray, hidden: list[list[int]]) -> dict[str, np.ndarray]:
    """NDCG@10, recall@10 and HR@10 of every learner with something hidden."""
    discount = 1.0 / np.log2(np.arange(AT) + 2.0)
    rows = []
    for row, target in zip(ranked, hidden, strict=True):
        if target:
            hit = np.isin(row, target)
            rows.append((
                float((hit * discount).sum() / discount[: len(target)].sum()), hit.sum() / len(target), float(hit.any())
            ))  # fmt: skip
    everyone = np.array(rows)
    return {name: everyone[:, i] for i, name in enumerate(("ndcg@10", "recall@10", "hr@10"))}


def show(title: str, judged: dict[str, dict[str, np.ndarray]]) -> None:
    print(
        f"\n{title}\n{'':24}{'NDCG@10':>9}  {'95%':16}{'recall@10':>10}{'HR@10':>8}   ours - it (NDCG), 95%, permutation p"
    )
    rng = np.random.default_rng(0)
    ours = judged["ours"]["ndcg@10"]
    n = len(ours)
    draws = rng.integers(0, n, (DRAWS, n))
    for name, metrics in sorted(judged.items(), key=lambda item: -item[1]["ndcg@10"].mean()):
        low, high = np.quantile(metrics["ndcg@10"][draws].mean(axis=1), [0.025, 0.975])
        gap = ours - metrics["ndcg@10"]
        below, above = np.quantile(gap[draws].mean(axis=1), [0.025, 0.975])
        signs = rng.choice([-1.0, 1.0], (DRAWS, n))
        p = (1 + (np.abs((signs * gap).mean(axis=1)) >= abs(gap.mean())).sum()) / (DRAWS + 1)
        line = "" if name == "ours" else f"{gap.mean():+.4f} [{below:+.4f}, {above:+.4f}] p={p:.4f}"
        print(
            f"{name:24}{metrics['ndcg@10'].mean():9.4f}  {low:.4f} .. {high:.4f}{metrics['recall@10'].mean():10.4f}"
            f"{metrics['hr@10'].mean():8.4f}   {line}"
        )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--set", choices=("canvas", "mooccubex"), required=True)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--peers", type=Path)
    ask.add_argument("--inner", action="store_true")
    options = ask.parse_args()
    if not (options.folder / options.set).is_dir():
        raise SystemExit(f"{options.folder / options.set} is absent: give the folder that holds {options.set}/")
    work = options.work / (options.set + ("-inner" if options.inner else ""))
    lists, hidden, about = (canvas if options.set == "canvas" else mooccubex)(options.folder, options.inner)
    teachers, courses = write_tables(work / "tables", lists, about, ordered=options.set == "canvas")
    peers = None
    if options.peers:
        with open(work / "cut.json", "w") as out:
            json.dump(
                {"lists": lists, "courses": len(about), "ordered": options.set == "canvas"}, out, default=int
            )
        script = Path(__file__).with_name("enrolment_peers.py")
        quiet = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        peers = subprocess.Popen([options.peers, script, work], env=quiet)
        peers.wait()
    results, took = road(work)
    judged = {"ours": judge(places_of(results, teachers, courses), hidden)}
    if peers is not None:
        judged |= {
            p.stem.removeprefix("peer_"): judge(np.load(p), hidden) for p in sorted(work.glob("peer_*.npy"))
        }
    which = "an inner cut of the training part" if options.inner else "the final cut"
    show(f"{options.set}: {which}, {len(judged['ours']['ndcg@10'])} learners, {len(about)} courses", judged)
    print("seconds:", {name: round(value, 1) for name, value in took.items()})


if __name__ == "__main__":
    main()
