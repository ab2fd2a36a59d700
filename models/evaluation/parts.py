"""How a version ranks for parts of the city (district, stage, subject, ladder, evidence), for everybody to see.

NDCG@10 on test schools, in every part of ten teachers or more, of what is served and of the trained ranker, beside the
same rival as in the promotion gate. With evidence a list is a school's, made of the pairs of the part's teachers;
without, a teacher's. Parts that are too small, and those that would give them away, are left out
(`features/disclosure.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM, suppressed_cells
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.evaluation.intervals import mean_interval, paired_difference
from models.evaluation.list_metrics import CUTOFF, ListMetrics, outcome_metrics
from models.evaluation.slices import parts_of
from models.rankers.scorer import Prepare

SHOWN: Final = ("served", "ranker")
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class PartRow:
    """One scorer in one part; bounds are None with fewer than four clusters. people: teachers in its lists."""

    by: str
    part: str
    scorer: str
    value: float
    low: float | None
    high: float | None
    difference: float
    difference_low: float | None
    difference_high: float | None
    people: int

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def part_rows(
    scorers: Mapping[str, Prepare], snapshot: Snapshot, metrics: ListMetrics, labels: PairLabels, rival: str, seed: int
) -> list[PartRow]:
    """Rows of the parts that may be shown. metrics: of the same scorers and labels on all test schools."""
    people = np.unique(labels.t_idx) if metrics.teachers is None else metrics.teachers
    parts, rows = parts_of(snapshot), list[PartRow]()
    prepared = {name: _fixed(scorers[name], snapshot) for name in (*SHOWN, rival) if name in scorers}
    for by in parts.columns:
        values = parts[by].to_numpy(dtype=object)
        names, counts = np.unique(values[people].astype(str), return_counts=True)
        hidden = suppressed_cells(counts, DISTRICT_MINIMUM)
        for part, count in zip(names[~hidden], counts[~hidden], strict=True):
            chosen = _lists(prepared, snapshot, metrics, labels, np.asarray(values.astype(str) == part))
            rows += _rows(str(by), str(part), chosen, rival, seed, int(count))
    return rows


def _fixed(prepare: Prepare, snapshot: Snapshot) -> Prepare:
    """Prepared once for all parts."""
    score = prepare(snapshot)
    return lambda _: score


def _lists(
    prepared: Mapping[str, Prepare], snapshot: Snapshot, metrics: ListMetrics, labels: PairLabels, members: Mask
) -> ListMetrics:
    if metrics.teachers is None:
        return outcome_metrics(prepared, snapshot, labels.take(members[labels.t_idx]))
    return metrics.take(members[metrics.teachers])


def _rows(by: str, part: str, lists: ListMetrics, rival: str, seed: int, people: int) -> list[PartRow]:
    values, rows = lists.values[f"ndcg@{CUTOFF}"], []
    for scorer in SHOWN:
        if scorer not in values or np.isnan(values[scorer]).all():
            continue
        mean = mean_interval(values[scorer], lists.clusters, seed)
        apart = paired_difference(values[scorer], values[rival], lists.clusters, seed)
        bounds = [float(v) if np.isfinite(v) else None for v in (mean.low, mean.high, apart.low, apart.high)]
        rows.append(PartRow(by, part, scorer, mean.value, bounds[0], bounds[1], apart.value, bounds[2], bounds[3], people))
    return rows
