"""Whoever knows all published numbers and totals cannot solve a withheld one: checked by rank and by bounds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from features.disclosure import (
    MINIMUM_GROUP,
    OTHERS,
    merged_groups,
    publishable,
    reported_count,
    rounded,
    suppressed_cells,
    suppressed_table,
    visible_groups,
)

SEED = st.integers(0, 2**32 - 1)


def _solved(equations: np.ndarray, unknown: np.ndarray) -> list[int]:
    """Positions of unknowns that the linear equations over all of them determine."""
    left = equations[:, unknown]
    rank = np.linalg.matrix_rank(left) if left.size else 0
    return [
        j for j in range(left.shape[1])
        if np.linalg.matrix_rank(np.vstack([left, np.eye(left.shape[1])[j]])) == rank
    ]  # fmt: skip


def test_thresholds_of_the_readers() -> None:
    assert dict(MINIMUM_GROUP) == {"school": 5, "district": 10}
    assert publishable(10) and not publishable(9)
    assert publishable((10, 12)) and not publishable((9, 12)) and not publishable((0, 30))
    assert publishable(5, MINIMUM_GROUP["school"])


@pytest.mark.parametrize(
    ("people", "withheld"),
    [
        ([12, 15, 30], [False, False, False]),
        ([3, 15, 30], [True, True, False]),
        ([3, 9, 30], [True, True, False]),
        ([3, 4, 30], [True, True, True]),
        ([0, 15, 30], [False, False, False]),
        ([4], [True]),
        ([], []),
    ],
)
def test_one_row_with_its_total(people: list[int], withheld: list[bool]) -> None:
    assert suppressed_cells(np.array(people, dtype=np.int64)).tolist() == withheld


@given(st.lists(st.integers(0, 40), max_size=12), st.sampled_from([5, 10]))
def test_no_cell_of_a_row_follows_from_its_total(people: list[int], minimum: int) -> None:
    counts = np.array(people, dtype=np.int64)
    mask = suppressed_cells(counts, minimum)
    assert mask[(counts > 0) & (counts < minimum)].all()
    if counts.sum() < minimum or not mask.any():  # such a total is withheld itself
        return
    assert _solved(np.ones((1, len(counts))), np.flatnonzero(mask)) == []
    assert counts[mask].sum() >= minimum


def _table_equations(rows: int, columns: int) -> np.ndarray:
    """Each row and each column of a table with margins sums to its total."""
    cells = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    result = []
    for lines in (cells, cells.T):
        for line in lines:
            equation = np.zeros(cells.size)
            equation[line[:-1]], equation[line[-1]] = 1.0, -1.0
            result.append(equation)
    return np.array(result)


@settings(deadline=None)
@given(SEED, st.integers(1, 6), st.integers(1, 6), st.sampled_from([5, 10]))
def test_no_cell_of_a_table_follows_from_its_margins(seed: int, rows: int, columns: int, minimum: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 25, (rows, columns)) * (rng.random((rows, columns)) < rng.uniform(0.2, 1.0))
    mask = suppressed_table(people, minimum)
    table = np.zeros((rows + 1, columns + 1), dtype=int)
    table[:-1, :-1] = people
    table[-1] = table.sum(axis=0)
    table[:, -1] = table.sum(axis=1)
    assert mask[(table > 0) & (table < minimum)].all() and not mask[table == 0].any()
    unknown = np.flatnonzero(mask.ravel())
    equations = _table_equations(rows, columns)
    assert _solved(equations, unknown) == []
    for lines, hidden in ((table, mask), (table.T, mask.T)):
        for line, cells in zip(lines, hidden, strict=True):
            if cells[:-1].any() and not cells[-1]:
                assert line[cells].sum() >= minimum


@settings(deadline=None, max_examples=25)
@given(SEED, st.integers(2, 4), st.integers(2, 4))
def test_numbers_that_cannot_be_negative_leave_a_range_too(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 25, (rows, columns))
    mask = suppressed_table(people)
    values = np.zeros((rows + 1, columns + 1))
    values[:-1, :-1] = np.where(people > 0, rng.uniform(0.1, 1.0, people.shape), 0.0) * people
    values[-1] = values.sum(axis=0)
    values[:, -1] = values.sum(axis=1)
    unknown = np.flatnonzero(mask.ravel())
    equations = _table_equations(rows, columns)
    published = np.flatnonzero(~mask.ravel())
    right = -equations[:, published] @ values.ravel()[published]
    for j in range(len(unknown)):
        goal = np.eye(len(unknown))[j]
        bounds = [
            linprog(sign * goal, A_eq=equations[:, unknown], b_eq=right, bounds=(0, None)) for sign in (1, -1)
        ]
        low = bounds[0].fun
        high = np.inf if bounds[1].status == 3 else -bounds[1].fun
        assert high - low > 1e-3


def test_a_table_withholds_little() -> None:
    people = np.full((6, 6), 30)
    people[2, 3] = 4
    mask = suppressed_table(people)
    assert mask[2, 3] and mask[:-1, :-1].sum() == 4 and not mask[-1].any() and not mask[:, -1].any()
    assert not suppressed_table(np.full((3, 2), 12)).any()


@settings(deadline=None)
@given(SEED, st.integers(1, 30), st.integers(0, 5), st.sampled_from([5, 10]))
def test_no_sum_over_few_people_follows_from_groups_and_their_whole(
    seed: int, people: int, groups: int, minimum: int
) -> None:
    rng = np.random.default_rng(seed)
    inside = rng.random((groups, people)) < rng.uniform(0.1, 0.9)
    applies = rng.random((people, 3)) < rng.uniform(0.2, 1.0)
    visible, whole = visible_groups(inside, applies, minimum)
    for k in range(3):
        sets = [inside[g] & applies[:, k] for g in range(groups)]
        shown = [s for g, s in enumerate(sets) if visible[g, k]]
        everyone = applies[:, k]
        if whole[k]:
            left = everyone & ~np.any([*shown, np.zeros(people, bool)], axis=0)
            assert not 0 < left.sum() < minimum
            shown.append(everyone)
        assert all(s.sum() >= minimum for s in shown)
        for one in shown:
            for other in shown:
                rest = other & ~one
                assert not ((one & ~other).sum() == 0 and 0 < rest.sum() < minimum)
        if not shown:
            continue
        basis = np.array(shown, dtype=float)
        rank = np.linalg.matrix_rank(basis)
        few = [np.eye(people)[i] for i in np.flatnonzero(everyone)]
        few += [s.astype(float) for s in sets if 0 < s.sum() < minimum]
        patterns = np.unique(basis, axis=1)
        atoms = [(basis == patterns[:, [a]]).all(axis=0) for a in range(patterns.shape[1]) if patterns[:, a].any()]
        few += [a.astype(float) for a in atoms if a.sum() < minimum]
        few += [(a | b).astype(float) for a, b in combinations(atoms, 2) if a.sum() + b.sum() < minimum]
        assert all(np.linalg.matrix_rank(np.vstack([basis, target])) > rank for target in few)


def test_whoever_is_in_two_groups_is_not_their_sum_less_the_whole() -> None:
    inside = np.zeros((2, 11), dtype=bool)
    inside[0, :6] = inside[1, 5:] = True
    visible, whole = visible_groups(inside, np.ones((11, 1), dtype=bool), 5)
    assert visible.all() and not whole.any()


@given(st.lists(st.integers(1, 30), max_size=8))
def test_no_merged_group_is_small_and_none_follows_by_subtraction(sizes: list[int]) -> None:
    group = np.array([f"g{i}" for i, n in enumerate(sizes) for _ in range(n)], dtype=object)
    merged = merged_groups(group)
    names, count = np.unique(merged[merged != ""].astype(str), return_counts=True)
    assert (count >= 10).all()
    without = int((merged == "").sum())
    assert without == 0 or (OTHERS not in names and without == len(group))
    assert all((group == name).sum() >= 10 for name in set(names) - {OTHERS})


@given(st.floats(-1e4, 1e4), st.floats(1e-4, 50))
def test_a_rounded_value_is_in_steps_no_finer_than_one_person(value: float, largest: float) -> None:
    result = rounded(value, largest)
    step = max(abs(rounded(largest * 1.0000001, largest)), largest)
    assert abs(result - value) <= step * 1.5
    neighbours = {rounded(value + share * largest, largest) for share in np.linspace(0, 1, 11)}
    assert len(neighbours) <= 2


def test_steps_of_rounding() -> None:
    assert [rounded(12.34, x) for x in (0.04, 0.05, 0.06, 0.3, 1.0)] == [12.35, 12.35, 12.3, 12.5, 12.0]
    assert rounded(12.34, 0.0) == 12.34


def test_counts_of_one_to_four_people_are_too_few_to_report() -> None:
    assert [reported_count(n) for n in (0, 1, 4, 5, 12)] == [0, None, None, 5, 12]
    assert reported_count(9, 10) is None
