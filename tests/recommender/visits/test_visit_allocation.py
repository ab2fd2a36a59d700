"""The greedy allocation against all allocations of small cases, and its limits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from recommender.visits.visit_allocation import Links, allocate, greedy


def _tables(rng: np.random.Generator, n: int) -> np.ndarray:
    """(n, 4, 2) values that fall with every further visit: of a sum of independent variances, square root."""
    lesson, survey = rng.gamma(1.0, 1.0, n), rng.gamma(1.0, 0.3, n)
    a, b = np.arange(4)[None, :, None], np.arange(2)[None, None, :]
    return np.sqrt(lesson[:, None, None] * a / (1 + 0.3 * a) + survey[:, None, None] * b)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_best_allocation_of_a_small_case(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, budget = 4, 5
    values, school = _tables(rng, n), np.array([0, 0, 1, 1])
    links = Links(np.array([0, 1]), np.sort(rng.gamma(1.0, 0.3, 2))[::-1])
    result = allocate(values[:, [1, 0], [0, 1]], school, links, budget, None, lambda rows: values[rows])
    worth = values[result.teacher, result.counts[:, 0], result.counts[:, 1]].sum() + links.value[result.links].sum()
    best = 0.0
    for counts in product(product(range(4), range(2)), repeat=n):
        used = sum(a + b for a, b in counts)
        total = sum(values[i, a, b] for i, (a, b) in enumerate(counts))
        if used <= budget:
            best = max(best, total + np.sort(links.value)[::-1][: budget - used].sum())
    assert result.counts.sum() + len(result.links) == budget
    assert worth >= 0.97 * best  # a survey's value depends on the lessons before it


def test_schools_have_limits_and_budgets_hold() -> None:
    values = _tables(np.random.default_rng(1), 40)
    school = np.repeat([0, 1, 2, 3], 10)
    links = Links(np.repeat([0, 1, 2, 3], 3), np.linspace(0.5, 0.1, 12))
    result = allocate(values[:, [1, 0], [0, 1]], school, links, 17, 5, lambda rows: values[rows])
    by_school = np.bincount(school[result.teacher], result.counts.sum(axis=1), 4) + np.bincount(
        links.school[result.links], minlength=4
    )
    assert by_school.max() <= 5 and by_school.sum() == 17
    assert (np.diff(result.teacher) > 0).all()


def test_a_teacher_is_visited_again_where_a_second_lesson_is_worth_more_than_a_first_elsewhere() -> None:
    values = np.zeros((2, 4, 2))
    values[0, :, :] = np.array([0, 5, 8, 8.5])[:, None]
    values[1, :, :] = np.array([0, 1, 1.5, 1.6])[:, None]
    result = allocate(
        values[:, [1, 0], [0, 1]], np.array([0, 0]), Links(np.zeros(0, np.intp), np.zeros(0)), 3, None, lambda rows: values[rows]
    )
    assert result.teacher.tolist() == [0, 1] and result.counts.tolist() == [[2, 0], [1, 0]]


def test_nothing_is_chosen_that_is_worth_nothing() -> None:
    none = Links(np.zeros(0, np.intp), np.zeros(0))
    result = allocate(np.zeros((3, 2)), np.zeros(3, np.intp), none, 5, None, lambda rows: np.zeros((len(rows), 4, 2)))
    assert not len(result.teacher) and not len(result.links)


def test_greedy_takes_the_largest_within_each_school() -> None:
    value, school = np.array([5.0, 4.0, 3.0, 2.0, 0.0]), np.array([0, 0, 0, 1, 1])
    assert greedy(value, school, 10, 2).tolist() == [0, 1, 3]
    assert greedy(value, school, 2, None).tolist() == [0, 1]
