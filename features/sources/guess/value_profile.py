"""How well the cells of a column fit a column of a table: the share that can be read there, or is known there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import pyarrow.compute as pc

from features.schema import Column
from features.schema.coded_values import code_of
from features.sources.read.cell import CellError, read_cell
from features.sources.read.sheet import Texts, half_width
from features.sources.read.subject_names import subject_names

SAMPLE: Final = 2000  # cells
DISTINCT: Final = 200  # different ones that are tried


def distinct_values(cells: Texts) -> list[str]:
    """The first different cells that are not empty."""
    values = [str(value).strip() for value in pc.unique(cells.slice(0, SAMPLE)).to_pylist()]
    return [value for value in values if value][:DISTINCT]


def share_that_fits(values: Sequence[str], column: Column, known: Mapping[str, Collection[str]]) -> float | None:
    """0 to 1, or None where the values can say nothing: free text, or ids of a table that is not known.

    known: table -> the ids and names that it has.
    """
    if not values:
        return None
    if column.subject:
        subjects = subject_names()
        words = [word for value in values for word in _items(value)]
        return sum(subjects.name(word) in subjects.names for word in words) / max(len(words), 1)
    if column.references and known.get(column.references):
        return sum(value in known[column.references] for value in values) / len(values)
    if column.kind in ("date", "number", "integer") or column.choices:
        return sum(_reads(value, column) for value in values) / len(values)
    return None


def is_telling(column: Column, known: Mapping[str, Collection[str]]) -> bool:
    """Whether values alone can say that a column is this one: words of a short list, subjects, ids or names of a table."""
    return bool(column.choices) or column.subject or bool(known.get(column.references))


def _items(value: str) -> list[str]:
    return [word for word in value.replace("、", ";").replace(",", ";").replace("，", ";").split(";") if word]


def _reads(value: str, column: Column) -> bool:
    if column.choices and column.kind == "text":  # no sentence is made of what is expected, as reading does
        return code_of(half_width(value).strip(), column.choices) is not None
    try:
        return read_cell(value, column) is not None
    except CellError:
        return False
