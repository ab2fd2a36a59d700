"""Lists for many units: teachers in blocks of whole schools, and their schools from the same scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.eligibility import open_courses
from features.snapshot import Snapshot
from models.bundles.bundle import Bundle
from models.effects.need_rule import PreparedNeedRule
from recommender.lists.course_averages import CourseAverages, course_averages
from recommender.lists.need_contributions import NeedContributions
from recommender.lists.outcomes import school_statuses, teacher_statuses, with_courses
from recommender.lists.reasons import ReasonWriter
from recommender.lists.reasons.reason_lines import Lines, as_json
from recommender.lists.seats import WIDE, within_seats
from recommender.lists.teacher_choices import NO_CHOICES, TeacherChoices
from recommender.lists.ties import GainDifferences
from recommender.lists.top_lists import (
    Index,
    ScoredPairs,
    concatenated,
    first_places,
    rank_schools,
    rank_teachers,
)
from recommender.types import UnitKind

BLOCK: Final = 256  # teachers scored at once; a larger school is one block


@dataclass(frozen=True)
class Lists:
    """The first places of some units' lists: n rows, unit by unit, best first, with their reasons.

    main: index of the competency whose need a row is listed for, -1 for an extension course.
    """

    kind: UnitKind
    rows: ScoredPairs
    basis: NDArray[np.object_]
    tied: NDArray[np.bool_]
    tied_with_first: NDArray[np.bool_]
    main: Index
    lines: list[Lines]


@dataclass(frozen=True)
class ChoiceIndex:
    """Choices by index, sorted. closed: teacher x courses + course. unpersonalised: teachers."""

    closed: Index
    unpersonalised: Index


NO_CHOICE: Final = ChoiceIndex(np.zeros(0, np.intp), np.zeros(0, np.intp))


class Recommender:
    """Makes lists from a snapshot and the bundle that scores it."""

    def __init__(self, snapshot: Snapshot, bundle: Bundle) -> None:
        self.snapshot = snapshot
        self.bundle = bundle
        teacher_schools = snapshot.tables["teachers"]["school_id"].to_numpy(dtype=object)
        orgs = snapshot.tables["organizations"]
        schools = orgs.loc[orgs["kind"] == "school", "org_id"].to_numpy(dtype=object)
        self.school_ids: NDArray[np.object_] = np.array(sorted({*schools, *teacher_schools}), dtype=object)
        self.school_of: Index = np.searchsorted(self.school_ids, teacher_schools).astype(np.intp)
        self.scorer = bundle.prepare(snapshot)
        self.contributions = NeedContributions(snapshot, self.scorer.rule)
        self._differences = GainDifferences(snapshot, self.scorer.rule)
        self._seats = snapshot.tables["courses"]["max_seats"].to_numpy(np.float64)

    def use_rule(self, rule: PreparedNeedRule) -> None:
        """Compares gains by this rule from now on."""
        self._differences = GainDifferences(self.snapshot, rule)

    @cached_property
    def writer(self) -> ReasonWriter:
        """Writes the reasons."""
        return ReasonWriter(
            self.snapshot, self.contributions, self.school_ids, self.school_of, self.bundle.objective,
            self.bundle.scoring_model.rule.estimated,
        )  # fmt: skip

    @cached_property
    def teacher_statuses(self) -> NDArray[np.object_]:
        """(N,) listed, thin or met."""
        return teacher_statuses(self.snapshot.needs)

    @cached_property
    def school_statuses(self) -> NDArray[np.object_]:
        """(S,) listed, thin or met."""
        return school_statuses(self.snapshot.needs.report, self.school_ids)

    @cached_property
    def averages(self) -> CourseAverages:
        """What courses bring a person of whom nothing is used."""
        return course_averages(self.snapshot, self.scorer)

    @cached_property
    def _teacher_index(self) -> dict[str, int]:
        return {str(t): i for i, t in enumerate(self.snapshot.teacher_ids)}

    @cached_property
    def _course_index(self) -> dict[str, int]:
        return {str(c): i for i, c in enumerate(self.snapshot.course_ids)}

    def indexed(self, choices: TeacherChoices) -> ChoiceIndex:
        """Choices by index; those about people and courses that are no longer in the tables are left out."""
        if not choices:
            return NO_CHOICE
        teacher, course, size = self._teacher_index, self._course_index, len(self.snapshot.course_ids)
        closed = [teacher[t] * size + course[c] for t, c in choices.closed if t in teacher and c in course]
        without = [teacher[t] for t in choices.unpersonalised if t in teacher]
        return ChoiceIndex(np.sort(np.array(closed, np.intp)), np.sort(np.array(without, np.intp)))

    def ranked(
        self, teachers: Index, open_on: date | None = None, choices: ChoiceIndex = NO_CHOICE
    ) -> ScoredPairs:
        """All eligible pairs of these teachers that they did not close, each teacher's best course first.

        open_on: the day on which the courses must be open; as-of by default.
        """
        pairs = rank_teachers(self.snapshot, self.scorer, self.contributions, teachers, open_on)
        if len(choices.closed):
            pairs = pairs.take(~np.isin(self._key(pairs), choices.closed))
        without = np.isin(pairs.unit, choices.unpersonalised) if len(choices.unpersonalised) else None
        return self._unpersonalised(pairs, without) if without is not None and without.any() else pairs

    def _unpersonalised(self, pairs: ScoredPairs, without: NDArray[np.bool_]) -> ScoredPairs:
        """The pairs with averages of their courses where `without`, ranked by them."""
        averages, course = self.averages, pairs.course

        def replaced(own: NDArray[np.float64], average: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(without, average[course], own)

        return replace(
            pairs,
            score=replaced(pairs.score, averages.score),
            gain_mean=replaced(pairs.gain_mean, averages.gain_mean),
            gain_sd=replaced(pairs.gain_sd, averages.gain_sd),
            course_sd=replaced(pairs.course_sd, averages.course_sd),
            p_complete=replaced(pairs.p_complete, averages.p_complete),
            need_var=replaced(pairs.need_var, np.maximum(averages.gain_sd**2 - averages.course_sd**2, 0.0)),
            personal=pairs.personal & ~without,
            unpersonalised=without,
        ).ordered()

    def ranked_or_closed(
        self, teachers: Index, open_on: date, choices: ChoiceIndex = NO_CHOICE
    ) -> tuple[ScoredPairs, date]:
        """`ranked` and the day on which the courses are open: `open_on`, or as-of where nothing is open any more."""
        pairs = self.ranked(teachers, open_on, choices)
        if len(pairs) or open_on <= self.snapshot.as_of:
            return pairs, open_on
        earlier = self.ranked(teachers, choices=choices)
        return (earlier, self.snapshot.as_of) if len(earlier) else (pairs, open_on)

    def need_courses(self, teacher: int, pairs: ScoredPairs) -> list[tuple[int, int, float, float]]:
        """For each need of a teacher: competency, the course of `pairs` (hers) that helps most with it (-1: none serves it),
        mean and sd of that help in teacher-SD units."""
        rule, needed = self.scorer.rule, np.flatnonzero(self.snapshot.needs.needed[teacher])
        _, closure = rule.closures(pairs.unit, pairs.course)
        p = pairs.p_complete[:, None]
        mean = p * closure.mean
        effect_var = (closure.slope * rule.effect_sd[pairs.course][:, None]) ** 2
        variance = p * (closure.mean**2 + closure.variance + effect_var) - mean**2
        leaf = self.contributions.leaves(pairs.course)
        result = []
        for k in needed.tolist():
            helps = np.where(leaf == k, mean, 0.0)
            if not helps.size or not helps.max() > 0:
                result.append((k, -1, 0.0, 0.0))
                continue
            row, column = np.unravel_index(int(helps.argmax()), helps.shape)
            sd = float(np.sqrt(max(variance[row, column], 0.0)))
            result.append((k, int(pairs.course[row]), float(helps[row, column]), sd))
        return result

    def members(self, school: int) -> Index:
        """Indices of the teachers of a school."""
        return np.flatnonzero(self.school_of == school)

    def teachers(self, pairs: ScoredPairs, top: int) -> Lists:
        """The lists of the teachers in `pairs` (eligible, ordered)."""
        rows = first_places(pairs, top)
        basis = self._basis(rows)
        main, lines = self.writer.teachers(pairs, rows, basis)
        main = np.where(basis == "uptake", -1, main)
        tied, tied_with_first = self._differences.tied("teacher", rows)
        known = ~rows.unpersonalised  # what is about equal for her depends on her needs
        return Lists("teacher", rows, basis, tied & known, tied_with_first & known, main, lines)

    def schools(self, pairs: ScoredPairs, top: int) -> Lists:
        """The lists of the schools whose teachers, all of them, are in `pairs`."""
        summed = rank_schools(pairs, self.school_of, self._seats)
        rows = first_places(summed, top)
        basis = self._basis(rows)
        if self.bundle.objective == "gain":  # a thin school has no reliable need of its own, whoever gains
            basis = np.where(self.school_statuses[rows.unit] == "thin", "group", basis).astype(object)
        main, lines = self.writer.schools(summed, rows, basis)
        main = np.where(basis == "uptake", -1, main)
        return Lists("school", rows, basis, *self._differences.tied("school", rows), main, lines)

    def blocks(self) -> list[Index]:
        """All teachers, whole schools together, in blocks of about `BLOCK`."""
        order = np.argsort(self.school_of, kind="stable")
        ends = np.flatnonzero(np.diff(self.school_of[order], append=-1)) + 1
        blocks: list[Index] = []
        start = 0
        for end, following in zip(ends, [*ends[1:], None], strict=True):
            if following is None or following - start > BLOCK:
                blocks.append(order[start:end])
                start = int(end)
        return blocks

    def city(
        self, top: int, jobs: int = 1, respect_seats: bool = False, open_on: date | None = None,
        choices: TeacherChoices = NO_CHOICES,
    ) -> Iterator[tuple[Lists, Lists]]:
        """Teachers' and schools' lists, block after block in a fixed order whatever `jobs` (threads) is.

        open_on: the day on which the courses must be open; as-of by default.
        respect_seats: no course stands on more teachers' lists than it has seats (`recommender/lists/seats.py`); all
        pairs are then scored twice.
        """
        self.writer.owed  # noqa: B018 - made before the threads start
        self.snapshot.eligibility  # noqa: B018
        index = self.indexed(choices)
        if len(index.unpersonalised):
            self.averages  # noqa: B018
        work = joblib.Parallel(n_jobs=jobs, prefer="threads", return_as="generator")
        room = self._with_room(top, work, open_on, index) if respect_seats else None
        yield from work(joblib.delayed(self._block)(teachers, top, open_on, index, room) for teachers in self.blocks())

    def _with_room(self, top: int, work: joblib.Parallel, open_on: date | None, choices: ChoiceIndex) -> Index:
        """Sorted keys (teacher x courses + course) of all pairs accepted within the seats."""

        def best(teachers: Index) -> ScoredPairs:
            return first_places(self.ranked(teachers, open_on, choices), WIDE * top)

        candidates = concatenated(list(work(joblib.delayed(best)(teachers) for teachers in self.blocks()))).ordered()
        accepted = candidates.take(within_seats(candidates, self._seats, top))
        return np.sort(self._key(accepted))

    def _key(self, pairs: ScoredPairs) -> Index:
        return pairs.unit * len(self.snapshot.course_ids) + pairs.course

    def _block(
        self, teachers: Index, top: int, open_on: date | None, choices: ChoiceIndex = NO_CHOICE, room: Index | None = None
    ) -> tuple[Lists, Lists]:
        pairs = self.ranked(teachers, open_on, choices)
        own = pairs
        if room is not None:
            key = self._key(pairs)
            at = np.minimum(np.searchsorted(room, key), max(len(room) - 1, 0))
            own = pairs.take(room[at] == key if len(room) else np.zeros(len(key), bool))
        return self.teachers(own, top), self.schools(pairs, top)

    def _basis(self, rows: ScoredPairs) -> NDArray[np.object_]:
        """(n,) unpersonalised where she wants it; uptake without evidence; group where all needs that the course serves are
        thin; else personal."""
        if self.bundle.objective == "uptake":
            basis = np.full(len(rows), "uptake", dtype=object)
        else:
            basis = np.where(rows.personal, "personal", "group").astype(object)
        basis[rows.unpersonalised] = "unpersonalised"
        return basis

    def frame(self, lists: Lists, today: date | None = None) -> pd.DataFrame:
        """The contract's `recommendations` rows; `closed`: the course is not open on the day `today`, as-of by default."""
        still_open = open_courses(self.snapshot.tables["courses"], today or self.snapshot.as_of)
        ids = self.snapshot.teacher_ids if lists.kind == "teacher" else self.school_ids
        rows = lists.rows
        competencies = np.array([*self.snapshot.needs.competency_ids, ""], dtype=object)  # -1 is the last
        return pd.DataFrame({
            "unit_kind": lists.kind,
            "unit_id": ids[rows.unit],
            "rank": rows.positions() + 1,
            "course_id": self.snapshot.course_ids[rows.course],
            "score": rows.score,
            "gain_mean": rows.gain_mean,
            "gain_sd": rows.gain_sd,
            "p_complete": rows.p_complete,
            "basis": lists.basis,
            "reasons": [as_json(lines) for lines in lists.lines],
            "tied_with_previous": lists.tied,
            "model_version": self.bundle.version,
            "as_of": self.snapshot.as_of,
            "tied_with_first": lists.tied_with_first,
            "need_id": competencies[lists.main],
            "closed": ~still_open[rows.course],
        })  # fmt: skip

    def outcomes(self, teachers_listed: Index, schools_listed: Index) -> pd.DataFrame:
        """The contract's `outcomes` of all teachers and schools; the arguments index those with a course."""
        parts = []
        for kind, ids, statuses, with_course in (
            ("teacher", self.snapshot.teacher_ids, self.teacher_statuses, teachers_listed),
            ("school", self.school_ids, self.school_statuses, schools_listed),
        ):
            has = np.zeros(len(ids), dtype=bool)
            has[with_course] = True
            parts.append(
                pd.DataFrame({"unit_kind": kind, "unit_id": ids, "status": with_courses(statuses, has)})
            )
        return pd.concat(parts, ignore_index=True)
