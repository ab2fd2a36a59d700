"""Severity: exact where a dense solution can be written down, found where it can be, not invented where not."""

from __future__ import annotations

import numpy as np
import pytest

from features.needs.evidence.rater_severity import (
    Visits,
    _equations,
    rater_severity,
    visit_variances,
    without_severity,
)


def _visits(seed: int, schools: int, raters: int, district: bool = True) -> tuple[Visits, np.ndarray]:
    """Each teacher in two lessons, each seen by two raters, from all raters or from two of the school's own."""
    rng = np.random.default_rng(seed)
    teachers = 6 * schools
    teacher = np.repeat(np.arange(teachers), 4)
    lesson = np.repeat(np.arange(2 * teachers), 2)
    school = teacher // 6
    own = 2 * school + rng.integers(0, 2, len(teacher))
    rater = rng.integers(0, raters, len(teacher)) if district else own
    severity = rng.normal(0, 0.6, int(rater.max()) + 1)
    value = rng.normal(0, 0.4, schools)[school] + rng.normal(0, 0.7, teachers)[teacher] + severity[rater]
    value = value + rng.normal(0, 0.4, 2 * teachers)[lesson] + rng.normal(0, 0.4, len(teacher))
    return Visits(value - value.mean(), rater, lesson, teacher, school), severity


def test_the_equations_are_those_of_the_dense_model() -> None:
    visits, _ = _visits(1, schools=5, raters=7)
    variances = {"school": 0.2, "teacher": 0.5, "lesson": 0.15, "rater": 0.3, "visit": 0.2}
    n = len(visits.value)
    covariance = variances["visit"] * np.eye(n)
    for name in ("school", "teacher", "lesson"):
        group = getattr(visits, name)
        covariance += variances[name] * (group[:, None] == group[None, :])
    z = (visits.rater[:, None] == np.arange(7)).astype(float)
    inverse = np.linalg.inv(covariance)
    equations, right = _equations(visits, variances)
    np.testing.assert_allclose(equations.toarray(), z.T @ inverse @ z + np.eye(7) / 0.3, atol=1e-9)
    np.testing.assert_allclose(right, z.T @ inverse @ visits.value, atol=1e-9)


def test_variances_and_severities_are_found_and_their_errors_are_honest() -> None:
    visits, severity = _visits(2, schools=80, raters=40)
    result = rater_severity(visits)
    for name, true in {"school": 0.16, "teacher": 0.49, "lesson": 0.16, "rater": 0.36, "visit": 0.16}.items():
        assert result.variances[name] == pytest.approx(true, abs=0.12), name
    off = result.value - (severity - severity.mean())
    assert np.corrcoef(result.value, severity)[0, 1] > 0.97
    assert 0.8 < (np.abs(off - off.mean()) < 1.645 * result.sd).mean() <= 1.0


def test_raters_who_stay_in_their_school_are_compared_within_it() -> None:
    visits, severity = _visits(3, schools=120, raters=0, district=False)
    result = rater_severity(visits)
    pairs = severity.reshape(-1, 2)
    severities = result.value.reshape(-1, 2)
    assert np.corrcoef(severities[:, 0] - severities[:, 1], pairs[:, 0] - pairs[:, 1])[0, 1] > 0.9
    assert result.sd.mean() > 0.2, "how severe a whole school's raters are cannot be known well"


def test_severity_is_not_invented_where_every_teacher_has_a_rater_of_her_own() -> None:
    rng = np.random.default_rng(3)
    teacher = np.repeat(np.arange(50), 3)
    visits = Visits(rng.normal(size=150), teacher, np.arange(150), teacher, teacher // 5)
    assert visit_variances(visits)["rater"] == 0
    value, unsure = without_severity(
        visits.value, teacher, np.arange(150), np.arange(150), teacher, teacher // 5
    )
    np.testing.assert_array_equal(value, visits.value)
    assert not unsure.any()


def test_schools_solved_one_by_one_give_what_the_dense_equations_give() -> None:
    rng = np.random.default_rng(5)
    visits, _ = _visits(4, schools=12, raters=0, district=False)
    rater = visits.rater.copy()
    experts = rng.random(len(rater)) < 0.3
    rater[experts] = 24 + (visits.school[experts] % 2) * 3 + rng.integers(0, 3, int(experts.sum()))
    mixed = Visits(visits.value, rater, visits.lesson, visits.teacher, visits.school)
    equations, right = _equations(mixed, visit_variances(mixed) | {"rater": 0.3})
    result = rater_severity(mixed)
    equations, right = _equations(mixed, result.variances)
    inverse = np.linalg.inv(equations.toarray())
    np.testing.assert_allclose(result.value, inverse @ right, atol=1e-9)
    np.testing.assert_allclose(result.sd, np.sqrt(np.diag(inverse)), atol=1e-9)
