"""Prepared lists are the lists that are computed for a request, for every teacher; where they are not, nothing is served
from them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from copy import copy as copy_of
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from features.tables import Tables
from recommender.advice import AdviceService
from recommender.cli import main
from recommender.lists.teacher_choices import NO_CHOICES, TeacherChoices
from recommender.prepared.prepare import run_prepare
from recommender.prepared.prepared_lists import EVIDENCE, PreparedLists
from recommender.prepared.row_file import ROWS
from recommender.types import Advice
from recommender.workspace.workspace import Workspace

DAY = date(2026, 6, 30)
LATER = DAY + timedelta(days=400)  # much of the catalogue has closed


class Desk:
    """A service whose day and choices a test sets; `ready` is shared, so that only the lists differ."""

    def __init__(self, service: AdviceService, workspace: Workspace) -> None:
        self.day, self.choices = DAY, NO_CHOICES
        ready = service._recommender
        self.service = AdviceService(workspace, ready=ready, today=lambda: self.day, choices=self._choices)

    def _choices(self, teacher_ids: Collection[str] | None = None) -> TeacherChoices:
        wanted = set(teacher_ids or ())
        return TeacherChoices(
            frozenset(pair for pair in self.choices.closed if pair[0] in wanted),
            frozenset(pair for pair in self.choices.intended if pair[0] in wanted),
            self.choices.unpersonalised & wanted,
        )

    def prepared(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        """What `PreparedLists.read` answers from now on."""
        answers: list[object] = []
        read = PreparedLists.read

        def noting(self: PreparedLists, teacher: int, open_on: date) -> object:
            answers.append(read(self, teacher, open_on))
            return answers[-1]

        monkeypatch.setattr(PreparedLists, "read", noting)
        return answers


@pytest.fixture
def desk(copy: Workspace, city) -> Desk:
    return Desk(AdviceService(copy, city.settings, today=lambda: DAY), copy)


def _all(desk: Desk, top: int = 10) -> dict[str, Advice]:
    """Of every teacher; of every tenth where `top` is not the usual number."""
    ids = desk.service._recommender.snapshot.teacher_ids[:: 1 if top == 10 else 10]
    return {str(t): desk.service.teacher_advice(str(t), top) for t in ids}


@pytest.mark.parametrize("day", [DAY, LATER], ids=["today", "later"])
def test_every_list_is_the_one_computed_for_a_request(
    desk: Desk, copy: Workspace, city, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.day = day
    computed = {top: _all(desk, top) for top in (3, 10, 50)}
    assert any(advice.closed for advice in computed[10].values()) == (day == LATER)
    run_prepare(copy, city.settings, 10, day)
    desk.service._prepared = PreparedLists(copy, desk.service._recommender)
    answers = desk.prepared(monkeypatch)
    for top, lists in computed.items():
        assert _all(desk, top) == lists
    assert len(answers) == sum(len(lists) for lists in computed.values())
    assert None not in answers


def test_what_a_teacher_decided_holds_at_once(
    desk: Desk, copy: Workspace, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _all(desk)
    run_prepare(copy, city.settings, 10, DAY)
    full = [t for t, advice in before.items() if len(advice.recommendations) > 4]
    dismissed, intending, off = full[:3], full[3:6], full[6:9]
    second = {t: before[t].recommendations[1].course.course_id for t in full}
    desk.choices = TeacherChoices(
        frozenset((t, second[t]) for t in dismissed), frozenset((t, second[t]) for t in intending), frozenset(off)
    )
    with monkeypatch.context() as without:
        without.setattr(PreparedLists, "read", lambda *_: None)
        computed = _all(desk)
    desk.service._prepared = PreparedLists(copy, desk.service._recommender)
    answers = desk.prepared(monkeypatch)
    assert _all(desk) == computed
    assert len(answers) == len(before) - len(dismissed) - len(off)
    assert None not in answers
    for teacher in dismissed:
        assert second[teacher] not in {place.course.course_id for place in computed[teacher].recommendations}
    for teacher in intending:
        assert computed[teacher] == replace(before[teacher], intended=frozenset({second[teacher]}))
    assert not any(computed[teacher].personalised for teacher in off)


def test_another_day_counts_only_where_other_courses_are_open(desk: Desk) -> None:
    lists = PreparedLists(desk.service._workspace, desk.service._recommender)
    ends = desk.service._recommender.snapshot.tables["courses"][["start_date", "end_date"]].min().min().date()
    first = max(DAY, ends)
    folders = {lists.folder(first + timedelta(days=n)) for n in range(200)}
    assert 1 < len(folders) < 200


def test_other_needs_are_other_lists(desk: Desk) -> None:
    service = desk.service
    before = PreparedLists(service._workspace, service._recommender).folder(DAY)
    needs = service.needs
    snapshot = replace(service._recommender.snapshot, needs=replace(needs, gap_mean=needs.gap_mean + 1e-9))
    other = type(service._recommender)(snapshot, service._recommender.bundle)
    assert PreparedLists(service._workspace, other).folder(DAY) != before


def test_other_tables_are_other_lists_but_evidence_counts_through_needs(desk: Desk) -> None:
    ready, workspace = desk.service._recommender, desk.service._workspace
    folders = {}
    for name, frame in ready.snapshot.tables.frames.items():
        if len(frame) > 1:
            tables = Tables({**ready.snapshot.tables.frames, name: frame.iloc[:-1]}, ready.snapshot.tables.made_up)
            other = copy_of(ready)
            other.snapshot = replace(ready.snapshot, tables=tables)
            folders[name] = PreparedLists(workspace, other).folder(DAY)
    same = {name for name, folder in folders.items() if folder == PreparedLists(workspace, ready).folder(DAY)}
    assert same == EVIDENCE & set(folders)
    assert {"enrolments", "courses", "teachers", "hour_rules"} < set(folders) - same


def test_damaged_lists_are_computed_and_named(
    desk: Desk, copy: Workspace, city, caplog: pytest.LogCaptureFixture
) -> None:
    before = _all(desk, 9)
    prepared = run_prepare(copy, city.settings, 10, DAY)
    data = (prepared.folder / ROWS).read_bytes()
    (prepared.folder / ROWS).write_bytes(bytes(byte ^ 1 for byte in data))
    desk.service._prepared = PreparedLists(copy, desk.service._recommender)
    with caplog.at_level(logging.WARNING):
        assert _all(desk, 9) == before
    assert len([record for record in caplog.records if prepared.folder.name in record.getMessage()]) == len(before)


def test_a_server_sees_lists_that_are_prepared_while_it_runs(
    desk: Desk, copy: Workspace, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = str(desk.service._recommender.snapshot.teacher_ids[0])
    answers = desk.prepared(monkeypatch)
    desk.service.teacher_advice(teacher)
    run_prepare(copy, city.settings, 10, DAY)
    desk.service.teacher_advice(teacher)
    monkeypatch.setattr("recommender.prepared.prepared_lists.LOOK_AGAIN", -1.0)
    desk.service._prepared._current = None
    desk.service.teacher_advice(teacher)
    assert [answer is None for answer in answers] == [True, True, False]


def test_the_command_says_where_they_are_and_leaves_three_days(copy: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    for day in ("2026-06-30", "2026-09-30", "2026-12-30", "2027-03-30"):
        assert main.run(["recommend", "--prepare", "--open-on", day, "--workspace", str(copy.root)]) == 0
    written = capfd.readouterr().out
    folders = {folder.name for folder in (copy.root / "cache" / "lists").iterdir()}
    assert len(folders) == 3
    assert sum(name in written for name in folders) == 3


def test_lists_are_for_their_owner_alone(copy: Workspace, city) -> None:
    folder: Path = run_prepare(copy, city.settings, 10, DAY).folder
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
