"""What a mapped file says: which rows of which files become which columns of which tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

JOINT: Final = "-"  # between the cells of several columns that make one id


class ColumnSpec(NamedTuple):
    """A column made of source columns: `map` first, then prefix and suffix; or one `value` in every row.

    sources: of several, the cells are joined by JOINT, and the row has none where one of them is empty.
    years_before: the cells are years, and the column is the day that lies so long before this one.
    """

    sources: tuple[str, ...] = ()
    prefix: str = ""
    suffix: str = ""
    map: Mapping[str, str] = {}
    value: str = ""
    years_before: date | None = None


@dataclass(frozen=True)
class FileSpec:
    """Rows of a file or of several: a glob, the sheet, the header's row number, a row filter."""

    file: str
    sheet: str | None = None
    header: int | None = None
    where: str | None = None


@dataclass(frozen=True)
class WideSpec:
    """Columns that become rows: their headers go into the column `item`, their cells into `score`."""

    sources: tuple[str, ...]
    item: str
    score: str


@dataclass(frozen=True)
class TableSpec:
    """One [[table]]: without `columns` the source has the table's own headers."""

    name: str
    place: FileSpec
    unique: bool = False
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)
    wide: WideSpec | None = None


@dataclass(frozen=True)
class PriorScoreSpec:
    """Earlier scores of the same pupils: dimension -> columns, several being plausible values.

    In the rows of `place`, whose column `on` holds the pupil's id; without a place in the scores' own rows.
    """

    scores: Mapping[str, tuple[str, ...]]
    place: FileSpec | None = None
    on: str = ""


@dataclass(frozen=True)
class PupilSpec:
    """One [[pupils]].

    scores: dimension -> columns, several being plausible values. missing: codes that stand for no score.
    reliability, prior_reliability: dimension -> share of true variance. teacher, school: of each pupil's
    class. about: what the mapping tells of the assessment's subject, name, programme, date, term, stage,
    grade and sample_type.
    """

    place: FileSpec
    assessment: str
    classes: tuple[str, ...]
    pupil: str
    scores: Mapping[str, tuple[str, ...]]
    weight: str | None = None
    prior: PriorScoreSpec | None = None
    missing: tuple[float, ...] = ()
    reliability: Mapping[str, float] = field(default_factory=dict)
    prior_reliability: Mapping[str, float] = field(default_factory=dict)
    teacher: ColumnSpec | None = None
    school: ColumnSpec | None = None
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkSpec:
    """A column made of the rows of another file, whose column `on` holds the pupil's id."""

    place: FileSpec
    on: str
    column: ColumnSpec


@dataclass(frozen=True)
class RatingSpec:
    """One [[ratings]]: pupils' answers about their teachers.

    items: name -> column. scale: lowest and highest answer. reverse: items whose lowest answer is the best.
    teacher: of each pupil's row, or of the pupil in another file.
    """

    place: FileSpec
    survey: str
    date: str
    teacher: ColumnSpec | LinkSpec
    items: Mapping[str, str]
    scale: tuple[float, float]
    reverse: frozenset[str] = frozenset()
    classes: tuple[str, ...] = ()
    pupil: str | None = None
    missing: tuple[float, ...] = ()
