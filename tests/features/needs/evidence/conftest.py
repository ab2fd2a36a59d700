"""A test of classes with known additions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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
