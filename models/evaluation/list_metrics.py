"""Metrics of many scorers on the same lists: observed labels of test schools, and known truth where it exists.

Observed, with evidence: one list a school, the pairs whose gain was measured after T0; relevance 2^grade - 1.
Observed, without evidence: one list a teacher, her next enrolments among all courses open to her.
Known truth (simulated cities only): one list a teacher, every course open to her; relevance is the true gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import UnitKind
from models.evaluation.intervals import mean_interval, paired_difference, permutation_p
from models.evaluation.ranking_metrics import hit_rate, ndcg, oracle_share, rank, recall
from models.rankers.boosting import LABEL_GAIN
from models.rankers.scorer import Prepare, PreparedScorer

Array = NDArray[np.float64]
Index = NDArray[np.intp]
PerQuery = dict[str, dict[str, Array]]  # metric -> scorer -> (Q,)
CUTOFF: Final = 10
ORACLE_CUTOFFS: Final = (1, 3, 10)
MIN_RELEVANT_GRADE: Final = 3  # grades 3 and 4: the upper two fifths of measured gains
BLOCK: Final = 400  # teachers scored at a time
SAMPLED_COURSES: Final = 40  # sampled from the courses open to a teacher to estimate her mean score


class KnownGains(Protocol):
    """The truth of a simulated city: the true expected gain of any pair, teacher-SD units."""

    def gain(self, teacher_ids: NDArray[np.object_], course_ids: NDArray[np.object_]) -> Array:
        """(n, m) for n teachers and m courses."""
        ...


@dataclass(frozen=True)
class MetricRow:
    """One scorer under one metric; `difference` is to `rival` on the same lists, paired, with its 95% interval."""

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
    schools: int  # of these lists
    p: float = float("nan")  # permutation test of the difference
    clusters: int = 0  # over which the intervals are: of kind `cluster_kind`
    cluster_kind: UnitKind = "school"

    def as_json(self) -> dict[str, object]:
        """Plain values; None for NaN."""
        values = asdict(self)
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in values.items()}


@dataclass(frozen=True)
class ListMetrics:
    """Metric values of Q lists by metric and scorer, so that districts can be pooled.

    schools (Q,): the school of each list. teachers (Q,): its teacher, by index in the snapshot; None where a list is a
    school's. units (Q,): the clusters of the intervals, of `unit_kind`, where they are not the schools.
    """

    test: str
    values: PerQuery
    schools: NDArray[np.object_]
    teachers: Index | None = None
    units: NDArray[np.object_] | None = None
    unit_kind: UnitKind = "school"

    @property
    def clusters(self) -> NDArray[np.object_]:
        """(Q,) what the intervals resample."""
        return self.schools if self.units is None else self.units

    def take(self, lists: NDArray[np.bool_]) -> ListMetrics:
        """The lists where `lists` (Q,) is True."""
        values = {m: {s: v[lists] for s, v in per.items()} for m, per in self.values.items()}
        teachers = None if self.teachers is None else self.teachers[lists]
        units = None if self.units is None else self.units[lists]
        return ListMetrics(self.test, values, self.schools[lists], teachers, units, self.unit_kind)

    def rows(self, rival: str, seed: int) -> list[MetricRow]:
        """One row a metric and scorer, with intervals over clusters."""
        return [
            self._row(metric, scorer, rival, seed)
            for metric, scorers in self.values.items()
            for scorer in scorers
        ]

    def _row(self, metric: str, scorer: str, rival: str, seed: int) -> MetricRow:
        values, rival_values = self.values[metric][scorer], self.values[metric][rival]
        mean = mean_interval(values, self.clusters, seed)
        difference = paired_difference(values, rival_values, self.clusters, seed)
        valid = ~np.isnan(values)
        return MetricRow(
            self.test, scorer, metric, mean.value, mean.low, mean.high, rival,
            difference.value, difference.low, difference.high, int(valid.sum()),
            len(set(self.schools[valid])), permutation_p(values, rival_values, self.clusters, seed), mean.clusters,
            self.unit_kind,
        )  # fmt: skip


def outcome_metrics(scorers: Mapping[str, Prepare], snapshot: Snapshot, labels: PairLabels) -> ListMetrics:
    """NDCG@10 and recall@10 of measured gains; one list a school. labels: of test schools."""
    codes, names = snapshot.tables["teachers"]["school_id"].factorize()
    present, query = np.unique(codes[labels.t_idx], return_inverse=True)
    relevance = np.array(LABEL_GAIN)[labels.grade]
    relevant = labels.grade >= MIN_RELEVANT_GRADE
    values: PerQuery = {f"ndcg@{CUTOFF}": {}, f"recall@{CUTOFF}": {}}
    for name, prepare in scorers.items():
        order = rank(query.astype(np.intp), prepare(snapshot)(labels.t_idx, labels.c_idx), len(present))
        values[f"ndcg@{CUTOFF}"][name] = ndcg(order, relevance, CUTOFF)
        values[f"recall@{CUTOFF}"][name] = recall(order, relevant, CUTOFF)
    return ListMetrics("observed", values, np.asarray(names, dtype=object)[present])


def center_by_teacher(prepare: Prepare, seed: int) -> Prepare:
    """The score of a pair minus the teacher's mean over at most `SAMPLED_COURSES` courses open to her.

    The rest compares courses, not teachers: lists of whole schools also reward predicting which teacher will gain,
    whatever she takes.
    """

    def centered(snapshot: Snapshot) -> PreparedScorer:
        score = prepare(snapshot)

        def centered_score(t_idx: Index, c_idx: Index) -> Array:
            teachers, row = np.unique(t_idx, return_inverse=True)
            rng = np.random.default_rng(seed)
            level = np.zeros(len(teachers))
            for start in range(0, len(teachers), BLOCK):
                block = teachers[start : start + BLOCK]
                open_to = snapshot.eligibility.block(block)
                draw = np.where(open_to, rng.random(open_to.shape), 2.0)
                sample = np.argsort(draw, axis=1, kind="stable")[:, :SAMPLED_COURSES]
                t, position = np.nonzero(np.take_along_axis(open_to, sample, axis=1))
                value = score(block[t], sample[t, position])
                count = np.maximum(np.bincount(t, minlength=len(block)), 1)
                level[start : start + BLOCK] = np.bincount(t, value, len(block)) / count
            return np.asarray(score(t_idx, c_idx) - level[row], dtype=np.float64)

        return centered_score

    return centered


def enrolment_metrics(
    scorers: Mapping[str, Prepare], snapshot: Snapshot, labels: PairLabels, units: NDArray[np.object_], kind: UnitKind
) -> ListMetrics:
    """NDCG@10, recall@10 and hit rate@10 of next enrolments; one list a teacher, in the cluster `units` (N,) of a kind."""
    teachers, query = np.unique(labels.t_idx, return_inverse=True)
    relevance = labels.value
    values: PerQuery = {f"ndcg@{CUTOFF}": {}, f"recall@{CUTOFF}": {}, f"hit_rate@{CUTOFF}": {}}
    for name, prepare in scorers.items():
        order = rank(query.astype(np.intp), prepare(snapshot)(labels.t_idx, labels.c_idx), len(teachers))
        values[f"ndcg@{CUTOFF}"][name] = ndcg(order, relevance, CUTOFF)
        values[f"recall@{CUTOFF}"][name] = recall(order, relevance > 0, CUTOFF)
        values[f"hit_rate@{CUTOFF}"][name] = hit_rate(order, relevance > 0, CUTOFF)
    return ListMetrics("observed", values, _schools(snapshot)[teachers], teachers, units[teachers], kind)


def truth_metrics(scorers: Mapping[str, Prepare], snapshot: Snapshot, teachers: Index, truth: KnownGains) -> ListMetrics:
    """NDCG@10 with true gain as relevance, and the share of the oracle's gain at 1, 3, 10, over open courses."""
    metrics = [f"ndcg@{CUTOFF}", *(f"oracle_share@{k}" for k in ORACLE_CUTOFFS)]
    parts: dict[str, dict[str, list[Array]]] = {m: {s: [] for s in scorers} for m in metrics}
    prepared = {name: prepare(snapshot) for name, prepare in scorers.items()}
    for start in range(0, len(teachers), BLOCK):
        block = teachers[start : start + BLOCK]
        row, c_idx = np.nonzero(snapshot.eligibility.block(block))
        gain = truth.gain(snapshot.teacher_ids[block], snapshot.course_ids)[row, c_idx]
        relevance = np.maximum(gain, 0.0)
        for name, score in prepared.items():
            order = rank(row.astype(np.intp), score(block[row], c_idx.astype(np.intp)), len(block))
            parts[metrics[0]][name].append(ndcg(order, relevance, CUTOFF))
            for k in ORACLE_CUTOFFS:
                parts[f"oracle_share@{k}"][name].append(oracle_share(order, relevance, k))
    values = {
        m: {s: np.concatenate(blocks) if blocks else np.zeros(0) for s, blocks in per.items()}
        for m, per in parts.items()
    }
    return ListMetrics("truth", values, _schools(snapshot)[teachers], teachers)


def pooled(parts: list[ListMetrics]) -> ListMetrics:
    """The lists of several districts together; a school stays a cluster of its own district."""
    metrics, scorers = parts[0].values, next(iter(parts[0].values.values()))
    values = {m: {s: np.concatenate([p.values[m][s] for p in parts]) for s in scorers} for m in metrics}
    schools, units = (
        np.array([f"{i}|{name}" for i, p in enumerate(parts) for name in getattr(p, of)], dtype=object)
        for of in ("schools", "clusters")
    )
    return ListMetrics(parts[0].test, values, schools, None, units, parts[0].unit_kind)


def _schools(snapshot: Snapshot) -> NDArray[np.object_]:
    return snapshot.tables["teachers"]["school_id"].to_numpy(dtype=object)
