"""Everything that may count as hours of a teacher, as arrays: completed enrolments and entries of the ledger.

One record a row; its `activity` says which records are about the same activity: the same course of the catalogue, by id or by
its title where no other course has it, or else the same title. Titles are compared without case, spaces and punctuation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schema.hour_tables import CATEGORIES, ENTRY_STATES, LEVELS
from features.tables import Tables

ENROLMENT: Final = "enrolments"
CLAIM: Final = ""
"""Names of sources beside the platforms: the enrolments table, and entries that name no platform."""
WAITING: Final = (ENTRY_STATES.index("claimed"), ENTRY_STATES.index("checked"))
RECOGNISED: Final = ENTRY_STATES.index("recognised")
NOT_LETTERS: Final = r"[\pZ\pP\pS\pC]+"
Index = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ActivityRecords:
    """n records, enrolments before entries.

    teacher (n,): row of the teachers table. activity (n,): equal for the same activity. of_course (n,): a course of the
    catalogue. source (n,): index into `sources`, enrolments first, then platforms by name, last what names no platform.
    day (n,): datetime64[D]. hours (n,): as recorded. credits (n,): NaN where none are. category, level, status (n,): index into
    `hour_tables.CATEGORIES`, `LEVELS`, `ENTRY_STATES`, -1 where empty. row (n,): of its own table.
    """

    teacher: Index
    activity: Index
    of_course: NDArray[np.bool_]
    source: Index
    sources: tuple[str, ...]
    day: NDArray[np.datetime64]
    hours: Floats
    credits: Floats
    category: Index
    level: Index
    status: Index
    row: Index

    def __len__(self) -> int:
        return len(self.teacher)

    def where(self, mask: NDArray[np.bool_]) -> ActivityRecords:
        """The records where `mask` is true."""
        return ActivityRecords(
            self.teacher[mask], self.activity[mask], self.of_course[mask], self.source[mask], self.sources, self.day[mask],
            self.hours[mask], self.credits[mask], self.category[mask], self.level[mask], self.status[mask], self.row[mask],
        )  # fmt: skip


def activity_records(tables: Tables, as_of: date) -> ActivityRecords:
    """Records of registered teachers known at `as_of`: enrolments completed and entries done by then.

    An enrolment counts with the hours it records, else with its course's, and is recognised. A decision dated later than
    `as_of` is not known yet: the entry is claimed.
    """
    taken, courses = tables["enrolments"], tables["courses"]
    end = np.datetime64(as_of, "D")
    taken = taken[(taken["status"] == "completed") & (taken["completed_on"] <= pd.Timestamp(as_of))]
    course = _codes(taken["course_id"], courses["course_id"])
    own_hours = np.append(courses["hours"].to_numpy(np.float64), 0.0)
    hours = taken["hours"].to_numpy(np.float64)
    entries = tables["hour_entries"]
    done = _days(entries["done_on"])
    sources, source = _sources(entries["platform"])
    activity, of_course = _activities(entries, courses)
    status = _codes(entries["status"], ENTRY_STATES)
    status[_days(entries["decided_on"]) > end] = ENTRY_STATES.index("claimed")
    unknown_course = course < 0  # of an earlier catalogue: every enrolment is an activity of its own kind
    enrolled = np.where(unknown_course, -1 - _factor(taken["course_id"]), course)
    n, m = len(taken), len(entries)
    category, level = _codes(courses["category"], CATEGORIES), _codes(courses["owner_level"], LEVELS)
    records = ActivityRecords(
        teacher=np.concatenate([_codes(part["teacher_id"], tables["teachers"]["teacher_id"]) for part in (taken, entries)]),
        activity=np.concatenate([enrolled, activity]),
        of_course=np.concatenate([np.ones(n, dtype=bool), of_course]),
        source=np.concatenate([np.zeros(n, dtype=np.intp), source]),
        sources=sources,
        day=np.concatenate([_days(taken["completed_on"]), done]),
        hours=np.concatenate([np.where(np.isnan(hours), own_hours[course], hours), entries["hours"].to_numpy(np.float64)]),
        credits=np.concatenate([np.full(n, np.nan), entries["credits"].to_numpy(np.float64)]),
        category=np.concatenate([np.append(category, -1)[course], _codes(entries["category"], CATEGORIES)]),
        level=np.concatenate([np.append(level, -1)[course], _codes(entries["level"], LEVELS)]),
        status=np.concatenate([np.full(n, RECOGNISED), status]),
        row=np.concatenate([np.asarray(taken.index, dtype=np.intp), np.arange(m, dtype=np.intp)]),
    )
    known = (records.teacher >= 0) & (records.day <= end)
    return records if known.all() else records.where(known)


def plain_title(titles: Any) -> Any:
    """Titles as they are compared, a pyarrow array: NFKC, lower case, letters and digits alone."""
    plain = pc.utf8_lower(pc.utf8_normalize(_texts(titles), form="NFKC"))
    return pc.replace_substring_regex(plain, NOT_LETTERS, "")


def _activities(entries: pd.DataFrame, courses: pd.DataFrame) -> tuple[Index, NDArray[np.bool_]]:
    """(m,) codes: the row of a course, or a number beyond all courses for a course id or a title that is none's; and which
    are courses."""
    named = _codes(entries["course_id"], courses["course_id"])
    text = _dictionary(entries["activity"])
    plain = plain_title(text.dictionary)
    titles = plain_title(courses["title"])
    counts = pc.value_counts(titles)
    once = counts.field("values").filter(pc.equal(counts.field("counts"), 1))
    row_of_title = pc.index_in(once, value_set=titles).to_numpy(zero_copy_only=False).astype(np.intp)
    place = _filled(pc.index_in(plain, value_set=once))
    of_title = np.append(row_of_title, -1)[place]
    shared = plain.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.intp)
    code = text.indices.to_numpy(zero_copy_only=False).astype(np.intp)
    of_title, own = of_title[code], len(courses) + shared[code]
    unknown = _factor(entries["course_id"])  # an id that no course has: the same id is the same activity
    beyond = len(courses) + len(plain) + unknown
    activity = np.where(named >= 0, named, np.where(unknown >= 0, beyond, np.where(of_title >= 0, of_title, own)))
    return activity, (named >= 0) | (unknown >= 0) | (of_title >= 0)


def _sources(platforms: pd.Series) -> tuple[tuple[str, ...], Index]:
    """Names of sources, and (m,) which one an entry has."""
    coded = _dictionary(platforms)
    words = coded.dictionary.to_pylist()
    names = sorted(word for word in words if word)
    sources = (ENROLMENT, *names, CLAIM)
    place = {name: i + 1 for i, name in enumerate(names)}
    of_code = np.array([*(place.get(word, len(sources) - 1) for word in words), len(sources) - 1], dtype=np.intp)
    return sources, of_code[_filled(coded.indices)]


def _dictionary(column: pd.Series) -> Any:
    """A column of text as distinct values and their indices; an empty cell has none."""
    return _texts(column).dictionary_encode()


def _texts(values: Any) -> Any:
    """One array of text: a column put together from others has several."""
    texts = pa.array(values, pa.large_string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _codes(column: pd.Series, values: Any) -> Index:
    """(n,) place of each cell among `values`, -1 for none."""
    return _filled(pc.index_in(_texts(column), value_set=_texts(values)))


def _factor(column: pd.Series) -> Index:
    """(n,) a number for each distinct cell, -1 for an empty one."""
    return _filled(_dictionary(column).indices)


def _filled(indices: Any) -> Index:
    return np.asarray(pc.fill_null(indices, -1).to_numpy(zero_copy_only=False), dtype=np.intp)


def _days(column: pd.Series) -> NDArray[np.datetime64]:
    return column.to_numpy().astype("datetime64[D]")
