"""Which rule makes the best lists, in simulated cities whose truth is known and whose courses' luck is drawn again?

    python benchmarks/gain_truth.py DIR [--teachers 2000] [--seeds 21 .. 28] [--scenarios ...] [--draws 60]

Share of the oracle's gain at 1, 3, 10 over all courses open to teachers of test schools (the model was not trained
on them). People, evidence and lists are fixed; what courses do is drawn again, because one city is mostly the luck of a
few strong courses:

    observed   the city's own courses
    form       expectation over redraws given what the catalogue says: form, mechanisms, hours, goals. Evidence of
               single courses (grades, tests) is noise then, so rules that use it are at a disadvantage
    grade      the same given the grade of evidence as well; courses' own tests are noise still

True gain bends in the dose (readiness and dose multiply, then the lift is cut at the gap), so the expectation over doses
is not the gain of the mean dose: `bend` is the oracle's gain at mean doses over its expectation by redraws.

Rules: `served` (what is in use while no ranker passed the gate), `need_rule` (prior effects), `plain` (served with needs
that are plain averages by competency, shrunk: no school, no other competency, sources alike), `true_form` (true
needs, response and completion; each course known by its form alone), hours owed, popularity, self-report match, random.

Promises over the first 10 of the served lists, by the same kinds of truth: `kept` true over promised gain, `slope` of true on
promised gain over tenths of promised gain, `inside` share of true gains within 1.645 sd of the promise (90%).

Intervals: Student's t over seeds, since cities of one seed share a catalogue and its luck. DIR keeps studies and one
row a city, so that a run can be continued.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from city_studies import CityStudy, city_arguments, city_name, city_study, diagnosis_code
from scipy.stats import norm
from scipy.stats import t as student

from features.needs.evidence.source_averages import SourceAverages
from features.simulate.effect_redraws import redraw_effects
from features.simulate.truth import Truth
from features.snapshot import Snapshot
from models.data.study import fit, training_data
from models.effects.need_rule import NeedRule
from models.evaluation.evaluation import ranking_score
from models.evaluation.ranking_metrics import rank
from models.rankers.baselines import HoursOwed, Popularity, Random, SelfReportMatch
from models.rankers.scorer import Prepare
from models.rankers.scoring_model import ScoringModel

AT = (1, 3, 10)
SCORERS = ("served", "need_rule", "plain", "true_form", "hours_owed", "self_report", "popularity", "random")
KINDS = ("form", "grade", "observed")


def plain_needs(snapshot: Snapshot, cells: list[SourceAverages]) -> Snapshot:
    """Needs by the average of a teacher's sources in each competency, shrunk by how well sources agree (Spearman-Brown)."""
    shape = snapshot.needs.mean.shape
    values = []
    for cell in cells:
        total, weight = np.zeros(shape), np.zeros(shape)
        np.add.at(total, cell.t, cell.q[cell.j] * (cell.mean * cell.n)[:, None])
        np.add.at(weight, cell.t, cell.q[cell.j] * cell.n[:, None])
        value = np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)
        if np.isfinite(value).any():
            values.append((value - np.nanmean(value)) / max(float(np.nanstd(value)), 1e-9))
    if not values:
        return snapshot
    stack = np.array(values)
    products = [
        (a * b)[np.isfinite(a * b)] for i, a in enumerate(stack) for b in stack[:i]
    ]  # of two sources on one teacher and competency
    together = np.concatenate(products) if products else np.zeros(0)
    agreement = float(np.clip(together.mean(), 0.05, 0.9)) if len(together) else 0.3
    count = np.isfinite(stack).sum(axis=0)
    average = np.nan_to_num(stack).sum(axis=0) / np.maximum(count, 1)
    reliability = count * agreement / (1.0 + (count - 1) * agreement)
    mean = np.sqrt(agreement) * count / (1.0 + (count - 1) * agreement) * average
    sd = np.sqrt(1.0 - reliability)
    target = snapshot.needs.gap_mean + snapshot.needs.mean
    gap = np.where(snapshot.needs.applies, target - mean, 0.0)
    return replace(snapshot, needs=replace(snapshot.needs, mean=mean, sd=sd, gap_mean=gap, gap_sd=sd))


def by_form(snapshot: Snapshot, truth: Truth) -> Prepare:
    """True needs, response and completion; each course has its form's mean dose, divided among its goals as declared.

    Level, mode and hours are the course's own, from the catalogue.
    """
    form = snapshot.tables["courses"]["form"].to_numpy(dtype=object)
    own = truth.doses.groupby("course_id")["dose"].sum().reindex(snapshot.course_ids).fillna(0.0).to_numpy()
    usual = pd.Series(own).groupby(form).transform("mean").to_numpy()
    place = pd.Index(truth.courses["course_id"]).get_indexer(pd.Index(snapshot.course_ids))
    column = pd.Index(truth.competencies["competency_id"]).get_indexer(pd.Index(snapshot.needs.competency_ids))
    dose = np.zeros_like(truth.dose_grid)
    dose[np.ix_(place, column)] = usual[:, None] * snapshot.goals
    grid = truth.with_doses(dose).gain(snapshot.teacher_ids, snapshot.course_ids)
    return lambda _: lambda t, c: np.asarray(grid[t, c])


