"""GTI: one lesson foretells another. Schools in folds; of the fold that is tested only one lesson is ever seen.

From a single lesson alone nobody can tell the teacher from the day, so every method learns that from the same
schools: those of the other folds, of which both lessons are seen. Two raters saw each lesson, never the same two,
and raters stayed within their country. In what is foretold, and in all estimates but one, every rater's mean on
every domain is taken off, which takes countries off too.

    ours        observations of 18 components -> `diagnose` -> the mean of the competency that is the domain; times a
                slope for each domain, learnt where lesson B was as unseen as it is in the fold tested
    raw         lesson A
    raw+slope   times a slope for each domain, learnt on the other folds
    shrunk      each domain alone by moments: covariance of two lessons over the variance of one
    raters in   the same from lesson A with only countries taken off
    lme4        each domain alone: country + (1|rater) + (1|teacher) + (1|lesson)
    grand       nothing but the mean of the country
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from compare import Half
from lme4 import Model, predictions

from features.needs import diagnose
from features.sources.read_tables import read_tables
from recommender.text.issue_rows import issue_sentence

Array = np.ndarray
DOMAINS = {
    "CM": "classroom management", "SE": "social-emotional support", "DC": "discourse",
    "QS": "quality of subject matter", "CE": "cognitive engagement", "AR": "assessment of and response to pupils",
}  # fmt: skip
FOLDS = 3
DAY = date(2018, 11, 1)
FORMULA = "y ~ country + (1|rater) + (1|teacher) + (1|lesson)"


def read(folder: Path) -> pd.DataFrame:
    """One row a rater and lesson: country, school, teacher, lesson, rater, and 18 components from 1 to 4."""
    rows = pd.read_csv(folder / "GTI-VidComp-Data.csv.gz", low_memory=False)
    names = [result[1] for c in rows if (result := re.fullmatch(r"(C[A-Z]{2}[123][A-Z]{2})_S1", c))]
    result = {
        "country": rows["COUNTRY"], "school": rows["SCH_ID"], "teacher": rows["T_ID"],
        "lesson": rows["T_ID"] + rows["IDINSTR"], "rater": rows["COUNTRY"] + rows["IDRATER"].astype(str),
    }  # fmt: skip
    for name in names:
        segments = rows[[f"{name}_S{s}" for s in range(1, 9)]].apply(pd.to_numeric, errors="coerce")
        result[name[1:]] = segments.where((segments >= 1) & (segments <= 4)).mean(axis=1)
    visits = pd.DataFrame(result)
    lessons_per_teacher = visits.groupby("teacher")["lesson"].nunique()
    return visits[visits["teacher"].map(lessons_per_teacher) == 2].reset_index(drop=True)


@dataclass(frozen=True)
class Drawn:
    """One split. scores (V, 6) of visits; first (V,) visits of lesson A; teacher (V,) place among the T `people`;
    fold (T,)."""

    visits: pd.DataFrame
    scores: pd.DataFrame
    people: pd.DataFrame
    teacher: Array
    fold: Array
    first: Array

    def seen(self, hidden: Sequence[int]) -> Array:
        """(V,) all visits but lesson B in the hidden folds."""
        return self.first | ~np.isin(self.fold[self.teacher], hidden)

    def lessons(self, seen: Array, wanted: Array, off: str) -> Array:
        """(T, 6) means of the wanted visits, less the means of what was seen of each rater or country."""
        means = self.scores[seen].groupby(self.visits[off][seen]).mean()
        rest = (self.scores - means.reindex(self.visits[off]).to_numpy())[wanted]
        return rest.groupby(self.teacher[wanted]).mean().reindex(range(len(self.people))).to_numpy()


def draw(visits: pd.DataFrame, seed: int) -> Drawn:
    """By chance who is in which fold, and which lesson is A."""
    rng = np.random.default_rng(seed)
    people = visits.drop_duplicates("teacher").sort_values("teacher").reset_index(drop=True)
    schools = pd.unique(people["school"])
    place = dict(zip(schools, rng.permutation(len(schools)) % FOLDS, strict=True))
    teacher = pd.Index(people["teacher"]).get_indexer(pd.Index(visits["teacher"]))
    late = (visits.groupby("teacher")["lesson"].transform("max") == visits["lesson"]).to_numpy()
    first = late != (rng.random(len(people)) < 0.5)[teacher]
    return Drawn(visits, domains(visits), people, teacher, people["school"].map(place).to_numpy(), first)


def split(visits: pd.DataFrame, seed: int, with_lme4: bool) -> Half:
    """Estimates of all teachers, each from lesson A alone."""
    began = time.perf_counter()
    drawn = draw(visits, seed)
    target = drawn.lessons(np.ones(len(visits), dtype=bool), ~drawn.first, "rater")
    estimates: dict[str, Array] = {}
    estimates["ours"], sd, taken = of_ours(drawn, target)
    for name, off in (("raw", "rater"), ("raters in", "country")):
        one = [drawn.lessons(drawn.seen([f]), drawn.first, off) for f in range(FOLDS)]
        alone = {
            "raw": np.zeros_like(target),
            "raw+slope": np.zeros_like(target),
            "shrunk": np.zeros_like(target),
        }
        for f, x in enumerate(one):
            mask, other = drawn.fold == f, drawn.fold != f
            together = (x[other] * target[other]).mean(axis=0)
            single = (x[other] ** 2 + target[other] ** 2).mean(axis=0) / 2
            alone["raw"][mask] = x[mask]
            alone["raw+slope"][mask] = x[mask] * slope(x[other], target[other])
            alone["shrunk"][mask] = x[mask] * np.clip(together / single, 0.0, 1.0)
        estimates.update(alone if name == "raw" else {name: alone["shrunk"]})
    seconds = {"all": time.perf_counter() - began, f"diagnose {FOLDS * (FOLDS + 1) // 2} times": taken}
    if with_lme4:
        clock = time.perf_counter()
        estimates["lme4"] = of_lme4(drawn)
        seconds["lme4"] = time.perf_counter() - clock
    estimates["grand"] = np.zeros_like(target)
    return Half(drawn.people["school"].to_numpy(), estimates, sd, target, seconds)


def of_ours(drawn: Drawn, target: Array) -> tuple[Array, Array, float]:
    """(T, 6) estimates and predictive SDs, and the seconds of `diagnose`.

    What a lesson has beside the teacher is learnt on the other folds, as the slopes are.
    """
    estimates, taken = {}, 0.0
    for folds in (c for n in (1, 2) for c in combinations(range(FOLDS), n)):
        *estimates[folds], seconds = need(drawn.visits[drawn.seen(folds)], drawn.people)
        taken += seconds
    estimate, sd = np.zeros_like(target), np.zeros_like(target)
    for f in range(FOLDS):
        x, wide = np.zeros_like(target), np.zeros_like(target)
        for g in range(FOLDS):
            rows = drawn.fold == g
            x[rows], wide[rows] = (part[rows] for part in estimates[tuple(sorted({f, g}))])
        rest = pd.DataFrame(x)
        x = (
            rest - rest.groupby([drawn.people["country"].to_numpy(), drawn.fold]).transform("mean")
        ).to_numpy()
        mask, other = drawn.fold == f, drawn.fold != f
        steep = slope(x[other], target[other])
        off = ((target - x * steep)[other] ** 2).mean(axis=0)
        of_lesson = np.maximum(off - (wide[other] ** 2).mean(axis=0) * steep**2, 0.1 * off)
        estimate[mask] = (x * steep)[mask]
        sd[mask] = np.sqrt((wide * steep)[mask] ** 2 + of_lesson)
    return estimate, sd, taken


def of_lme4(drawn: Drawn) -> Array:
    """(T, 6)"""
    estimate = np.zeros((len(drawn.people), len(DOMAINS)))
    models = {}
    for f in range(FOLDS):
        seen = drawn.seen([f])
        groups = drawn.visits[seen][["country", "rater", "teacher", "lesson"]]
        for j, d in enumerate(DOMAINS):
            models[f, j] = Model(groups.assign(y=drawn.scores[d][seen]), FORMULA, "teacher")
    for (f, j), value in predictions(models).items():
        mask = drawn.fold == f
        estimate[mask, j] = value.reindex(drawn.people["teacher"]).to_numpy()[mask]
    return estimate


def domains(visits: pd.DataFrame) -> pd.DataFrame:
    """(V, 6) domain scores of visits: means of components, in SD of one rating within its country."""
    mean = pd.DataFrame(
        {d: visits[[c for c in visits if str(c).startswith(d)]].mean(axis=1) for d in DOMAINS}
    )
    rest = mean - mean.groupby(visits["country"]).transform("mean")
    return mean / rest.std()


def slope(x: Array, y: Array) -> Array:
    """(6,) of y on x through 0."""
    return (x * y).sum(axis=0) / (x**2).sum(axis=0)


def need(visits: pd.DataFrame, people: pd.DataFrame) -> tuple[Array, Array, float]:
    """(T, 6) means and SDs of what `diagnose` says of the competencies that are the domains, and its seconds."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), visits)
        reading = read_tables([Path(place)])
    wrong = [issue_sentence(p, "en") for p in reading.issues if p.severity == "problem"]
    assert not wrong, wrong[:3]
    clock = time.perf_counter()
    result = diagnose(reading.tables, DAY)
    seconds = time.perf_counter() - clock
    rows = pd.Index(result.teacher_ids).get_indexer(pd.Index(people["teacher"]))
    columns = pd.Index(result.competency_ids).get_indexer(pd.Index(list(DOMAINS)))
    return result.mean[np.ix_(rows, columns)], result.sd[np.ix_(rows, columns)], seconds


