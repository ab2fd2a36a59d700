"""Nothing of an erased person is left in any file of the workspace; all others stay as they were."""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from features.errors import UnknownIdError
from recommender.pipeline import usable_version
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import check_files, read_summary, write_plan
from recommender.plans.plan_record import (
    Assignment,
    CourseDetail,
    LotterySeat,
    PlanLine,
    PlanRecord,
    PlanSummary,
    PlanTables,
    SchoolSeats,
)
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.prepared.prepare import run_prepare
from recommender.privacy import erasure
from recommender.privacy.erasure import erase_person, find_person
from recommender.records.audit_lines import audit_lines, record_command
from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import AUDIT, DELETIONS, METADATA
from recommender.records.store_check import verify
from recommender.settings import Settings
from recommender.sign_in.service_tokens import ServiceTokens
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.import_history import history, undo
from recommender.workspace.importing import Mode, import_tables
from recommender.workspace.workspace import Workspace

OPERATOR = Author("root", "operator")


def _grep(root: Path, teacher_id: str) -> list[str]:
    """Every file, whatever it is called, in another way than the program: Parquet by pandas, archives by member, bytes."""
    word = re.compile(rb"(?<![0-9A-Za-z.])" + teacher_id.encode() + rb"(?![0-9A-Za-z])")
    found_in = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if data[:4] == b"PAR1":
            frame = pd.read_parquet(io.BytesIO(data)).astype(str)
            data = frame.to_csv(index=False).encode()
        elif data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        elif path.name.startswith("store.db"):
            found_in += [path.name] * (teacher_id.encode() in data)
            continue
        if word.search(data) or teacher_id in path.name:
            found_in.append(str(path.relative_to(root)))
    return found_in


@pytest.fixture(scope="module")
def person(city) -> str:
    """A teacher who also observes others, alone with a class in some subject."""
    tables = city.workspace.tables
    classes = tables["classes"]
    subject = tables["assessments"].set_index("assessment_id")["subject"]
    results = tables["results"].assign(subject=tables["results"]["assessment_id"].map(subject))
    tested = results.rename(columns={"unit_id": "class_id"})[["class_id", "subject"]].drop_duplicates()
    alone = classes.groupby(["class_id", "subject"]).filter(lambda rows: rows["teacher_id"].nunique() == 1).merge(tested)
    raters = set(tables["observations"]["rater_id"]) & set(tables["observations"]["teacher_id"])
    return sorted(raters & set(alone["teacher_id"]))[0]


def _plan(root: Path, plan_id: str, teachers: list[str], limits: dict[str, object]) -> None:
    """A finished plan as the program writes it."""
    seats = tuple(Assignment(teacher_id=one, course_id="K1") for one in teachers)
    lots = tuple(
        LotterySeat(drawing=1, teacher_id=one, course_id="K1", propensity=0.5, won=True, seed=0) for one in teachers
    )
    line = PlanLine(course_id="K1", seats=len(seats), cost=100.0, expected_gain=0.3, title="课程 K1")
    tables = PlanTables(assignments=seats, lottery=lots, lines=(line,),
                        seats=(SchoolSeats(course_id="K1", school_id="S1", seats=len(seats)),))  # fmt: skip
    summary = PlanSummary(
        plan_id=plan_id, district_id="D1", district_name="区", status="optimal", objective=1.0, bound=1.0, gap=0.0,
        expected_gain=0.3, expected_gain_sd=0.1, cost=100.0, budget=1000.0, seats=len(seats), teachers=len(seats),
        teachers_in_district=200, courses=1, needs_covered=1, seconds=0.1, seed=0, limits=limits, as_of=date(2026, 6, 22),
        model_version="2026-06-22-00000000", made_up=True, sentences=({"zh": "好", "en": "Good"},),
    )  # fmt: skip
    detail = CourseDetail(form="workshop", hours=12.0, max_seats=40, open_share=1.0)
    write_plan(root / PLANS / plan_id, PlanRecord(summary=summary, tables=tables, courses=(detail,), school_names={"S1": "校"}),
               {"made_up": True, "tables": "x", "plan_id": plan_id})  # fmt: skip


