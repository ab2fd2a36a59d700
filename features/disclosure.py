"""Statistical disclosure control: which numbers about groups of people may be published, and in what steps.

A number about a small group is withheld (primary suppression), and further numbers with it, so that none of them
follows from published ones and their totals (complementary suppression). Thresholds count people.

Sources: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4. A withheld cell of a two-way table
follows from its margins exactly where its edge is a bridge of the graph of withheld cells (Gusfield 1988).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Counts = NDArray[np.integer]

SCHOOL_MINIMUM: Final = 5
DISTRICT_MINIMUM: Final = 10
MINIMUM_GROUP: Final[Mapping[str, int]] = {"school": SCHOOL_MINIMUM, "district": DISTRICT_MINIMUM}
"""Reader's role -> people that a published number has to be about."""
OTHERS: Final = "others"
_TOLERANCE: Final = 1e-9


def publishable(people: int | Sequence[int], minimum: int = DISTRICT_MINIMUM) -> bool:
    """Whether a number about so many people may be published; of several counts, whether all may."""
    return min([people] if isinstance(people, (int, np.integer)) else people) >= minimum


def reported_count(people: int, minimum: int = SCHOOL_MINIMUM) -> int | None:
    """The number of people, None ("too few to report") where it is 1 to `minimum` - 1; 0 is about nobody."""
    return int(people) if people == 0 or publishable(int(people), minimum) else None


def suppressed_cells(people: Counts, minimum: int = DISTRICT_MINIMUM) -> Bools:
    """(n,) True for the cells to withhold where the sum over all n cells is published.

    people: (n,) how many each cell is about. Cells about 1 to `minimum` - 1 people are withheld, then the next
    smallest, until those withheld are at least two and together about at least `minimum` people.
    """
    result = (people > 0) & (people < minimum)
    if not result.any():
        return np.asarray(result)
    for cell in np.argsort(people, kind="stable"):
        if int(people[result].sum()) >= minimum and int(result.sum()) > 1:
            break
        if people[cell] >= minimum:
            result[cell] = True
    return np.asarray(result)


def suppressed_table(people: Counts, minimum: int = DISTRICT_MINIMUM) -> Bools:
    """(R + 1, C + 1) True for what to withhold of a two-way table with margins; the last row and column are totals.

    people: (R, C) how many each cell is about. Nothing withheld follows from what is published: each withheld cell
    lies on a cycle of withheld cells. Withheld cells of a line whose total is published are together about at least
    `minimum` people. Cells about nobody are known to be zero and protect nothing.
    """
    table = np.zeros((people.shape[0] + 1, people.shape[1] + 1), dtype=np.int64)
    table[:-1, :-1] = people
    table[-1, :] = table.sum(axis=0)
    table[:, -1] = table.sum(axis=1)
    result = (table > 0) & (table < minimum)
    while True:
        added = _complete_lines(table, result, minimum) or _complete_cycles(table, result)
        if not added:
            return np.asarray(result)


def _complete_lines(table: Counts, result: Bools, minimum: int) -> bool:
    """Withholds the smallest published cell of the first line whose withheld cells are about too few people."""
    rows, columns = table.shape
    for axis, size in ((0, rows), (1, columns)):
        for line in range(size):
            cells, mask = np.take(table, line, axis), np.take(result, line, axis)
            inner = mask[:-1]
            published = np.flatnonzero(~mask & (cells > 0))
            if not inner.any() or mask[-1] or int(cells[mask].sum()) >= minimum or not len(published):
                continue
            smallest = published[np.argmin(cells[published])]
            result[(line, smallest) if axis == 0 else (smallest, line)] = True
            return True
    return False


def _complete_cycles(table: Counts, result: Bools) -> bool:
    """Closes, for the first withheld cell on no cycle of withheld cells, the cycle that withholds fewest people."""
    for row, column in np.argwhere(result).tolist():
        path = _cheapest_path(table, result, row, column)
        added = [cell for cell in path if not result[cell]]
        for cell in added:
            result[cell] = True
        if added:
            return True
    return False


