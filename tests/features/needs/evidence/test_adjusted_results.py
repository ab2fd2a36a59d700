"""Class results: the slope on the prior, and effects that borrow over dimensions and schools."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.needs.classes.class_effects import class_effects
from features.needs.evidence.adjusted_results import adjust
from features.tables import Tables, typed_frame

SCHOOLS, EACH, PUPILS, RELIABILITY = 60, 4, 25, 0.8


@pytest.fixture(scope="module")
def made():
    """A test of two dimensions with known class additions; the prior is measured with error."""
    rng = np.random.default_rng(8)
    classes = SCHOOLS * EACH
    school = np.repeat(np.arange(SCHOOLS), EACH)
    shape = np.array([[1.0, 0.7], [0.7, 1.0]])
    part = rng.multivariate_normal([0, 0], 0.04 * shape, SCHOOLS)[school]
    effect = part + rng.multivariate_normal([0, 0], 0.03 * shape, classes)
    intake = rng.normal(0, 0.5, SCHOOLS)[school]
    before = intake[:, None] + rng.normal(0, 1, (classes, PUPILS))
    noise = rng.multivariate_normal([0, 0], 0.3 * shape, (classes, PUPILS))
    now = 0.8 * before[:, :, None] + effect[:, None, :] + noise
    spread = np.sqrt(1 / RELIABILITY - 1)
    measured = before + rng.normal(0, spread, before.shape)
    rows = []
    for d, name in enumerate(("read", "count")):
        y = now[:, :, d]
        centred = y - y.mean(1, keepdims=True)
        cov = (centred * (measured - measured.mean(1, keepdims=True))).sum(1) / (PUPILS - 1)
        rows.append(
            pd.DataFrame(
                {
                    "assessment_id": "A", "dimension": name, "unit_kind": "class",
                    "unit_id": [f"c{i:03}" for i in range(classes)], "n": PUPILS,
                    "mean": 500 + 100 * y.mean(1), "sd": 100 * y.std(1, ddof=1),
                    "prior_mean": 500 + 100 * measured.mean(1), "prior_sd": 100 * measured.std(1, ddof=1),
                    "prior_cov": 1e4 * cov,
                }
            )
        )  # fmt: skip
    frames = {
        "assessments": pd.DataFrame(
            {
                "assessment_id": ["A"], "name": "a", "programme": "district_exam",
                "date": pd.Timestamp("2026-06-20"), "term": "2026-1", "stage": "primary", "subject": "数学",
            }
        ),
        "assessment_dimensions": pd.DataFrame(
            {
                "assessment_id": "A", "dimension": ["read", "count"], "scale_mean": 500.0,
                "scale_sd": 100.0, "prior_reliability": RELIABILITY,
            }
        ),
        "results": pd.concat(rows),
        "result_covariances": pd.DataFrame(
            {"assessment_id": ["A"], "dimension_1": "read", "dimension_2": "count", "within_cov": 1e4 * 0.85}
        ),
        "classes": pd.DataFrame(
            {
                "class_id": [f"c{i:03}" for i in range(classes)], "subject": "数学", "term": "2026-1",
                "teacher_id": [f"t{i:03}" for i in range(classes)],
                "school_id": [f"s{s:02}" for s in school], "grade": "5",
            }
        ),
    }  # fmt: skip
    tables = Tables({n: typed_frame(n, f) for n, f in frames.items()})
    return tables, effect


def test_the_slope_is_corrected_for_errors_in_the_prior(made):
    rows = adjust(made[0]).rows
    assert rows["gain"].all()
    assert rows["slope"].unique() == pytest.approx(0.8, abs=0.05)


def test_effects_are_nearer_than_raw_means_and_cover_the_truth(made):
    tables, effect = made
    adjusted = adjust(tables)
    result = class_effects(adjusted, tables["classes"])
    wide = result.pivot(index="class_id", columns="dimension", values="mean")[["read", "count"]].to_numpy()
    sd = result.pivot(index="class_id", columns="dimension", values="sd")[["read", "count"]].to_numpy()
    true = 100 * (effect - effect.mean(0))
    rows = adjusted.rows
    raw = 100 * rows.pivot(index="unit_id", columns="dimension", values="z")[["read", "count"]].to_numpy()
    assert np.sqrt(((wide - true) ** 2).mean()) < 0.97 * np.sqrt(((raw - true) ** 2).mean())
    assert 0.84 < (np.abs(wide - true) < 1.645 * sd).mean() < 0.96


def test_a_level_keeps_its_place_on_the_scale(made):
    tables, _ = made
    plain = tables["results"].assign(prior_mean=np.nan, prior_sd=np.nan, prior_cov=np.nan)
    level = Tables({**tables.frames, "results": plain})
    result = class_effects(adjust(level), level["classes"])
    assert result["mean"].mean() == pytest.approx(plain["mean"].mean(), abs=1.0)
