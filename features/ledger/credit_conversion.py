"""Credits into hours: which rule an activity falls under, what it is worth, for how long, and the most of it in a year.

The rule of the nearest jurisdiction wins, then the one that names both category and level, then category, then level;
of equal ones the newest in force on the day of the activity. Years are calendar years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.ledger.activity_records import ActivityRecords
from features.organizations import Organizations
from features.schema.hour_tables import CATEGORIES, LEVELS
from features.tables import Tables

Index = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CreditedActivities:
    """hours (n,): converted. expired (n,): no longer valid at the date. rule (n,): row of credit_rules, -1 for none.
    most_in_year (R,): of each rule, inf where it has no such limit."""

    hours: Floats
    expired: NDArray[np.bool_]
    rule: Index
    most_in_year: Floats


def credited_activities(tables: Tables, records: ActivityRecords, as_of: date) -> CreditedActivities:
    """Hours and validity of each record. An activity that records credits and has a rule counts what the rule says."""
    rules = tables["credit_rules"]
    rule = _rule_of(tables, rules, records)
    per_credit = np.append(rules["hours_per_credit"].to_numpy(np.float64), np.nan)[rule]
    converted = records.credits * per_credit
    expiry = [_valid_after(as_of, years) for years in rules["valid_years"]]
    limit = np.array([*expiry, np.datetime64("NaT")], dtype="datetime64[D]")
    most = rules["max_hours_per_year"].fillna(np.inf).to_numpy(np.float64)
    return CreditedActivities(
        hours=np.where(np.isnan(converted), records.hours, converted),
        expired=records.day <= limit[rule] if len(rules) else np.zeros(len(records), dtype=bool),
        rule=rule,
        most_in_year=most,
    )


def within_year(records: ActivityRecords, credited: CreditedActivities, counts: NDArray[np.bool_]) -> Floats:
    """(n,) hours of the records that count, cut where a rule's hours of a year are used up: the earliest count first."""
    hours = np.where(counts, credited.hours, 0.0)
    limited = np.isfinite(np.append(credited.most_in_year, np.inf)[credited.rule]) & counts
    rows = np.flatnonzero(limited)
    if not len(rows):
        return hours
    year = records.day[rows].astype("datetime64[Y]").astype(np.int64)
    keys = (credited.rule[rows], records.teacher[rows], year)
    order = np.lexsort((rows, hours[rows], records.level[rows], records.category[rows], records.day[rows], *keys[::-1]))
    rows = rows[order]
    first = np.r_[True, np.any([np.diff(key[order]) != 0 for key in keys], axis=0)]
    total = np.cumsum(hours[rows])
    before_group = (total - hours[rows])[first][np.cumsum(first) - 1]
    before = total - hours[rows] - before_group
    hours[rows] = np.clip(credited.most_in_year[credited.rule[rows]] - before, 0.0, hours[rows])
    return hours


def _valid_after(as_of: date, years: float) -> np.datetime64:
    """The last day whose activities are no longer valid at `as_of`; NaT where validity has no end."""
    if np.isnan(years):
        return np.datetime64("NaT", "D")
    return np.datetime64((pd.Timestamp(as_of) - pd.DateOffset(months=max(round(years * 12), 1))).date(), "D")


def _rule_of(tables: Tables, rules: pd.DataFrame, records: ActivityRecords) -> Index:
    best = np.full(len(records), -1, dtype=np.intp)
    if not len(rules) or not len(records):
        return best
    teachers = tables["teachers"]
    orgs = Organizations(tables["organizations"], teachers["school_id"], rules["jurisdiction"])
    schools, school = np.unique(orgs.places(teachers["school_id"]), return_inverse=True)
    place = orgs.places(rules["jurisdiction"])
    lowest = np.full(len(records), np.iinfo(np.int64).max)
    order = rules.sort_values("valid_from", kind="stable")
    for row, category, level, begins in zip(order.index, order["category"], order["level"], order["valid_from"], strict=True):
        steps = orgs.distance(schools, place[row])[school][records.teacher]
        named = isinstance(category, str), isinstance(level, str)
        rank = steps * 4 + {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[named]
        applies = (steps >= 0) & (rank <= lowest) & (records.day >= np.datetime64(begins.date(), "D"))
        if named[0]:
            applies &= records.category == CATEGORIES.index(category)
        if named[1]:
            applies &= records.level == LEVELS.index(level)
        best[applies], lowest[applies] = row, rank[applies]
    return best
