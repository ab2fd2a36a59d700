"""Evidence of one source in one shape: teacher, occasion, indicator, standardised value.

A value is standardised within its indicator: 0 is the mean of those measured, 1 the standard deviation of single
values. The same item on another scale, or with other weights on the competencies, is standardised by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.indicator_map import IndicatorMap
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]
YEAR = 365.25


@dataclass(frozen=True)
class StandardizedSource:
    """n values of one source.

    t (n,) teacher; occasion (n,); j (n,) row of q; value (n,) in SD of single values; age (n,) in years;
    share (n,) of the occasion that is this teacher's work; q (J, K) weights on the leaves, rows sum to 1;
    sampling_cov (p, 4): occasion, j, j', sampling covariance of two values of an occasion, in the same unit, where
    the input gives it (both orders of a pair are listed).
    """

    name: str
    t: Index
    occasion: Index
    j: Index
    value: Array
    age: Array
    share: Array
    q: Array
    sampling_cov: Array = field(default_factory=lambda: np.zeros((0, 4)))

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True)
class ScaledItems:
    """n rows on teachers with a value each: frame, with columns t (teacher) and date; j (n,) row of q; value (n,) in SD
    of single values; q (J, K)."""

    frame: pd.DataFrame
    j: Index
    value: Array
    q: Array


def scaled_items(
    tables: Tables, indicator_map: IndicatorMap, source: str, rows: pd.DataFrame, value: str
) -> ScaledItems:
    """Items on a scale, standardised; rows on unknown teachers, on no competency or on a scale without length are left
    out.

    rows: columns teacher_id, date, item, scale_min, scale_max and `value`; source: as in the indicators table.
    """
    frame = of_teachers(tables, rows)
    span = (frame["scale_max"] - frame["scale_min"]).to_numpy()
    score = (frame[value] - frame["scale_min"]).to_numpy() / np.where(span > 0, span, 1.0)
    j, q = indicator_map.of(source, frame.assign(indicator=frame["item"], assessment_id=None))
    usable = (j >= 0) & (span > 0)
    frame, score, j = frame[usable], score[usable], j[usable]
    return ScaledItems(frame, j, _standardize(score, _instrument(frame, j)), q)


def standardized_source(name: str, items: ScaledItems, occasion: Index, as_of: date) -> StandardizedSource:
    """The source of items that are one teacher's own work each."""
    age = (pd.Timestamp(as_of) - items.frame["date"]).dt.days.to_numpy() / YEAR
    t = items.frame["t"].to_numpy(dtype=np.intp)
    share = np.ones(len(items.value))
    return StandardizedSource(name, t, occasion.astype(np.intp), items.j, items.value, age, share, items.q)


def of_teachers(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows on teachers of the register, with their number `t` and their subject, stage and school_id."""
    teachers = tables["teachers"]
    t = pd.Index(teachers["teacher_id"]).get_indexer(pd.Index(rows["teacher_id"]))
    frame: pd.DataFrame = rows.assign(t=t)[t >= 0].reset_index(drop=True)
    for name in ("subject", "stage", "school_id"):
        frame[name] = teachers[name].to_numpy(dtype=object)[frame["t"].to_numpy()]
    return frame


def _instrument(frame: pd.DataFrame, j: Index) -> Index:
    """(n,) number of the instrument: item, scale and weights on the competencies."""
    low, high = frame["scale_min"].astype(str), frame["scale_max"].astype(str)
    key = frame["item"] + "|" + low + "|" + high + "|" + pd.Series(j, index=frame.index).astype(str)
    return np.asarray(pd.factorize(key)[0], dtype=np.intp)


def _standardize(value: Array, group: Index) -> Array:
    """Values minus their group's mean, over the group's SD; a group without spread is all zeros."""
    if not len(value):
        return value
    n = np.bincount(group)
    mean = np.bincount(group, value) / n
    residual = value - mean[group]
    sd = np.sqrt(np.bincount(group, residual**2) / np.maximum(n - 1, 1))
    return np.asarray(np.where(sd[group] > 1e-9, residual / np.where(sd > 1e-9, sd, 1.0)[group], 0.0))
