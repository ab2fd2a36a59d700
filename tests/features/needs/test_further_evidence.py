"""The posterior after further occasions, known beforehand, is that of a diagnosis that has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.needs.diagnose import condition
from features.needs.diagnosis_context import DiagnosisContext, diagnosis_context
from features.needs.evidence.source_averages import SourceAverages
from features.needs.further_evidence import FurtherEvidence
from features.tables import Tables


@pytest.fixture(scope="module")
def context(district: Tables) -> DiagnosisContext:
    return diagnosis_context(district, district.latest_evidence())


@pytest.fixture(scope="module")
def further(context: DiagnosisContext) -> FurtherEvidence:
    return FurtherEvidence(context)


def _removed(further: FurtherEvidence, teachers: np.ndarray, **occasions: int) -> np.ndarray:
    """(n, K) by how much variances fall, in the order of teachers."""
    place, rows = {int(t): i for i, t in enumerate(teachers)}, {}
    for block, root in further.shifts(teachers, occasions):
        rows |= {place[int(t)]: (one**2).sum(axis=1) for t, one in zip(block, root, strict=True)}
    return np.array([rows[i] for i in range(len(teachers))])


def _with(cell: SourceAverages, teacher: int, lines: np.ndarray, count: int, age: float) -> SourceAverages:
    """The averages with `count` more values of one teacher on some lines; she has none so far, or all of no age."""
    keep = ~((cell.t == teacher) & np.isin(cell.j, lines))
    n = [cell.n[(cell.t == teacher) & (cell.j == j)].sum() + count for j in lines]
    columns = {
        "t": np.full(len(lines), teacher), "j": lines, "mean": np.zeros(len(lines)), "n": np.array(n),
        "age": np.full(len(lines), age), "share": np.ones(len(lines)),
    }  # fmt: skip
    values = {name: np.concatenate([getattr(cell, name)[keep], new]) for name, new in columns.items()}
    order = np.lexsort((values["j"], values["t"]))
    return replace(cell, **{name: value[order] for name, value in values.items()})


@pytest.mark.parametrize(
    ("source", "count"), [("observation", 1), ("observation", 3), ("student_feedback", 1), ("class_gain", 2)]
)
def test_variances_are_those_of_a_diagnosis_with_the_new_values(
    context: DiagnosisContext, further: FurtherEvidence, source: str, count: int
) -> None:
    (cell,) = (c for c in context.evidence.cells if c.name == source)
    new = np.setdiff1d(np.flatnonzero(further.offered(source)), cell.t)[:1]
    form = further.forms[source]
    lines = np.flatnonzero(form.lines[new[0]])
    pairs = np.array([(int(new[0]), i, j, form.sampling_cov[i, j] / count) for i in lines for j in lines])
    added = _with(cell, int(new[0]), lines, count, form.age if source == "class_gain" else 0.0)
    added = replace(added, sampling_cov=np.concatenate([cell.sampling_cov, pairs]))
    cells = [added if c.name == source else c for c in context.evidence.cells]
    after, _ = condition(replace(context, evidence=replace(context.evidence, cells=cells)))
    before, _ = condition(context)
    expected = (before.sd**2 - after.sd**2)[new]
    assert expected.max() > 1e-4
    np.testing.assert_allclose(_removed(further, new, **{source: count}), expected, atol=1e-9)


def test_a_further_lesson_of_one_who_was_seen_shares_her_method_effect(context: DiagnosisContext) -> None:
    """All known values made of today, so that averages are exact."""
    cells = [replace(c, age=np.zeros_like(c.age), sampling_cov=c.sampling_cov[:0]) for c in context.evidence.cells]
    today = replace(context, evidence=replace(context.evidence, cells=cells))
    further = FurtherEvidence(today)
    (cell,) = (c for c in cells if c.name == "observation")
    lines_of = {int(t): np.sort(cell.j[cell.t == t]) for t in np.unique(cell.t)}
    form = further.forms["observation"].lines
    seen = next(t for t, lines in lines_of.items() if np.array_equal(lines, np.flatnonzero(form[t])))
    cells = [_with(c, seen, lines_of[seen], 1, 0.0) if c.name == "observation" else c for c in cells]
    after, _ = condition(replace(today, evidence=replace(today.evidence, cells=cells)))
    before, _ = condition(today)
    expected = (before.sd**2 - after.sd**2)[[seen]]
    np.testing.assert_allclose(_removed(further, np.array([seen]), observation=1), expected, atol=1e-9)


def test_each_further_lesson_teaches_less_and_none_more_than_is_unknown(
    context: DiagnosisContext, further: FurtherEvidence
) -> None:
    teachers = np.flatnonzero(further.offered("observation"))[:40]
    one, two, three = (_removed(further, teachers, observation=n) for n in (1, 2, 3))
    variance = condition(context)[0].sd[teachers] ** 2
    assert (one >= 0).all() and (one <= two + 1e-12).all() and (two <= three + 1e-12).all()
    assert ((two - one).sum(axis=1) < one.sum(axis=1)).all() and (three < variance).all()
    both = _removed(further, teachers, observation=1, student_feedback=1)
    assert (both >= one - 1e-12).all()


def test_who_has_no_form_of_a_source_is_not_offered_it(further: FurtherEvidence, district: Tables) -> None:
    kindergarten = (district["teachers"]["stage"] == "kindergarten").to_numpy()
    assert kindergarten.any() and not further.offered("student_feedback")[kindergarten].any()
    assert not further.offered("nothing").any()
    some = np.flatnonzero(kindergarten)[:2]
    assert not _removed(further, some, student_feedback=1).any()
