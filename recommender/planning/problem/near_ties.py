"""Near-ties are drawn by lot, before anything is planned: the planner sees neither the gain nor a need of one person.

Each person draws a lot z, standard normal. The people to whom a course is open are ordered by gain x exp(SPREAD x z)
and put into groups of DISTRICT_MINIMUM in this order; the gain of each becomes the mean of her group's, and within a
group the lot decides. Needs are first exchanged: a share SWAPPED of the people, chosen by lot, pass their needs on in a
circle within stage and competency (data swapping, Dalenius and Reiss 1982), so that a group in which everybody has a need
says nothing certain of anybody. Then the people of a stage are grouped for each competency by expected gap x
exp(NEED_SPREAD x z): a need of each becomes the share of her group with that need. Over which needs a course divides its
gain becomes the same for everybody. Whatever a plan, or any number of plans, shows is a function of these means and of
the lots.

A lot belongs to a person for a calendar year and depends on a secret key, not on the question or its seed: drawn
again for each question it would average out over many questions, drawn once it does not.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Floats, Index
from recommender.planning.problem.district import District
from recommender.planning.problem.need_grid import NeedGrid

SPREAD: Final = 0.4  # sd of the log of the factor that the order by gain is drawn with
NEED_SPREAD: Final = 0.4  # the same, of the order by expected gap
SWAPPED: Final = 0.2  # share of the people who exchange their needs
TIE: Final = 1e-4  # share of a gain that the lots within a group may move it


def drawn(district: District, key: bytes) -> District:
    """The district with the gains, uncertainties and needs of its people averaged within groups of near-ties.

    key: secret from those who read plans. The gains as estimated stay in `estimated_gain`.
    """
    year = str(district.snapshot.as_of.year)
    lot, swap = (person_lots(district.teacher_ids, key, period) for period in (year, f"{year} swap"))
    pairs = district.pairs
    return replace(
        district, pairs=with_common_needs(grouped(pairs, lot)), need_grid=grouped_needs(district, lot, swap),
        estimated_gain=pairs.gain,
    )  # fmt: skip


def person_lots(teacher_ids: NDArray[np.object_], key: bytes, period: str) -> Array:
    """(N,) a standard normal draw for each id, the same wherever key and period are."""
    seeds = np.array([
        int.from_bytes(hmac.digest(key, f"{period}\0{one}".encode(), "sha256")[:8], "big") for one in teacher_ids
    ], dtype=np.uint64)  # fmt: skip
    first, second = (seeds >> np.uint64(32)).astype(np.float64), (seeds & np.uint64(0xFFFFFFFF)).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log((first + 0.5) / 2.0**32))  # Box and Muller (1958)
    return np.asarray(radius * np.cos(2.0 * np.pi * second / 2.0**32))


def grouped(pairs: CandidatePairs, lot: Array) -> CandidatePairs:
    """The pairs with gain, sd and doubt averaged within the groups of each course."""
    chance = np.exp(SPREAD * lot)[pairs.teacher]
    groups = NearTies.of(pairs.course, pairs.teacher, pairs.gain.astype(np.float64) * chance)
    within = 1.0 + TIE * np.tanh(lot)[pairs.teacher]

    def averaged(values: Floats) -> Floats:
        return (groups.mean(values.astype(np.float64)) * within).astype(np.float32)

    gain = averaged(pairs.gain)
    return replace(
        pairs, gain=gain, sd=averaged(pairs.sd), doubt=averaged(pairs.doubt), objective_coef=np.maximum(gain, 0.0)
    )


def with_common_needs(pairs: CandidatePairs) -> CandidatePairs:
    """The pairs with their gain over the same needs in the same shares for everybody to whom a course is open.

    The needs are the G that serve most people, in their average shares; in equal shares where the course is open to
    fewer than DISTRICT_MINIMUM, whose average would be about few.
    """
    leaves, width = pairs.cells // max(pairs.teachers, 1), pairs.cell.shape[1]
    leaf = pairs.cell - pairs.teacher[:, None] * leaves
    code = pairs.course[:, None].astype(np.int64) * leaves + leaf
    amount = np.bincount(code.ravel(), pairs.share.ravel(), minlength=pairs.courses * leaves).reshape(-1, leaves)
    main = np.argsort(-amount, axis=1, kind="stable")[:, :width]
    share = np.take_along_axis(amount, main, 1)
    share[pairs.eligible < DISTRICT_MINIMUM] = share[pairs.eligible < DISTRICT_MINIMUM] > 0
    total = share.sum(axis=1, keepdims=True)
    share = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    cell = pairs.teacher[:, None] * leaves + main[pairs.course]
    return replace(pairs, cell=cell.astype(np.int32), share=share[pairs.course].astype(np.float32))


def grouped_needs(district: District, lot: Array, swap: Array) -> NeedGrid:
    """The needs exchanged, then averaged within the groups of each competency and stage."""
    needs = NeedGrid.estimated(district.snapshot.needs, district.people)
    applies = np.asarray(district.snapshot.needs.applies[district.people])
    leaves = applies.shape[1]
    stage = np.unique(district.register["stage"].astype(str), return_inverse=True)[1]
    person, leaf = np.nonzero(applies)
    cells = person * leaves + leaf
    kind = stage[person] * leaves + leaf
    source = cells[swapped_rows(kind, swap[person])]
    groups = NearTies.of(kind, person, needs.expected_gap[source] * np.exp(NEED_SPREAD * lot)[person])

    def mean_over(values: Array) -> Array:
        result = np.zeros_like(values)
        result[cells] = groups.mean(values[source])
        return result

    return needs.averaged(mean_over)


def swapped_rows(kind: NDArray[np.integer], swap: Array) -> Index:
    """(n,) the row whose value each row gets: the next of its kind in the order of `swap` (n,), a standard normal draw of
    each, among the share SWAPPED with the lowest; its own for the others."""
    result = np.arange(len(kind))
    rows = np.flatnonzero(swap < ndtri(SWAPPED))
    rows = rows[np.lexsort((swap[rows], kind[rows]))]
    size = np.bincount(kind[rows]) if len(rows) else np.zeros(0, np.intp)
    first = (np.cumsum(size) - size)[kind[rows]]
    result[rows] = rows[first + (np.arange(len(rows)) - first + 1) % size[kind[rows]]]
    return result


@dataclass(frozen=True)
class NearTies:
    """group (n,) of each row, -1 where it has none of its own and shares the average of all rows."""

    group: Index

    @classmethod
    def of(cls, kind: NDArray[np.integer], person: NDArray[np.integer], order: Array) -> NearTies:
        """DISTRICT_MINIMUM neighbours of one kind by falling `order`, the last group up to twice as many less one.

        kind (n,): of each row, no person twice in one. Kinds of fewer rows are put together in one group; where this is
        about fewer people too, its rows have no group.
        """
        size = np.bincount(kind)
        small = (size < DISTRICT_MINIMUM)[kind]
        by_order = np.lexsort((-order, kind))
        sorted_kind = kind[by_order].astype(np.int64)
        rank = np.arange(len(kind)) - (np.cumsum(size) - size)[sorted_kind]
        last = np.maximum(size // DISTRICT_MINIMUM - 1, 0)
        code = np.empty(len(kind), np.int64)
        code[by_order] = sorted_kind * (int(last.max(initial=0)) + 1) + np.minimum(rank // DISTRICT_MINIMUM, last[sorted_kind])
        code[small] = -1
        group = np.unique(code[~small], return_inverse=True)[1]
        result = np.full(len(kind), -1, np.intp)
        result[~small] = group
        if len(np.unique(person[small])) >= DISTRICT_MINIMUM:
            result[small] = int(group.max(initial=-1)) + 1
        return cls(result)

    def mean(self, values: Array) -> Array:
        """(n,) the mean of each row's group."""
        own = self.group >= 0
        size = np.maximum(np.bincount(self.group[own], minlength=1), 1)
        means = np.bincount(self.group[own], values[own], minlength=1) / size
        return np.where(own, means[self.group], values.mean() if len(values) else 0.0)
