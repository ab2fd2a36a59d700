"""Everything known on one date, in the arrays that feature builders, rankers and advice share.

    tables.until(as_of) --> needs --> Snapshot --> builders --> pairs --> rankers

A pair is (teacher index, course index) into `teacher_ids` and `course_ids`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.eligibility import Eligibility
from features.needs.leaf_competencies import as_matrix, leaf_weights
from features.needs.needs import Needs
from features.tables import Tables

Array = NDArray[np.float64]

TAKEN: Final = (
    "enrolled",
    "completed",
    "withdrawn",
    "failed",
)  # statuses of a course that was taken up, whatever the outcome
ENDED: Final = ("completed", "withdrawn", "failed")  # statuses of a course that ended for this teacher
RECENT_YEARS: Final = 3  # courses completed in these years count as overlap


@dataclass(frozen=True)
class Snapshot:
    """Tables as known at `as_of`, the needs diagnosed from them, and the eligibility of pairs."""

    tables: Tables
    needs: Needs
    as_of: date

    @cached_property
    def teacher_ids(self) -> NDArray[np.object_]:
        """(N,) in the order of the teachers table."""
        return self.tables["teachers"]["teacher_id"].to_numpy(dtype=object)

    @cached_property
    def course_ids(self) -> NDArray[np.object_]:
        """(C,) in the order of the courses table, which is the order of ids: ties go to the smaller index."""
        return self.tables["courses"]["course_id"].to_numpy(dtype=object)

    @cached_property
    def goals(self) -> NDArray[np.float64]:
        """(C, K) weight of each course on each leaf competency; a row sums to 1, to 0 without a known goal.

        A goal on a parent competency is spread evenly over its leaves.
        """
        rows, leaf_shares = self._goal_rows
        grid = np.zeros((len(self.course_ids), leaf_shares.shape[1]))
        np.add.at(
            grid, rows["c"].to_numpy(np.intp), leaf_shares * rows["weight"].to_numpy(np.float64)[:, None]
        )
        total = grid.sum(axis=1, keepdims=True)
        return np.asarray(grid / np.where(total > 0, total, 1.0))

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """(C, K) level (1..4) at which a course teaches each of its goals, NaN where none is recorded."""
        rows, leaf_shares = self._goal_rows
        level = rows["level"].to_numpy(np.float64)
        share = np.where(
            np.isnan(level)[:, None], 0.0, leaf_shares * rows["weight"].to_numpy(np.float64)[:, None]
        )
        shape = (len(self.course_ids), leaf_shares.shape[1])
        total, weight = np.zeros(shape), np.zeros(shape)
        np.add.at(total, rows["c"].to_numpy(np.intp), share * np.nan_to_num(level)[:, None])
        np.add.at(weight, rows["c"].to_numpy(np.intp), share)
        return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)

    @cached_property
    def _goal_rows(self) -> tuple[pd.DataFrame, NDArray[np.float64]]:
        """Goals of known courses with their index `c`, and each row's (rows, K) share of the leaves."""
        rows = self.tables["course_goals"]
        c = pd.Index(self.course_ids).get_indexer(pd.Index(rows["course_id"], dtype=object))
        rows = rows.assign(c=c)[c >= 0]
        leaves = leaf_weights(self.tables["competencies"]).reindex(
            columns=list(self.needs.competency_ids), fill_value=0.0
        )
        return rows, as_matrix(leaves, rows["competency_id"])

    @cached_property
    def enrolments(self) -> pd.DataFrame:
        """The enrolments of known teachers, with their index `t` and the course's index `c` (-1: unknown)."""
        taken = self.tables["enrolments"]
        t = pd.Index(self.teacher_ids).get_indexer(pd.Index(taken["teacher_id"], dtype=object))
        c = pd.Index(self.course_ids).get_indexer(pd.Index(taken["course_id"], dtype=object))
        return taken.assign(t=t, c=c)[t >= 0].reset_index(drop=True)

    @cached_property
    def recent_hours(self) -> NDArray[np.float64]:
        """(N, K) hours each teacher completed on each leaf competency in the last three years.

        A course counts once, with the hours that its enrolment records, else with its own, spread over its goals.
        """
        taken = self.enrolments
        since = pd.Timestamp(self.as_of) - pd.DateOffset(years=RECENT_YEARS)
        completed = (taken["status"] == "completed") & (taken["completed_on"] > since) & (taken["c"] >= 0)
        rows = taken.loc[completed, ["t", "c", "hours"]].groupby(["t", "c"], as_index=False)["hours"].max()
        t, c = rows["t"].to_numpy(np.intp), rows["c"].to_numpy(np.intp)
        recorded = rows["hours"].to_numpy(np.float64)
        hours = np.where(np.isnan(recorded), self.course_hours[c], recorded)
        total = np.zeros((len(self.teacher_ids), self.goals.shape[1]))
        np.add.at(total, t, self.goals[c] * hours[:, None])
        return total

    def spare_memory(self, keep: Callable[[dict[str, Array]], dict[str, Array]]) -> None:
        """For a process that keeps a snapshot for long. keep: the same arrays in another place.

        The enrolments are made again where they are asked for.
        """
        self.__dict__.update(keep({"recent_hours": self.recent_hours}))
        self.__dict__.pop("enrolments", None)
        if len(ids := self.needs.teacher_ids) and list(ids) == self.teacher_ids.tolist():
            self.__dict__["teacher_ids"] = np.array(ids, dtype=object)  # not every id twice

    @cached_property
    def course_hours(self) -> NDArray[np.float64]:
        """(C,) hours of each course."""
        return self.tables["courses"]["hours"].to_numpy(np.float64)

    @cached_property
    def possible_courses(self) -> dict[str, NDArray[np.bool_]]:
        """(C,) each: the courses that are left to who can attend none on_site, none online, or has no days of release."""
        courses = self.tables["courses"]
        return {
            "on_site": ~courses["mode"].isin(("offline", "blended")).to_numpy(bool),
            "online": ~courses["mode"].isin(("online", "blended")).to_numpy(bool),
            "release": courses["release_days"].to_numpy(np.float64) == 0,
        }

    @cached_property
    def school_of(self) -> NDArray[np.intp]:
        """(N,) number of each teacher's school, 0.. in the order of school ids."""
        return pd.factorize(self.tables["teachers"]["school_id"], sort=True)[0].astype(np.intp)

    @cached_property
    def eligibility(self) -> Eligibility:
        """Who may take what at `as_of`."""
        return Eligibility(self.tables, self.as_of)


def take_snapshot(tables: Tables, needs: Needs) -> Snapshot:
    """`tables` cut at the date of `needs`, and `needs`, side by side."""
    return Snapshot(tables.until(needs.as_of), needs, needs.as_of)
