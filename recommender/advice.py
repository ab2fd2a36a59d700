"""Advice for one teacher, school or course at a time, from a workspace loaded once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.disclosure import SCHOOL_MINIMUM
from features.eligibility import open_courses
from features.errors import UnknownIdError
from features.messages import BilingualText
from features.needs.model.teacher_posterior import TeacherPosterior
from features.needs.needs import Needs
from features.needs.targets import find_target_rows
from features.tables import Tables
from recommender.ability_growth import CompetencyGrowth, growth_of
from recommender.coverage.organization_coverage import Coverage, coverage_of
from recommender.coverage.source_rows import SourceRows, source_rows
from recommender.data_age import DataAge, data_age
from recommender.date_of_data import date_of_data
from recommender.diagnosis import Progress, posterior_state
from recommender.lists.catalogue import CourseCatalogue
from recommender.lists.list_places import ListPlaces
from recommender.lists.own_row import recommender_for
from recommender.lists.reasons.estimate_origins import EstimateOrigins
from recommender.lists.recommend import Lists, Recommender
from recommender.lists.school_needs import school_needs
from recommender.lists.sorted_ids import SortedIds
from recommender.lists.teacher_choices import NO_CHOICES, ReadChoices, TeacherChoices, nobody_chose
from recommender.lists.unit_needs import UnitNeeds
from recommender.organization_tree import OrganizationTree
from recommender.personal_data import PersonalTable, estimated_table, imported_tables, planned_table
from recommender.pipeline import run_recommender
from recommender.prepared.prepared_list import PreparedList
from recommender.prepared.prepared_lists import PreparedLists
from recommender.self_assessments.own_needs import with_own_view
from recommender.self_assessments.own_view import OwnView, ReadSubmitted, scores_taken_in
from recommender.served_version import ServedVersion
from recommender.settings import Settings
from recommender.types import (
    Advice,
    Course,
    Hours,
    Need,
    NeedCourse,
    Page,
    Recommendation,
    SchoolNeeds,
    Status,
    TeacherNeeds,
    UnitKind,
)
from recommender.visits.proposed_visits import ProposedVisits, proposed_visits
from recommender.workspace.exports import write_frame
from recommender.workspace.import_history import history
from recommender.workspace.workspace import Workspace


class AdviceService:
    """Answers from a workspace; safe to call from many threads. Raises UnknownIdError for an unknown id."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        as_of: date | None = None,
        progress: Progress = None,
        ready: Recommender | None = None,
        today: Callable[[], date] | None = None,
        choices: ReadChoices = nobody_chose,
        submitted: ReadSubmitted | None = None,
    ) -> None:
        """ready: the recommender of this workspace, where it is loaded already; without one, missing steps are run.

        choices: what teachers decided, read for every answer. submitted: what a teacher said of herself, by default nothing.
        today: the day on which courses must be open, that of the settings by default; an explicit `as_of` is that day
        itself.
        """
        settings = settings or Settings()
        self._workspace = workspace
        self._choices, self._submitted = choices, submitted
        self._today = today or ((lambda: as_of) if as_of else settings.day)
        self._stale_days = settings.stale_days
        self._age: DataAge | None = None
        self._recommender = ready or run_recommender(workspace, settings, as_of, progress)
        tables = self._recommender.snapshot.tables
        self._simulated = workspace.tables.made_up
        self._teacher = SortedIds(str(t) for t in self._recommender.snapshot.teacher_ids)
        self._school = {str(s): i for i, s in enumerate(self._recommender.school_ids)}
        self._organizations = OrganizationTree(tables["organizations"], self._school)
        self._data_on = date_of_data(tables, self.as_of)
        self._register = tables["teachers"]
        codes, schools = pd.factorize(self._register["school_id"])
        self._school_ids = np.asarray(schools, dtype=object)[codes]  # a string a school, not one a teacher
        self._catalogue = CourseCatalogue(self._recommender.snapshot)
        self._needs = UnitNeeds(self._recommender.snapshot.needs, tables["competencies"])
        self._owed = self._recommender.writer.owed
        self._targets = find_target_rows(tables) if len(tables["targets"]) else None
        self._origins = EstimateOrigins(self._recommender.snapshot)
        self._leaf = {k: i for i, k in enumerate(self._recommender.snapshot.needs.competency_ids)}
        self._places = ListPlaces(self._recommender, self._catalogue)
        self._prepared = PreparedLists(workspace, self._recommender)
        self._state = posterior_state(workspace, self._recommender.snapshot)
        self._taken_in = scores_taken_in(tables, self.as_of)
        # cached properties are computed here, not by the first request
        self._recommender.snapshot.eligibility  # noqa: B018
        self.left_out_for  # noqa: B018
        self._recommender.teacher_statuses, self._recommender.school_statuses  # noqa: B018

    @property
    def made_up(self) -> bool:
        """Whether the tables are simulated."""
        return self._simulated

    @property
    def as_of(self) -> date:
        """The date of the snapshot: no later row counts."""
        return self._recommender.snapshot.as_of

    @property
    def model_version(self) -> str:
        """The version of the bundle that ranks."""
        return self._recommender.bundle.version

    @cached_property
    def version(self) -> ServedVersion:
        """The tables, the diagnosis and the model that all answers of this object come from."""
        return ServedVersion(self._workspace.fingerprint, self.as_of, self.model_version)

    @cached_property
    def needs(self) -> Needs:
        """The diagnosis that the answers use."""
        return self._recommender.snapshot.needs

    def teacher_advice(self, teacher_id: str, top: int = 10) -> Advice:
        """Her list, best first; empty with status no_course when nothing is open to her, expired when her needs are."""
        choices, age = self._choices([teacher_id]), self.age
        kept = self._kept(teacher_id, top, choices, age)
        if kept is not None:
            return replace(self._frame(kept, choices, age), recommendations=kept.recommendations(top, self._catalogue))
        recommender = self._own_recommender(teacher_id, choices)
        state = recommender.teacher_statuses[self._teacher_index(teacher_id)]
        advice = self._advice(teacher_id, *self._lists("teacher", teacher_id, top, choices, recommender), state)
        intended = frozenset(course for _, course in choices.intended)
        return replace(advice, intended=intended, personalised=teacher_id not in choices.unpersonalised)

    def prepared_advice(self, teacher_id: str, top: int = 10) -> tuple[Advice, PreparedList] | None:
        """`teacher_advice` without its places, and the list that holds them; None where it has to be computed."""
        choices, age = self._choices([teacher_id]), self.age
        kept = self._kept(teacher_id, top, choices, age)
        return None if kept is None else (self._frame(kept, choices, age), kept)

    def lists_are_open(self, age: DataAge) -> bool:
        """Whether prepared lists of the day of `age` are open: `prepared_unchanged` reads but one row of them."""
        return self._prepared.ready(age.open_on)

    def prepared_unchanged(self, teacher_id: str, top: int, age: DataAge) -> tuple[Advice, PreparedList] | None:
        """`prepared_advice` of a teacher whose choices change no list (`TeacherChoices.change_lists`), without reading them.

        age: of today.
        """
        if teacher_id in self._taken_in:
            return None
        kept = self._kept(teacher_id, top, NO_CHOICES, age)
        return None if kept is None else (self._frame(kept, NO_CHOICES, age), kept)

    def school_advice(self, school_id: str, top: int = 10) -> Advice:
        """The school's list from the sums over its teachers."""
        state = self._recommender.school_statuses[self._school_index(school_id)]
        choices = self._choices(self._members(school_id))
        return self._advice(school_id, *self._lists("school", school_id, top, choices), state)

    def write_list(self, kind: UnitKind, unit_id: str, top: int, out: Path) -> None:
        """One unit's rows of the contract's `recommendations`, as a file whose suffix decides the format."""
        self.age.refuse_expired()
        teachers = [unit_id] if kind == "teacher" else self._members(unit_id)
        lists, open_on = self._lists(kind, unit_id, top, self._choices(teachers))
        rows = self._recommender.frame(lists, self.open_on)
        origin = self._workspace.origin(
            as_of=self.as_of.isoformat(), open_on=open_on.isoformat(), model_version=self.model_version
        )
        write_frame(out, "recommendations", rows, origin)

    def teacher_needs(self, teacher_id: str) -> TeacherNeeds:
        """Her needs, largest expected gap first, and her hours."""
        index = self._teacher_index(teacher_id)
        row = self._register.iloc[index]
        school = str(row["school_id"])
        choices = self._choices([teacher_id])
        personalised = teacher_id not in choices.unpersonalised
        expired = self.age.expired
        posterior = self._own_posterior(teacher_id, choices)
        estimates = () if expired else self._needs.of("teacher", teacher_id)
        needs = tuple(
            replace(need, target_of=self._target_of(index, need.competency_id))
            for need in (estimates if posterior is None else with_own_view(estimates, posterior, self._leaf))
        )
        return TeacherNeeds(
            teacher_id=teacher_id,
            name=None if pd.isna(row["name"]) else str(row["name"]),
            school_id=school,
            school_name=self._organizations.label(school),
            needs=needs,
            hours=self._hours(teacher_id),
            as_of=self.as_of,
            made_up=self._simulated,
            measured=posterior is not None or bool(np.asarray(self.needs.measured)[index]),
            origins=self._origins.of(index),
            open_courses=self._open_courses(index, needs, choices) if personalised and not expired else (),
            personalised=personalised,
        )

    def school_needs(self, school_id: str, minimum: int = SCHOOL_MINIMUM) -> SchoolNeeds:
        """Needs of its departments and of the school, where numbers are about at least `minimum` people."""
        self._school_index(school_id)
        name = self._organizations.label(school_id)
        if self.age.expired:
            return SchoolNeeds(school_id, name, (), (), self.as_of, self._simulated)
        return school_needs(self._recommender.snapshot, self._needs, school_id, name, self._simulated, minimum)

    def courses(
        self,
        q: str | None = None,
        subject: str | None = None,
        stage: str | None = None,
        competency: str | None = None,
        cursor: str | None = None,
    ) -> Page:
        """A page of the catalogue, by id; see `CourseCatalogue.page`."""
        return self._catalogue.page(q, subject, stage, competency, cursor)

    def course(self, course_id: str) -> Course:
        """One course."""
        return self._catalogue.course(course_id)

    def school_of(self, teacher_id: str) -> str:
        """The school of a teacher."""
        return str(self._school_ids[self._teacher_index(teacher_id)])

    def name_of(self, org_id: str) -> str:
        """The registered name of an organization. Raises UnknownIdError."""
        return self._organizations.name(org_id)

    def schools_of(self, org_id: str) -> tuple[tuple[str, str], ...]:
        """(id, name) of the schools with teachers under an organization, itself included, by name."""
        return tuple((school, self._organizations.label(school)) for school in self._organizations.schools_below(org_id))

    def ancestors(self, org_id: str) -> tuple[str, ...]:
        """The organizations above one, nearest first, itself left out. Raises UnknownIdError."""
        return self._organizations.ancestors(org_id)

    @property
    def open_on(self) -> date:
        """The day on which advised courses are open: today, or the date of the snapshot where that is later."""
        return max(self._today(), self.as_of)

    @property
    def age(self) -> DataAge:
        """How old the data are today, and how many courses have closed since."""
        if self._age is None or self._age.open_on != self.open_on:
            courses = self._recommender.snapshot.tables["courses"]
            self._age = data_age(courses, self._data_on, self.open_on, self._stale_days)
        return self._age

    def closed(self, course_ids: Collection[str]) -> int:
        """How many of these courses are not open today or no longer in the catalogue."""
        courses = self._recommender.snapshot.tables["courses"]
        still_open = set(courses["course_id"][open_courses(courses, self.open_on)])
        return len(set(course_ids) - still_open)

    @cached_property
    def left_out_for(self) -> frozenset[int]:
        """Numbers of the objections that the diagnosis of these answers left something out for."""
        return frozenset(self._workspace.left_out.objections)

    def competency_name(self, competency_id: str) -> BilingualText:
        """Its name; its id where the framework has it no more."""
        return BilingualText(*self._needs.name(competency_id))

    def _target_of(self, teacher: int, competency_id: str) -> tuple[str, ...]:
        return () if self._targets is None else self._targets.selectors(teacher, self._leaf[competency_id])

    def personal_data(self, teacher_id: str) -> tuple[PersonalTable, ...]:
        """Every table of the workspace that may hold rows about a teacher, with hers; later rows than as-of, too."""
        self._teacher_index(teacher_id)
        root = self._workspace.root
        return (
            *imported_tables(root, self._workspace.stored_tables, teacher_id),
            estimated_table(self.needs.report, teacher_id, self.as_of),
            planned_table(root, teacher_id),
        )

    @property
    def hours_tables(self) -> Tables:
        """The tables that the ledger of hours is made from: later rows than as-of, too."""
        return self._workspace.tables

    def choices_digest(self, org_id: str) -> str:
        """Stands for what the teachers of an organization decided until now; empty where nobody did."""
        inside = {org_id, *self._organizations.schools_below(org_id)}
        register = zip(self._register["teacher_id"], self._school_ids, strict=True)
        ids = [str(t) for t, school in register if school in inside]
        return self._choices(ids).digest()

    def own_view(self, teacher_id: str) -> OwnView | None:
        """Her view of herself beside the diagnosis; None where the diagnosis has kept nothing to compute it from, or has
        expired. Raises UnknownIdError."""
        teacher = self._teacher_index(teacher_id)
        if self._state is None or self.age.expired:
            return None
        return OwnView(self._recommender.snapshot, self._state, teacher, self._taken_in.get(teacher_id, {}))

    def growth(self, teacher_id: str) -> tuple[CompetencyGrowth, ...] | None:
        """Her changes between school years; None where the diagnosis has kept nothing to compute them from, or has expired.
        Raises UnknownIdError."""
        teacher = self._teacher_index(teacher_id)
        if self._state is None or self.age.expired:
            return None
        shown = {need.competency_id for need in self._needs.of("teacher", teacher_id)}
        return growth_of(self._recommender.snapshot, self._state, teacher, shown)

    def proposed_visits(self, org_id: str) -> ProposedVisits:
        """The proposal of visits for an organization, or that of the nearest office above it. Raises UnknownIdError."""
        return proposed_visits(self._workspace.root, (org_id, *self.ancestors(org_id)), self.version)

    def coverage(self, org_id: str) -> Coverage:
        """Who below an organization has handed in what, and how much of it is about whom. Raises UnknownIdError."""
        imports = history(self._workspace.root)
        needs = None if self.age.expired else self.needs
        return coverage_of(org_id, self._organizations, self._source_rows, needs, imports, self.as_of, self._simulated)

    @cached_property
    def _source_rows(self) -> SourceRows:
        return source_rows(self._recommender.snapshot.tables)

    def _members(self, school_id: str) -> list[str]:
        members = self._recommender.members(self._school_index(school_id))
        return [str(t) for t in self._recommender.snapshot.teacher_ids[members]]

    def _open_courses(
        self, teacher: int, needs: tuple[Need, ...], choices: TeacherChoices
    ) -> tuple[NeedCourse, ...]:
        """For each clear or possible need the open course that helps most, in the order of `needs`."""
        recommender = self._own_recommender(str(self._recommender.snapshot.teacher_ids[teacher]), choices)
        index = recommender.indexed(choices)
        pairs = recommender.ranked(np.array([teacher], np.intp), self.open_on, index)
        best = {}
        for leaf, course, mean, sd in recommender.need_courses(teacher, pairs):
            competency = self.needs.competency_ids[leaf]
            best[competency] = NeedCourse(competency, None if course < 0 else self._catalogue.at(course), mean, sd)
        return tuple(best[need.competency_id] for need in needs if need.competency_id in best)

    def _kept(self, teacher_id: str, top: int, choices: TeacherChoices, age: DataAge) -> PreparedList | None:
        """Her list as it was prepared, where that is the list of today and of what she decided."""
        if age.expired or choices.closed or choices.unpersonalised:  # a self-assessment: see below
            return None
        if self._own_posterior(teacher_id, choices) is not None:
            return None
        kept = self._prepared.read(self._teacher_index(teacher_id), age.open_on)
        return kept if kept is not None and kept.teacher_id == teacher_id and kept.serves(top) else None

    def _frame(self, kept: PreparedList, choices: TeacherChoices, age: DataAge) -> Advice:
        state = self._recommender.teacher_statuses[self._teacher_index(kept.teacher_id)]
        open_on = age.open_on if kept.open else self.as_of
        intended = frozenset(course for _, course in choices.intended)
        return self._advice_of(
            "teacher", kept.teacher_id, (), open_on, state if kept.places else "no_course", intended, open_on < age.open_on
        )

    def _own_posterior(self, teacher_id: str, choices: TeacherChoices) -> TeacherPosterior | None:
        """Her estimates where what she says of herself has changed since the diagnosis; None where it has not."""
        if self._submitted is None or not (teacher_id in choices.self_assessed or teacher_id in self._taken_in):
            return None
        view = self.own_view(teacher_id)
        return None if view is None else view.changed_posterior(self._submitted(teacher_id))

    def _own_recommender(self, teacher_id: str, choices: TeacherChoices) -> Recommender:
        """That of the city, with her estimates of now."""
        if teacher_id in choices.unpersonalised:
            return self._recommender
        posterior = self._own_posterior(teacher_id, choices)
        if posterior is None:
            return self._recommender
        return recommender_for(self._recommender, self._teacher_index(teacher_id), posterior.mean, posterior.sd)

    def _lists(
        self, kind: UnitKind, unit_id: str, top: int, choices: TeacherChoices, own: Recommender | None = None
    ) -> tuple[Lists, date]:
        """The list, and the day on which its courses are open: as-of where nothing is open to the unit any more."""
        recommender = own or self._recommender
        index = recommender.indexed(choices)
        if self.age.expired:
            teachers = np.zeros(0, np.intp)
        elif kind == "teacher":
            teachers = np.array([self._teacher_index(unit_id)], np.intp)
        else:
            teachers = recommender.members(self._school_index(unit_id))
        pairs, open_on = recommender.ranked_or_closed(teachers, self.open_on, index)
        make = recommender.teachers if kind == "teacher" else recommender.schools
        return make(pairs, top), open_on

    def _advice(self, unit_id: str, lists: Lists, open_on: date, status_if_listed: Status) -> Advice:
        places = self._places.of(lists, range(len(lists.rows)))
        status = status_if_listed if places else "expired" if self.age.expired else "no_course"
        return self._advice_of(lists.kind, unit_id, places, open_on, status)

    def _advice_of(
        self,
        kind: UnitKind,
        unit_id: str,
        places: tuple[Recommendation, ...],
        open_on: date,
        status: Status,
        intended: frozenset[str] = frozenset(),
        closed: bool | None = None,
    ) -> Advice:
        bundle = self._recommender.bundle
        return Advice(
            unit_kind=kind,
            unit_id=unit_id,
            status=status,
            recommendations=places,
            objective=bundle.objective,
            ranked_by=bundle.ranked_by,
            model_version=bundle.version,
            as_of=self.as_of,
            made_up=self._simulated,
            open_on=open_on,
            closed=open_on < self.open_on if closed is None else closed,
            intended=intended,
        )

    def _hours(self, teacher_id: str) -> tuple[Hours, ...]:
        return tuple(_hours(row) for row in self._owed.rows(teacher_id).to_dict("records"))

    def _teacher_index(self, teacher_id: str) -> int:
        return _known(self._teacher.place(teacher_id), teacher_id, "teacher")

    def _school_index(self, school_id: str) -> int:
        return _known(self._school.get(school_id), school_id, "school")


def _known(index: int | None, unit_id: str, kind: str) -> int:
    if index is None:
        raise UnknownIdError(f"lists.unknown_{kind}", unit_id=unit_id)
    return index


def _hours(row: dict[Any, Any]) -> Hours:
    return Hours(
        category=str(row["category"]),
        cycle_start=pd.Timestamp(row["cycle_start"]).date(),
        cycle_end=pd.Timestamp(row["cycle_end"]).date(),
        required=float(row["required"]),
        counted=float(row["counted"]),
        source=None if pd.isna(row["source"]) else str(row["source"]),
    )
