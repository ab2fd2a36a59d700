"""Hours of training owed: which rule holds for whom, what counts in the running cycle, what is left.

For each role and category the rule of the nearest jurisdiction wins: the school itself, then what stands
above it. At the same distance a rule for the role goes before one for all, then the one whose first cycle
began last. A rule whose first cycle has not begun does not hold yet.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.organizations import Organizations
from features.tables import Tables

ANY: Final = "any"
COLUMNS: Final = (
    "teacher_id", "category", "cycle_start", "cycle_end", "required", "counted", "owed", "source",
)  # fmt: skip
Index = NDArray[np.intp]


def hours_owed(tables: Tables, as_of: date) -> pd.DataFrame:
    """One row a teacher and category with a rule in force at `as_of`, by teacher then category.

    cycle_start, cycle_end: first and last day of the running cycle. required: the rule's least hours.
    counted: hours of courses completed in the cycle up to `as_of` (the course's own hours where the
    enrolment does not say), never more than the rule's most. owed: what is missing, 0 when nothing is.
    `any` counts every category. Teachers without a rule have no row.
    """
    teachers = tables["teachers"]
    rules = _running(tables["hour_rules"], as_of)
    t, rule = _held_rules(tables, rules)
    held = rules.iloc[rule].reset_index(drop=True)
    frame = pd.DataFrame({
        "teacher_id": teachers["teacher_id"].to_numpy(dtype=object)[t],
        "category": held["category"],
        "cycle_start": held["begins"],
        "cycle_end": held["ends"],
        "required": held["min_hours"],
        "counted": np.minimum(_counted(tables, t, held, as_of), held["max_hours"].fillna(np.inf)),
    })  # fmt: skip
    frame["owed"] = np.maximum(frame["required"] - frame["counted"], 0.0)
    frame["source"] = held["source"]
    frame["teacher_id"] = frame["teacher_id"].astype("str")
    return frame.sort_values(["teacher_id", "category"], kind="stable", ignore_index=True)[list(COLUMNS)]


def _running(rules: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rules in force, with the first and last day of the cycle that `as_of` lies in."""
    day = pd.Timestamp(as_of)
    rules = rules[rules["cycle_start"] <= day].reset_index(drop=True)
    begins, ends = [], []
    for start, years in zip(rules["cycle_start"], rules["cycle_years"], strict=True):
        months = max(round(years * 12), 1)
        past = (day.year - start.year) * 12 + day.month - start.month
        cycle = past // months
        if start + pd.DateOffset(months=cycle * months) > day:
            cycle -= 1
        begins.append(start + pd.DateOffset(months=cycle * months))
        ends.append(start + pd.DateOffset(months=(cycle + 1) * months) - pd.Timedelta(days=1))
    return rules.assign(
        begins=pd.Series(begins, dtype="datetime64[us]"), ends=pd.Series(ends, dtype="datetime64[us]")
    )


def _held_rules(tables: Tables, rules: pd.DataFrame) -> tuple[Index, Index]:
    """(teacher index, row of `rules`) of every teacher and category; rules are few, the loop is over them."""
    teachers = tables["teachers"]
    orgs = Organizations(tables["organizations"], teachers["school_id"], rules["jurisdiction"])
    schools, school = np.unique(orgs.places(teachers["school_id"]), return_inverse=True)
    role = teachers["role"].to_numpy(dtype=object)
    place = orgs.places(rules["jurisdiction"])
    t_parts, rule_parts = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for _, group in rules.groupby("category", sort=True):
        order = group.sort_values("cycle_start", kind="stable")
        best = np.full(len(teachers), -1, dtype=np.intp)
        near = np.full(len(teachers), np.inf)
        for row, own in zip(order.index, order["role"], strict=True):
            steps = orgs.distance(schools, place[row])[school]
            named = isinstance(own, str)
            rank = steps + (0.0 if named else 0.5)
            wins = (steps >= 0) & (rank <= near)
            if named:
                wins &= role == own
            best[wins], near[wins] = row, rank[wins]
        found = np.flatnonzero(best >= 0)
        t_parts.append(found)
        rule_parts.append(best[found])
    return np.concatenate(t_parts), np.concatenate(rule_parts)


def _counted(tables: Tables, t: Index, held: pd.DataFrame, as_of: date) -> NDArray[np.float64]:
    """(n,) hours completed within each row's cycle and category."""
    taken, courses = tables["enrolments"], tables["courses"].set_index("course_id")
    taken = taken[(taken["status"] == "completed") & (taken["completed_on"] <= pd.Timestamp(as_of))]
    person = pd.Index(tables["teachers"]["teacher_id"]).get_indexer(pd.Index(taken["teacher_id"]))
    hours = taken["hours"].fillna(taken["course_id"].map(courses["hours"]).astype(np.float64)).fillna(0.0)
    done = pd.DataFrame({
        "t": person,
        "kind": taken["course_id"].map(courses["category"]).to_numpy(dtype=object),
        "day": taken["completed_on"].to_numpy(),
        "hours": hours.to_numpy(),
    })  # fmt: skip
    rows = pd.DataFrame({
        "row": np.arange(len(t)), "t": t, "category": held["category"].to_numpy(dtype=object),
        "begins": held["begins"].to_numpy(), "ends": held["ends"].to_numpy(),
    })  # fmt: skip
    both = rows.merge(done, on="t")
    counts = (both["day"] >= both["begins"]) & (both["day"] <= both["ends"])
    counts &= (both["category"] == ANY) | (both["category"] == both["kind"])
    both = both[counts]
    total = np.bincount(both["row"].to_numpy(np.intp), both["hours"].to_numpy(np.float64), len(t))
    return total.astype(np.float64)
