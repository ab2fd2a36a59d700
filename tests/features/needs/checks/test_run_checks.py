"""All checks together: independent of the order of rows, and of which optional tables are there."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.checks import check, diagnosis_findings
from features.needs.checks.findings import headline
from features.schema import TABLES
from features.simulate import simulate
from features.sources.read_tables import read_tables
from features.tables import Tables

EVIDENCE = (
    "observations", "surveys", "results", "assessments", "assessment_dimensions", "result_covariances",
)  # fmt: skip


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = simulate(tmp_path_factory.mktemp("village"), teachers=200, seed=3)
    return read_tables([folder / "tables"]).tables


def _without(tables: Tables, *names: str) -> Tables:
    return Tables({n: f for n, f in tables.frames.items() if n not in names}, tables.made_up)


@pytest.mark.slow
def test_the_same_results_for_any_order_of_rows(tables, results, needs):
    rng = np.random.default_rng(0)
    shuffled = {
        name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True) if name in EVIDENCE else frame
        for name, frame in tables.frames.items()
    }
    again = check(Tables(shuffled, tables.made_up), needs.as_of, needs)
    pd.testing.assert_frame_equal(again.predictions.sources, results.predictions.sources, atol=1e-6)
    pd.testing.assert_frame_equal(again.reliability, results.reliability, atol=1e-6)
    pd.testing.assert_frame_equal(again.sensitivity, results.sensitivity, atol=1e-6)


@pytest.mark.slow
def test_progress_goes_from_0_to_1(village):
    from features.needs import diagnose

    shares: list[float] = []
    day = village.latest_evidence()
    check(village, day, diagnose(village, day), progress=lambda what, share: shares.append(share))
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0


@pytest.mark.slow
def test_without_evidence_nothing_is_trusted(village, checked, codes):
    bare = checked(_without(village, *EVIDENCE), date(2026, 6, 1))
    assert bare.without_evidence and "no_evidence" in codes(bare)
    findings = diagnosis_findings(bare)
    assert not [finding for finding in findings if finding.severity == "trust"]
    assert headline(findings).code == "checks.headline_no_evidence"


@pytest.mark.slow
def test_self_report_alone_is_not_enough(village, checked, codes):
    surveys = village["surveys"]
    only = _without(village, "observations", "results", "assessments", "assessment_dimensions")
    own = surveys[surveys["kind"] == "self_report"].reset_index(drop=True)
    result = codes(checked(Tables({**only.frames, "surveys": own}, True)))
    assert {"indirect_only", "not_checked"} <= result and "no_evidence" not in result


@pytest.mark.parametrize(
    "name", [n for n in TABLES if n not in ("organizations", "teachers", "competencies")]
)
@pytest.mark.slow
def test_any_optional_table_may_be_absent(village, checked, name):
    assert diagnosis_findings(checked(_without(village, name)))
