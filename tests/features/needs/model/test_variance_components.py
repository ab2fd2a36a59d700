"""What was planted is found: loadings, shares between schools and departments, ageing, what steps and years say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.needs.evidence.source_averages import average
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.ability_decay import decay_of_source, lag_pairs
from features.needs.model.competency_correlation import one_factor
from features.needs.model.prior_mean import design, general_part
from features.needs.model.source_parameters import PHI
from features.needs.model.variance_components import estimate
from features.tables import Tables, typed_frame

K, SCHOOLS, PER = 5, 120, 24


@pytest.fixture(scope="module")
def planted():
    """Three sources of one ability; the second has a school's own part, the third the teacher's style."""
    rng = np.random.default_rng(7)
    n = SCHOOLS * PER
    school, department = np.repeat(np.arange(SCHOOLS), PER), np.repeat(np.arange(n // 6), 6)
    shape = one_factor(np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    levels = {"school": 0.25, "department": 0.10, "own": 0.65}
    groups = {"school": school, "department": department, "own": np.arange(n)}
    theta = sum(
        np.sqrt(share)
        * rng.multivariate_normal(np.zeros(K), shape, int(groups[name].max()) + 1)[groups[name]]
        for name, share in levels.items()
    )
    sources = []
    for name, loading, style, own, times in (
        ("observation", 0.6, 0.0, 0.0, 3), ("student_feedback", 0.5, 0.3, 0.0, 2), ("class_gain", 0.4, 0.0, 0.5, 2)
    ):  # fmt: skip
        t = np.repeat(np.arange(n), K * times)
        j = np.tile(np.arange(K), n * times)
        occasion = np.repeat(np.arange(n * times), K)
        value = (
            loading * theta[t, j] + style * rng.normal(size=n)[t] + own * rng.normal(size=SCHOOLS)[school[t]]
        )
        value = value + 0.6 * rng.normal(size=len(t)) + 0.3 * rng.normal(size=n * times)[occasion]
        age = np.repeat(rng.uniform(0, 3, n * times), K)
        sources.append(StandardizedSource(name, t, occasion, j, value, age, np.ones(len(t)), np.eye(K)))
    return sources, school, department, theta, shape


def test_loadings_and_levels_are_found(planted) -> None:
    sources, school, department, _, shape = planted
    result = estimate(sources, school, department, 1, K)
    assert result.sources["observation"].loading == pytest.approx(0.6, abs=0.06)
    assert result.sources["student_feedback"].loading == pytest.approx(0.5, abs=0.06)
    assert result.sources["class_gain"].loading == pytest.approx(0.4, abs=0.07), (
        "a school's own part fools nobody"
    )
    assert result.school == pytest.approx(0.25, abs=0.06)
    assert result.department == pytest.approx(0.10, abs=0.06)
    assert result.sources["class_gain"].school_source_variance == pytest.approx(0.25, abs=0.07)
    assert result.sources["student_feedback"].method_variance == pytest.approx(0.09, abs=0.05)
    np.testing.assert_allclose(result.competency_correlation, shape, atol=0.13)
    rows = result.table.set_index(["name", "source"])
    assert (rows["from"].loc[["loading"]] == "data").all()
    assert (rows.loc["loading", "sd"] > 0).all()


def test_one_source_alone_falls_back_to_what_is_stated(planted) -> None:
    sources, school, department, _, _ = planted
    result = estimate(sources[:1], school, department, 1, K)
    assert set(result.table.loc[result.table["name"] == "loading", "from"]) == {"prior"}
    assert 0.2 < result.sources["observation"].loading < 0.8
    nothing = estimate([], school, department, 1, K)
    assert nothing.sources == {} and nothing.phi == PHI


def test_ageing_is_told_from_values_years_apart() -> None:
    rng = np.random.default_rng(1)
    n, times, phi = 4000, 6, 0.85
    state = rng.normal(size=n)
    rows = []
    for _ in range(times):
        rows.append(0.8 * state + 0.5 * rng.normal(size=n))
        state = phi * state + np.sqrt(1 - phi**2) * rng.normal(size=n)
    t = np.tile(np.arange(n), times)
    age = np.repeat(np.arange(times)[::-1].astype(float), n)
    source = StandardizedSource(
        "observation", t, np.arange(n * times), np.zeros(n * times, np.intp), np.concatenate(rows), age,
        np.ones(n * times), np.eye(1),
    )  # fmt: skip
    estimated, error = decay_of_source(lag_pairs(source, n), 0.64)
    assert error < 0.02 and estimated == pytest.approx(phi, abs=4 * error)


def test_steps_and_years_say_what_they_say_and_chance_says_nothing(planted) -> None:
    sources, school, _, theta, _ = planted
    rng = np.random.default_rng(2)
    n = len(theta)
    general = theta.mean(axis=1)
    step = np.clip(np.round(3 + 1.2 * general + rng.normal(0, 0.8, n)), 1, 6).astype(int)
    teachers = pd.DataFrame(
        {
            "teacher_id": [f"{i:05d}" for i in range(n)], "school_id": school.astype(str), "role": "teacher",
            "stage": "primary", "subject": "数学", "ladder_step": [f"T{s}" for s in step],
            "title": rng.choice(["一级教师", "二级教师"], n),
            "start_date": pd.Timestamp("2026-01-01") - pd.to_timedelta(rng.integers(100, 10000, n), unit="D"),
        }
    )  # fmt: skip
    tables = Tables({"teachers": typed_frame("teachers", teachers)})
    x, names = design(tables, pd.Timestamp("2026-06-30"))
    assert "steps T" in names and any(name.startswith("title=") for name in names)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-9)
    cells = [average(s) for s in sources]
    loading = {"observation": 0.6, "student_feedback": 0.5, "class_gain": 0.4}
    result = general_part(x, cells, loading, school)
    assert np.corrcoef(result, general)[0, 1] > 0.5
    inside = [v - (np.bincount(school, v) / PER)[school] for v in (result, general)]
    assert np.polyfit(*inside, 1)[0] == pytest.approx(1.0, abs=0.12), (
        "among colleagues, whom alone it is learnt from"
    )
    noise = general_part(rng.normal(size=(n, 6)), cells, loading, school)
    assert noise.std() < 0.03
    assert not general_part(x[:, :0], cells, loading, school).any()