@pytest.fixture(scope="module")
def whole(city, person: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a workspace can hold of her: two versions, lists, plans, choices, reads, a token, a file
    that waits to be imported. Tests copy it."""
    root = tmp_path_factory.mktemp("erasure") / "workspace"
    shutil.copytree(city.workspace.root, root, symlinks=True, ignore=shutil.ignore_patterns("simulated"))
    courses = Workspace(root).tables["courses"]
    courses.assign(hours=courses["hours"] + 1).to_parquet(root.parent / "courses.parquet")
    import_tables(root, [root.parent / "courses.parquet"])
    workspace = Workspace(root)
    workspace.note("bundles", workspace.registry().list()[0], workspace.fingerprint)
    run_prepare(workspace, Settings(), top=2)
    _plan(root, "P0000000000aa", [person, "other"], {})
    _plan(root, "P0000000000bb", ["other"], {"pin": [[person, "K1"]]})
    store = RecordStore.of(root, Settings()).open()
    plans = PlanStore(root / PLANS, store)
    plans.put("P0123456789ab", PlanQuestion("D1", 1.0, Limits()), asker=person)
    plans.put("P0123456789ac", PlanQuestion("D1", 2.0, Limits.of({"pin": [[person, "K1"]]})))
    for plan_id in ("P0000000000aa", "P0000000000bb"):
        plans.adopt(plan_id, "planner", f"{person} asked for it", beside=True)
    feedback = FeedbackRecords(store)
    feedback.record(Author(person, "teacher"), "1", person, "K1", "dismiss", f"{person} has no time")
    feedback.record(Author("other", "teacher"), "1", "other", "K1", "intend")
    feedback.record(Author(person, "school"), "2", "other", "K2", "intend")
    feedback.personalise(Author(person, "teacher"), "3", person, False)
    trail = AuditTrail(store)
    for actor, unit in (("head", person), (person, person), ("head", "other")):
        trail.append(AuditLine(store.now(), actor, "school", "/v1", "teacher", unit, "own needs", granted=True)).result(10)
    trail.close()
    store.close()
    waiting = f"teacher_id,subject\n{person},数学\n".encode()
    UploadStore(root).create("keeper", "admin", Mode.ADD, [("教师.csv", io.BytesIO(waiting))])
    ServiceTokens(root).issue(b"a key for tests that is long enough to be one", "board", "teacher", person, (), 30)
    return root


@pytest.fixture
def full(whole: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(whole, tmp_path / "full", symlinks=True)
    return Workspace(tmp_path / "full")


@pytest.fixture
def store(full: Workspace):
    records = RecordStore.of(full.root, Settings()).open()
    yield records
    records.close()


def test_no_file_holds_her_and_the_others_are_as_they_were(full: Workspace, store: RecordStore, person: str) -> None:
    root, before = full.root, full.tables
    assert len(_grep(root, person)) > 15
    before_lists = list(root.glob("cache/lists/*"))
    present = find_person(full, store, person)
    assert present.tables["teachers"] == 1 and present.records["feedback"] == 2 and _grep(root, person)
    erased = erase_person(full, store, Settings(), person, OPERATOR)
    assert _grep(root, person) == [] and erased.left == {}
    assert before_lists and not list(root.glob("cache/lists/*"))  # their rows are compressed
    assert erased.tables["teachers"] == 1 and erased.versions == 2 and erased.plans == (1, 1)
    after = Workspace(root).tables
    for name, frame in before.items():
        others = frame
        for column in ("teacher_id",):
            if column in frame.columns:
                others = others[others[column] != person]
        if name == "results":
            subject = dict(zip(before["assessments"]["assessment_id"], before["assessments"]["subject"], strict=True))
            pairs_of_hers = {(r.class_id, r.subject) for r in before["classes"].itertuples() if r.teacher_id == person}
            still = {(r.class_id, r.subject) for r in after["classes"].itertuples()}
            hers = [(r.unit_id, subject[r.assessment_id]) in pairs_of_hers - still for r in others.itertuples()]
            assert any(hers)
            others = others[[not one for one in hers]]
        left = after[name]
        assert len(left) == len(others), name
        for column in left.columns:
            old = others[column].reset_index(drop=True)
            if column == "rater_id":
                pseudonyms = set(left[column]) - set(old)
                assert len(pseudonyms) == 1 and pseudonyms.pop().startswith("erased-")
                old = old.where(old != person, left[column])
            assert old.equals(left[column]), (name, column)


def test_records_that_must_stay_lose_her_id(full: Workspace, store: RecordStore, person: str) -> None:
    lines = len(list(audit_lines(store)))
    erase_person(full, store, Settings(), person, OPERATOR)
    assert verify(store) == []
    trail = list(audit_lines(store))
    assert len(trail) == lines + 1 and trail[0].purpose == "person erased"
    pseudonyms = {line.unit_id for line in trail} | {line.actor for line in trail}
    assert sum(name.startswith("erased-") for name in pseudonyms) == 1
    with store.reading() as connection:
        feedback = connection.execute(sa.select(METADATA.tables["feedback"])).mappings().all()
        deletions = {row["place"]: row["rows"] for row in connection.execute(sa.select(DELETIONS)).mappings()}
        assert connection.execute(sa.select(sa.func.count()).select_from(METADATA.tables["personalisation"])).scalar() == 0
    assert [row["teacher_id"] for row in feedback] == ["other", "other"]
    assert sorted(row["actor"][:7] for row in feedback) == ["erased-", "other"]
    assert deletions["feedback"] == 1 and deletions["tables/teachers"] == 1 and deletions["files"] > 3


def test_plans_keep_what_was_decided_and_lose_her_seat(full: Workspace, store: RecordStore, person: str) -> None:
    plans = sorted((full.root / PLANS).glob("P*"))
    assert len(plans) == 2
    erase_person(full, store, Settings(), person, OPERATOR)
    (left,) = sorted((full.root / PLANS).glob("P*"))
    check_files(left)
    summary = read_summary(left)
    assert summary is not None and summary.seats == 2
    for name in ("assignments", "lottery"):
        assert list(pd.read_csv(left / f"{name}.csv", dtype=str)["teacher_id"]) == ["other"]
    store_of_plans = PlanStore(full.root / PLANS, store)
    assert store_of_plans.job("P0123456789ab").asker.startswith("erased-")
    with pytest.raises(UnknownIdError):
        store_of_plans.job("P0123456789ac")
    statuses = store_of_plans.of_district("D1")
    assert {status.plan_id: status.state for status in statuses} == {left.name: "done", "P0123456789ab": "queued"}
    (adopted,) = [status.adoption for status in statuses if status.adoption]
    assert adopted.why.startswith("erased-")


def test_the_workspace_goes_on(full: Workspace, store: RecordStore, person: str) -> None:
    erased = erase_person(full, store, Settings(), person, OPERATOR)
    left = Workspace(full.root)
    assert usable_version(left, Settings()) is not None and set(erased.models) == set(left.registry().list())
    assert len(history(full.root)) == 2 and undo(full.root, "root").to == 1
    assert _grep(full.root, person) == []


@pytest.mark.parametrize("step", ["erase_plans", "_end_service_tokens", "rewrite_versions", "erase_records", "compact"])
def test_a_run_that_dies_is_finished_by_the_next(
    full: Workspace, store: RecordStore, person: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasure, step, dies)
        erase_person(full, store, Settings(), person, OPERATOR)
    erase_person(Workspace(full.root), store, Settings(), person, OPERATOR)
    assert _grep(full.root, person) == [] and verify(store) == []


def test_retraining_leaves_no_model_that_knew_her(full: Workspace, store: RecordStore, person: str) -> None:
    before = set(full.registry().list())
    erased = erase_person(full, store, Settings(), person, OPERATOR, retrain=True)
    left = Workspace(full.root)
    assert not before & set(left.registry().list()) and left.registry().current() == left.registry().list()[0]
    assert erased.models == () and _grep(full.root, person) == []


def test_an_id_that_nobody_has_changes_nothing(full: Workspace, store: RecordStore) -> None:
    files = {path: path.read_bytes() for path in full.root.rglob("*.parquet")}
    assert not find_person(full, store, "NOBODY")
    assert erase_person(full, store, Settings(), "NOBODY", OPERATOR).versions == 0
    assert files == {path: path.read_bytes() for path in full.root.rglob("*.parquet")}


def test_a_file_of_another_program_is_named(full: Workspace, store: RecordStore, person: str) -> None:
    (full.root / "own-notes.txt").write_text(f"call {person}", "utf-8")
    assert erase_person(full, store, Settings(), person, OPERATOR).left == {"own-notes.txt": 1}


def test_the_database_is_written_anew(full: Workspace, store: RecordStore, person: str) -> None:
    for _ in range(300):
        record_command(store, "root", "recommender audit", "teacher", person, "audit inspected")
    erase_person(full, store, Settings(), person, OPERATOR)
    with closing(sqlite3.connect(full.root / "store.db")) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert connection.execute(f"SELECT count(*) FROM {AUDIT.name}").fetchone()[0] > 300
    assert _grep(full.root, person) == []