def rules(city: CityStudy, model: ScoringModel) -> dict[str, Prepare]:
    """Every rule of SCORERS, fitted on the development schools."""
    study, now = city.study, city.study.now
    data = training_data(study, study.roles.development, now)
    scorers: dict[str, Prepare] = {
        s.name: s.fit(data).prepare
        for s in (Random(seed=city.seed), Popularity(), HoursOwed(), SelfReportMatch())
    }
    completion, prior = model.completion.prepare(now), NeedRule().prepare(now)
    scorers["need_rule"] = lambda _: lambda t, c: prior.gain(t, c, completion(t, c)).mean
    scorers["served"] = partial(ranking_score, model)
    plain = plain_needs(now, city.cells)
    scorers["plain"] = lambda _: ranking_score(model, plain)
    scorers["true_form"] = by_form(now, city.truth)
    return {name: scorers[name] for name in SCORERS}


def first_courses(scorers: dict[str, Prepare], now: Snapshot, test: np.ndarray) -> dict[str, np.ndarray]:
    """(n, 10) courses of each list, -1 after its end."""
    t, c = now.eligibility.pairs(test)
    row = np.searchsorted(test, t).astype(np.intp)
    lists = {}
    for name, prepare in scorers.items():
        place = rank(row, prepare(now)(t, c), len(test)).place
        first = np.full((len(test), AT[-1]), -1)
        first[row[place < AT[-1]], place[place < AT[-1]]] = c[place < AT[-1]]
        lists[name] = first
    return lists


def shares(gain: np.ndarray, lists: dict[str, np.ndarray]) -> dict[str, float]:
    """Mean share of the oracle's gain by rule and cutoff; gain (n, C) is 0 where a course is not open."""
    best = -np.sort(-gain, axis=1)[:, : AT[-1]]
    rows = {}
    for k in AT:
        oracle = best[:, :k].sum(axis=1)
        possible = oracle > 0
        for name, first in lists.items():
            top = first[:, :k]
            achieved = np.where(top >= 0, np.take_along_axis(gain, np.maximum(top, 0), axis=1), 0.0).sum(axis=1)
            rows[f"{name}@{k}"] = float((achieved[possible] / oracle[possible]).mean())
    return rows


def evaluate_city(city: CityStudy, draws: int) -> dict[str, object]:
    """One row: shares by kind of truth, and the claims about single courses."""
    study, now = city.study, city.study.now
    model = fit(study, study.roles, now, with_ranker=False)
    test = np.flatnonzero(study.roles.test)
    lists = first_courses(rules(city, model), now, test)
    people, open_to = now.teacher_ids[test], now.eligibility.block(test)

    def gains(truth: Truth) -> np.ndarray:
        return np.where(open_to, np.maximum(truth.gain(people, now.course_ids), 0.0), 0.0)

    def expected(truths: Iterable[Truth]) -> pd.Series:
        return pd.DataFrame([shares(gains(truth), lists) for truth in truths]).mean()

    courses, goals = now.tables["courses"], now.tables["course_goals"]
    row: dict[str, object] = {"scenario": city.scenario, "seed": city.seed, "teachers": len(test)}
    drawn = list(redraw_effects(city.truth, courses, goals, city.seed, draws))
    by_kind = {
        "observed": pd.Series(shares(gains(city.truth), lists)),
        "form": expected(drawn),
        "grade": expected(redraw_effects(city.truth, courses, goals, city.seed, draws, given_grade=True)),
    }
    row |= {f"{kind} {name}": float(value) for kind, values in by_kind.items() for name, value in values.items()}
    one = pd.DataFrame([shares(gains(truth), lists) for truth in drawn[:20]])
    row["luck"] = float((one["served@3"] - one["need_rule@3"]).std())
    mean_dose = np.mean([truth.dose_grid for truth in drawn], axis=0)
    best = [-np.sort(-gains(truth), axis=1)[:, :3].sum() for truth in (city.truth.with_doses(mean_dose),)]
    usual = np.mean([gains(truth) for truth in drawn[:20]], axis=0)
    row["bend"] = float(best[0] / -np.sort(-usual, axis=1)[:, :3].sum())
    row |= promises(city, model, test, drawn)
    useless = city.truth.course_effects.set_index("course_id")["useless"].reindex(now.course_ids).to_numpy(bool)
    effects = model.rule.estimated.courses
    claim = np.array([effects[c][4] if c in effects else "unknown" for c in now.course_ids])
    return row | {
        "useless": int(useless.sum()), "false_works": int((useless & (claim == "works")).sum()),
        "works": int((claim == "works").sum()), "no_effect": int((claim == "no_effect").sum()),
        "false_none": int((~useless & (claim == "no_effect")).sum()),
    }  # fmt: skip


