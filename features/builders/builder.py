"""The interface of feature builders: a named function from a snapshot to columns.

A builder reads only its snapshot, so it cannot see anything later; its values do not depend on the
order of rows, and it works on empty tables. Columns are named `<value>_<stat>_by_<key>_<window>` as far as
these parts apply. Missing is NaN, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class FeatureColumn:
    """One column: its name in a model, its unit, its labels.

    monotone: +1 where a larger value can only raise a pair's score, -1 where it can only lower it, 0 where either
    may happen; a ranker is constrained accordingly.
    """

    name: str
    unit: str
    zh: str
    en: str
    monotone: Literal[-1, 0, 1] = 0


class TeacherBuilder(Protocol):
    """Columns of teachers."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["teacher"]: ...
    @property
    def columns(self) -> tuple[FeatureColumn, ...]: ...
    def __call__(self, snapshot: Snapshot) -> Array:
        """(N, d)"""
        ...


class CourseBuilder(Protocol):
    """Columns of courses."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["course"]: ...
    @property
    def columns(self) -> tuple[FeatureColumn, ...]: ...
    def __call__(self, snapshot: Snapshot) -> Array:
        """(C, d)"""
        ...


class PairColumns(Protocol):
    """Columns of pairs, with everything computed that one snapshot needs once."""

    def __call__(self, t_idx: Index, c_idx: Index) -> Array:
        """(n, d)"""
        ...


class PairBuilder(Protocol):
    """Columns of pairs. `prepare` computes once what does not depend on the pairs."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["pair"]: ...
    @property
    def columns(self) -> tuple[FeatureColumn, ...]: ...
    def prepare(self, snapshot: Snapshot) -> PairColumns: ...
    def __call__(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n, d)"""
        ...


Builder = TeacherBuilder | CourseBuilder | PairBuilder
