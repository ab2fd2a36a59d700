"""The columns of the next-course ranker: every source's score, its place and share in the teacher's own list,
and, where enrolments have an order, those of `models/candidates/sequence_features.py`.

Sources are fitted once on what is known; teachers are then looked at in blocks of (n, C), so that places are
those among all courses open to a teacher, whichever pairs are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.snapshot import Snapshot
from models.candidates.candidate_generation import (
    SCORE_ALL,
    CandidateSource,
    FitData,
    FittedSource,
    Mask,
    Query,
    Scores,
    candidates,
    places,
    query_for,
)
from models.candidates.sequence_features import SequenceFeatures
from models.data.enrolment_history import EnrolmentHistory, history_of

Index = NDArray[np.intp]
FUSE: Final = 10.0  # reciprocal rank fusion: 1 / (place + FUSE), Cormack et al. 2009


@dataclass(frozen=True)
class CandidateBlock:
    """n teachers: what is open, who is a candidate, and the (n, C) grids that columns are read from."""

    asked: Query
    open_to: Mask
    kept: Mask
    scores: Mapping[str, Scores]
    places: Mapping[str, NDArray[np.int32]]
    fused: Scores


class CandidateFeatures:
    """Sources fitted on one snapshot's history."""

    def __init__(
        self, snapshot: Snapshot, sources: Sequence[CandidateSource], each: int, ordered: bool = True
    ) -> None:
        """each: how many courses every source brings where more than `SCORE_ALL` are open."""
        self.snapshot = snapshot
        self.history: EnrolmentHistory = history_of(snapshot)
        self._each = each
        known = FitData(snapshot, self.history)
        with threadpool_limits(limits=1):  # the same bytes for any number of threads
            self._fitted: dict[str, FittedSource] = {s.name: s.fit(known) for s in sources}
        self._bringing = tuple(s.name for s in sources if s.ranks)
        self._order = SequenceFeatures(self.history) if ordered else None
        taken = np.bincount(self.history.c, minlength=self.history.courses)
        self._taken = np.log1p(taken).astype(np.float32)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        own = [f"{name}_{what}" for name in self._bringing for what in ("place", "share")]
        of_order = () if self._order is None else self._order.names
        return (*self._fitted, *own, "fused", "courses_taken_by_teacher", "takers_by_course", *of_order)

    def block(self, teachers: Index) -> CandidateBlock:
        """Everything about these teachers."""
        asked = query_for(self.history, teachers)
        open_to = self.snapshot.eligibility.block(teachers)
        scores = {name: fitted(asked) for name, fitted in self._fitted.items()}
        found = {name: places(scores[name], open_to) for name in self._bringing}
        parts = [1.0 / (place.astype(np.float32) + FUSE) for place in found.values()]
        fused = np.asarray(np.mean(parts, axis=0), dtype=np.float32)
        many = open_to.sum(axis=1, keepdims=True) > SCORE_ALL
        kept = np.where(many, candidates(found, self._bringing, open_to, self._each), open_to)
        return CandidateBlock(asked, open_to, np.asarray(kept, dtype=np.bool_), scores, found, fused)

    def columns(self, block: CandidateBlock, row: Index, course: Index) -> NDArray[np.float32]:
        """(m, D) of pairs given by their row in the block and their course; NaN where order has nothing to say."""
        found = [scores[row, course] for scores in block.scores.values()]
        for name in self._bringing:
            place = block.places[name]
            best = np.where(place == 0, block.scores[name], 0.0).sum(axis=1)
            found.append(np.log1p(place[row, course].astype(np.float32)))
            found.append(block.scores[name][row, course] / np.maximum(best, 1e-9)[row])
        found.append(block.fused[row, course])
        found.append(block.asked.history.length[row].astype(np.float32))
        found.append(self._taken[course])
        if self._order is not None:
            found.append(self._order.columns(block.asked, row, course))
        return np.column_stack(found).astype(np.float32)
