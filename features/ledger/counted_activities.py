"""What becomes of each record: it counts, waits for a decision, or does not count and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from features.ledger.activity_records import RECOGNISED, WAITING, ActivityRecords, activity_records
from features.ledger.credit_conversion import CreditedActivities, credited_activities, within_year
from features.ledger.same_activity import CountedOnce, count_once
from features.schema.hour_tables import ENTRY_STATES
from features.tables import Tables

Outcome = Literal["counted", "claimed", "checked", "refused", "withdrawn", "expired", "duplicate"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
TABLE: Final = 1 << 24
Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class CountedActivities:
    """n records and what becomes of each, before the rules of hours and their limits.

    credited (n,): hours after conversion of credits. counted (n,): hours that count. possible (n,): those that would count if all
    that waits were recognised. outcome (n,): index into `OUTCOMES`; `counted` too where the limit of a year leaves less than
    `credited`. instead (n,): for a duplicate a record of the same activity that counts, else -1.
    """

    records: ActivityRecords
    credited: Floats
    counted: Floats
    possible: Floats
    outcome: Index
    instead: Index


def counted_hours(tables: Tables, as_of: date) -> tuple[ActivityRecords, Floats]:
    """The records, and (n,) hours that count of each."""
    records = activity_records(tables, as_of)
    credited = credited_activities(tables, records, as_of)
    once = count_once(records, credited.hours, (records.status == RECOGNISED) & ~credited.expired)
    return records, within_year(records, credited, once.counts)


def counted_activities(tables: Tables, as_of: date) -> CountedActivities:
    """All records with what becomes of them."""
    records = activity_records(tables, as_of)
    credited = credited_activities(tables, records, as_of)
    once = count_once(records, credited.hours, (records.status == RECOGNISED) & ~credited.expired)
    hours = within_year(records, credited, once.counts)
    outcome = np.array([OUTCOMES.index("counted" if s == "recognised" else s) for s in ENTRY_STATES])[records.status]
    outcome[(records.status == RECOGNISED) & ~once.counts] = OUTCOMES.index("duplicate")
    possible, instead = hours.copy(), once.instead.copy()
    waits = np.isin(records.status, WAITING) & ~credited.expired
    if waits.any():
        more = _with_waiting(records, credited, once, waits)
        possible = within_year(records, credited, more.counts)
        doubled = waits & ~more.counts
        outcome[doubled] = OUTCOMES.index("duplicate")
        instead[doubled] = more.instead[doubled]
    waiting_or_recognised = np.isin(records.status, [RECOGNISED, *WAITING])
    outcome[credited.expired & waiting_or_recognised] = OUTCOMES.index("expired")
    return CountedActivities(records, credited.hours, hours, possible, outcome, instead)


def _with_waiting(
    records: ActivityRecords, credited: CreditedActivities, once: CountedOnce, waits: NDArray[np.bool_]
) -> CountedOnce:
    """What would count once if all that waits were recognised.

    Computed anew for records whose teacher and activity are those of one that waits, and for some others, which changes
    nothing: the table of `TABLE` places tells most of them apart.
    """
    place = (records.teacher * 1_000_003 + records.activity) % TABLE
    table = np.zeros(TABLE, dtype=bool)
    table[place[waits]] = True
    near = table[place]
    competing = (np.isin(records.status, [RECOGNISED, *WAITING]) & ~credited.expired)[near]
    part = count_once(records.where(near), credited.hours[near], competing)
    counts, instead = once.counts.copy(), once.instead.copy()
    rows = np.flatnonzero(near)
    counts[rows] = part.counts
    instead[rows] = np.where(part.instead >= 0, rows[part.instead], -1)
    return CountedOnce(counts, instead)