def promises(city: CityStudy, model: ScoringModel, test: np.ndarray, drawn: list[Truth]) -> dict[str, float]:
    """True against promised gain of the first 10 courses of every list."""
    now = city.study.now
    t, c = now.eligibility.pairs(test)
    scores, row = model.prepare(now)(t, c), np.searchsorted(test, t).astype(np.intp)
    first = rank(row, scores.score, len(test)).place < AT[-1]
    row, c, mean, sd = row[first], c[first], scores.gain_mean[first], scores.gain_sd[first]
    people, courses, goals = now.teacher_ids[test], now.tables["courses"], now.tables["course_goals"]
    tenths = np.array_split(np.argsort(mean, kind="stable"), 10)
    kinds = {
        "observed": [city.truth], "form": drawn,
        "grade": list(redraw_effects(city.truth, courses, goals, city.seed, len(drawn), given_grade=True)),
    }  # fmt: skip
    result = {}
    for kind, truths in kinds.items():
        gain = np.array([truth.gain(people, now.course_ids)[row, c] for truth in truths])
        expected = gain.mean(axis=0)
        result[f"{kind} kept"] = float(expected.sum() / mean.sum())
        result[f"{kind} inside"] = float((np.abs(gain - mean) <= norm.ppf(0.95) * sd).mean())
        by_tenth = [(mean[i].mean(), expected[i].mean()) for i in tenths]
        result[f"{kind} slope"] = float(np.polyfit(*np.array(by_tenth).T, 1)[0])
    finish = city.truth.completion(people, now.course_ids)[row, c]
    return result | {"completion": float(finish.mean() / scores.p_complete[first].mean())}


def kept_row(folder: Path, name: str, draws: int) -> Path:
    digest = diagnosis_code()
    return folder / f"gain-{name}-{draws}-{digest}.json"


def interval(values: pd.Series, seeds: pd.Series) -> str:
    """Mean over cities and its 95% interval, clustered by seed: one average a seed, weighted by its cities (CR0 with G/(G-1))."""
    mean, clusters = values.mean(), values.groupby(seeds)
    if len(clusters) < 2:
        return f"{mean:+.3f}"
    total = (clusters.sum() - clusters.size() * mean).to_numpy()
    groups = len(total)
    half = student.ppf(0.975, groups - 1) * np.sqrt((total**2).sum() * groups / (groups - 1)) / len(values)
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


def report(table: pd.DataFrame) -> None:
    seeds = table["seed"]
    print(
        f"\n{len(table)} cities of {seeds.nunique()} seeds; share of the oracle's gain (sd over cities); "
        "served less the rule, 95% over seeds"
    )
    for k in AT:
        print(f"\nfirst {k:<6}" + "".join(f"{kind:>15}" for kind in KINDS) + "   served less it (grade)      (observed)")
        for name in SCORERS:
            cells = [table[f"{kind} {name}@{k}"] for kind in KINDS]
            line = "".join(f"{c.mean():.3f} ({c.std():.3f})".rjust(15) for c in cells)
            against = [
                interval(table[f"{kind} served@{k}"] - table[f"{kind} {name}@{k}"], seeds)
                for kind in ("grade", "observed")
            ]
            print(f"{name:12}{line}   {against[0]}  {against[1]}")
    print("\nby scenario, first 3, expected given grade / observed")
    for scenario, part in table.groupby("scenario", sort=False):
        line = "  ".join(
            f"{n} {part[f'grade {n}@3'].mean():.3f}/{part[f'observed {n}@3'].mean():.3f}" for n in SCORERS
        )
        print(f"{scenario:11}{len(part)} cities  {line}")
    print(f"\nluck of one city: sd over redraws of served less need_rule @3 {table['luck'].mean():.3f}")
    print(f"bend: oracle's gain @3 at mean doses over expected {table['bend'].mean():.3f}")
    for kind in KINDS:
        print(f"{kind:9}" + "  ".join(f"{n} {table[f'{kind} {n}'].mean():.3f} (sd {table[f'{kind} {n}'].std():.3f})"
                                      for n in ("kept", "slope", "inside")))  # fmt: skip
    print(f"true over predicted completion of the first 10 {table['completion'].mean():.3f}")
    claims = table[["useless", "false_works", "works", "no_effect", "false_none"]].sum()
    print("claims: " + "  ".join(f"{name} {int(value)}" for name, value in claims.items()))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    city_arguments(ask)
    ask.add_argument("--draws", type=int, default=60)
    ask.add_argument("--again", action="store_true", help="evaluate cities of which a row is kept, too")
    options = ask.parse_args()
    rows = []
    for scenario in options.scenarios:
        for seed in options.seeds:
            kept = kept_row(options.folder, city_name(scenario, seed, options.teachers), options.draws)
            if options.again or not kept.exists():
                city = city_study(options.folder, scenario, seed, options.teachers)
                began = time.perf_counter()
                row = evaluate_city(city, options.draws)
                kept.write_text(json.dumps(row), "utf-8")
                print(f"{city.name}: {time.perf_counter() - began:.0f} s", flush=True)
            rows.append(json.loads(kept.read_text("utf-8")))
    report(pd.DataFrame(rows))


if __name__ == "__main__":
    main()
