"""Evidence of one source in one shape: teacher, occasion, indicator, standardised value.

A value is standardised within its indicator: 0 is the mean of those measured, 1 the standard deviation of single
values. The same item on another scale, or with other weights on the competencies, is standardised by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.unused_evidence import named
from features.tables import Tables

if TYPE_CHECKING:
    from features.needs.evidence.sources.evidence_source import EvidenceSource, ReaderInputs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
YEAR = 365.25
MIN_SPREAD: Final = 1e-9  # of values on their scale: below, they are all alike
NORMS: Final = ("item", "scale_min", "scale_max", "j", "mean", "sd")


def no_norms() -> pd.DataFrame:
    """Norms of no instrument."""
    return pd.DataFrame(columns=list(NORMS))


@dataclass(frozen=True)
class StandardizedSource:
    """n values of one source.

    t (n,) teacher; occasion (n,); j (n,) row of q; value (n,) in SD of single values; age (n,) in years;
    share (n,) of the occasion that is this teacher's work; q (J, K) weights on the leaves, rows sum to 1;
    sampling_cov (p, 4): occasion, j, j', sampling covariance of two values of an occasion, in the same unit, where
    the input gives it (both orders of a pair are listed); norms: one row an instrument of items on a scale: the item, its
    scale, its row j of q, mean and sd of the values as shares of the scale; instrument (n,) its number, empty where the values
    are not of instruments that stay the same over the years.
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
    norms: pd.DataFrame = field(default_factory=no_norms)
    instrument: Index = field(default_factory=lambda: np.zeros(0, np.intp))

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True)
class ScaledItems:
    """n rows on teachers with a value each: frame, with columns t (teacher) and date; j (n,) row of q; q (J, K); value (n,)
    in SD of single values; instrument (n,) and norms as in StandardizedSource."""

    frame: pd.DataFrame
    j: Index
    q: Array
    value: Array
    instrument: Index
    norms: pd.DataFrame = field(default_factory=no_norms)


def scaled_items(inputs: ReaderInputs, source: EvidenceSource, value: str, record: str) -> ScaledItems:
    """The source's items on a scale, standardised. Left out are rows without a value, on unknown teachers, on no competency,
    on a scale without length, and of instruments that compare no two teachers or have no spread.

    The source's rows have columns teacher_id, date, item, scale_min, scale_max, `value` and `record`, the id of a record.
    """
    rows = named(source.rows(inputs.tables), [record, "item"], "item")
    frame = of_teachers(inputs.tables, rows)
    span = (frame["scale_max"] - frame["scale_min"]).to_numpy()
    score = (frame[value] - frame["scale_min"]).to_numpy() / np.where(span > 0, span, 1.0)
    j, q = inputs.indicator_map.of(
        source.indicators, frame.assign(indicator=frame["item"], assessment_id=None)
    )
    kind = np.where(span > 0, "", "scale_empty").astype(object)
    kind[~np.isfinite(score)] = "value_missing"
    kind[j < 0] = "indicator_unknown"
    instrument = _instrument(frame, j)
    usable = kind == ""
    if usable.any():
        kind[usable] = _uncompared(score[usable], instrument[usable], frame["t"].to_numpy()[usable])
    name = source.reported.name
    unknown = ~rows["teacher_id"].isin(inputs.tables["teachers"]["teacher_id"])
    inputs.ledger.leave_out(name, "teacher_unknown", rows[unknown])
    for left_out in sorted(set(kind) - {""}):
        inputs.ledger.leave_out(name, left_out, frame[kind == left_out])
    usable = kind == ""
    frame, score, j, instrument = frame[usable], score[usable], j[usable], instrument[usable]
    inputs.ledger.use(name, len(frame))
    j, q = used_rows(j, q)
    return ScaledItems(frame, j, q, _standardize(score, instrument), instrument, _norms(frame, j, score, instrument))


def used_rows(j: Index, q: Array) -> tuple[Index, Array]:
    """j and q without the rows of q that no value has: an indicator that was left out has no say."""
    used, row = np.unique(j, return_inverse=True)
    return np.asarray(row, dtype=np.intp), q[used]


def standardized_source(name: str, items: ScaledItems, occasion: Index, as_of: date) -> StandardizedSource:
    """The source of items that are one teacher's own work each."""
    age = (pd.Timestamp(as_of) - items.frame["date"]).dt.days.to_numpy() / YEAR
    t = items.frame["t"].to_numpy(dtype=np.intp)
    share = np.ones(len(items.value))
    source = StandardizedSource(name, t, occasion.astype(np.intp), items.j, items.value, age, share, items.q)
    return replace(source, norms=items.norms, instrument=items.instrument)


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


def _uncompared(score: Array, instrument: Index, t: Index) -> NDArray[np.object_]:
    """(n,) why an instrument's values say nothing about one teacher against others; "" where they do."""
    by_instrument = pd.DataFrame({"score": score, "t": t}).groupby(instrument)
    low, high = by_instrument.transform("min"), by_instrument.transform("max")
    kind = np.full(len(score), "", dtype=object)
    kind[(high["score"] - low["score"]).to_numpy() <= MIN_SPREAD] = "no_spread"
    kind[(high["t"] == low["t"]).to_numpy()] = "one_teacher"
    return kind


def _standardize(value: Array, group: Index) -> Array:
    """Values minus their group's mean, over the group's SD; every group has spread."""
    if not len(value):
        return value
    group = np.unique(group, return_inverse=True)[1]
    n = np.bincount(group)
    mean = np.bincount(group, value) / n
    residual = value - mean[group]
    sd = np.sqrt(np.bincount(group, residual**2) / np.maximum(n - 1, 1))
    return np.asarray(residual / sd[group])


def _norms(frame: pd.DataFrame, j: Index, score: Array, instrument: Index) -> pd.DataFrame:
    """The mean and the sd by which `_standardize` takes each instrument's values."""
    if not len(frame):
        return no_norms()
    rows = frame[["item", "scale_min", "scale_max"]].assign(j=j, score=score)
    groups = rows.groupby(instrument, sort=True)
    first = groups[["item", "scale_min", "scale_max", "j"]].first()
    return first.assign(mean=groups["score"].mean(), sd=groups["score"].std(ddof=1)).reset_index(drop=True)
