"""Columns of the next-course ranker for any pairs of one snapshot, and the lists it is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet
from features.snapshot import Snapshot
from models.behaviour.enrolment_model import EnrolmentModel
from models.candidates.candidate_features import CandidateBlock, CandidateFeatures
from models.candidates.candidate_generation import CandidateSource
from models.data.relevance_labels import PairLabels

Index = NDArray[np.intp]
EACH: Final = 60  # candidates of a source
TRAINED_EACH: Final = (
    15  # of fewer than SCORE_ALL courses, the first of every source are in the training lists
)
MAX_ROWS: Final = 700_000  # training pairs
BLOCK: Final = 256  # teachers scored at once


class TrainingLists(NamedTuple):
    """n pairs in the order of their lists: columns (n, D), label 0 or 1 (n,), sizes of the lists."""

    columns: NDArray[np.float32]
    label: Index
    sizes: Index


class PairTable:
    """All columns of the trees on one snapshot: the sources' columns, the pair's features, the enrolment model."""

    def __init__(
        self,
        snapshot: Snapshot,
        sources: Sequence[CandidateSource],
        ordered: bool,
        features: FeatureSet,
        enrolment: EnrolmentModel,
    ) -> None:
        self.candidates = CandidateFeatures(snapshot, sources, EACH, ordered)
        self._features = features.prepare(snapshot)
        self._enrolment = enrolment.prepare(snapshot)

    def columns(self, block: CandidateBlock, row: Index, course: Index) -> NDArray[np.float32]:
        """(m, D) of pairs given by their row in `block` and their course."""
        teachers = block.query.teachers[row]
        parts: list[NDArray[np.floating]] = [
            self.candidates.columns(block, row, course), self._features.pairs(teachers, course),
            self._enrolment(teachers, course)[:, None],
        ]  # fmt: skip
        return np.concatenate(parts, axis=1, dtype=np.float32)


def training_lists(pairs: PairTable, hidden: PairLabels, teachers: Index) -> TrainingLists:
    """The training lists of `teachers`, evenly thinned to MAX_ROWS."""
    parts: list[TrainingLists] = []
    step = 1
    for start in range(0, len(teachers), BLOCK):
        block = pairs.candidates.block(teachers[start : start + BLOCK])
        mask = block.candidates
        if len(teachers) * mask.shape[1] > MAX_ROWS:
            mask = mask & (np.min(list(block.positions.values()), axis=0) < TRAINED_EACH)
        label = hidden_grid(hidden, block.query.teachers, mask.shape)
        mask = mask & ((label > 0) & mask).any(axis=1, keepdims=True)
        if start == 0:
            expected = mask.sum() / len(mask) * len(teachers)
            step = max(int(np.ceil(expected / MAX_ROWS)), 1)
        mask[np.arange(len(mask)) % step != 0] = False
        row, course = np.nonzero(mask)
        sizes = mask.sum(axis=1)
        columns = pairs.columns(block, row, course)
        parts.append(TrainingLists(columns, label[row, course], sizes[sizes > 0].astype(np.intp)))
    columns, labels, lengths = (np.concatenate(part) for part in zip(*parts, strict=True))
    return TrainingLists(columns, labels, lengths)


def hidden_grid(hidden: PairLabels, teachers: Index, shape: tuple[int, ...]) -> Index:
    """(n, C) 1 where a course is among the hidden ones of a teacher; `teachers` (n,) sorted."""
    grid = np.zeros(shape, np.intp)
    rows = np.isin(hidden.t_idx, teachers)
    grid[np.searchsorted(teachers, hidden.t_idx[rows]), hidden.c_idx[rows]] = 1
    return grid
