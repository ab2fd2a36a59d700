"""Does a gate pass rankers that are worse by truth? Candidate gates in simulated cities whose truth is known.

    python benchmarks/gate_truth.py DIR [--cities plain:31:2000 confounded:32:2000 ...]

Every ranker is trained on development schools at T0 and evaluated on test schools. By truth: NDCG@10 and the share of
the oracle's gain at 3, ranker less need rule and less what is served otherwise. Gates (each asks for a whole 95% interval
over schools above 0 unless said otherwise):

    labels    NDCG@10 over the need rule on observed labels (the contract's first condition)
    served    the same over what is served otherwise
    within    the same after each teacher's mean score is subtracted, above .03 (docs/decisions/0205)
    weighted  relevance times the inverse of the probability of choosing, clipped at 10 (self-normalised)
    control   NDCG@10 on the goals of the course less the same on competencies that no course of the teacher trains
    net       labels less their regression on the teacher's gains in competencies that no course of hers trains
    bound     measured gain of the ranker's first 10 less the rule's exceeds all of the mean measured gain of choosers
    lottery   discounted gain by lottery seats (`models/evaluation/lottery_contrast.py`), enough of them

`oracle` columns: the same lottery test with the true gain itself as ranker, which is the most power a gate can have.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from city_studies import CityStudy, city_name, city_study, diagnosis_code

from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels, grade_by_quantile, measured_cells, taken_pairs
from models.data.study import fit
from models.evaluation.evaluation import ranking_score, subsample
from models.evaluation.gate_conditions import MIN_WITHIN_TEACHER
from models.evaluation.intervals import Interval, mean_interval, paired_difference
from models.evaluation.list_metrics import center_by_teacher, outcome_metrics, truth_metrics
from models.evaluation.lottery_contrast import lottery_contrast, lottery_outcomes
from models.evaluation.ranking_metrics import ndcg, rank
from models.rankers.boosting import LABEL_GAIN
from models.rankers.gain_ranker import log_gain
from models.rankers.scorer import Prepare

GATES = ("labels", "served", "within", "weighted", "control", "net", "bound", "lottery")
CITIES = [
    *(f"{scenario}:{seed}:2000" for scenario in ("plain", "confounded", "unequal", "sparse") for seed in (31, 32)),
    *(f"{scenario}:{seed}:4000" for scenario in ("plain", "confounded") for seed in (33, 34)),
    *(f"{scenario}:35:8000" for scenario in ("plain", "confounded", "unequal")),
    "plain:36:16000", "confounded:36:16000", "plain:37:32000", "confounded:38:32000", "plain:39:131000",
]  # fmt: skip


def untrained_gains(city: CityStudy, labels: PairLabels) -> np.ndarray:
    """(n,) mean measured gain of each pair's teacher on competencies that none of her courses trains; NaN without any."""
    study, before = city.study, city.study.before
    assert before is not None and study.later is not None
    members = study.roles.test
    t, c, _ = taken_pairs(before, study.taken, members)
    trained = np.zeros(before.needs.mean.shape)
    np.add.at(trained, t, before.goals[c])
    cells = measured_cells(before, study.later, trained, members)
    assert cells is not None
    free = np.where((trained <= 0) & np.isfinite(cells[0]), 1.0 / np.nan_to_num(cells[1], nan=1.0), 0.0)
    total = free.sum(axis=1)
    mean = (free * np.nan_to_num(cells[0])).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)[labels.t_idx]


def regraded(labels: PairLabels, value: np.ndarray) -> PairLabels:
    """The same pairs with grades by other values; pairs without a value are left out."""
    known = np.isfinite(value)
    kept = labels.take(known)
    return replace(kept, value=value[known], grade=grade_by_quantile(value[known], np.ones(len(kept), bool)))


