"""Evidence of one source in one shape: who, on which occasion, about which indicator, how far from the mean.

A value is standardised within its indicator: 0 is the mean of those measured, 1 the standard deviation of
single values. Instruments with another scale or another subject are standardised apart, never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.rater_severity import without_severity
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]
YEAR = 365.25
KNOWN_FROM = 0.01  # of a value's variance: smaller errors of severity are left out


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


def observations(tables: Tables, indicator_map: IndicatorMap, as_of: date) -> StandardizedSource:
    """Lesson observations, rater severity taken off; an occasion is a lesson."""
    rows = tables["observations"]
    frame = _of_teachers(tables, rows)
    span = (frame["scale_max"] - frame["scale_min"]).to_numpy()
    score = (frame["score"] - frame["scale_min"]).to_numpy() / np.where(span > 0, span, 1.0)
    j, q = _meaning(indicator_map, "observation", frame, "item")
    keep = (j >= 0) & (span > 0)
    frame, score, j = frame[keep], score[keep], j[keep]
    value = _standard(score, _instrument(frame, "item", j))
    rater, visit, lesson, school = (
        np.asarray(pd.factorize(key)[0], dtype=np.intp)
        for key in (
            frame["rater_id"], frame["observation_id"] + "|" + frame["rater_id"],
            frame["teacher_id"] + "|" + frame["lesson_id"], frame["school_id"],
        )
    )  # fmt: skip
    value, unsure = without_severity(value, rater, visit, lesson, frame["t"].to_numpy(dtype=np.intp), school)
    found = _source("observation", frame, lesson, j, value, as_of, q)
    return replace(found, sampling_cov=_severity_errors(lesson, visit, found.j, unsure))


def _severity_errors(lesson: Index, visit: Index, j: Index, variance: Array) -> Array:
    """(p, 4) occasion, j, j', covariance: all items of a visit carry the same error of the rater's severity."""
    rows = pd.DataFrame({"lesson": lesson, "visit": visit, "j": j, "variance": variance})
    large = rows.loc[rows["variance"] > KNOWN_FROM]
    pairs = large.merge(large[["visit", "j"]], on="visit", suffixes=("", "_2"))
    return pairs[["lesson", "j", "j_2", "variance"]].to_numpy(dtype=np.float64)


def surveys(tables: Tables, indicator_map: IndicatorMap, as_of: date, kind: str) -> StandardizedSource:
    """Pupils' feedback or self-reports; an occasion is one survey of one teacher."""
    rows = tables["surveys"]
    frame = _of_teachers(tables, rows[rows["kind"] == kind])
    span = (frame["scale_max"] - frame["scale_min"]).to_numpy()
    score = (frame["mean"] - frame["scale_min"]).to_numpy() / np.where(span > 0, span, 1.0)
    j, q = _meaning(indicator_map, kind, frame, "item")
    keep = (j >= 0) & (span > 0)
    frame, score, j = frame[keep], score[keep], j[keep]
    value = _standard(score, _instrument(frame, "item", j))
    occasion = pd.factorize(frame["teacher_id"] + "|" + frame["survey_id"])[0]
    return _source(kind, frame, occasion, j, value, as_of, q)


def _of_teachers(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of known teachers with `t`, and the teacher's first subject and stage as context."""
    teachers = tables["teachers"]
    t = pd.Index(teachers["teacher_id"]).get_indexer(pd.Index(rows["teacher_id"]))
    frame: pd.DataFrame = rows.assign(t=t)[t >= 0].reset_index(drop=True)
    for name in ("subject", "stage", "school_id"):
        frame[name] = teachers[name].to_numpy(dtype=object)[frame["t"].to_numpy()]
    return frame


def _meaning(indicator_map: IndicatorMap, source: str, frame: pd.DataFrame, name: str) -> tuple[Index, Array]:
    cases = frame.assign(indicator=frame[name], assessment_id=None)
    return indicator_map.of(source, cases)


def _instrument(frame: pd.DataFrame, item: str, j: Index) -> Index:
    low, high = frame["scale_min"].astype(str), frame["scale_max"].astype(str)
    key = frame[item] + "|" + low + "|" + high + "|" + pd.Series(j, index=frame.index).astype(str)
    return np.asarray(pd.factorize(key)[0], dtype=np.intp)


def _standard(value: Array, group: Index) -> Array:
    """Values minus their group's mean, over the group's SD; a group without spread is all zeros."""
    if not len(value):
        return value
    n = np.bincount(group)
    mean = np.bincount(group, value) / n
    rest = value - mean[group]
    sd = np.sqrt(np.bincount(group, rest**2) / np.maximum(n - 1, 1))
    return np.asarray(np.where(sd[group] > 1e-9, rest / np.where(sd > 1e-9, sd, 1.0)[group], 0.0))


def _source(
    name: str, frame: pd.DataFrame, occasion: Index, j: Index, value: Array, as_of: date, q: Array
) -> StandardizedSource:
    age = (pd.Timestamp(as_of) - frame["date"]).dt.days.to_numpy() / YEAR
    t = frame["t"].to_numpy(dtype=np.intp)
    return StandardizedSource(name, t, occasion.astype(np.intp), j, value, age, np.ones(len(value)), q)
