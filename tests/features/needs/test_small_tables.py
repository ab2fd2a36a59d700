"""A diagnosis of any small tables: no exception, finite numbers, and every row of evidence used or accounted for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.needs.evidence.evidence import gather
from features.needs.gap import CLEAR_FROM, NONE_UP_TO, THIN_BELOW
from features.simulate import simulate
from features.sources.read_tables import read_tables
from features.tables import Tables, typed_frame

DAY = date(2026, 6, 20)


def _account(tables: Tables, as_of: date) -> pd.DataFrame:
    """Rows received, used and left out by source; columns of the same names."""
    ledger = gather(tables.until(as_of), as_of).ledger
    frame = ledger.frame()
    left_out = frame[~frame["used"]].groupby("source")["count"].sum()
    account = pd.DataFrame({"received": ledger.received, "used": ledger.used}).fillna(0)
    return account.assign(left_out=left_out.reindex(account.index).fillna(0))


def _assert_balanced(account: pd.DataFrame) -> None:
    assert (account["received"] == account["used"] + account["left_out"]).all(), account


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.slow
def test_any_small_tables_are_diagnosed(small_tables, seed: int):
    tables = small_tables(seed)
    report = diagnose(tables, DAY).report
    for name in ("mean", "sd", "reliability", "gap_mean", "p_need", "expected_gap"):
        assert np.isfinite(report[name]).all(), name
    assert ((report["sd"] > 0) & (report["sd"] <= 1 + 1e-9)).all()
    assert report["reliability"].between(0, 1).all()
    assert (report.loc[report["reliability"] < THIN_BELOW, "band"] == "thin").all()
    assert (report.loc[report["band"] == "clear", "p_need"] >= CLEAR_FROM).all()
    assert (report.loc[report["band"] == "none", "p_need"] <= NONE_UP_TO).all()


@pytest.mark.parametrize("seed", range(12, 40))
@pytest.mark.slow
def test_rows_of_small_tables_are_used_or_accounted_for(small_tables, seed: int):
    tables = small_tables(seed)
    account = _account(tables, DAY)
    _assert_balanced(account)
    rows = len(tables["observations"]) + len(tables["surveys"]) + len(tables["results"])
    assert account["received"].sum() == rows


@pytest.mark.parametrize("scenario", ["plain", "dirty"])
@pytest.mark.slow
def test_rows_of_a_simulated_city_are_used_or_accounted_for(tmp_path, scenario: str):
    folder = simulate(tmp_path, teachers=200, seed=3, scenario=scenario)
    tables = read_tables([folder / "tables"]).tables
    account = _account(tables, tables.latest_evidence())
    _assert_balanced(account)
    assert (account["used"] > 0).all()
    _assert_balanced(_account(tables, date(2024, 7, 1)))


def _observed(scores: dict[str, list[float]], item: str = "C1") -> pd.DataFrame:
    rows = [(teacher, item, score) for teacher, values in scores.items() for score in values]
    frame = pd.DataFrame(rows, columns=["teacher_id", "item", "score"])
    ids = [f"{item}{i:02}" for i in range(len(frame))]
    return frame.assign(
        observation_id=ids, rater_id="R", lesson_id=ids, date=pd.Timestamp(DAY), scale_min=1.0, scale_max=5.0
    )


def _tables(observations: pd.DataFrame, **more: pd.DataFrame) -> Tables:
    teachers = [f"T{i}" for i in range(6)]
    frames = {
        "organizations": pd.DataFrame({"org_id": ["S1", "S2"], "kind": "school", "name": "x"}),
        "teachers": pd.DataFrame(
            {
                "teacher_id": teachers, "school_id": ["S1", "S2"] * 3, "role": "teacher", "stage": "primary",
                "subject": "数学",
            }
        ),
        "competencies": pd.DataFrame(
            {"competency_id": ["C1", "C2"], "name_zh": "能力", "name_en": "c", "framework": "f", "version": "1"}
        ),
        "observations": observations,
        **more,
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def test_a_source_without_spread_has_no_say():
    needs = diagnose(_tables(_observed({f"T{i}": [5.0, 5.0] for i in range(6)})), DAY)
    people = needs.report.query("unit_kind == 'teacher'")
    assert (people["mean"] == 0).all() and set(people["band"]) == {"thin"} and not people["n_evidence"].any()
    assert needs.unused[["source", "kind", "count"]].to_numpy().tolist() == [["observation", "no_spread", 12]]


SCORES = {"T0": [2.0, 3.0], "T1": [4.0, 5.0], "T2": [3.0], "T3": [1.0, 2.0]}


@pytest.mark.parametrize("score", [1.0, 5.0])
def test_an_item_of_one_teacher_says_nothing_of_her(score: float):
    alone = _observed({"T0": [score, 3.0]}, item="C2")
    with_item = diagnose(_tables(pd.concat([_observed(SCORES), alone])), DAY)
    without = diagnose(_tables(_observed(SCORES)), DAY)
    pd.testing.assert_frame_equal(with_item.report, without.report, rtol=0, atol=1e-9)
    assert with_item.unused[["kind", "count"]].to_numpy().tolist() == [["one_teacher", 2]]


def _class_tests(means: list[tuple[str, str, float]], teachers: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Results by (dimension, class, mean) of one test, and the classes' teachers."""
    results = pd.DataFrame(means, columns=["dimension", "unit_id", "mean"])
    return {
        "assessments": pd.DataFrame(
            {
                "assessment_id": ["A"], "name": "a", "programme": "school_exam", "date": pd.Timestamp(DAY),
                "term": "2025-2", "stage": "primary", "subject": "数学",
            }
        ),
        "assessment_dimensions": pd.DataFrame(
            {"assessment_id": "A", "dimension": ["C1", "C2"], "scale_mean": 65.0, "scale_sd": 15.0}
        ),
        "results": results.assign(assessment_id="A", unit_kind="class", n=30.0, sd=14.0),
        "classes": pd.DataFrame({"class_id": list(teachers), "teacher_id": list(teachers.values())}).assign(
            subject="数学", term="2025-2", school_id="S1", grade="5"
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ([("C2", "K0", 30.0)], "one_class"),
        ([("C2", "K0", 30.0), ("C2", "K4", 90.0)], "one_teacher"),
        ([("C2", "K0", 65.0), ("C2", "K1", 65.0), ("C2", "K2", 65.0)], "no_spread"),
    ],
)
@pytest.mark.slow
def test_a_test_that_compares_no_teachers_says_nothing(more: list[tuple[str, str, float]], kind: str):
    teachers = {"K0": "T0", "K1": "T1", "K2": "T2", "K3": "T3", "K4": "T0"}
    usual = [("C1", f"K{i}", 60.0 + 3 * i) for i in range(4)]
    with_test = diagnose(_tables(_observed(SCORES), **_class_tests(usual + more, teachers)), DAY)
    without = diagnose(_tables(_observed(SCORES), **_class_tests(usual, teachers)), DAY)
    pd.testing.assert_frame_equal(with_test.report, without.report, rtol=0, atol=1e-9)
    assert with_test.unused[["kind", "count"]].to_numpy().tolist() == [[kind, len(more)]]


def test_classes_of_one_known_teacher_compare_her_with_nobody():
    means = [("C1", "K0", 50.0), ("C1", "K9", 70.0)]
    needs = diagnose(_tables(_observed({}), **_class_tests(means, {"K0": "T0"})), DAY)
    assert not needs.has_evidence and set(needs.report["band"]) == {"thin"}
    assert needs.unused[["kind", "count"]].to_numpy().tolist() == [["class_unknown", 1], ["one_teacher", 1]]
    needs = diagnose(_tables(_observed({}), **_class_tests(means, {"K0": "T0", "K9": "T1"})), DAY)
    mean = needs.report.query("unit_kind == 'teacher' and competency_id == 'C1'").set_index("unit_id")["mean"]
    assert mean["T0"] < 0 < mean["T1"] and not len(needs.unused)
