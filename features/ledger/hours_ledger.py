"""The ledger of hours by teacher and rule: required, counted, missing, and what of her activities does not count and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.hours import RULE_CATEGORIES, applied_rules, hours_in_cycles
from features.ledger.counted_activities import OUTCOMES, CountedActivities, counted_activities
from features.tables import Tables

REASONS: Final = ("claimed", "checked", "refused", "duplicate", "expired", "over_year_limit", "over_limit")
"""Why hours of a running cycle do not count: the school has not checked them yet, nobody has recognised them yet, refused,
the activity counts already, no longer valid, beyond the most of a year, beyond the most of the cycle."""
COLUMNS: Final = (
    "teacher_id", "school_id", "category", "cycle_start", "cycle_end", "required", "counted", "short", "possible",
    *REASONS, "source",
)  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HoursLedger:
    """standing: a row a teacher and rule, see `COLUMNS`, by teacher then category. activities: every record behind it.

    counted: hours that count in the cycle. short: required less counted, at least 0. possible: hours more that would count if all
    that waits were recognised. Of each reason: hours of activities of the cycle and category that do not count because of it.
    """

    standing: pd.DataFrame
    activities: CountedActivities
    teacher_ids: NDArray[np.object_]
    as_of: date

    @property
    def waiting(self) -> Floats:
        """(n,) hours of each record that wait for a check or for recognition."""
        states = [OUTCOMES.index("claimed"), OUTCOMES.index("checked")]
        return np.where(np.isin(self.activities.outcome, states), self.activities.credited, 0.0)

    @property
    def short(self) -> pd.DataFrame:
        """The rows of those who are short."""
        return self.standing[self.standing["short"] > 0].reset_index(drop=True)


def hours_ledger(tables: Tables, as_of: date) -> HoursLedger:
    """The ledger as it stands at the end of `as_of`. The method is that of `features.hours.hours_owed`."""
    activities = counted_activities(tables, as_of)
    applied = applied_rules(tables, as_of)
    records = activities.records

    def total(values: Floats) -> Floats:
        return hours_in_cycles(applied, records, values)

    earned = total(activities.counted)
    counted = np.minimum(earned, applied.maximum)
    possible = np.minimum(total(activities.possible), applied.maximum) - counted
    teachers = tables["teachers"]
    ids = teachers["teacher_id"].to_numpy(dtype=object)
    columns: dict[str, object] = {
        "teacher_id": ids[applied.teacher],
        "school_id": teachers["school_id"].to_numpy(dtype=object)[applied.teacher],
        "category": applied.rules["category"].to_numpy(dtype=object),
        "cycle_start": applied.rules["begins"].to_numpy(),
        "cycle_end": applied.rules["ends"].to_numpy(),
        "required": applied.required,
        "counted": counted,
        "short": np.maximum(applied.required - counted, 0.0),
        "possible": np.maximum(possible, 0.0),
    }
    for name in REASONS[:-2]:
        columns[name] = total(np.where(activities.outcome == OUTCOMES.index(name), activities.credited, 0.0))
    counts = activities.outcome == OUTCOMES.index("counted")
    columns["over_year_limit"] = total(np.where(counts, activities.credited - activities.counted, 0.0))
    columns["over_limit"] = earned - counted
    columns["source"] = applied.rules["source"].to_numpy(dtype=object)
    frame = pd.DataFrame(columns)[list(COLUMNS)]
    order = np.lexsort((np.argsort(np.argsort(RULE_CATEGORIES))[applied.category], applied.teacher))
    return HoursLedger(frame.iloc[order].reset_index(drop=True), activities, ids, as_of)


def ledger_totals(standing: pd.DataFrame, place_of: pd.Series) -> pd.DataFrame:
    """A row an organization and category: people with a rule, how many are short, hours missing, hours that wait.

    place_of: by school id, the organization to count it under (the school itself, its district).
    """
    places = standing["school_id"].map(place_of)
    short, waiting = (standing["short"] > 0).astype(int), standing["claimed"] + standing["checked"]
    grouped = standing.assign(org_id=places, people=1, people_short=short, waiting=waiting).groupby(
        ["org_id", "category"], as_index=False, sort=True
    )
    return grouped[["people", "people_short", "required", "counted", "short", "waiting"]].sum()
