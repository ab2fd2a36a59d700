"""Which visits to make within a budget: the greedy choice by marginal value, with limits by school.

Every action costs one visit. What a further visit to a teacher adds falls with each one she had, so the greedy choice is
close to the best (Nemhauser, Wolsey and Fisher 1978 for values without synergies; here they are nearly so). Only teachers
that are chosen once can be chosen twice: values of further visits are computed for those alone who would be among the first
if everybody were visited once at most.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MOST: Final = (3, 1)  # lessons and surveys of one teacher in one round


@dataclass(frozen=True)
class Links:
    """L unlinked classes: school (L,) index, value (L,) of linking each, decreasing within a department."""

    school: Index
    value: Array


@dataclass(frozen=True)
class Allocation:
    """The chosen actions: teacher (m,) and counts (m, 2) of lessons and surveys, each teacher once, by index; links (l,) of the
    unlinked classes."""

    teacher: Index
    counts: NDArray[np.int64]
    links: Index


def greedy(value: Array, school: Index, budget: int, per_school: int | None) -> Index:
    """The `budget` items of largest positive value, at most `per_school` of each school; ties go to the first."""
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > 0]
    if per_school is not None:
        by_school = order[np.argsort(school[order], kind="stable")]
        start = np.r_[True, school[by_school][1:] != school[by_school][:-1]] if len(by_school) else np.zeros(0, bool)
        place = np.arange(len(by_school)) - np.maximum.accumulate(np.where(start, np.arange(len(by_school)), 0))
        order = np.intersect1d(order, by_school[place < per_school])
        order = order[np.argsort(-value[order], kind="stable")]
    return np.asarray(order[:budget], dtype=np.intp)


def allocate(
    single: Array, school: Index, links: Links, budget: int, per_school: int | None,
    table: Callable[[Index], Array],
) -> Allocation:  # fmt: skip
    """single (n, 2): value of one lesson and of one survey of each teacher; school (n,) index; table: teachers (m,) ->
    (m, 4, 2) value of so many lessons and surveys together."""
    n = len(single)
    items = np.concatenate([single.max(axis=1), links.value])  # whoever is chosen is chosen for her best action first
    first = greedy(items, np.concatenate([school, links.school]), budget, per_school)
    candidates = np.sort(first[first < n])
    values = table(candidates)
    counts: dict[int, tuple[int, int]] = {int(t): (0, 0) for t in candidates}
    row = {int(t): i for i, t in enumerate(candidates)}
    queue = [(-float(links.value[i - n]), 1, int(i - n), 0) for i in first if i >= n]
    for t in row:
        queue += _moves(values[row[t]], (0, 0), t, single[t])
    heapq.heapify(queue)
    used: Counter[int] = Counter()
    chosen_links: list[int] = []
    left = budget
    while queue and left:
        gain, is_link, item, state = heapq.heappop(queue)
        where = int(links.school[item] if is_link else school[item])
        if gain >= 0 or (per_school is not None and used[where] >= per_school):
            continue
        if is_link:
            chosen_links.append(item)
        else:
            lessons, surveys = counts[item]
            if state // 2 != 2 * lessons + surveys:  # of an earlier state of this teacher
                continue
            counts[item] = (lessons + 1, surveys) if state % 2 == 0 else (lessons, surveys + 1)
            for move in _moves(values[row[item]], counts[item], item, single[item]):
                heapq.heappush(queue, move)
        used[where] += 1
        left -= 1
    teachers = np.array([t for t, count in sorted(counts.items()) if any(count)], dtype=np.intp)
    chosen = np.array([counts[int(t)] for t in teachers], dtype=np.int64).reshape(-1, 2)
    return Allocation(teachers, chosen, np.array(sorted(chosen_links), dtype=np.intp))


def _moves(
    values: Array, count: tuple[int, int], teacher: int, single: Array
) -> list[tuple[float, int, int, int]]:
    """The next lesson and the next survey of a teacher: (less what it adds, 0, teacher, state and kind)."""
    lessons, surveys = count
    code = 2 * (2 * lessons + surveys)
    moves = []
    for kind, following in enumerate(((lessons + 1, surveys), (lessons, surveys + 1))):
        if following[kind] <= MOST[kind] and single[kind] > 0:
            moves.append((float(values[lessons, surveys] - values[following]), 0, teacher, code + kind))
    return moves
