"""Candidate sources score every course for a teacher, behind one interface.

    FitData(snapshot, history) --fit--> FittedSource --call(Query)--> (n, C) scores

A source is fitted on what is known and then queried with teachers' own histories, so the same fitted
source serves teachers whose last part was hidden (training), everybody (advice), and people it never saw.
Everything is closed form: no random numbers, and 1 or 2 threads give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.data.enrolment_history import EnrolmentHistory

Scores = NDArray[np.float32]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
SCORE_ALL: Final = 500  # eligible courses up to which all are candidates


@dataclass(frozen=True)
class FitData:
    """What a source may be fitted on; `history` may lack a part of the snapshot's (the hidden one)."""

    snapshot: Snapshot
    history: EnrolmentHistory


@dataclass(frozen=True)
class Query:
    """n teachers (indices in the snapshot) and their histories, numbered 0..n-1."""

    teachers: Index
    history: EnrolmentHistory


class FittedSource(Protocol):
    """A fitted source."""

    def __call__(self, query: Query) -> Scores:
        """(n, C), higher is better, finite; courses already taken are scored like any other."""
        ...


class CandidateSource(Protocol):
    """A way of finding courses for a teacher."""

    @property
    def name(self) -> str: ...
    @property
    def generates_candidates(self) -> bool:
        """Whether it orders courses well enough to generate candidates (else it is only a column)."""
        ...

    def fit(self, data: FitData) -> FittedSource: ...


def query_for(history: EnrolmentHistory, teachers: Index) -> Query:
    """The part of `history` that belongs to `teachers` (n,), in that order."""
    count = history.length[teachers]
    row = np.repeat(np.arange(len(teachers)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    rows = np.repeat(history.first[teachers], count) + within
    return Query(
        teachers, EnrolmentHistory(row.astype(np.intp), history.c[rows], len(teachers), history.courses)
    )


def list_positions(scores: Scores, open_to: Mask) -> NDArray[np.int32]:
    """(n, C) position of each course among those open to the teacher, from 0; ties by index, others last."""
    order = np.argsort(np.where(open_to, -scores, np.inf), axis=1, kind="stable")
    position = np.empty(scores.shape, np.int32)
    np.put_along_axis(position, order, np.arange(scores.shape[1], dtype=np.int32)[None, :], axis=1)
    return position


def first_candidates(
    positions: Mapping[str, NDArray[np.int32]], generating: Sequence[str], open_to: Mask, each: int
) -> Mask:
    """(n, C) the first `each` open courses of every source in `generating`, by their positions."""
    best = np.min([positions[name] for name in generating], axis=0)
    return np.asarray(open_to & (best < each))
