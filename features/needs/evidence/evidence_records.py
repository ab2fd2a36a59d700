"""Which records stand behind a teacher's estimates: how many of each source, and the date of the newest.

A record is what people would count: an observed lesson, a survey of one teacher, a class in one test. A record counts for each
competency that one of its values measures. Results of whole schools are records of the school, not of its teachers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.evidence import Evidence
from features.needs.evidence.sources.source_registry import reported_name
from features.needs.evidence.standardized_evidence import YEAR, StandardizedSource

Index = NDArray[np.intp]


@dataclass(frozen=True)
class EvidenceRecords:
    """counts: (N, K) records of each reported source, by name; newest: (N, K) days before as-of, -1 without a record."""

    counts: dict[str, Index]
    newest: Index

    @property
    def measured(self) -> NDArray[np.bool_]:
        """(N,) whether there is any record of the teacher herself."""
        return np.asarray((self.newest >= 0).any(axis=1))

    def texts(self, rows: Index, columns: Index) -> NDArray[np.object_]:
        """(n,) such as `class_results:2;observation:1` for these cells, empty without a record."""
        names = sorted(self.counts)
        if not names or not len(rows):
            return np.full(len(rows), "", dtype=object)
        counts = np.column_stack([self.counts[name][rows, columns] for name in names])
        kinds, which = np.unique(counts, axis=0, return_inverse=True)
        texts = [";".join(f"{name}:{n}" for name, n in zip(names, kind, strict=True) if n) for kind in kinds]
        return np.asarray([*texts, ""], dtype=object)[which.ravel()]


def evidence_records(evidence: Evidence, n: int, k: int) -> EvidenceRecords:
    """The records of n teachers on k leaf competencies."""
    counts: dict[str, Index] = {}
    newest = np.full((n, k), np.iinfo(np.intp).max, dtype=np.intp)
    for source in evidence.sources:
        records, ages = _records(source, n, k)
        name = reported_name(source.name)
        counts[name] = counts.get(name, np.zeros((n, k), dtype=np.intp)) + records
        newest = np.minimum(newest, ages)
    return EvidenceRecords(counts, np.where(newest == np.iinfo(np.intp).max, -1, newest))


def _records(source: StandardizedSource, n: int, k: int) -> tuple[Index, Index]:
    """(N, K) number of records, and age of the newest in days (the largest integer without one)."""
    counts = np.zeros((n, k), dtype=np.intp)
    ages = np.full((n, k), np.iinfo(np.intp).max, dtype=np.intp)
    measured = source.q > 0
    days = np.round(source.age * YEAR).astype(np.intp)
    width = int(source.occasion.max(initial=-1)) + 1
    for leaf in range(k):
        rows = np.flatnonzero(measured[source.j, leaf])
        key = np.unique(source.t[rows] * width + source.occasion[rows])
        counts[:, leaf] = np.bincount(key // max(width, 1), minlength=n)
        np.minimum.at(ages[:, leaf], source.t[rows], days[rows])
    return counts, ages
