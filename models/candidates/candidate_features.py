"""The columns of the next-course ranker: every source's score, its position and share in the teacher's own list,
and, where enrolments have an order, those of `models/candidates/sequence_features.py`.

Sources are fitted once on what is known; teachers are then scored in blocks of (n, C), so that positions are
those among all courses open to a teacher, whichever pairs are scored.
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
    first_candidates,
    list_positions,
    query_for,
)
from models.candidates.sequence_features import SequenceFeatures
from models.data.enrolment_history import EnrolmentHistory, history_of

Index = NDArray[np.intp]
FUSION: Final = 10.0  # reciprocal rank fusion: 1 / (position + FUSION), Cormack et al. 2009


@dataclass(frozen=True)
class CandidateBlock:
    """n teachers: open courses, candidates, and the (n, C) grids that columns are read from."""

    query: Query
    open_to: Mask
    candidates: Mask
    scores: Mapping[str, Scores]
    positions: Mapping[str, NDArray[np.int32]]
    fused: Scores


class CandidateFeatures:
    """Sources fitted on one snapshot's history."""

    def __init__(
        self, snapshot: Snapshot, sources: Sequence[CandidateSource], each: int, ordered: bool = True
    ) -> None:
        """each: candidates of every source where more than `SCORE_ALL` courses are open."""
        self.snapshot = snapshot
        self.history: EnrolmentHistory = history_of(snapshot)
        self._each = each
        data = FitData(snapshot, self.history)
        with threadpool_limits(limits=1):  # the same bytes for any number of threads
            self._fitted: dict[str, FittedSource] = {s.name: s.fit(data) for s in sources}
        self._generating = tuple(s.name for s in sources if s.generates_candidates)
        self._order = SequenceFeatures(self.history) if ordered else None
        takers = np.bincount(self.history.c, minlength=self.history.courses)
        self._log_takers = np.log1p(takers).astype(np.float32)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        by_list = [f"{name}_{what}" for name in self._generating for what in ("place", "share")]
        of_order = () if self._order is None else self._order.names
        return (*self._fitted, *by_list, "fused", "courses_taken_by_teacher", "takers_by_course", *of_order)

    def block(self, teachers: Index) -> CandidateBlock:
        """All grids of these teachers."""
        query = query_for(self.history, teachers)
        open_to = self.snapshot.eligibility.block(teachers)
        scores = {name: fitted(query) for name, fitted in self._fitted.items()}
        positions = {name: list_positions(scores[name], open_to) for name in self._generating}
        parts = [1.0 / (position.astype(np.float32) + FUSION) for position in positions.values()]
        fused = np.asarray(np.mean(parts, axis=0), dtype=np.float32)
        many = open_to.sum(axis=1, keepdims=True) > SCORE_ALL
        first = first_candidates(positions, self._generating, open_to, self._each)
        candidates = np.asarray(np.where(many, first, open_to), dtype=np.bool_)
        return CandidateBlock(query, open_to, candidates, scores, positions, fused)

    def columns(self, block: CandidateBlock, row: Index, course: Index) -> NDArray[np.float32]:
        """(m, D) of pairs given by their row in the block and their course; NaN where order is undefined."""
        columns = [scores[row, course] for scores in block.scores.values()]
        for name in self._generating:
            position = block.positions[name]
            best = np.where(position == 0, block.scores[name], 0.0).sum(axis=1)
            columns.append(np.log1p(position[row, course].astype(np.float32)))
            columns.append(block.scores[name][row, course] / np.maximum(best, 1e-9)[row])
        columns.append(block.fused[row, course])
        columns.append(block.query.history.length[row].astype(np.float32))
        columns.append(self._log_takers[course])
        if self._order is not None:
            columns.append(self._order.columns(block.query, row, course))
        return np.column_stack(columns).astype(np.float32)