def _cheapest_path(table: Counts, result: Bools, row: int, column: int) -> list[tuple[int, int]]:
    """Cells of the path from a row to a column of the bipartite graph, without the edge between them (Dijkstra).

    A published cell costs the people it is about, a withheld one nothing. Empty where there is no path.
    """
    rows, columns = table.shape
    costs: dict[int, int] = {row: 0}
    previous: dict[int, int] = {}
    queue = [(0, row)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node == rows + column:
            break
        if cost > costs[node]:
            continue
        for other in range(rows, rows + columns) if node < rows else range(rows):
            cell = (node, other - rows) if node < rows else (other, node - rows)
            if cell == (row, column) or table[cell] == 0:
                continue
            total = cost + (0 if result[cell] else int(table[cell]))
            if total < costs.get(other, total + 1):
                costs[other], previous[other] = total, node
                heapq.heappush(queue, (total, other))
    path = []
    node = rows + column
    while node in previous:
        pair = (previous[node], node)
        path.append((min(pair), max(pair) - rows))
        node = previous[node]
    return path


def visible_groups(inside: Bools, applies: Bools, minimum: int) -> tuple[Bools, Bools]:
    """(G, K) groups and (K,) everybody together: where averages over those a column applies to may be published.

    inside: (G, n) members of groups, which may overlap; applies: (n, K). Withheld are averages over fewer than
    `minimum` people; the smaller of two groups that lie in each other where few lie between; everybody together
    where few are beyond all published groups, or beyond one of them; and whatever else would let a sum over fewer
    than `minimum` people be solved from the published ones.
    """
    people = inside[:, None, :] & applies.T[None, :, :]  # (G, K, n)
    counts = people.sum(axis=2)
    groups = counts >= minimum
    for one in range(len(inside)):
        for other in range(len(inside)):
            within = (people[one] & ~people[other]).sum(axis=1) == 0
            between = counts[other] - counts[one]
            if one != other:
                groups[one] &= ~(within & groups[other] & (between > 0) & (between < minimum))
    total = applies.sum(axis=0)
    covered = (people & groups[:, :, None]).any(axis=0).sum(axis=1)
    beyond = np.concatenate([(total - covered)[None], np.where(groups, total - counts, 0)])
    whole = (total >= minimum) & ~((beyond > 0) & (beyond < minimum)).any(axis=0)
    solved: dict[bytes, Bools] = {}
    for k in range(applies.shape[1]):
        key = applies[:, k].tobytes()
        if key not in solved:
            sets = np.concatenate([people[:, k], applies[None, :, k]])
            solved[key] = _without_solvable(sets, np.append(groups[:, k], whole[k]), minimum)
        groups[:, k], whole[k] = solved[key][:-1], solved[key][-1]
    return np.asarray(groups), np.asarray(whole)


def _without_solvable(sets: Bools, published: Bools, minimum: int) -> Bools:
    """(P,) `published` without what makes a sum over few people solvable.

    sets: (P, n) the people of each average, everybody last. Withheld is the first that helps, everybody first, then
    the smallest; where none helps alone, these all the same.
    """
    result = published.copy()
    while result.any() and _solvable(sets, result, minimum):
        order = sorted(np.flatnonzero(result), key=lambda i: (i != len(sets) - 1, int(sets[i].sum()), i))
        trials = [(i, np.where(np.arange(len(sets)) == i, False, result)) for i in order]
        first = next((i for i, trial in trials if not _solvable(sets, trial, minimum)), order[0])
        result[first] = False
    return np.asarray(result)


def _solvable(sets: Bools, published: Bools, minimum: int) -> bool:
    """Whether the published sums determine a sum over fewer than `minimum` people.

    An atom holds the people who are in the same published sets; nothing published tells them apart. Tested are atoms
    of few people, two of them together, and withheld sets of few people.
    """
    shown = sets[published]
    if len(shown) < 2:
        return False
    atoms, place, sizes = np.unique(shown, axis=1, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    few = np.flatnonzero((sizes < minimum) & atoms.any(axis=0))
    pairs = [(a, b) for a, b in combinations(few.tolist(), 2) if sizes[a] + sizes[b] < minimum]
    targets = np.zeros((len(few) + len(pairs), len(sizes)))
    for row, cells in enumerate([*((a,) for a in few.tolist()), *pairs]):
        targets[row, list(cells)] = 1.0
    for people in sets[~published]:
        share = np.bincount(place, people, minlength=len(sizes)) / sizes
        if 0 < people.sum() < minimum and np.isin(share, (0.0, 1.0)).all():
            targets = np.vstack([targets, share])
    if not len(targets):
        return False
    _, values, vectors = np.linalg.svd(atoms.astype(np.float64), full_matrices=False)
    basis = vectors[values > _TOLERANCE * values[0]]
    residual = targets - targets @ basis.T @ basis
    return bool((np.abs(residual).max(axis=1) < 1e-6).any())


def merged_groups(group: NDArray[np.object_], minimum: int = DISTRICT_MINIMUM) -> NDArray[np.object_]:
    """(n,) names of groups, those of fewer than `minimum` members put together as OTHERS; "" where these are too few.

    A group left alone among the small ones takes the next smallest with it, so that no group follows from a total.
    """
    names, code, size = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(size, kind="stable")
    small = int((size < minimum).sum())
    while 0 < small < len(order) and size[order[:small]].sum() < minimum:
        small += 1
    labels = names.astype(object)
    labels[order[:small]] = OTHERS
    if small and size[order[:small]].sum() < minimum:
        labels[order[:small]] = ""
    return np.asarray(labels[code], dtype=object)


def rounded(value: float, largest_contribution: float) -> float:
    """`value` in steps of 1, 2 or 5 times a power of ten, none finer than what one person can contribute.

    So two published values that differ by one person may be equal. `largest_contribution` 0 leaves the value as it is.
    """
    if largest_contribution <= 0:
        return value
    least = Decimal(repr(float(largest_contribution)))
    power = Decimal(1).scaleb(least.adjusted())
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
    # halves always up: with even ones, values one contribution apart could be two steps apart
    return float((Decimal(repr(float(value))) / step + Decimal("0.5")).to_integral_value(ROUND_FLOOR) * step)
