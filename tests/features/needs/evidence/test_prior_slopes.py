"""Slopes on earlier scores: from covariances, from the classes themselves, from reliabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.needs.evidence.adjusted_results import adjust
from features.needs.evidence.evidence import gather
from features.needs.evidence.prior_slopes import STABILITY, prior_slopes
from features.simulate import simulate
from features.simulate.truth import Truth
from features.sources.read_tables import read_tables
from features.tables import Tables

WITHOUT_COV = {"prior_cov": np.nan}
WITHOUT_PRIOR = {"prior_mean": np.nan, "prior_sd": np.nan, "prior_cov": np.nan}
KEYS = ["assessment_id", "dimension", "unit_id"]


def _changed(tables: Tables, **columns: float) -> Tables:
    return Tables({**tables.frames, "results": tables["results"].assign(**columns)}, tables.made_up)


def _classes(
    seed: int, schools: int = 300, each: int = 5, pupils: int = 25
) -> tuple[pd.DataFrame, pd.Series]:
    """Results of classes whose true slope is 0.8 and whose earlier scores have reliability 0.8; and their schools.

    Schools differ in intake and in what they add, together: only differences within schools give the slope.
    """
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), each)
    intake = rng.normal(0, 0.5, schools)[school]
    true = intake + rng.normal(0, 1 / np.sqrt(pupils), len(school))
    before = true + rng.normal(0, 0.5 / np.sqrt(pupils), len(school))
    now = 0.8 * true + 0.3 * intake + rng.normal(0, 0.2, len(school))
    rows = pd.DataFrame(
        {
            "assessment_id": "A", "dimension": "d", "unit_kind": "class", "n": float(pupils),
            "mean": 500 + 100 * now, "sd": 95.0, "prior_mean": 500 + 100 * before, "prior_sd": 100 * np.sqrt(1.25),
            "prior_cov": np.nan, "scale_sd": 100.0, "reliability": np.nan, "prior_reliability": 0.8,
        }
    )  # fmt: skip
    return rows, pd.Series([f"s{i}" for i in school], dtype="str")


def test_classes_within_schools_give_the_slope_corrected_for_errors():
    slopes = [prior_slopes(*_classes(seed)).iloc[0] for seed in range(8)]
    assert {slope["slope_from"] for slope in slopes} == {"classes"}
    assert np.mean([slope["slope"] for slope in slopes]) == pytest.approx(0.8, abs=0.03)
    rows, school = _classes(0)
    uncorrected = prior_slopes(rows.assign(prior_reliability=1.0), school)["slope"].iloc[0]
    assert uncorrected < 0.9 * slopes[0]["slope"]


def test_tests_of_few_classes_are_shrunk_to_the_slope_of_all():
    rows, school = _classes(3)
    small, small_school = _classes(4, schools=4)
    other, other_school = small.assign(assessment_id="B", mean=small["prior_mean"] * -1.0), small_school
    slopes = prior_slopes(
        pd.concat([rows, other], ignore_index=True), pd.concat([school, other_school], ignore_index=True)
    )["slope"]
    assert 0.3 < slopes.iloc[-1] < slopes.iloc[0]


def test_without_covariances_class_gains_are_as_near_to_the_truth(made):
    tables, effect = made
    rows = adjust(_changed(tables, **WITHOUT_COV)).rows
    assert set(rows["slope_from"]) == {"classes"} and rows["gain"].all()
    true = effect - effect.mean(axis=0)
    errors = []
    for frame in (rows, adjust(tables).rows):
        z = frame.pivot(index="unit_id", columns="dimension", values="z")[["read", "count"]].to_numpy()
        errors.append(np.sqrt(((z - true) ** 2).mean()))
    assert errors[0] < 1.1 * errors[1]


def test_without_errors_in_the_prior_the_slope_is_not_raised(made):
    """The correction follows from the reliability: with none, the slope of means is smaller."""
    tables, _ = made
    exact = tables["assessment_dimensions"].assign(prior_reliability=1.0)
    changed = _changed(tables, **WITHOUT_COV)
    plain = adjust(Tables({**changed.frames, "assessment_dimensions": exact})).rows["slope"]
    assert (plain < adjust(changed).rows["slope"]).all()


def test_few_classes_leave_the_slope_to_the_reliabilities(made):
    tables, _ = made
    few = tables["results"][tables["results"]["unit_id"] < "c010"].assign(prior_sd=120.0, **WITHOUT_COV)
    rows = adjust(Tables({**tables.frames, "results": few.reset_index(drop=True)})).rows
    assert set(rows["slope_from"]) == {"reliability"}
    for _, test in rows.groupby("dimension"):
        true_sd = np.sqrt((test["sd"] ** 2 * 0.85).mean()) / np.sqrt(120.0**2 * 0.8)
        assert test["slope"].to_numpy() == pytest.approx(STABILITY * true_sd)


def test_a_covariance_of_some_classes_serves_all_of_the_test(made):
    tables, _ = made
    results = tables["results"]
    some = results.assign(prior_cov=results["prior_cov"].where(results["unit_id"] < "c120"))
    rows = adjust(Tables({**tables.frames, "results": some})).rows
    assert set(rows["slope_from"]) == {"covariance"} and rows["slope"].unique() == pytest.approx(
        0.8, abs=0.06
    )
    pooled = adjust(tables).rows["left"]
    np.testing.assert_allclose(rows["left"], pooled, rtol=0.05)


def _accuracy(tables: Tables, truth: pd.DataFrame) -> float:
    needs = diagnose(tables, tables.latest_evidence())
    true = truth.pivot(index="teacher_id", columns="competency_id", values="value")
    true = true.reindex(index=needs.teacher_ids, columns=needs.competency_ids).to_numpy()
    return float(np.sqrt(np.nanmean(np.where(needs.applies, needs.mean - true, np.nan) ** 2)))


@pytest.mark.slow
def test_a_city_without_covariances_is_nearly_as_accurate(tmp_path):
    folder = simulate(tmp_path, teachers=300, seed=11)
    city = read_tables([folder / "tables"]).tables
    frames = {name: frame for name, frame in city.frames.items() if name not in ("observations", "surveys")}
    city = Tables(
        {**frames, "results": city["results"].query("unit_kind == 'class'").reset_index(drop=True)}, True
    )
    gains = [
        adjust(tables).rows.set_index(KEYS)["z"]
        for tables in (city, _changed(city, **WITHOUT_COV), _changed(city, **WITHOUT_PRIOR))
    ]
    off = [float(np.sqrt(((z - gains[0]) ** 2).mean())) for z in gains]
    assert off[1] < 0.35 * off[2]
    truth = Truth.read(folder / "truth").abilities
    with_cov, without = (_accuracy(tables, truth) for tables in (city, _changed(city, **WITHOUT_COV)))
    assert without < with_cov + 0.02
    ledger = gather(_changed(city, **WITHOUT_COV), city.latest_evidence()).ledger.frame()
    assert set(ledger.loc[ledger["used"], "kind"]) & {"prior_slope_classes", "prior_slope_reliability"}
