"""The evaluation by district, stage, subject, ladder and strength of evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from features.needs.gap import THIN_BELOW
from features.snapshot import Snapshot
from models.evaluation.list_metrics import ListMetrics, MetricRow

MIN_LISTS: Final = 30  # a mean over fewer is not reported
STRONG_RELIABILITY: Final = 0.5  # mean over competencies


@dataclass(frozen=True)
class SliceRow:
    """One scorer under one metric among the teachers of one slice."""

    by: str
    part: str
    row: MetricRow


def parts_of(snapshot: Snapshot) -> pd.DataFrame:
    """(N, 5) the slice of each teacher, as text: district, stage, subject, ladder, evidence."""
    teachers, orgs, needs = snapshot.tables["teachers"], snapshot.tables["organizations"], snapshot.needs
    parent = orgs.set_index("org_id")["parent_id"]
    count = np.maximum(needs.applies.sum(axis=1), 1)
    reliability = np.where(needs.applies, needs.reliability, 0.0).sum(axis=1) / count
    strength = np.select([reliability >= STRONG_RELIABILITY, reliability >= THIN_BELOW], ["strong", "some"], "thin")
    return pd.DataFrame({
        "district": teachers["school_id"].map(parent).fillna("?").to_numpy(dtype=object),
        "stage": teachers["stage"].fillna("?").to_numpy(dtype=object),
        "subject": teachers["subject"].fillna("?").to_numpy(dtype=object),
        "ladder": teachers["ladder_step"].fillna("?").to_numpy(dtype=object),
        "evidence": strength,
    })  # fmt: skip


def slice_rows(metrics: ListMetrics, snapshot: Snapshot, rival: str, seed: int) -> list[SliceRow]:
    """Rows of every slice with MIN_LISTS lists or more; none where lists are schools'."""
    if metrics.teachers is None:
        return []
    parts = parts_of(snapshot).iloc[metrics.teachers]
    rows: list[SliceRow] = []
    for by in parts.columns:
        values = parts[by].to_numpy(dtype=object)
        for part in sorted(set(values)):
            mask = np.asarray(values == part)
            if mask.sum() >= MIN_LISTS:
                rows += [SliceRow(str(by), str(part), row) for row in metrics.take(mask).rows(rival, seed)]
    return rows
