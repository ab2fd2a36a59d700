"""The ledger of rows that are not used."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pandas as pd
import pytest

from features.needs.checks import model_findings
from features.needs.checks.check_results import CheckResults
from features.needs.checks.data_findings import left_out
from features.needs.checks.findings import headline
from features.needs.evidence.evidence import later_evidence
from features.needs.evidence.unused_evidence import (
    ASSUMED_KINDS,
    COLUMNS,
    UNUSED_KINDS,
    EvidenceLedger,
    named,
)
from features.tables import Tables, typed_frame
from recommender.text.catalogues import catalogue


def _rows(*ids: str) -> pd.DataFrame:
    return named(pd.DataFrame({"id": list(ids), "item": [i[0] for i in ids]}), ["id", "item"], "item")


def test_rows_of_a_kind_are_counted_together_with_the_first_examples_whatever_their_order():
    one, other = EvidenceLedger(), EvidenceLedger()
    one.leave_out("observation", "no_spread", _rows("b2", "a1", "d4"))
    one.leave_out("observation", "no_spread", _rows("c3"))
    one.assume("class_results", "sd_assumed", _rows("x"))
    other.assume("class_results", "sd_assumed", _rows("x"))
    other.leave_out("observation", "no_spread", _rows("c3", "d4"))
    other.leave_out("observation", "no_spread", _rows("a1", "b2"))
    assert one.frame().to_numpy().tolist() == [
        ["observation", "no_spread", False, 4, "a1 / a; b2 / b; c3 / c", "a; b; c"],
        ["class_results", "sd_assumed", True, 1, "x / x", "x"],
    ]
    pd.testing.assert_frame_equal(one.frame(), other.frame())


def test_no_rows_are_no_entry_and_an_unknown_kind_is_an_error():
    ledger = EvidenceLedger()
    ledger.leave_out("observation", "no_spread", _rows())
    assert list(ledger.frame().columns) == COLUMNS and not len(ledger.frame())
    with pytest.raises(ValueError, match="lost"):
        ledger.leave_out("observation", "lost", _rows("a"))


def test_every_kind_has_words_and_what_to_do():
    entries = catalogue("needs")
    for kind in (*UNUSED_KINDS, *ASSUMED_KINDS):
        action = entries[f"unused_{kind}_action"]
        assert f"unused_{kind}" in entries and action["zh"].endswith("。") and action["en"].endswith(".")


def test_rows_dated_after_the_date_are_counted_by_source():
    observations = pd.DataFrame(
        {
            "observation_id": ["o1", "o2", "o3"], "item": "C1", "teacher_id": "T", "rater_id": "R", "lesson_id": "l",
            "date": pd.to_datetime(["2026-01-01", "2026-03-01", "2026-04-01"]), "score": 1.0, "scale_min": 1.0,
            "scale_max": 5.0,
        }
    )  # fmt: skip
    tables = Tables({"observations": typed_frame("observations", observations)})
    later = later_evidence(tables, date(2026, 3, 1))
    assert later[["source", "kind", "count", "examples"]].to_numpy().tolist() == [
        ["observation", "later", 1, "o3 / C1"]
    ]
    assert not len(later_evidence(tables, date(2026, 4, 1)))


def test_rows_left_out_are_a_finding_but_those_counted_elsewhere_are_not():
    ledger = EvidenceLedger()
    ledger.leave_out("monitoring", "by_classes", _rows("a", "b"))
    ledger.leave_out("observation", "later", _rows("c"))
    assert not list(left_out(_results(ledger)))
    ledger.leave_out("class_results", "class_not_yet", _rows("d", "e", "f"))
    (finding,) = left_out(_results(ledger))
    assert finding.code == "left_out" and finding.statement.values["count"] == 3
    (evidence,) = model_findings.evidence(_results(ledger))
    assert evidence.statement.code == "checks.no_evidence_usable"
    assert headline((evidence, finding)).code == "checks.headline_none_usable"


def _results(ledger: EvidenceLedger) -> CheckResults:
    """Checks of a diagnosis without evidence, of which only `unused` is filled."""
    names = [field.name for field in fields(CheckResults)]
    empty = dict.fromkeys(names, pd.DataFrame({"people": []}))
    return CheckResults(**{**empty, "unused": ledger.frame()})
