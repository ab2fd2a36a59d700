"""The same comparison among parts of the people: by district, stage, subject, ladder and strength of evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from features.needs.gap import THIN_BELOW
from features.snapshot import Snapshot
from models.evaluation.list_metrics import JudgedLists, MetricRow

FEWEST: Final = 30  # lists; an average over fewer is not shown
STRONG: Final = 0.5  # average reliability


@dataclass(frozen=True)
class SliceRow:
    """One scorer under one metric among the teachers of one part."""

    by: str
    part: str
    row: MetricRow


def parts_of(snapshot: Snapshot) -> pd.DataFrame:
    """(N, 5) the part of each teacher, as text: district, stage, subject, ladder, evidence."""
    teachers, orgs, needs = snapshot.tables["teachers"], snapshot.tables["organizations"], snapshot.needs
    parent = orgs.set_index("org_id")["parent_id"]
    count = np.maximum(needs.applies.sum(axis=1), 1)
    known = np.where(needs.applies, needs.reliability, 0.0).sum(axis=1) / count
    strength = np.select([known >= STRONG, known >= THIN_BELOW], ["strong", "some"], "thin")
    return pd.DataFrame({
        "district": teachers["school_id"].map(parent).fillna("?").to_numpy(dtype=object),
        "stage": teachers["stage"].fillna("?").to_numpy(dtype=object),
        "subject": teachers["subject"].fillna("?").to_numpy(dtype=object),
        "ladder": teachers["ladder_step"].fillna("?").to_numpy(dtype=object),
        "evidence": strength,
    })  # fmt: skip


def sliced(judged: JudgedLists, snapshot: Snapshot, rival: str, seed: int) -> list[SliceRow]:
    """Rows of every part with FEWEST lists or more; none where lists are schools'."""
    if judged.teachers is None:
        return []
    parts = parts_of(snapshot).iloc[judged.teachers]
    found: list[SliceRow] = []
    for by in parts.columns:
        names = parts[by].to_numpy(dtype=object)
        for part in sorted(set(names)):
            here = np.asarray(names == part)
            if here.sum() >= FEWEST:
                found += [SliceRow(str(by), str(part), row) for row in judged.take(here).rows(rival, seed)]
    return found