def write(folder: Path, visits: pd.DataFrame) -> None:
    """The tables of a city whose districts are countries."""
    items = [c for c in visits if str(c)[:2] in DOMAINS and len(str(c)) == 5]
    countries = pd.DataFrame({"org_id": pd.unique(visits["country"]), "kind": "district"})
    schools = visits.drop_duplicates("school")
    schools = pd.DataFrame({"org_id": schools["school"], "kind": "school", "parent_id": schools["country"]})
    organizations = pd.concat([countries, schools])
    teachers = visits.drop_duplicates("teacher")
    tables = {
        "organizations": organizations.assign(name=organizations["org_id"]),
        "teachers": pd.DataFrame(
            {
                "teacher_id": teachers["teacher"], "school_id": teachers["school"], "role": "teacher",
                "stage": "junior", "subject": "mathematics",
            }
        ),
        "competencies": pd.DataFrame(
            {
                "competency_id": list(DOMAINS), "name_zh": list(DOMAINS.values()),
                "name_en": list(DOMAINS.values()), "framework": "GTI", "version": "2018",
            }
        ),
        "indicators": pd.DataFrame(
            {
                "source": "observation", "indicator": items, "competency_id": [str(i)[:2] for i in items],
                "weight": 1,
            }
        ),
        "observations": visits.assign(observation_id=visits["lesson"] + visits["rater"])
        .melt(["observation_id", "teacher", "rater", "lesson"], items, "item", "score")
        .dropna()
        .rename(columns={"teacher": "teacher_id", "rater": "rater_id", "lesson": "lesson_id"})
        .assign(date=DAY.isoformat(), scale_min=1, scale_max=4),
    }  # fmt: skip
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
