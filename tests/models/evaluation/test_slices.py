"""Slices: every teacher in one part of each kind, and only parts with enough lists."""

from __future__ import annotations

from datetime import date

import numpy as np

from features.snapshot import take_snapshot
from models.evaluation.list_metrics import ListMetrics
from models.evaluation.slices import MIN_LISTS, parts_of, slice_rows


def _metrics(snapshot, teachers):
    values = {"ndcg@10": {"a": teachers % 3 / 2.0, "b": np.zeros(len(teachers))}}
    return ListMetrics("truth", values, snapshot.school_of[teachers].astype(object), teachers)


def test_parts_with_enough_lists_are_reported_and_means_are_theirs(district, planted):
    snapshot = take_snapshot(district, planted(district, date(2026, 6, 30)))
    teachers = np.arange(len(snapshot.teacher_ids))
    parts = parts_of(snapshot)
    assert list(parts.columns) == ["district", "stage", "subject", "ladder", "evidence"]
    assert len(parts) == len(teachers) and not parts.isna().any(axis=None)
    rows = [row for row in slice_rows(_metrics(snapshot, teachers), snapshot, "b", 0) if row.row.scorer == "a"]
    sizes = {(by, part): n for by in parts for part, n in parts[by].value_counts().items() if n >= MIN_LISTS}
    assert {(row.by, row.part): row.row.lists for row in rows} == sizes and sizes
    one = rows[0]
    mask = (parts[one.by] == one.part).to_numpy()
    assert np.isclose(one.row.value, (teachers[mask] % 3 / 2.0).mean())


def test_lists_of_schools_have_no_slices(district, planted):
    snapshot = take_snapshot(district, planted(district, date(2026, 6, 30)))
    metrics = ListMetrics("observed", {"ndcg@10": {"a": np.ones(3)}}, np.array(["S"] * 3, dtype=object))
    assert slice_rows(metrics, snapshot, "a", 0) == []
