"""From a record to what everybody reads: the service, the files and the plan follow what a teacher decided."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from recommender.advice import AdviceService
from recommender.cli import main
from recommender.pipeline import run_recommend
from recommender.planning.problem.limits import Limits
from recommender.plans.planner import Planner
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace


@pytest.fixture
def records(copy: Workspace) -> FeedbackRecords:
    return FeedbackRecords(RecordStore.of(copy.root, Settings()).open())


def _say(records: FeedbackRecords, teacher: str, course: str, action: str) -> None:
    key = f"{teacher}{course}{action}"
    records.record(Author(teacher, "teacher"), key, teacher, course, action)  # type: ignore[arg-type]


def test_lists_files_and_plans_follow_what_teachers_decided(
    copy: Workspace, city, records: FeedbackRecords, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = city.settings
    service = AdviceService(copy, settings, today=lambda: date(2026, 6, 30), choices=records.choices)
    rows = pd.read_parquet(city.written.recommendations)
    firsts = rows[(rows["unit_kind"] == "teacher") & (rows["rank"] == 1)]
    her, other = (str(t) for t in firsts[firsts["basis"] == "personal"]["unit_id"].iloc[:2])
    before = service.teacher_advice(her, 5).recommendations
    gone, wish = before[0].course.course_id, before[2].course.course_id
    district = service.ancestors(service.school_of(her))[0]
    assert service.choices_digest(district) == ""
    planner = Planner(copy, settings)
    earlier = planner.choices_digest(district)

    _say(records, her, gone, "dismiss")
    _say(records, her, wish, "intend")
    records.personalise(Author(other, "teacher"), "off", other, False)

    advice = service.teacher_advice(her, 5)
    assert [p.course.course_id for p in advice.recommendations[:3]] == [p.course.course_id for p in before[1:4]]
    assert advice.intended == {wish} and advice.personalised
    assert gone not in {c.course.course_id for c in service.teacher_needs(her).open_courses if c.course}
    plain = service.teacher_advice(other, 5)
    assert {p.basis for p in plain.recommendations} == {"unpersonalised"} and not plain.personalised
    assert all(p.need_id is None for p in plain.recommendations)
    theirs = service.teacher_needs(other)
    assert theirs.open_courses == () and not theirs.personalised and theirs.needs

    written = run_recommend(copy, settings, top=5, out=tmp_path / "recommendations.parquet")
    frame = pd.read_parquet(written.recommendations)
    teachers = frame[frame["unit_kind"] == "teacher"]
    assert gone not in set(teachers[teachers["unit_id"] == her]["course_id"])
    assert set(teachers[teachers["unit_id"] == other]["basis"]) == {"unpersonalised"}

    assert service.choices_digest(district) == planner.choices_digest(district) != earlier
    pairs, ids = planner.district(district).pairs, [str(t) for t in planner.district(district).teacher_ids]
    place = pairs.find(ids.index(her), [str(c) for c in planner.ready.snapshot.course_ids].index(gone))
    assert planner.district(district).refused[place]
    planned = planner.plan(district, 60_000.0, Limits(max_courses_per_teacher=1))
    chosen = planned.plan.chosen
    chosen_pairs = zip(pairs.teacher[chosen], pairs.course[chosen], strict=True)
    seats = {(ids[t], str(planned.district.course_ids[c])) for t, c in chosen_pairs}
    assert (her, gone) not in seats

    capfd.readouterr()
    root = ["--workspace", str(copy.root)]
    assert main.run(["recommend", "--teacher", her, "--json", *root]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert gone not in [p["course"]["course_id"] for p in listed["recommendations"]] and listed["intended"] == [wish]

    _say(records, her, gone, "undo")
    assert [p.course.course_id for p in service.teacher_advice(her, 5).recommendations] == [
        p.course.course_id for p in before
    ]
