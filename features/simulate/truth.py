"""The known truth of a simulated city; only evaluation reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import ReadError, UnknownIdError
from features.simulate.course_response import completion, drive_of, lift
from features.simulate.random_streams import Floats, Ints

BLOCK = 4096
Ids = Sequence[str] | NDArray[np.object_]


@dataclass(frozen=True)
class Truth:
    """All that is true at as-of.

    `abilities`: teacher_id, competency_id, value, target, weight, taken; value and target in teacher-SD
    units, 0 the mean and 1 the SD over all to whom the competency applies.
    `course_effects`: course_id, effect, useless; the policy-weighted lift of a completer averaged over those
    whom stage and subject admit, teacher-SD units; no gap is looked at.
    `doses`: course_id, competency_id, dose.
    `teachers`, `courses`, `competencies`: parameters of response and completion.
    """

    abilities: pd.DataFrame
    course_effects: pd.DataFrame
    doses: pd.DataFrame
    teachers: pd.DataFrame
    courses: pd.DataFrame
    competencies: pd.DataFrame

    @classmethod
    def read(cls, folder: Path) -> Truth:
        """From OUT/truth (or OUT). Raises ReadError where there is none."""
        folder = folder if (folder / "abilities.parquet").exists() else folder / "truth"
        names = ("abilities", "course_effects", "doses", "teachers", "courses", "competencies")
        missing = [name for name in names if not (folder / f"{name}.parquet").exists()]
        if missing:
            raise ReadError("simulate.no_truth", folder=str(folder), missing=missing)
        return cls(*(pd.read_parquet(folder / f"{name}.parquet") for name in names))

    def with_doses(self, dose: Floats) -> Truth:
        """The same people and courses with other doses, (C, K) in the order of `courses` and `competencies`.

        `course_effects` and `doses` stay those of the city itself: gains, lifts and completion alone follow the grid.
        """
        other = Truth(
            self.abilities, self.course_effects, self.doses, self.teachers, self.courses, self.competencies
        )
        for name in ("_grids", "_teacher_index", "_course_index"):
            other.__dict__[name] = getattr(self, name)  # of the people alone, so computed once
        other.__dict__["dose_grid"] = dose
        return other

    def gain(self, teacher_ids: Ids, course_ids: Ids) -> Floats:
        """(n, m) true expected gain in teacher-SD units.

        P(complete | enrolled) x the sum over competencies of policy weight x the part of the gap to the
        target that the course closes. Eligibility is not looked at. Raises UnknownIdError.
        """
        rows = _indices(self._teacher_index, teacher_ids, "teacher")
        cols = _indices(self._course_index, course_ids, "course")
        out = np.empty((len(rows), len(cols)))
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK]
            out[first : first + BLOCK] = self._closing(block, cols, within_gap=True) * self._finish(
                block, cols
            )
        return out

    def lift(self, teacher_ids: Ids, course_ids: Ids) -> Floats:
        """(n, m) the policy-weighted lift of a completer, gap or no gap, teacher-SD units."""
        rows = _indices(self._teacher_index, teacher_ids, "teacher")
        cols = _indices(self._course_index, course_ids, "course")
        return self._closing(rows, cols, within_gap=False)

    def plan_gain(self, teacher_ids: Ids, course_ids: Ids) -> Floats:
        """(people,) true expected gain of a whole plan, of each teacher in the order of their ids, teacher-SD units.

        teacher_ids, course_ids (n,): its seats. Lifts of the courses a teacher completes add up, competency by
        competency, as far as the gap to the target; the mean is over who completes what. Raises UnknownIdError.
        """
        rows = _indices(self._teacher_index, teacher_ids, "teacher")
        cols = _indices(self._course_index, course_ids, "course")
        value, target, weight, _ = self._grids
        people, which = np.unique(rows, return_inverse=True)
        gap = np.maximum(target - value, 0.0)[people]
        lifts, finish = self._paired(rows, cols)
        place = _count_before(which)
        courses_by_rank = [
            (which[place == p], lifts[place == p], finish[place == p])
            for p in range(place.max(initial=-1) + 1)
        ]
        total = np.zeros(len(people))
        for pattern in range(1 << len(courses_by_rank)):  # every way of completing some and not others
            chance, added = np.ones(len(people)), np.zeros_like(gap)
            for bit, (who, lift_here, finish_here) in enumerate(courses_by_rank):
                done = bool(pattern >> bit & 1)
                odds = np.zeros(len(people))
                odds[who] = finish_here
                chance *= odds if done else 1.0 - odds
                if done:
                    added[who] += lift_here
            total += chance * (weight[people] * np.minimum(added, gap)).sum(axis=1)
        return total

    def _paired(self, rows: Ints, cols: Ints) -> tuple[Floats, Floats]:
        """(n, K) lift of a completer in each competency and (n,) P(complete), of the pairs (row, col)."""
        people, offered = self.teachers, self.courses
        drive = drive_of(
            people["motivation"].to_numpy()[rows], people["fidelity"].to_numpy()[rows],
            offered["embedded"].to_numpy()[cols],
        )  # fmt: skip
        value, _, weight, taken = (grid[rows] for grid in self._grids)
        mean, sd = (self.competencies[name].to_numpy() for name in ("mean", "sd"))
        demand = offered["demand"].to_numpy()[cols]
        dose = self.dose_grid[cols]
        added = lift(value * sd + mean, dose, demand[:, None], drive[:, None], taken) / sd
        finish = completion(
            people["steady"].to_numpy()[rows], people["weekly_lessons"].to_numpy()[rows],
            offered["light"].to_numpy()[cols], offered["burden"].to_numpy()[cols],
        )  # fmt: skip
        return np.where((weight > 0) & (dose > 0), added, 0.0), finish

    def completion(self, teacher_ids: Ids, course_ids: Ids) -> Floats:
        """(n, m) true P(complete | enrolled)."""
        rows = _indices(self._teacher_index, teacher_ids, "teacher")
        cols = _indices(self._course_index, course_ids, "course")
        return self._finish(rows, cols)

    def _finish(self, rows: Ints, cols: Ints) -> Floats:
        people, offered = self.teachers, self.courses
        return completion(
            people["steady"].to_numpy()[rows][:, None], people["weekly_lessons"].to_numpy()[rows][:, None],
            offered["light"].to_numpy()[cols][None, :], offered["burden"].to_numpy()[cols][None, :],
        )  # fmt: skip

    def _closing(self, rows: Ints, cols: Ints, *, within_gap: bool) -> Floats:
        people, offered = self.teachers, self.courses
        demand = offered["demand"].to_numpy()[cols]
        drive = drive_of(
            people["motivation"].to_numpy()[rows][:, None], people["fidelity"].to_numpy()[rows][:, None],
            offered["embedded"].to_numpy()[cols][None, :],
        )  # fmt: skip
        value, target, weight, taken = (grid[rows] for grid in self._grids)
        mean, sd = (self.competencies[name].to_numpy() for name in ("mean", "sd"))
        out = np.zeros((len(rows), len(cols)))
        for k in range(len(sd)):
            dosed = np.flatnonzero(self.dose_grid[cols, k] > 0)
            people_k = np.flatnonzero(weight[:, k] > 0)
            if not len(dosed) or not len(people_k):
                continue
            own = (value[people_k, k] * sd[k] + mean[k])[:, None]
            dose = self.dose_grid[cols[dosed], k][None, :]
            pair = np.ix_(people_k, dosed)
            added = lift(own, dose, demand[dosed][None, :], drive[pair], taken[people_k, k][:, None]) / sd[k]
            if within_gap:
                gap = np.maximum(target[people_k, k] - value[people_k, k], 0.0)[:, None]
                added = np.minimum(added, gap)
            out[pair] += weight[people_k, k][:, None] * added
        return out

    @cached_property
    def _grids(self) -> tuple[Floats, Floats, Floats, Floats]:
        """(N, K) each: value, target, weight (0 where not applicable), taken."""
        n, names = len(self.teachers), pd.Index(self.competencies["competency_id"])
        row = self._teacher_index.get_indexer(pd.Index(self.abilities["teacher_id"]))
        col = names.get_indexer(pd.Index(self.abilities["competency_id"]))
        grids = []
        for name in ("value", "target", "weight", "taken"):
            grid = np.zeros((n, len(names)))
            grid[row, col] = self.abilities[name].to_numpy()
            grids.append(grid)
        return grids[0], grids[1], grids[2], grids[3]

    @cached_property
    def dose_grid(self) -> Floats:
        """(C, K) dose of each course in each competency, in the order of `courses` and `competencies`."""
        names = pd.Index(self.competencies["competency_id"])
        grid = np.zeros((len(self.courses), len(names)))
        row = self._course_index.get_indexer(pd.Index(self.doses["course_id"]))
        grid[row, names.get_indexer(pd.Index(self.doses["competency_id"]))] = self.doses["dose"].to_numpy()
        return grid

    @cached_property
    def _teacher_index(self) -> Any:
        return pd.Index(self.teachers["teacher_id"])

    @cached_property
    def _course_index(self) -> Any:
        return pd.Index(self.courses["course_id"])


def _count_before(which: Ints) -> Ints:
    """(n,) how often the same number stood before."""
    order = np.argsort(which, kind="stable")
    ordered = which[order]
    new = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(which) else np.zeros(0, np.int64)
    count = np.empty(len(which), np.int64)
    count[order] = np.arange(len(which)) - np.repeat(new, np.diff(np.r_[new, len(which)]))
    return count


def _indices(index: Any, ids: Ids, kind: str) -> Ints:
    indices = index.get_indexer(pd.Index(pd.Series(list(ids), dtype="str")))
    if (indices < 0).any():
        unknown = ids[int(np.argmax(indices < 0))]
        if kind == "teacher":
            raise UnknownIdError("simulate.unknown_teacher", id=unknown)
        raise UnknownIdError("simulate.unknown_course", id=unknown)
    return np.asarray(indices, dtype=np.int64)
