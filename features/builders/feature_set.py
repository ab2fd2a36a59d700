"""A set of feature builders, prepared once for a snapshot and then evaluated on pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.builders.builder import Builder, FeatureColumn, PairColumns
from features.builders.course_features import CourseFeatures
from features.builders.history_features import CourseHistory, TeacherHistory
from features.builders.match_features import MatchFeatures
from features.builders.school_features import SchoolFeatures
from features.builders.teacher_features import TeacherFeatures
from features.snapshot import Snapshot

Index = NDArray[np.intp]


@dataclass(frozen=True)
class PreparedFeatures:
    """Teachers' (N, .) and courses' (C, .) columns of one snapshot, and the pair builders ready for it."""

    teacher: NDArray[np.float32]
    course: NDArray[np.float32]
    pair: tuple[PairColumns, ...]

    def pairs(self, t_idx: Index, c_idx: Index) -> NDArray[np.float32]:
        """(n, D) of the pairs: teachers' columns, then courses', then the pairs' own."""
        parts = [self.teacher[t_idx], self.course[c_idx]]
        parts += [columns(t_idx, c_idx).astype(np.float32) for columns in self.pair]
        return np.concatenate(parts, axis=1)


class FeatureSet:
    """Builders in a fixed order. Raises ValueError when two columns share a name."""

    def __init__(self, builders: Sequence[Builder]) -> None:
        self._teacher = tuple(b for b in builders if b.kind == "teacher")
        self._course = tuple(b for b in builders if b.kind == "course")
        self._pair = tuple(b for b in builders if b.kind == "pair")
        twice = {name for name in self.names if self.names.count(name) > 1}
        if twice:
            raise ValueError(f"two features have one name: {sorted(twice)}")

    @property
    def builders(self) -> tuple[Builder, ...]:
        """In the order of their columns."""
        return (*self._teacher, *self._course, *self._pair)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        """(D,)"""
        return tuple(column for builder in self.builders for column in builder.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(D,)"""
        return tuple(column.name for column in self.columns)

    def fingerprint(self) -> str:
        """sha256 over builders, names and units: a model accepts exactly the features it was trained on."""
        lines = [f"{b.name}:{c.name}:{c.unit}" for b in self.builders for c in b.columns]
        return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()

    def prepare(self, snapshot: Snapshot) -> PreparedFeatures:
        """All but the pairs' own columns, computed; raises ValueError on a builder of a wrong shape."""
        n, c = len(snapshot.teacher_ids), len(snapshot.course_ids)
        teacher = [_checked(b.name, b(snapshot), (n, len(b.columns))) for b in self._teacher]
        course = [_checked(b.name, b(snapshot), (c, len(b.columns))) for b in self._course]
        return PreparedFeatures(
            np.concatenate([np.zeros((n, 0), np.float32), *teacher], axis=1),
            np.concatenate([np.zeros((c, 0), np.float32), *course], axis=1),
            tuple(b.prepare(snapshot) for b in self._pair),
        )


def _checked(name: str, values: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    if values.shape != shape:
        raise ValueError(f"features of {name} are {values.shape}, expected {shape}")
    if np.isinf(values).any():
        raise ValueError(f"features of {name} hold an infinite number")
    return values.astype(np.float32)


def default_features() -> FeatureSet:
    """The features of the trained ranker. Sex, age, ethnicity and college are not among them."""
    return FeatureSet(
        [
            TeacherFeatures(),
            SchoolFeatures(),
            TeacherHistory(),
            CourseFeatures(),
            CourseHistory(),
            MatchFeatures(),
        ]
    )
