"""Values of the same instrument in different school years: what a change of one teacher can be read from.

Only items on a scale are comparable over years: the same item, scale and weights. Results of classes are not: another test,
other pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.standardized_evidence import YEAR, StandardizedSource

Array = NDArray[np.float64]
Index = NDArray[np.intp]

YEAR_BEGINS: Final = 9
"""The month in which a school year begins."""
COLUMNS: Final = ("source", "row", "instrument", "year", "value", "n", "age", "sampling")


@dataclass(frozen=True)
class CycleAverages:
    """Cells teacher by teacher: first (N + 1,); cells (c, 8), one for each instrument and school year of a teacher who has the
    instrument in two years or more, with the columns of COLUMNS.

    source: its place among the sources; row: of q, of all sources one after the other; instrument: number within the source;
    year: in which the school year began; value: mean, in SD of single values; n: of them; age: mean, in years; sampling: known
    variance of the mean, common to all items of the same occasions.
    """

    first: Index
    cells: Array


def cycle_averages(sources: Sequence[StandardizedSource], teachers: int, as_of: date) -> CycleAverages:
    """From all sources in their order; those without instruments have no cell."""
    parts, start = [np.zeros((0, len(COLUMNS) + 1))], 0
    for number, source in enumerate(sources):
        if len(source.instrument):
            parts.append(_cells(source, number, start, as_of))
        start += len(source.q)
    whole = np.concatenate(parts)
    whole = whole[np.lexsort((whole[:, 4], whole[:, 3], whole[:, 1], whole[:, 0]))]
    first = np.searchsorted(whole[:, 0], np.arange(teachers + 1)).astype(np.intp)
    return CycleAverages(first, whole[:, 1:])


def _cells(source: StandardizedSource, number: int, start: int, as_of: date) -> Array:
    """(c, 9) teacher, then COLUMNS."""
    days = pd.Timestamp(as_of) - pd.to_timedelta(np.round(source.age * YEAR), unit="D")
    year = np.asarray(days.year - (days.month < YEAR_BEGINS))
    rows = pd.DataFrame(
        {"t": source.t, "j": source.j, "instrument": source.instrument, "year": year, "value": source.value,
         "age": source.age, "sampling": _sampling_variance(source)}
    )  # fmt: skip
    groups = rows.groupby(["t", "j", "instrument", "year"], sort=True)
    cells = groups.agg(value=("value", "mean"), n=("value", "size"), age=("age", "mean"), sampling=("sampling", "sum"))
    cells = cells.assign(sampling=cells["sampling"] / cells["n"] ** 2).reset_index()
    years = cells.groupby(["t", "j", "instrument"])["year"].transform("size")
    cells = cells[years.to_numpy() > 1]
    cells = cells.assign(source=number, row=cells["j"] + start)
    return np.asarray(cells[["t", *COLUMNS]].to_numpy(dtype=np.float64))


def _sampling_variance(source: StandardizedSource) -> Array:
    """(n,) known variance of each value: the entry of its occasion and indicator with itself."""
    known = source.sampling_cov
    own = known[known[:, 1] == known[:, 2]] if len(known) else known
    if not len(own):
        return np.zeros(len(source.value))
    width = len(source.q)
    key = (own[:, 0] * width + own[:, 1]).astype(np.int64)
    totals = pd.Series(own[:, 3]).groupby(key).mean()
    mine = source.occasion.astype(np.int64) * width + source.j
    return np.asarray(totals.reindex(mine).fillna(0.0).to_numpy())
