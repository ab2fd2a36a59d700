"""Parts of the city: their own means, and none that is about fewer than ten people or gives such a part away."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.snapshot import take_snapshot
from models.data.relevance_labels import no_labels
from models.evaluation.list_metrics import ListMetrics
from models.evaluation.parts import part_rows
from models.evaluation.slices import parts_of


def _scorer(snapshot):
    return lambda t, c: np.zeros(len(t))


def _rows(snapshot, teachers):
    values = {"ndcg@10": {"served": teachers % 3 / 2.0, "need_rule": np.zeros(len(teachers))}}
    metrics = ListMetrics("observed", values, snapshot.school_of[teachers].astype(object), teachers)
    return part_rows(dict.fromkeys(values["ndcg@10"], _scorer), snapshot, metrics, no_labels(), "need_rule", 0)


def test_a_part_has_its_own_mean_and_small_ones_are_left_out_with_their_complement(district, planted):
    snapshot = take_snapshot(district, planted(district, date(2026, 6, 30)))
    teachers = np.arange(0, len(snapshot.teacher_ids), 2)
    rows, parts = _rows(snapshot, teachers), parts_of(snapshot).iloc[teachers]
    assert {row.scorer for row in rows} == {"served"} and min(row.people for row in rows) >= 10
    left_out = 0
    for by in parts.columns:
        counts: pd.Series = parts[by].value_counts()
        shown = {row.part for row in rows if row.by == by}
        hidden = counts[~counts.index.isin(shown)]
        assert set(counts[counts < 10].index) <= set(hidden.index)
        assert not len(hidden) or (len(hidden) > 1 and hidden.sum() >= 10)
        left_out += len(hidden)
    assert left_out
    row = next(row for row in rows if row.by == "subject")
    mask = (parts["subject"] == row.part).to_numpy()
    assert np.isclose(row.value, (teachers[mask] % 3 / 2.0).mean()) and row.people == mask.sum()
    assert np.isclose(row.difference, row.value)
