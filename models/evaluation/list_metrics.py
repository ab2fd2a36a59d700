"""Judge many scorers on the same lists: observed labels of unseen schools, and known truth where it exists.

Observed, with evidence: one list a school, the pairs whose gain was measured after T0; worth 2^grade - 1.
Observed, without evidence: one list a teacher, what she took next among all courses open to her.
Known truth (simulated cities only): one list a teacher, every course open to her, worth its true gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.evaluation.intervals import mean_interval, paired_difference, permutation_p
from models.evaluation.ranking_metrics import hit_rate, ndcg, oracle_share, rank, recall
from models.rankers.boosting import LABEL_GAIN
from models.rankers.scorer import Prepare, PreparedScorer

Array = NDArray[np.float64]
Index = NDArray[np.intp]
PerQuery = dict[str, dict[str, Array]]  # metric -> scorer -> (Q,)
AT: Final = 10
ORACLE_AT: Final = (1, 3, 10)
RELEVANT_FROM: Final = 3  # grades 3 and 4: the upper two fifths of measured gains
BLOCK: Final = 400  # teachers scored at once
OTHERS: Final = 40  # courses that stand for all that are open to a teacher


class KnownGains(Protocol):
    """What a simulated city knows of itself: the true expected gain of any pair, teacher-SD units."""

    def gain(self, teacher_ids: NDArray[np.object_], course_ids: NDArray[np.object_]) -> Array:
        """(n, m) for n teachers and m courses."""
        ...


@dataclass(frozen=True)
class MetricRow:
    """One scorer under one metric; `difference` is to `rival` on the same lists, with its 95% interval."""

    test: str  # observed or truth
    scorer: str
    metric: str
    value: float
    low: float
    high: float
    rival: str
    difference: float
    difference_low: float
    difference_high: float
    lists: int
    schools: int
    p: float = float("nan")  # permutation test of the difference

    def as_json(self) -> dict[str, object]:
        """Plain values; None where there is no number."""
        plain = asdict(self)
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in plain.items()}


@dataclass(frozen=True)
class JudgedLists:
    """Values of every list, kept so that districts can be pooled: `schools` (Q,) names each list's school.

    teachers (Q,): whose list it is, by index in the snapshot; None where a list is a school's.
    """

    test: str
    values: PerQuery
    schools: NDArray[np.object_]
    teachers: Index | None = None

    def take(self, lists: NDArray[np.bool_]) -> JudgedLists:
        """These lists (Q,) alone."""
        values = {m: {s: v[lists] for s, v in per.items()} for m, per in self.values.items()}
        teachers = None if self.teachers is None else self.teachers[lists]
        return JudgedLists(self.test, values, self.schools[lists], teachers)

    def rows(self, rival: str, seed: int) -> list[MetricRow]:
        """One row a metric and scorer, with intervals over schools."""
        return [
            self._row(metric, scorer, rival, seed)
            for metric, scorers in self.values.items()
            for scorer in scorers
        ]

    def _row(self, metric: str, scorer: str, rival: str, seed: int) -> MetricRow:
        ours, theirs = self.values[metric][scorer], self.values[metric][rival]
        mean = mean_interval(ours, self.schools, seed)
        gap = paired_difference(ours, theirs, self.schools, seed)
        return MetricRow(
            self.test, scorer, metric, mean.value, mean.low, mean.high, rival,
            gap.value, gap.low, gap.high, int((~np.isnan(ours)).sum()), mean.clusters,
            permutation_p(ours, theirs, self.schools, seed),
        )  # fmt: skip


def judge_outcomes(scorers: Mapping[str, Prepare], snapshot: Snapshot, labels: PairLabels) -> JudgedLists:
    """NDCG@10 and recall@10 of measured gains; one list a school. labels: of schools never trained on."""
    codes, names = snapshot.tables["teachers"]["school_id"].factorize()
    present, query = np.unique(codes[labels.t_idx], return_inverse=True)
    worth = np.array(LABEL_GAIN)[labels.grade]
    relevant = labels.grade >= RELEVANT_FROM
    values: PerQuery = {f"ndcg@{AT}": {}, f"recall@{AT}": {}}
    for name, prepare in scorers.items():
        order = rank(query.astype(np.intp), prepare(snapshot)(labels.t_idx, labels.c_idx), len(present))
        values[f"ndcg@{AT}"][name] = ndcg(order, worth, AT)
        values[f"recall@{AT}"][name] = recall(order, relevant, AT)
    return JudgedLists("observed", values, np.asarray(names, dtype=object)[present])


def less_own_level(prepare: Prepare, seed: int) -> Prepare:
    """The score of a pair less the teacher's average over `OTHERS` courses open to her, drawn once.

    What is left says which course, not which teacher: lists of whole schools also reward knowing who will rise,
    whatever she takes.
    """

    def centred(snapshot: Snapshot) -> PreparedScorer:
        score = prepare(snapshot)

        def centred_score(t_idx: Index, c_idx: Index) -> Array:
            teachers, row = np.unique(t_idx, return_inverse=True)
            rng = np.random.default_rng(seed)
            level = np.zeros(len(teachers))
            for start in range(0, len(teachers), BLOCK):
                block = teachers[start : start + BLOCK]
                open_to = snapshot.eligibility.block(block)
                draw = np.where(open_to, rng.random(open_to.shape), 2.0)
                sample = np.argsort(draw, axis=1, kind="stable")[:, :OTHERS]
                t, position = np.nonzero(np.take_along_axis(open_to, sample, axis=1))
                value = score(block[t], sample[t, position])
                count = np.maximum(np.bincount(t, minlength=len(block)), 1)
                level[start : start + BLOCK] = np.bincount(t, value, len(block)) / count
            return np.asarray(score(t_idx, c_idx) - level[row], dtype=np.float64)

        return centred_score

    return centred


def judge_uptake(
    scorers: Mapping[str, Prepare], snapshot: Snapshot, labels: PairLabels, units: NDArray[np.object_]
) -> JudgedLists:
    """NDCG@10, recall@10 and hit rate@10 of next enrolments; one list a teacher, in the cluster `units` (N,)."""
    teachers, query = np.unique(labels.t_idx, return_inverse=True)
    worth = labels.value
    values: PerQuery = {f"ndcg@{AT}": {}, f"recall@{AT}": {}, f"hit_rate@{AT}": {}}
    for name, prepare in scorers.items():
        order = rank(query.astype(np.intp), prepare(snapshot)(labels.t_idx, labels.c_idx), len(teachers))
        values[f"ndcg@{AT}"][name] = ndcg(order, worth, AT)
        values[f"recall@{AT}"][name] = recall(order, worth > 0, AT)
        values[f"hit_rate@{AT}"][name] = hit_rate(order, worth > 0, AT)
    return JudgedLists("observed", values, units[teachers], teachers)


def judge_truth(scorers: Mapping[str, Prepare], snapshot: Snapshot, teachers: Index, truth: KnownGains) -> JudgedLists:
    """NDCG@10 with true gain as worth, and the share of the oracle's gain at 1, 3, 10, over open courses."""
    metrics = [f"ndcg@{AT}", *(f"oracle_share@{k}" for k in ORACLE_AT)]
    parts: dict[str, dict[str, list[Array]]] = {m: {s: [] for s in scorers} for m in metrics}
    prepared = {name: prepare(snapshot) for name, prepare in scorers.items()}
    for start in range(0, len(teachers), BLOCK):
        block = teachers[start : start + BLOCK]
        row, c_idx = np.nonzero(snapshot.eligibility.block(block))
        gain = truth.gain(snapshot.teacher_ids[block], snapshot.course_ids)[row, c_idx]
        worth = np.maximum(gain, 0.0)
        for name, score in prepared.items():
            order = rank(row.astype(np.intp), score(block[row], c_idx.astype(np.intp)), len(block))
            parts[metrics[0]][name].append(ndcg(order, worth, AT))
            for k in ORACLE_AT:
                parts[f"oracle_share@{k}"][name].append(oracle_share(order, worth, k))
    values = {
        m: {s: np.concatenate(found) if found else np.zeros(0) for s, found in per.items()}
        for m, per in parts.items()
    }
    return JudgedLists("truth", values, _schools(snapshot)[teachers], teachers)


def pooled(parts: list[JudgedLists]) -> JudgedLists:
    """Several districts as one; a school stays a cluster of its own district."""
    metrics, scorers = parts[0].values, next(iter(parts[0].values.values()))
    values = {m: {s: np.concatenate([p.values[m][s] for p in parts]) for s in scorers} for m in metrics}
    schools = [f"{i}|{s}" for i, p in enumerate(parts) for s in p.schools]
    return JudgedLists(parts[0].test, values, np.array(schools, dtype=object))


def _schools(snapshot: Snapshot) -> NDArray[np.object_]:
    return snapshot.tables["teachers"]["school_id"].to_numpy(dtype=object)
