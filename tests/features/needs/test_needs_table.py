"""Rows of the `needs` file from arrays: what is written for a unit, and with which band."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from features.needs.evidence.sources.source_registry import indirect_names
from features.needs.gap import p_need
from features.needs.needs_table import COLUMNS, UnitIndex, unit_rows

NAMES = ("class_results", "observation", *sorted(indirect_names()))
AS_OF = date(2026, 6, 30)


def units(**changes: Any) -> UnitIndex:
    """Two teachers and two competencies; the second teacher has no target in the second."""
    arrays: dict[str, Any] = {
        "mean": np.array([[-1.0, 0.0], [0.2, 0.0]]), "sd": np.full((2, 2), 0.4), "prior": np.ones((2, 2)),
        "target": np.full((2, 2), 0.5), "gaps": np.array([[1.5, 0.6], [0.4, 0.0]]),
        "wanted": np.array([[True, True], [True, False]]), "evidence": np.array([[3.0, 1.0], [2.0, 0.0]]),
        "coverage": np.array([[0b11, 0b01], [0b01, 0]]), "measured": np.array([True, True]),
    }  # fmt: skip
    return UnitIndex("teacher", np.array(["T0", "T1"], dtype=object), **arrays | changes)


def test_one_row_a_wanted_pair_by_unit_then_competency() -> None:
    rows = unit_rows(units(), ("K0", "K1"), AS_OF, NAMES)
    assert rows.columns.tolist() == COLUMNS
    assert rows[["unit_id", "competency_id"]].to_numpy().tolist() == [["T0", "K0"], ["T0", "K1"], ["T1", "K0"]]
    assert rows["gap_mean"].tolist() == pytest.approx([1.5, 0.5, 0.3])
    assert rows["reliability"].tolist() == pytest.approx([0.84] * 3)
    np.testing.assert_allclose(rows["p_need"], p_need(rows["gap_mean"].to_numpy(), rows["gap_sd"].to_numpy()))
    assert rows["sources"].tolist() == ["class_results;observation", "class_results", "class_results"]
    assert rows["n_evidence"].tolist() == [3, 1, 2] and set(rows["as_of"]) == {"2026-06-30"}


def test_bands_follow_chance_and_reliability() -> None:
    rows = unit_rows(units(), ("K0", "K1"), AS_OF, NAMES)
    assert rows["band"].tolist() == ["clear", "possible", "possible"]
    thin = unit_rows(units(sd=np.full((2, 2), 0.9)), ("K0", "K1"), AS_OF, NAMES)
    assert set(thin["band"]) == {"thin"} and thin["reliability"].max() < 0.30
    none = unit_rows(units(target=np.full((2, 2), -1.5)), ("K0", "K1"), AS_OF, NAMES)
    assert set(none["band"]) == {"none"}


def test_monitoring_or_self_report_alone_is_never_clear() -> None:
    indirect = 1 << NAMES.index(sorted(indirect_names())[0])
    rows = unit_rows(units(coverage=np.full((2, 2), indirect)), ("K0", "K1"), AS_OF, NAMES)
    assert rows["band"].iloc[0] == "possible" and rows["p_need"].iloc[0] > 0.8


def test_a_unit_without_a_record_is_thin_whatever_is_estimated() -> None:
    rows = unit_rows(units(measured=np.array([False, True])), ("K0", "K1"), AS_OF, NAMES)
    assert rows["band"].tolist() == ["thin", "thin", "possible"]


def test_an_estimate_less_sure_than_its_prior_has_reliability_0() -> None:
    rows = unit_rows(units(sd=np.full((2, 2), 1.2)), ("K0", "K1"), AS_OF, NAMES)
    assert set(rows["reliability"]) == {0.0}