def by_school(
    scorers: dict[str, Prepare], before: Snapshot, labels: PairLabels, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """NDCG@10, ranker less rule, with weighted relevance: one value a school, and the schools."""
    present, query = np.unique(before.school_of[labels.t_idx], return_inverse=True)
    relevance = np.array(LABEL_GAIN)[labels.grade] * weight
    value = {
        name: ndcg(rank(query.astype(np.intp), prepare(before)(labels.t_idx, labels.c_idx), len(present)), relevance, 10)
        for name, prepare in scorers.items()
    }
    return value["ranker"] - value["need_rule"], present


def advantage(scorers: dict[str, Prepare], before: Snapshot, labels: PairLabels, seed: int) -> Interval:
    """Measured gain of the ranker's first 10 pairs of each school less that of the rule's first 10."""
    known = labels.take(np.isfinite(labels.measured))
    present, query = np.unique(before.school_of[known.t_idx], return_inverse=True)
    means = {}
    for name, prepare in scorers.items():
        first = rank(query.astype(np.intp), prepare(before)(known.t_idx, known.c_idx), len(present)).place < 10
        count = np.bincount(query, first, len(present))
        means[name] = np.bincount(query, first * known.measured, len(present)) / np.maximum(count, 1)
    return paired_difference(means["ranker"], means["need_rule"], present, seed)


def evaluate_city(city: CityStudy) -> dict[str, object]:
    study, before, now, truth = city.study, city.study.before, city.study.now, city.truth
    row: dict[str, object] = {"city": city.name, "teachers": city.teachers, "trained": False}
    if before is None or study.later is None:
        return row
    model = fit(study, study.roles, before, threads=1)
    labels = study.labels(study.roles.test, negatives=1)
    row |= {"labels n": len(labels)}
    if model.ranker is None or not len(labels):
        return row
    row["trained"] = True
    ranker, rule = model.ranker, model.rule

    def log_rule(snapshot: Snapshot):  # type: ignore[no-untyped-def]
        score = rule.prepare(snapshot)
        return lambda t, c: log_gain(score(t, c))

    pair: dict[str, Prepare] = {"ranker": ranker.prepare, "need_rule": rule.prepare}
    observed = outcome_metrics({**pair, "served": partial(ranking_score, model)}, before, labels)
    values, schools, seed = observed.values["ndcg@10"], observed.schools, study.seed
    by_gate: dict[str, Interval] = {
        "labels": paired_difference(values["ranker"], values["need_rule"], schools, seed),
        "served": paired_difference(values["ranker"], values["served"], schools, seed),
    }
    centred = outcome_metrics(
        {"ranker": center_by_teacher(ranker.prepare, seed), "need_rule": center_by_teacher(log_rule, seed)}, before, labels
    )
    within = centred.values["ndcg@10"]
    by_gate["within"] = paired_difference(within["ranker"], within["need_rule"], centred.schools, seed)
    chance = model.enrolment.prepare(before)(labels.t_idx, labels.c_idx)
    weight = np.clip(np.median(chance) / np.maximum(chance, 1e-9), 0.1, 10.0)
    row["weighted ess"] = float(weight.sum() ** 2 / (weight**2).sum() / len(weight))
    by_gate["weighted"] = mean_interval(*by_school(pair, before, labels, weight), seed)
    elsewhere = untrained_gains(city, labels)
    even = np.ones(len(labels))
    goal_difference, where = by_school(pair, before, labels, even)
    placebo = regraded(labels, elsewhere)
    other_difference, other = by_school(pair, before, placebo, np.ones(len(placebo)))
    shared = pd.Series(goal_difference, where).sub(pd.Series(other_difference, other)).dropna()
    by_gate["control"] = mean_interval(shared.to_numpy(), shared.index.to_numpy(), seed)
    row["placebo"] = float(np.nanmean(other_difference))
    both = np.isfinite(elsewhere) & np.isfinite(labels.measured)
    slope, level = np.polyfit(elsewhere[both], labels.measured[both], 1, w=1 / np.sqrt(labels.variance[both]))
    net = regraded(labels, (labels.measured - slope * elsewhere - level) / np.sqrt(labels.variance))
    by_gate["net"] = mean_interval(*by_school(pair, before, net, np.ones(len(net))), seed)
    by_gate["bound"] = advantage(pair, before, labels, seed)
    chosen = float(np.average(labels.measured[both], weights=1 / labels.variance[both]))
    pairs_gain = truth.gain(before.teacher_ids[labels.t_idx[both][:2000]], before.course_ids)
    row |= {"chosen": chosen, "chosen truly": float(pairs_gain[np.arange(len(pairs_gain)), labels.c_idx[both][:2000]].mean())}
    drawn = lottery_outcomes(before, study.later, study.taken, study.roles.test)
    by_lot = lottery_contrast(ranker.prepare(before), rule.prepare(before), before, drawn, seed)
    by_gate["lottery"] = by_lot.difference
    least = {"within": MIN_WITHIN_TEACHER, "bound": chosen}
    for name, interval in by_gate.items():
        row[name], row[f"{name} low"] = interval.value, interval.low
        row[f"pass {name}"] = bool(interval.low > least.get(name, 0.0) and interval.clusters >= 5)
    row["pass lottery"] = bool(row["pass lottery"] and by_lot.enough)
    row |= {"drawn": by_lot.pairs, "lottery courses": by_lot.courses, "ess": by_lot.ess, "detectable": by_lot.detectable}
    everyone = subsample(study.roles.test, 600)
    members = np.flatnonzero(everyone)
    if len(drawn):
        people = np.unique(drawn.t_idx)
        known = truth.gain(before.teacher_ids[people], before.course_ids)

        def true_gain(t: np.ndarray, c: np.ndarray) -> np.ndarray:
            return np.asarray(known[np.searchsorted(people, t), c])

        best = lottery_contrast(true_gain, rule.prepare(before), before, drawn, seed)
        row |= {"oracle": best.difference.value, "oracle low": best.difference.low, "oracle ess": best.ess}
        row["oracle passes"] = bool(best.difference.low > 0 and best.enough)
    metrics = truth_metrics({**pair, "served": partial(ranking_score, model)}, now, members, truth)
    for metric in ("ndcg@10", "oracle_share@3"):
        mean = {name: float(np.nanmean(value)) for name, value in metrics.values[metric].items()}
        row |= {f"true {metric}": mean["ranker"] - mean["need_rule"], f"true {metric} served": mean["ranker"] - mean["served"]}
    return row


def report(table: pd.DataFrame) -> None:
    trained = table[table["trained"]]
    print(f"\n{len(table)} cities, {len(trained)} with a trained ranker")
    columns = [
        "city", "labels n", "labels low", "within low", "placebo", "chosen", "chosen truly", "drawn", "ess", "lottery",
        "detectable", "oracle", "oracle passes", "true ndcg@10", "true oracle_share@3", "true oracle_share@3 served",
    ]  # fmt: skip
    with pd.option_context("display.width", 250, "display.max_columns", 40):
        print(trained[[c for c in columns if c in trained]].round(3).to_string(index=False))
    worse = (trained["true oracle_share@3"] < 0) | (trained["true ndcg@10"] < 0)
    worse_than_served = trained["true oracle_share@3 served"] < 0
    print(f"\ntruly worse than the rule (NDCG@10 or share@3): {int(worse.sum())}; than served: {int(worse_than_served.sum())}")
    combined = {name: trained[f"pass {name}"] for name in GATES}
    combined["labels+served+within"] = trained[["pass labels", "pass served", "pass within"]].all(axis=1)
    combined["all but lottery"] = trained[[f"pass {n}" for n in GATES if n != "lottery"]].all(axis=1)
    combined["labels+served+within+lottery"] = combined["labels+served+within"] & trained["pass lottery"]
    print(f"{'gate':30} passes  of them truly worse than the rule, than served")
    for name, passed in combined.items():
        print(f"{name:30} {int(passed.sum()):6}  {int((passed & worse).sum()):6} {int((passed & worse_than_served).sum()):6}")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--cities", nargs="+", default=CITIES, help="SCENARIO:SEED:TEACHERS")
    ask.add_argument("--again", action="store_true")
    options = ask.parse_args()
    rows = []
    for text in options.cities:
        scenario, seed, teachers = text.split(":")
        kept = options.folder / f"gate-{city_name(scenario, int(seed), int(teachers))}-{diagnosis_code()}.json"
        if options.again or not kept.exists():
            began = time.perf_counter()
            row = evaluate_city(city_study(options.folder, scenario, int(seed), int(teachers)))
            row["s"] = time.perf_counter() - began
            row["GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            kept.write_text(json.dumps(row), "utf-8")
            print(f"{row['city']}: {row['s']:.0f} s, {row['GB']:.1f} GB", flush=True)
        rows.append(json.loads(kept.read_text("utf-8")))
    report(pd.DataFrame(rows))


if __name__ == "__main__":
    main()
