"""What becomes of each record: it counts, waits for a decision, or does not count and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from features.ledger.activity_records import RECOGNISED, WAITING, ActivityRecords, activity_records
from features.ledger.credit_conversion import CreditedActivities, credited_activities, within_year
from features.ledger.same_activity import count_once
from features.schema.hour_tables import ENTRY_STATES
from features.tables import Tables

Outcome = Literal["counted", "claimed", "checked", "refused", "withdrawn", "expired", "duplicate"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
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
    _with_waiting(records, credited, possible, outcome, instead)
    waiting_or_recognised = np.isin(records.status, [RECOGNISED, *WAITING])
    outcome[credited.expired & waiting_or_recognised] = OUTCOMES.index("expired")
    return CountedActivities(records, credited.hours, hours, possible, outcome, instead)


def _with_waiting(
    records: ActivityRecords, credited: CreditedActivities, possible: Floats, outcome: Index, instead: Index
) -> None:
    """What if all that waits were recognised: computed for those who have something waiting, written into the last three."""
    waits = np.isin(records.status, WAITING) & ~credited.expired
    if not waits.any():
        return
    concerned = np.zeros(int(records.teacher.max()) + 1, dtype=bool)
    concerned[records.teacher[waits]] = True
    rows = np.flatnonzero(concerned[records.teacher])
    mask = concerned[records.teacher]
    part = records.where(mask)
    own = CreditedActivities(credited.hours[mask], credited.expired[mask], credited.rule[mask], credited.most_in_year)
    once = count_once(part, own.hours, np.isin(part.status, [RECOGNISED, *WAITING]) & ~own.expired)
    possible[rows] = within_year(part, own, once.counts)
    doubled = waits[mask] & ~once.counts
    outcome[rows[doubled]] = OUTCOMES.index("duplicate")
    instead[rows[doubled]] = rows[once.instead[doubled]]
