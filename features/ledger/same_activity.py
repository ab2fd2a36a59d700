"""The same activity in several sources counts once.

Records of one teacher and activity are one activity where they lie within `WINDOW` days of the first of them for a course,
on the same day for a title without a course. Of each source the hours are added (a course on a platform may have parts); the
source with most hours counts, at a tie what is recognised, then the enrolments, then platforms by name. Of the entries of one
platform on one day, and of all without a platform, which people entered, the one with most hours counts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.ledger.activity_records import RECOGNISED, ActivityRecords

WINDOW: Final = 92  # days, about half a term: platforms record a course when it is closed, she enters it with the certificate
Index = NDArray[np.intp]
Bools = NDArray[np.bool_]


class CountedOnce(NamedTuple):
    """counts (n,): of the records that compete, those that count. instead (n,): of one that competes and does not count a
    record that does, else -1."""

    counts: Bools
    instead: Index


def count_once(records: ActivityRecords, hours: NDArray[np.float64], competing: Bools) -> CountedOnce:
    """Which records count. hours (n,): converted. competing (n,): those that may count at all."""
    counts, instead = competing.copy(), np.full(len(records), -1, dtype=np.intp)
    rows = np.flatnonzero(competing)
    rows, group = _repeated(records, rows)
    if not len(rows):
        return CountedOnce(counts, instead)
    source = records.source[rows]
    counted = _largest_of_a_day(records, rows, group, hours)
    pair = group * len(records.sources) + source
    pairs, place = np.unique(pair, return_inverse=True)
    total = np.round(np.bincount(place, np.where(counted, hours[rows], 0.0)), 6)
    recognised = np.bincount(place, records.status[rows] == RECOGNISED)
    order = np.lexsort((pairs, -recognised, -total, pairs // len(records.sources)))
    first = np.r_[True, np.diff(pairs[order] // len(records.sources)) != 0]
    winning = np.zeros(len(pairs), dtype=bool)
    winning[order[first]] = True
    kept = counted & winning[place]
    counts[rows] = kept
    one_of = np.full(int(group.max()) + 1, -1, dtype=np.intp)
    one_of[group[kept][::-1]] = rows[kept][::-1]  # the first of those that count
    instead[rows[~kept]] = one_of[group[~kept]]
    return CountedOnce(counts, instead)


def _repeated(records: ActivityRecords, rows: Index) -> tuple[Index, Index]:
    """Of `rows` those that are the same activity as another, in canonical order, and (k,) which activity each is."""
    if len(rows) < 2:
        return rows[:0], rows[:0]
    activity = records.activity[rows]
    low = int(activity.min())
    key = records.teacher[rows] * (int(activity.max()) - low + 1) + (activity - low)
    day = records.day[rows].astype(np.int64)
    span = int(day.max() - day.min()) + 1
    # a title without a course is another activity on another day
    titles = ~records.of_course[rows]
    key = key * (span + 1) + np.where(titles, day - day.min() + 1, 0)
    order = np.argsort(key)
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    order = order[np.r_[False, same] | np.r_[same, False]]
    key, day = key[order], day[order]
    order = order[np.lexsort((rows[order], day, key))]
    return _within_window(records, rows[order])


def _within_window(records: ActivityRecords, rows: Index) -> tuple[Index, Index]:
    """Splits records of one teacher and activity, by day, into runs that begin with the first record not in an earlier one."""
    if not len(rows):
        return rows, rows
    teacher, activity, day = records.teacher[rows], records.activity[rows], records.day[rows].astype(np.int64)
    titles = ~records.of_course[rows]
    change = (np.diff(teacher) != 0) | (np.diff(activity) != 0) | ((np.diff(day) != 0) & (titles[1:] | titles[:-1]))
    key = np.r_[0, np.cumsum(change)]
    group = np.full(len(rows), -1, dtype=np.intp)
    left, number = np.arange(len(rows)), 0
    while len(left):  # as often as one activity is repeated beyond the window
        starts = np.r_[True, np.diff(key[left]) != 0]
        place = np.cumsum(starts) - 1
        begins = day[left][starts]
        inside = day[left] <= begins[place] + WINDOW
        group[left[inside]] = number + place[inside]
        number += len(begins)
        left = left[~inside]
    return rows, group


def _largest_of_a_day(records: ActivityRecords, rows: Index, group: Index, hours: NDArray[np.float64]) -> Bools:
    """(k,) all enrolments; of the entries of one platform on one day, and of all without a platform, the one with most hours:
    of equal ones what is recognised, then the first."""
    source, state = records.source[rows], records.status[rows] != RECOGNISED
    day = np.where(source == len(records.sources) - 1, 0, records.day[rows].astype(np.int64))
    order = np.lexsort((rows, state, -hours[rows], day, source, group))
    by = np.column_stack([group, source, day])[order]
    first = np.r_[True, (np.diff(by, axis=0) != 0).any(axis=1)]
    result = np.zeros(len(rows), dtype=bool)
    result[order] = first
    result |= source == 0
    return result
