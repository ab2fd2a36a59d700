"""The ledger of a served workspace: of one teacher, a school or a district, with what was claimed and decided until now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.errors import UnknownIdError
from features.ledger.activity_records import ENROLMENT
from features.ledger.counted_activities import OUTCOMES
from features.ledger.hours_ledger import HoursLedger, hours_ledger
from features.ledger.joined_entries import CLAIM_PREFIX, joined_entries
from features.schema.hour_tables import CATEGORIES, ENTRY_STATES, LEVELS
from features.tables import Tables
from recommender.records.hour_records import DecidedEntry, HourRecords

Index = NDArray[np.intp]
OF_TEACHERS = ("hour_entries", "enrolments")


@dataclass(frozen=True)
class ActivityLine:
    """One activity of a teacher. entry_id: empty for an enrolment. source: `enrolments`, a platform, `claim` for what was claimed
    here, else empty. hours: after conversion; counted: those that count. counted_as: for a duplicate what counts in its stead."""

    entry_id: str
    teacher_id: str
    activity: str
    source: str
    course_id: str | None
    category: str
    level: str | None
    hours: float
    counted: float
    done_on: date
    status: str
    outcome: str
    counted_as: str | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    reason: str | None = None
    evidence_url: str | None = None


@dataclass(frozen=True)
class HoursView:
    """Ledger and activities of some teachers; activities by teacher, newest first."""

    ledger: HoursLedger
    activities: tuple[ActivityLine, ...]


class HoursBook:
    """Answers from tables and records; safe to call from many threads."""

    def __init__(self, tables: Tables, records: HourRecords, today: Callable[[], date]) -> None:
        self._tables, self._records, self._today = tables, records, today

    def of_teachers(self, teacher_ids: Sequence[str]) -> HoursView:
        """The ledger of today and every activity. Raises UnavailableError."""
        tables = self._tables_of(teacher_ids)
        ledger = hours_ledger(tables, self._today())
        return HoursView(ledger, activity_lines(tables, ledger))

    def ledger_of(self, teacher_ids: Sequence[str], as_of: date | None = None) -> HoursLedger:
        """The ledger alone, of today by default. Raises UnavailableError."""
        return hours_ledger(self._tables_of(teacher_ids), as_of or self._today())

    def entries_of(self, teacher_ids: Sequence[str], state: str | None = None) -> pd.DataFrame:
        """Rows of hour_entries with what was decided, by day then entry; in one state where one is named."""
        entries = self._tables_of(teacher_ids)["hour_entries"]
        entries = entries[entries["teacher_id"].isin(list(teacher_ids))]
        if state is not None:
            entries = entries[entries["status"] == state]
        return entries.sort_values(["done_on", "entry_id"], ignore_index=True)

    def entry(self, entry_id: str) -> DecidedEntry:
        """An entry in its state of now. Raises UnknownIdError."""
        place = self._row_of_entry.get(entry_id)
        if place is not None and not entry_id.startswith(CLAIM_PREFIX):
            owner = str(self._tables["hour_entries"]["teacher_id"].iloc[place])
        else:
            owner = self._records.claimant(entry_id) or ""
        if not owner:
            raise UnknownIdError("hours.unknown_entry", entry_id=entry_id)
        rows = self._tables_of([owner])["hour_entries"]
        row = rows[rows["entry_id"] == entry_id].iloc[0]
        return decided_entry(row.to_dict())

    def teachers_of(self, school_ids: Sequence[str]) -> list[str]:
        """Teachers of schools, by id."""
        register = self._tables["teachers"]
        return [str(t) for t in register.loc[register["school_id"].isin(list(school_ids)), "teacher_id"]]

    def _tables_of(self, teacher_ids: Sequence[str]) -> Tables:
        frames = dict(self._tables.frames)
        rows = np.flatnonzero(np.isin(self._tables["teachers"]["teacher_id"].to_numpy(dtype=object), list(teacher_ids)))
        frames["teachers"] = self._tables["teachers"].iloc[rows].reset_index(drop=True)
        for name, (order, starts) in self._rows_by_teacher.items():
            places = np.concatenate([order[:0], *(order[starts[t] : starts[t + 1]] for t in rows)])
            frames[name] = self._tables[name].iloc[np.sort(places)].reset_index(drop=True)
        recorded = self._records.recorded(teacher_ids)
        frames["hour_entries"] = joined_entries(frames["hour_entries"], recorded.claims, recorded.decisions, self._today())
        return Tables(frames, self._tables.made_up)

    @cached_property
    def _rows_by_teacher(self) -> dict[str, tuple[Index, Index]]:
        """Of each table: its rows by teacher, and where those of each teacher begin."""
        teachers = pa.array(self._tables["teachers"]["teacher_id"].to_numpy(dtype=object), pa.large_string())
        result = {}
        for name in OF_TEACHERS:
            ids = pa.array(self._tables[name]["teacher_id"].to_numpy(dtype=object), pa.large_string())
            codes = pc.fill_null(pc.index_in(ids, value_set=teachers), -1).to_numpy(zero_copy_only=False).astype(np.int32)
            order = np.argsort(codes, kind="stable")
            result[name] = order, np.searchsorted(codes[order], np.arange(len(teachers) + 1))
        return result

    @cached_property
    def _row_of_entry(self) -> dict[str, int]:
        return {str(entry): row for row, entry in enumerate(self._tables["hour_entries"]["entry_id"])}


def decided_entry(row: dict[Any, Any]) -> DecidedEntry:
    """A row of hour_entries as what is decided on."""
    day = None if pd.isna(row["decided_on"]) else pd.Timestamp(row["decided_on"]).date()
    return DecidedEntry(str(row["entry_id"]), str(row["teacher_id"]), str(row["status"]), day)


def activity_lines(tables: Tables, ledger: HoursLedger) -> tuple[ActivityLine, ...]:
    """Every record behind a ledger in words of the tables, by teacher, newest first."""
    activities = ledger.activities
    records, entries = activities.records, tables["hour_entries"]
    taken, courses = tables["enrolments"], tables["courses"].set_index("course_id")["title"]
    titles = []
    for i in range(len(records)):
        if records.source[i] == 0:
            course = taken["course_id"].iloc[records.row[i]]
            titles.append(str(courses.get(course, course)))
        else:
            titles.append(str(entries["activity"].iloc[records.row[i]]))
    sources = [_source(records.sources[records.source[i]], entries, int(records.row[i])) for i in range(len(records))]
    lines = []
    for i in range(len(records)):
        own = records.source[i] > 0
        row = entries.iloc[records.row[i]].to_dict() if own else {}
        instead = int(activities.instead[i])
        lines.append(ActivityLine(
            entry_id=str(row["entry_id"]) if own else "", teacher_id=str(ledger.teacher_ids[records.teacher[i]]),
            activity=titles[i], source=sources[i],
            course_id=_text(row["course_id"]) if own else str(taken["course_id"].iloc[records.row[i]]),
            category=CATEGORIES[records.category[i]], level=LEVELS[records.level[i]] if records.level[i] >= 0 else None,
            hours=float(activities.credited[i]), counted=float(activities.counted[i]), done_on=records.day[i].astype(object),
            status=ENTRY_STATES[records.status[i]], outcome=OUTCOMES[activities.outcome[i]],
            counted_as=None if instead < 0 else sources[instead], decided_by=_text(row.get("decided_by")),
            decided_on=None if pd.isna(row.get("decided_on")) else pd.Timestamp(row["decided_on"]).date(),
            reason=_text(row.get("reason")), evidence_url=_text(row.get("evidence_url")),
        ))  # fmt: skip
    return tuple(sorted(lines, key=lambda one: (one.teacher_id, -one.done_on.toordinal(), one.activity, one.entry_id)))


def _source(name: str, entries: pd.DataFrame, row: int) -> str:
    if name == ENROLMENT or name:
        return name
    return "claim" if str(entries["entry_id"].iloc[row]).startswith(CLAIM_PREFIX) else ""


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None
