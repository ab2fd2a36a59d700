"""Every page in both languages and every state: whole, in one language, with working links, and none left out.

States come from a desk of made-up answers; the same walk over a simulated city has real sentences and numbers.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.app import create_app
from api.problems import NAMES
from api.server_settings import ServerSettings
from features.errors import BusyError, ReadError, StaleError, UnavailableError
from features.messages import BilingualText
from features.row_identity import row_digest
from features.tables import Tables
from recommender.records.feedback_records import FeedbackEvent, FeedbackRecords, TeacherStanding
from recommender.records.hour_records import HourRecords
from recommender.records.model_change_records import ModelChange, Promotion
from recommender.records.objection_records import Contested, Objection, ObjectionAnswer, ObjectionRecords
from recommender.records.self_assessment_records import (
    SelfAnswer,
    SelfAssessment,
    SelfAssessmentRecords,
    SelfAssessmentStanding,
    school_year,
)
from recommender.registry.model_changes import ModelChanges
from recommender.registry.model_versions import ModelVersions
from recommender.settings import Settings
from recommender.sign_in.sign_in_links import link_code
from recommender.text.catalogues import catalogue
from recommender.tokens import issue_token
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.importing import Mode

KEY = "a key for tests that is long enough to be taken as one"
LANGS = ("zh", "en")
PLAN, RUNNING = "P0000000000aa", "P0000000000bb"
ENDS = ("columns", "confirm", "discard", "problems.xlsx")
WITHOUT_HTML = {
    "/healthz", "/readyz", "/metrics", "/openapi.json",  # for machines
    "/sign-out", "/sign-in", "/plans/{plan_id}/stop", "/plans/{plan_id}/adopt",
    "/plans/{plan_id}/withdraw", "/data/uploads", "/data/undo", *(f"/data/uploads/{{upload_id}}/{end}" for end in ENDS),
    # lead to another page, or are a workbook
    "/models/diagnosis",  # a document of its own, in both languages: tests/recommender/reports
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One page in one state. route: as the application names it. says: Chinese and English that only this state has."""

    route: str
    path: str
    role: str
    state: str = "plain"
    says: tuple[str, str] = ("", "")
    status: int = 200
    form: dict[str, str] | None = None
    arrange: Callable[[Any, Any, pytest.MonkeyPatch], None] = field(default=lambda service, plans, patch: None)

    def __str__(self) -> str:
        return f"{self.route} {self.role} {self.state}".strip()


def _teacher(**changes: Any) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        service.needs["T1"] = replace(service.teacher_needs("T1"), **changes)

    return arrange


def _bands(band: str, records: int = 1, **advice: Any) -> Callable[..., None]:
    """All needs of T1 with one band, all cards with what goes with it."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        teacher = service.teacher_needs("T1")
        own = {"records": (("observation", records),)} if records else {"records": (), "latest_on": None, "n_evidence": 0}
        needs = tuple(replace(need, band=band, **own) for need in teacher.needs)
        origins = ("department", "step")
        service.needs["T1"] = replace(teacher, needs=needs, measured=records > 0, origins=origins)
        basis = advice.pop("basis", None)
        present = service.teacher_advice("T1", 10)
        if basis:
            places = tuple(replace(place, basis=basis) for place in present.recommendations)
            present = replace(present, recommendations=places)
        service.advice["T1"] = replace(present, **advice)

    return arrange


def _school(band: str, **advice: Any) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        needs = service.school_needs("S1", 5)

        def groups(every: Any) -> Any:
            return tuple(replace(g, need=None if g.need is None else replace(g.need, band=band)) for g in every)

        changed = replace(needs, departments=groups(needs.departments), school=groups(needs.school))
        patch.setattr(service, "school_needs", lambda *_: changed)
        service.advice["S1"] = replace(service.school_advice("S1", 10), **advice)

    return arrange


def _plan(state: str) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        plans.states[PLAN] = state

    return arrange


def _withdrawn(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    plans.adopt(PLAN, "planner", "a reason")
    plans.withdraw(PLAN, "planner", "a reason")


def _other_adopted(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    plans.states["P0000000000cc"] = "done"
    plans.adopt("P0000000000cc", "planner", "a reason")


def _adopted(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    plans.adopt(PLAN, "planner")


def _no_hours(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    """Tables without rules and entries of hours."""
    frames = {name: service.hours_tables[name] for name in ("organizations", "teachers")}
    patch.setattr(type(service), "hours_tables", Tables(frames, made_up=True))


def _later(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    """Five months after as-of."""
    service.age = replace(service.age, open_on=service.age.as_of.replace(month=11), closed=12)


def _expired(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    """A year and a half after as-of and a day."""
    service.age = replace(service.age, open_on=service.age.expires_on + timedelta(days=1))
    service.needs["T1"] = replace(service.teacher_needs("T1"), needs=(), open_courses=())
    service.advice |= {unit: replace(getattr(service, f"{kind}_advice")(unit), status="expired", recommendations=())
                       for kind, unit in (("teacher", "T1"), ("school", "S1"))}  # fmt: skip
    nothing = replace(service.school_needs("S1", 5), departments=(), school=(), views=())
    patch.setattr(service, "school_needs", lambda *_: nothing)


def _fails(name: str, error: Exception) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        patch.setattr(plans if hasattr(plans, name) else service, name, fail)

    return arrange


def _unsaved(name: str, records: type = FeedbackRecords) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise UnavailableError("records.busy")

        patch.setattr(records, name, fail)

    return arrange


def _contested(
    decision: str = "", kind: str = "row", applied: bool = False, estimated: bool = False, days: int = 0, digest: str = "",
    teacher: str = "T1", rater: str = "", fails: str = "",
) -> Callable[..., None]:  # fmt: skip
    """One objection, number 1. applied: by the diagnosis; days: since it came; rater: named in the row beside her."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        if rater:
            (table, *_) = service.personal_data("T1")
            row = {"observation_id": "O1", "item": "talk", "teacher_id": "T1", "rater_id": rater}
            columns = tuple((name, BilingualText(name, name)) for name in row)
            label = BilingualText("课堂观察", "observations")
            table = replace(table, name="observations", label=label, columns=columns, rows=(row,))
            patch.setattr(service, "personal_data", lambda teacher_id: (table,))
            about = Contested("row", "observations", {"observation_id": "O1", "item": "talk"}, row_digest(row))
        elif kind == "row":
            rows = [row for table in service.personal_data("T1") for row in table.rows]
            about = Contested("row", "teachers", {"teacher_id": teacher}, digest or row_digest(rows[0]))
        else:
            about = Contested(kind, {"need": "C1", "course": "K1"}[kind])  # type: ignore[arg-type]
        if kind == "need" and decision and not estimated:
            service.needs["T1"] = replace(service.teacher_needs("T1"), needs=())
        at = datetime.now(UTC) - timedelta(days=days)
        reason = "已查实" if decision != "withdrawn" else ""
        answer = ObjectionAnswer(decision, reason, "head", "school", at) if decision else None  # type: ignore[arg-type]
        one = Objection(1, teacher, about, "写错了", at, answer)
        service.left_out_for = (1,) if applied else ()
        patch.setattr(ObjectionRecords, "of_teacher", lambda *_: (one,))
        patch.setattr(ObjectionRecords, "in_state", lambda _, state: (one,) if state == one.state else ())
        patch.setattr(ObjectionRecords, "one", lambda *_: one)
        if fails:
            _unsaved(fails, ObjectionRecords)(service, plans, patch)

    return arrange


def _self_assessed(state: str, year: int | None = None, **changes: Any) -> Callable[..., None]:
    """One answer, kept in this school year or in that of another year."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        for name, value in changes.items():
            patch.setattr(service, name, value)
        at = datetime.now(UTC)
        cycle = year or school_year(at.astimezone().date())
        answers = (SelfAnswer("SELF-1", 5.0, 1.0, 5.0),)
        one = SelfAssessment(1, "T1", cycle, state, answers, at)  # type: ignore[arg-type]
        standing = SelfAssessmentStanding(draft=one) if state == "draft" else SelfAssessmentStanding(submitted=(one,))
        patch.setattr(SelfAssessmentRecords, "standing", lambda *_: standing)
        patch.setattr(SelfAssessmentRecords, "around", lambda *_: ((), (one,)))

    return arrange


def _no_model(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ModelVersions, "list", lambda _: ())
    patch.setattr(ModelVersions, "history", lambda _: ())
    patch.setattr(ModelVersions, "diagnosis", lambda _: None)


def _described(**changes: Any) -> Callable[..., None]:
    """All versions with another summary."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        whole = ModelVersions.describe

        def describe(versions: ModelVersions, version: str) -> Any:
            summary, card = whole(versions, version)
            return replace(summary, **changes), card

        patch.setattr(ModelVersions, "describe", describe)

    return arrange


def _changing(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    """Two proposals, one of each person, a decision that was not carried out, and promotions by one and by two."""
    at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    waiting = tuple(
        ModelChange(n, "propose", kind, EARLIER, PROMOTED, None, actor, at, reason)  # type: ignore[arg-type]
        for n, (kind, actor, reason) in enumerate((("promote", "scholar", "分"), ("rollback", "keeper", "")))
    )
    promoted = {EARLIER: Promotion(at, "keeper", None, ""), PROMOTED: Promotion(at, "keeper", "scholar", "")}
    patch.setattr(ModelVersions, "history", lambda _: (EARLIER, PROMOTED))
    patch.setattr(ModelChanges, "open_proposals", lambda _: waiting)
    patch.setattr(ModelChanges, "unfinished", lambda _: waiting)
    patch.setattr(ModelChanges, "promotions", lambda _: promoted)


def _damaged_model(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    def describe(versions: ModelVersions, version: str) -> Any:
        raise ReadError("registry.damaged", version=version)

    def damaged(*_: object) -> Any:
        raise ReadError("registry.damaged_report")

    patch.setattr(ModelVersions, "describe", describe)
    patch.setattr(ModelVersions, "diagnosis", damaged)
    patch.setattr(ModelVersions, "history", damaged)


def _chosen(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    said = (("K1", "intend", ""), ("K2", "dismiss", "time"), ("K2", "complete", ""))
    events = tuple(FeedbackEvent(n, "T1", *one, at) for n, one in enumerate(said))  # type: ignore[arg-type]
    patch.setattr(FeedbackRecords, "standing", lambda *_: TeacherStanding(events))


def _unpersonalised(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
    _bands("clear", basis="unpersonalised")(service, plans, patch)
    service.needs["T1"] = replace(service.teacher_needs("T1"), personalised=False, open_courses=())


UPLOADS, UPLOAD = "/data/uploads", "U00000000000000aa"
GUESS = {
    "sheets": [{
        "place": "教师.xlsx[在编]", "file": "教师.xlsx", "sheet": "在编", "table": "teachers", "header": [2, 3],
        "granted": {"role": "teacher"}, "missing": ["stage"], "others": [], "sure": False,
        "columns": [
            {"letter": "A", "header": "工号", "column": "teacher_id", "sure": True, "reason": "name", "near": "",
             "alternative": None, "fits": 1.0},
            {"letter": "B", "header": "教什么", "column": "subject", "sure": False, "reason": "content", "near": "",
             "alternative": "title", "fits": 0.9},
            {"letter": "C", "header": "序号", "column": None, "sure": False, "reason": None, "near": "", "alternative": "name",
             "fits": None},
        ],
    }],
    "wide": [{
        "place": "成绩.csv", "file": "成绩.csv", "sheet": None, "kind": "pupils", "header": [1], "remembered": False,
        "columns": [{"letter": "A", "header": "班级", "use": "class", "into": "", "why": None, "sure": True},
                    {"letter": "B", "header": "总分", "use": None, "into": "", "why": "calculated", "sure": True}],
        "questions": [
            {"name": "assessment", "value": "", "sure": False, "choices": [], "required": True},
            {"name": "stage", "value": "primary", "sure": True, "choices": ["primary", "junior"], "required": False}],
    }],
    "unknown": [{"place": "菜单.csv", "file": "菜单.csv", "sheet": None}],
}  # fmt: skip
ISSUES = [
    {"severity": severity, "file": "教师.xlsx", "sheet": "在编", "column": "B 教什么", "count": 40, "example": "数学",
     "expected": {"zh": "写错了", "en": "wrong"}, "rows": [{"row": 4, "value": "示例", "zh": "写错了", "en": "wrong"}]}
    for severity in ("problem", "note")
]  # fmt: skip


def _uploads(*states: str) -> Callable[..., None]:
    """An upload in each of these states, the first one at the address of the cases."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        rows = {"rows": 3, "left_out": 2, "new": 1, "changed": 0, "same": 0, "gone": 4}
        checked = {"tables": {"teachers": rows}, "problems": 2, "notes": 1, "made_up": False, "before": None,
                   "changed_meanwhile": True}  # fmt: skip
        error = BilingualText("写错了", "wrong")
        several = tuple(
            Upload(UPLOAD, "keeper", "admin", datetime(2026, 9, 1, 8, tzinfo=UTC), Mode.REPLACE, ("教师.xlsx",), state,  # type: ignore[arg-type]
                   what="", share=0.4, error=error, checked=checked, number=3)
            for state in states
        )  # fmt: skip
        patch.setattr(UploadStore, "all", lambda _: several)
        patch.setattr(UploadStore, "expire", lambda _: 0)
        patch.setattr(UploadStore, "read", lambda *_: several[0])
        contents = {"guess.json": GUESS, "issues.json": {"groups": ISSUES}}
        patch.setattr(UploadStore, "content", lambda _, upload_id, name: contents.get(name))

    return arrange


ROW = "table=teachers&key=%7B%22teacher_id%22%3A%20%22T1%22%7D"
DESK_TOKEN = hashlib.sha256(b"form\0Bearer school").hexdigest()
FORM_TOKEN = hashlib.sha256(b"form\0Bearer teacher").hexdigest()
LINK = link_code(b"signs the sessions of these tests, and nothing else", "district", "planner", ["D1"], minutes=600)
VISIT_STATES: tuple[tuple[str, tuple[str, str], dict[str, Any]], ...] = (
    ("none made", ("还没有算过再听哪些课最有用", "has not been computed yet"), {"plan": None}),
    ("older data", ("不再显示", "no longer shown"), {"stale": True}),
    ("nothing worth it", ("都不会改变范围内", "would change the first course of any"), {"schools": ()}),
    ("few people", ("少于 10 人，不显示预计收获", "Fewer than 10 people"), {"worth": None, "people": 9}),
    ("whole workspace", ("全部学校", "all schools"), {"org_id": ""}),
    ("of the city", ("示例机构 C1", "示例机构 C1"), {"org_id": "C1"}),
)


def _visits(plan: Any = True, stale: bool = False, **changes: Any) -> Callable[..., None]:
    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        proposed = None if plan is None else replace(service.visits.plan, **changes)
        service.visits = replace(service.visits, plan=proposed, stale=stale)

    return arrange


def _growth(of: str | None) -> Callable[..., None]:
    """Her growth in one competency alone; None where nothing was kept to compute it from."""

    def arrange(service: Any, plans: Any, patch: pytest.MonkeyPatch) -> None:
        service.changes = None if of is None else tuple(one for one in service.changes if one.competency_id == of)

    return arrange



GROWTH = "/teachers/{teacher_id:id}/growth"
OWN_VIEW = "/teachers/{teacher_id:id}/self-assessment"
TEACHER, SCHOOL = "/teachers/{teacher_id:id}", "/schools/{school_id:id}"
DISTRICT, PLANS = "/districts/{district_id:id}", "/plans/{plan_id}"
MY_HOURS, SHORT = "/teachers/{teacher_id:id}/hours", "/organizations/{organization_id:id}/hours"
OBJECTIONS, CONTEST = f"{TEACHER}/objections", f"{TEACHER}/contest"
OBJECTION = "/objections/{objection_id}"
COVERAGE = "/districts/{district_id:id}/coverage"
ASK = "/districts/{district_id:id}/plans"
MODEL, EARLIER, PROMOTED = "/models/{version}", "2026-01-01-00000000", "2026-06-30-0a1b2c3d"
CASES = [
    *(Case("/", "/", role, "signed in" if role else "a visitor",
           ("您已登录", "You are signed in") if role == "teacher" else ("要做的事", "What needs doing") if role
           else ("怎样进入", "How to enter"))
      for role in ("", "teacher", "school", "district", "researcher", "admin")),
    Case("/", "/", "district", "no plan", ("还没有培训方案", "no training plan yet"),
         arrange=lambda service, plans, patch: plans.states.clear()),
    Case("/", "/", "school", "seats", ("4 个名额", "seats in adopted plans: 4"), arrange=_adopted),
    *(Case("/", "/", role, "server behind", ("导入了新的数据", "New data were imported"),
           arrange=lambda service, plans, patch: patch.setattr(plans, "tables", lambda: "other"))
      for role in ("researcher", "admin")),
    Case("/sign-in/link", f"/sign-in/link?code={LINK}", "", "good", ("只能用一次", "It works once")),
    Case("/sign-in/link", "/sign-in/link?code=spent", "", "used", ("这条链接已用过", "This link has been used"), 401),
    Case("/sign-in/callback", "/sign-in/callback?error=access_denied", "", "refused",
         ("没有登录成功", "You are not signed in"), 401),
    Case("/privacy", "/privacy", "", "a visitor", ("还没有填写负责的单位", "not entered the responsible office")),
    Case("/privacy", "/privacy", "teacher", "signed in", ("不给教师排名", "Teachers are not ranked")),
    Case("/docs", "/docs", "teacher"), Case("/docs", "/docs", ""),
    Case(MY_HOURS, "/teachers/T1/hours", "teacher", "activities", ("同一活动，不重复计", "the same activity, counted once")),
    Case(MY_HOURS, "/teachers/T1/hours?after=claimed", "teacher", "claimed", ("等待学校审核", "your school checks it next")),
    Case(MY_HOURS, "/teachers/T1/hours", "teacher", "none", ("还没有登记的活动", "No activity is recorded yet"),
         arrange=_no_hours),
    Case(MY_HOURS, "/teachers/T1/hours", "teacher", "mistake", ("请填写以 http", "is an address that begins with"), 422,
         {"activity": "读书会", "category": "public", "hours": "2", "done_on": "2026-05-01", "level": "school",
          "evidence_url": "ftp://example.org", "form_token": FORM_TOKEN}),
    Case(MY_HOURS, "/teachers/T1/hours", "teacher", "no number", ("请填写学时", "Fill in hours"), 422,
         {"activity": "a", "hours": "x", "form_token": FORM_TOKEN}),
    Case(MY_HOURS, "/teachers/T1/hours", "teacher", "not saved", ("没能保存", "Could not save"), 503,
         {"activity": "a", "category": "public", "hours": "2", "done_on": "2026-05-01", "level": "school",
          "form_token": FORM_TOKEN}, _unsaved("claim", HourRecords)),
    Case(f"{MY_HOURS}/withdraw", "/teachers/T1/hours/withdraw", "teacher", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": FORM_TOKEN, "entry_id": "E1"}, _unsaved("sent_before", HourRecords)),
    Case("/hours", "/hours", "school", "waits", ("学时审核", "Hours to check")),
    Case("/hours", "/hours?done=3", "district", "done", ("已处理 3 条", "3 entries decided")),
    Case("/hours", "/hours?activity=nothing", "school", "none pass", ("没有待办的学时", "Nothing waits")),
    Case("/hours", "/hours", "school", "no reason", ("不通过请写明理由", "A refusal needs a reason"), 422,
         {"decision": "refused", "all": "on", "form_token": DESK_TOKEN}),
    Case("/hours", "/hours", "school", "not saved", ("没能保存", "Could not save"), 503,
         {"decision": "checked", "all": "on", "form_token": DESK_TOKEN}, _unsaved("decide", HourRecords)),
    Case("/hours", "/hours", "district", "nothing picked", ("请先勾选", "Pick entries first"), 422,
         {"decision": "recognised", "form_token": hashlib.sha256(b"form\0Bearer district").hexdigest()}),
    Case(SHORT, "/organizations/S1/hours", "school", "people", ("按工号排列", "ordered by id")),
    Case(SHORT, "/organizations/D1/hours", "district", "people", ("学时不足（2 行）", "Short of hours (2 rows)")),
    Case(SHORT, "/organizations/S1/hours", "school", "nobody", ("没有人学时不足", "Nobody is short"), arrange=_no_hours),
    Case(TEACHER, "/teachers/T1", "teacher", "clear", ("明确的需求", "Clear need")),
    Case(TEACHER, "/teachers/T1", "teacher", "possible", ("可能的需求", "Possible need"), arrange=_bands("possible")),
    Case(TEACHER, "/teachers/T1", "teacher", "thin", ("依据不足", "Not enough to go on"),
         arrange=_bands("thin", basis="group", status="thin")),
    Case(TEACHER, "/teachers/T1", "teacher", "none", ("还没有您的测评数据", "We have no assessment data for you yet"),
         arrange=_bands("thin", 0, basis="group", status="thin")),
    Case(TEACHER, "/teachers/T1", "teacher", "met", ("目前没有明显短板", "No clear gap now"),
         arrange=_bands("none", status="met")),
    Case(TEACHER, "/teachers/T1", "teacher", "no course", ("没有找到合适的课", "No course fits"),
         arrange=_bands("clear", status="no_course", recommendations=())),
    Case(TEACHER, "/teachers/T1", "teacher", "uptake", ("按同类教师的选课情况排列", "what similar teachers take"),
         arrange=_bands("thin", 0, basis="uptake", objective="uptake", ranked_by="uptake")),
    *(Case(route, path, role, "opened later", ("此后已经开课或结束", "begun or ended since"), arrange=_later)
      for route, path, role in ((TEACHER, "/teachers/T1", "teacher"), (SCHOOL, "/schools/S1", "school"),
                                (DISTRICT, "/districts/D1", "district"), (PLANS, f"/plans/{PLAN}", "district"))),
    *(Case(route, path, role, "expired", ("需求估计已过期", "The needs have expired"), arrange=_expired)
      for route, path, role in (
          (TEACHER, "/teachers/T1", "teacher"), (f"{TEACHER}/held", "/teachers/T1/held", "teacher"),
          (SCHOOL, "/schools/S1", "school"), (SCHOOL, "/schools/S1", "district"), (DISTRICT, "/districts/D1", "district"),
          ("/", "/", "district"), ("/", "/", "school"), ("/", "/", "admin"))),
    Case(TEACHER, "/teachers/T1", "teacher", "no hours", ("没有适用于您的学时规定", "no hours rule"), arrange=_teacher(hours=())),
    *(Case(TEACHER, f"/teachers/T1?after={after}", "teacher", f"after {after}", says) for after, says in {
        "intend": ("已记下您的报名意向", "Recorded: you would like"), "dismiss": ("换上了下一门", "taken its place"),
        "undo": ("已撤销", "Undone"), "off": ("已关闭", "Turned off"), "on": ("已打开", "Turned on"),
        "complete": ("学时以平台的记录为准", "Recorded: you completed it")}.items()),
    Case(TEACHER, "/teachers/T1", "teacher", "choices", ("您说已完成", "You say that you completed it"), arrange=_chosen),
    Case(TEACHER, "/teachers/T1", "teacher", "unpersonalised", ("没有使用您的个人数据推荐", "No data about you are used"),
         arrange=_unpersonalised),
    Case(f"{TEACHER}/feedback", "/teachers/T1/feedback", "teacher", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": FORM_TOKEN, "course_id": "K1", "action": "intend"}, _unsaved("record")),
    Case(f"{TEACHER}/personalisation", "/teachers/T1/personalisation", "teacher", "not saved",
         ("没能保存", "Could not save"), 503, {"form_token": FORM_TOKEN, "enabled": "false"}, _unsaved("personalise")),
    Case(OWN_VIEW, "/teachers/T1/self-assessment", "teacher", "empty", ("还没有开始，共 4 题", "Not begun: 4 items")),
    Case(OWN_VIEW, "/teachers/T1/self-assessment?after=saved", "teacher", "partial", ("已保存 1 题", "1 of 4 items"),
         arrange=_self_assessed("draft")),
    Case(OWN_VIEW, "/teachers/T1/self-assessment?after=submitted", "teacher", "done", ("最多占 8%", "at most 8%"),
         arrange=_self_assessed("submitted")),
    Case(OWN_VIEW, "/teachers/T1/self-assessment?after=unanswered", "teacher", "earlier", ("新学年可以再做", "A new school year"),
         arrange=_self_assessed("submitted", 2024)),
    Case(OWN_VIEW, "/teachers/T1/self-assessment?after=deleted", "teacher", "not ready", ("要等下一次诊断", "takes the next"),
         arrange=_self_assessed("submitted", view=None)),
    Case(OWN_VIEW, "/teachers/T1/self-assessment", "teacher", "stale", ("需求估计已过期", "estimates have expired"),
         arrange=_expired),
    Case(OWN_VIEW, "/teachers/T1/self-assessment", "teacher", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": FORM_TOKEN, "action": "next", "score:SELF-1": "3"}, _unsaved("save", SelfAssessmentRecords)),
    Case(GROWTH, "/teachers/T1/growth", "teacher", says=("有 2 处变化可以", "2 changes can be told apart")),
    Case(GROWTH, "/teachers/T1/growth", "teacher", "unclear", ("各项变化都不能与", "no change can be told apart"),
         arrange=_growth("C2")),
    Case(GROWTH, "/teachers/T1/growth", "teacher", "empty", ("无法比较", "nothing can be compared"), arrange=_growth("none")),
    Case(GROWTH, "/teachers/T1/growth", "teacher", "not ready", ("要等下一次诊断", "takes the next"), arrange=_growth(None)),
    Case(GROWTH, "/teachers/T1/growth", "teacher", "stale", ("需求估计已过期", "estimates have expired"), arrange=_expired),
    Case(f"{TEACHER}/held", "/teachers/T1/held", "teacher", says=("谁能看到", "Who can see it")),
    Case(f"{TEACHER}/held", "/teachers/T1/held", "teacher", "empty", ("没有适用于您", "no hours rule"),
         arrange=_teacher(hours=(), needs=(), name=None)),
    Case(f"{TEACHER}/held", "/teachers/T1/held", "teacher", "a row is contested", ("待答复", "Open"), arrange=_contested()),
    *(Case(f"{TEACHER}/held", "/teachers/T1/held", "teacher", f"a row, {state}", says, arrange=_contested("upheld", **more))
      for state, says, more in (("before a diagnosis", ("自下一次诊断起，任教", "stop counting at the next diagnosis"), {}),
                                ("after it", ("周课时已不再用于估计", "no longer count"), {"applied": True}))),
    Case(f"{TEACHER}/held", "/teachers/T1/held", "teacher", "a need is withheld",
         ("不再估计：异议成立", "Not estimated: contested"), arrange=_contested("upheld", kind="need", applied=True)),
    Case(OBJECTIONS, "/teachers/T1/objections", "teacher", "none", ("还没有提出过异议", "contested nothing so far")),
    *(Case(OBJECTIONS, "/teachers/T1/objections", "teacher", state, says, arrange=_contested(decision, **more))
      for state, says, decision, more in (
          ("open", ("答复期限", "Answered by"), "", {}), ("overdue", ("已超期", "overdue"), "", {"days": 40}),
          ("upheld", ("自下一次诊断起，任教", "will stop counting"), "upheld", {}),
          ("a row upheld", ("自下一次诊断起，这条记录不再计入", "This row will stop counting"), "upheld", {"rater": "T7"}),
          ("in effect", ("已不再用于估计", "no longer count"), "upheld", {"applied": True}),
          ("a row in effect", ("这条记录已不再计入", "This row no longer counts"), "upheld", {"rater": "T7", "applied": True}),
          ("replaced", ("后来由导入更正", "has corrected the register"), "upheld", {"digest": "other"}),
          ("rejected", ("异议不成立", "Rejected"), "rejected", {}), ("taken back", ("已撤回", "Taken back"), "withdrawn", {}),
          ("counts again next", ("登记信息重新使用", "count again"), "withdrawn", {"applied": True}),
          ("a course", ("不再向您推荐", "off your lists"), "upheld", {"kind": "course"}),
          ("a need next", ("自下一次诊断起，这项能力", "from the next diagnosis on"), "upheld", {"kind": "need"}),
          ("a need again", ("更新的依据，这项能力重新估计", "estimated again"), "upheld",
           {"kind": "need", "applied": True, "estimated": True}))),
    *(Case(OBJECTIONS, f"/teachers/T1/objections?after={after}", "teacher", after, says) for after, says in (
        ("contested", ("已记下您的异议", "Recorded. A person")), ("withdrawn", ("已撤回。", "Taken back.")))),
    Case(CONTEST, "/teachers/T1/contest?course=K1", "teacher", "a course", ("您所在区的负责人", "s planner (or the")),
    Case(CONTEST, "/teachers/T1/contest?need=C1", "teacher", "a need", ("系统管理员", "the administrator")),
    Case(CONTEST, f"/teachers/T1/contest?{ROW}", "teacher", "a row", ("任教起始日期", "start date, title")),
    Case(CONTEST, f"/teachers/T1/contest?{ROW}", "teacher", "contested already",
         ("已就同一内容提出异议", "contest the same already"), arrange=_contested()),
    Case(CONTEST, "/teachers/T1/contest", "teacher", "a mistake", ("请填写说明", "Please say what is wrong"), 422,
         {"form_token": FORM_TOKEN, "course": "K1", "text": " "}),
    Case(CONTEST, "/teachers/T1/contest", "teacher", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": FORM_TOKEN, "course": "K1", "text": "wrong"}, _unsaved("contest", ObjectionRecords)),
    Case(f"{OBJECTIONS}/withdraw", "/teachers/T1/objections/withdraw", "teacher", "not saved",
         ("没能保存", "Could not save"), 503, {"form_token": FORM_TOKEN, "objection_id": "1"}, _contested(fails="withdraw")),
    Case("/objections", "/objections", "school", "none", ("没有待您答复的异议", "Nothing waits for your answer")),
    Case("/objections", "/objections?state=rejected", "admin", "none rejected", ("没有这种状态", "none in this state")),
    Case("/objections", "/objections", "school", "open", ("查看并答复第 1 号", "Look at No. 1 and answer"), arrange=_contested()),
    Case("/objections", "/objections", "school", "overdue", ("1 项已超过期限", "Past their day: 1"), arrange=_contested(days=40)),
    Case("/objections", "/objections?state=upheld", "admin", "upheld", ("异议成立：1 项", "Upheld: 1"),
         arrange=_contested("upheld")),
    *(Case("/objections", f"/objections?after={after}", "district", f"after {after}", says) for after, says in (
        ("upheld", ("已答复：异议成立", "Answered: upheld")), ("rejected", ("已答复：异议不成立", "Answered: rejected")))),
    *(Case(OBJECTION, "/objections/1", role, state, says, arrange=_contested(decision, **more))
      for role, state, says, decision, more in (
          ("school", "open", ("提交答复", "Send the answer"), "", {}),
          ("admin", "a need", ("直到有更新的依据", "newer evidence"), "", {"kind": "need"}),
          ("district", "a course", ("这门课程不再向本人推荐", "Upheld: the course is off"), "", {"kind": "course"}),
          ("admin", "answered", ("已经处理或撤回", "answered or withdrawn"), "upheld", {}),
          ("admin", "one who left", ("教师已离开数据", "has left them"), "", {"teacher": "T9"}))),
    Case(OBJECTION, "/objections/1", "school", "partial", ("另一位负责人", "another person"), arrange=_contested(rater="head")),
    Case(OBJECTION, "/objections/1", "school", "a mistake", ("请选择决定", "Please decide"), 422,
         {"form_token": DESK_TOKEN, "decision": "upheld", "reason": ""}, _contested()),
    Case(OBJECTION, "/objections/1", "school", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": DESK_TOKEN, "decision": "upheld", "reason": "so"}, _contested(fails="answer")),
    Case("/", "/", "school", "objections wait", ("1 项异议待答复", "Objections to answer: 1"), arrange=_contested()),
    Case("/", "/", "admin", "objections overdue", ("其中 1 项已超期", "past their day: 1"), arrange=_contested(days=40)),
    Case("/", "/", "district", "objections unread", ("读不了异议记录", "Objections cannot be read"),
         arrange=_unsaved("in_state", ObjectionRecords)),
    Case(SCHOOL, "/schools/S1", "school", "clear", ("明确", "clear")),
    Case(SCHOOL, "/schools/S1", "district", "of a district", ("人数少于 10 人", "Fewer than 10 people")),
    Case(SCHOOL, "/schools/S1", "school", "thin", ("本校的依据不足", "not enough to go on about this school"),
         arrange=_school("thin", status="thin")),
    Case(SCHOOL, "/schools/S1", "school", "met", ("目前没有明显或可能的短板", "No group is clearly or possibly short"),
         arrange=_school("none", status="met")),
    Case(SCHOOL, "/schools/S1", "school", "no course", ("目前没有适合的课程", "No suitable course"),
         arrange=_school("clear", status="no_course", recommendations=())),
    Case(SCHOOL, "/schools/S1", "school", "uptake", ("按以往选课情况排列", "follow past enrolments"),
         arrange=_school("thin", objective="uptake", ranked_by="uptake")),
    Case(SCHOOL, "/schools/S1", "school", "seats of an adopted plan", ("4 个名额", "4 seats"), arrange=_adopted),
    Case(COVERAGE, "/districts/D1/coverage", "district", says=("未报送", "nothing")),
    Case(COVERAGE, "/districts/D1/coverage", "district", "nothing to compare", ("无法比较", "nothing to compare"),
         arrange=lambda service, plans, patch: setattr(service, "compared", False)),
    Case(DISTRICT, "/districts/D1", "district", says=("已有的方案", "Plans so far")),
    *(Case(route, path, role, f"visits: {state}", says, arrange=_visits(**changes))
      for route, path, role in ((SCHOOL, "/schools/S1", "school"), (SCHOOL, "/schools/S1", "district"),
                                (DISTRICT, "/districts/D1", "district"))
      for state, says, changes in VISIT_STATES),
    Case(DISTRICT, "/districts/D1", "district", "no plan", ("还没有方案", "No plan yet"),
         arrange=lambda service, plans, patch: plans.states.clear()),
    Case(ASK, "/districts/D1/plans", "district", "a mistake", ("有一处需要改", "There is a problem"), 422,
         {"budget": "much", "more": "x = ["}),
    Case(ASK, "/districts/D1/plans", "district", "too many", ("个方案", "plans"), 429, {"budget": "1000"},
         _fails("ask", BusyError("plans.too_many_own", 30, n=5))),
    Case(ASK, "/districts/D1/plans", "district", "other tables", ("数据", "data"), 409, {"budget": "1000"},
         _fails("ask", StaleError("plans.stale_server"))),
    Case(PLANS, f"/plans/{PLAN}", "district", "done", ("结果", "Result")),
    Case(PLANS, f"/plans/{PLAN}", "district", "adopted", ("已采用", "Adopted by"), arrange=_adopted),
    Case(PLANS, f"/plans/{PLAN}", "district", "withdrawn", ("撤回本方案", "withdrew this plan"), arrange=_withdrawn),
    Case(PLANS, f"/plans/{PLAN}", "district", "another one adopted", ("继续有效", "beside the adopted"), arrange=_other_adopted),
    Case(PLANS, f"/plans/{RUNNING}", "district", "running", ("正在计算", "Working")),
    *(Case(PLANS, f"/plans/{PLAN}", "district", state, says, arrange=_plan(state)) for state, says in (
        ("queued", ("前面还有别的方案", "Other plans come first")), ("failed", ("没有算成：", "It failed: ")),
        ("stopped", ("还没有开始算就停掉了", "stopped before it began")), ("expired", ("超时", "out of time")),
        ("stale", ("数据已更新", "data changed")), ("damaged", ("文件已损坏", "damaged")),
        ("interrupted", ("会自动再算一次", "tried once more")))),
    *(Case("/models", "/models", role, says=("正在使用", "answers now")) for role in ("researcher", "admin")),
    Case("/models", "/models", "researcher", "none", ("还没有训练任何版本", "No version has been trained"), arrange=_no_model),
    Case("/models", "/models", "admin", "damaged files", ("与签名不符", "do not fit their signature"), arrange=_damaged_model),
    *(Case("/models", "/models", role, f"proposals, {role}", says, arrange=_changing) for role, says in (
        ("researcher", ("scholar 提出，keeper 于", "proposed by scholar, confirmed by keeper on")),
        ("admin", ("请另一位研究人员或管理员确认", "another researcher or administrator has to confirm")))),
    *(Case("/models", f"/models?after={after}", "admin", f"after {after}", says) for after, says in {
        "proposed": ("等另一个人确认", "waits for another person"),
        "promoted": ("请管理员重新启动服务", "start the service again"),
        "withdrawn": ("提议已撤回", "is withdrawn")}.items()),
    Case("/models/changes", "/models/changes", "researcher", "not saved", ("没能保存", "Could not save"), 503,
         {"form_token": hashlib.sha256(b"form\0Bearer researcher").hexdigest(), "action": "propose", "kind": "promote",
          "version": EARLIER, "reason": "better", "once": "1"}, _unsaved("propose", ModelChanges)),
    Case(MODEL, f"/models/{PROMOTED}", "researcher", says=("这就是正在启用的版本", "This is the promoted version")),
    Case(MODEL, f"/models/{EARLIER}", "admin", "another one", ("区间包含 0", "neither is shown to be better")),
    Case(MODEL, f"/models/{EARLIER}", "researcher", "of an earlier program", ("没有存下结论", "stored no verdict"),
         arrange=_described(verdict=None, conditions=(), rows=(), parts=(), calibration=())),
    *(Case("/courses", "/courses", role) for role in ("teacher", "school", "district", "researcher", "admin")),
    Case("/courses", "/courses?q=%E5%88%86&subject=%E6%95%B0%E5%AD%A6&stage=primary", "teacher", "searched"),
    Case("/courses", "/courses?cursor=2", "teacher", "second page", ("回到第一页", "Back to the first page")),
    Case("/courses", "/courses?nobody=1", "teacher", "422", ("参数不对", "Parameters not understood"), 422),
    Case("/courses/{course_id:id}", "/courses/K1", "teacher", says=("课程目标", "What it is for")),
    Case("error", "/teachers/T1", "", "401", ("请先登录", "Please sign in"), 401),
    Case("error", "/teachers/T1", "school", "403", ("没有权限", "Not allowed"), 403),
    Case("error", "/nowhere", "teacher", "404", ("没有找到", "Not found"), 404),
    Case("error", "/plans/P0/stop", "district", "405", ("不支持这种操作", "Method not allowed"), 405),
    Case("error", "/schools/S1", "school", "500", ("出错了", "Something went wrong"), 500,
         arrange=_fails("school_needs", RuntimeError("planted"))),
    Case("error", "/schools/S1", "school", "damaged", ("存放的数据读不了", "Stored data cannot be read"), 503,
         arrange=_fails("school_needs", ReadError("plans.unreadable", path="x"))),
    Case("error", "/districts/D1/plans", "district", "413", ("内容过大", "Content too large"), 413, {"budget": "1" * 2_000_000}),
    Case("error", "/plans/P0000000000aa/stop", "district", "429", ("排队的方案太多", "Too many plans"), 429, {"": ""},
         _fails("stop", BusyError("plans.queue_full", 30, n=50))),
    Case("/data", "/data", "admin", says=("还没有导入过数据", "Nothing has been imported yet"), arrange=_uploads()),
    Case("/data", "/data?after=undone", "admin", "undone", ("已撤销", "Undone"), arrange=_uploads("failed", "interrupted")),
    *(Case(f"{UPLOADS}/{{upload_id}}", f"/data/uploads/{UPLOAD}", "admin", state, says, arrange=_uploads(state))
      for state, says in (
          ("asking", ("各列是什么", "What the columns are")), ("checked", ("教什么：40 处", "教什么: 40")),
          ("working", ("正在读取和检查", "Reading and checking")), ("written", ("已导入（第 3 次）", "Imported (no. 3)")),
          ("failed", ("没有成功", "It did not work")), ("interrupted", ("处理被中断了", "The work was interrupted")))),
    Case("error", "/plans/P0000000000aa/stop", "district", "409", ("现在不能这样做", "Not possible now"), 409, {"": ""},
         _fails("stop", StaleError("plans.damaged"))),
]  # fmt: skip
DESK_WORDS = ("教师.xlsx 在编 工号 教什么 序号 成绩.csv 班级 总分 菜单.csv 示例", "教师.xlsx [在编] B",
              "写错了 已查实 需求 need fit feasible evidence counter 的中文理由", "planner scholar keeper", "求解 / Solving",
              "gone", "a reason")  # fmt: skip


def _desk_data() -> list[str]:
    return [*DESK_WORDS, "基于测评结果的教学改进", "区教师发展中心", "数学 语文 音乐 美术", "示例机构 示例小学 李示例 示例区",
            "市继续教育规定（示例）", "暑期研修 市平台 国家平台 课堂提问工作坊 新课标培训 读书会 没有材料",
            "教学改进 小班辅导", "学情分析 作业设计 课堂提问 数字素养", "Analysing student learning",
            "分"]  # fmt: skip


def _messages() -> list[str]:
    """Pages of errors say their sentence in both languages."""
    return [text[lang] for area in ("pages", "plans") for text in catalogue(area).values() for lang in LANGS]


def _fetch(client: TestClient, case: Case, lang: str, token: str) -> Any:
    path = f"{case.path}{'&' if '?' in case.path else '?'}lang={lang}"
    headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {token}"} if token else {})
    if case.form is None:
        return client.get(path, headers=headers, follow_redirects=False)
    return client.post(path, headers=headers, data=case.form, follow_redirects=False)


def _routes(routes: Any) -> Iterator[str]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route.path
        elif hasattr(route, "original_router"):
            yield from _routes(route.original_router.routes)


def test_every_page_of_the_application_is_walked(client: TestClient) -> None:
    every = set(_routes(client.app.routes))  # type: ignore[attr-defined]
    pages = {path for path in every if not path.startswith("/v1")} - WITHOUT_HTML
    assert pages - {case.route for case in CASES} == set(), "new pages: add them to CASES, with all their states"
    assert {case.route for case in CASES} - pages == {"error"}
    assert {str(status) for status in NAMES} - {"400", "503"} <= {case.state for case in CASES} | {"422"}


@pytest.mark.parametrize(
    ("lang", "body", "fault"),
    [
        ("zh", "<p>pages.teacher_met</p>", "a key"), ("zh", "<p>need_rule</p>", "a key"),
        ("zh", "<p>约 None 分</p>", "not filled in"),
        ("en", "<p>about nan points</p>", "not filled in"), ("en", "<p>for {name}</p>", "not filled in"),
        ("en", "<p>Maths 数学</p>", "read as English"), ("en", '<p><span lang="zh-CN">没有数据</span></p>', "no data"),
        ("en", "<p>Target：5</p>", "Chinese marks"), ("zh", "<p>请 try again</p>", "read as Chinese"),
        ("zh", '<p id="a"></p><p id="a"></p>', "twice"), ("zh", '<section aria-labelledby="b"></section>', "nothing has"),
        ("zh", '<form><input name="budget"></form>', "no label"), ("zh", "<dl><dt>费用</dt><dd>120</dd></dl>", "no unit"),
        ("en", '<svg aria-label="目标 5"></svg>', "attribute"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_seen(lang: str, body: str, fault: str, page_checks: Any) -> None:
    tongue = page_checks.LANGUAGE[lang]
    whole = f'<!doctype html><html lang="{tongue}"><title>{"页" if lang == "zh" else "Page"}</title><h1>1</h1>{body}</html>'
    assert any(fault in one for one in page_checks.page_faults(whole, lang, ["数学"]))
    assert page_checks.page_faults(whole.replace(body, ""), lang) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_page_in_a_state(
    case: Case, client: TestClient, service: Any, plans: Any, monkeypatch: pytest.MonkeyPatch, page_checks: Any
) -> None:
    case.arrange(service, plans, monkeypatch)
    with TestClient(client.app, raise_server_exceptions=False) as quiet:
        quiet.app.state.service, quiet.app.state.loading = service, "ready"  # type: ignore[attr-defined]
        for lang, says in zip(LANGS, case.says, strict=True):
            answer = _fetch(quiet, case, lang, case.role)
            assert answer.status_code == case.status, answer.text[:500]
            assert says in re.sub(r"<[^>]+>", "", answer.text)
            data = [*_desk_data(), *(_messages() if case.route == "error" or case.status >= 400 else ())]
            keys_allowed = case.route == "/docs" or case.state == "a mistake"
            assert page_checks.page_faults(answer.text, lang, data, keys_allowed) == []


@pytest.mark.parametrize("lang", LANGS)
def test_titles_tell_pages_apart_and_links_answer_for_their_reader(lang: str, client: TestClient, page_checks: Any) -> None:
    titles: dict[str, set[str]] = defaultdict(set)
    followed: set[tuple[str, str]] = set()
    for case in CASES:
        if case.state in ("plain", "clear", "done", "of a district", "signed in", "a visitor") or case.route == DISTRICT:
            answer = _fetch(client, case, lang, case.role)
            page = page_checks.read(answer.text)
            titles[page.title.strip()].add(case.path)
            followed |= {(case.role, href) for href in page.links if not href.startswith("#")}
            for method, action in page.actions:
                sent = client.request(method, action, headers={"Authorization": f"Bearer {case.role}"}, follow_redirects=False)
                assert sent.status_code not in (404, 405), action
    assert [paths for paths in titles.values() if len(paths) > 1] == []
    for role, href in sorted(followed):
        assert href.startswith("/"), href
        headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {role}"} if role else {})
        answer = client.get(href, headers=headers, follow_redirects=False)
        assert answer.status_code < 400, (role, href, answer.status_code)


@pytest.fixture(scope="module")
def served(city: Any) -> Iterator[TestClient]:
    server = ServerSettings(Settings(workspace=city.workspace, signing_key=city.key, token_key=KEY))
    app = create_app(
        lambda: city.service, server.read_token, server.registry, io.StringIO(), server.plans, server.records, server.sign_in
    )
    app.state.service, app.state.loading = city.service, "ready"
    server.records.open()
    yield TestClient(app)


@pytest.fixture(scope="module")
def city_data(city: Any) -> list[str]:
    """All text of the tables that people may read on a page."""
    from recommender.workspace.workspace import Workspace

    tables = Workspace(city.workspace).tables
    columns = {"organizations": ("name", "org_id"), "competencies": ("name_zh", "name_en"), "hour_rules": ("source",),
               "teachers": ("name", "teacher_id", "subject"),
               "courses": ("title", "description", "subjects", "course_id")}  # fmt: skip
    cells = (tables[name][column].dropna().astype(str) for name, names in columns.items() for column in names)
    return [text for column in cells for text in column.unique()]


@pytest.mark.parametrize("lang", LANGS)
def test_pages_of_a_simulated_city(
    lang: str, served: TestClient, city: Any, city_data: list[str], people: list[str], page_checks: Any
) -> None:
    walk = [("teacher", person, (), path) for person in people for path in (f"/teachers/{person}", f"/teachers/{person}/held")]
    walk += [("teacher", person, (), f"/teachers/{person}/{path}")
             for person in people[:2]
             for path in ("objections", f"contest?table=teachers&key=%7B%22teacher_id%22%3A%22{person}%22%7D")]  # fmt: skip
    walk += [("school", "head", (school,), f"/schools/{school}") for school, _ in city.service.schools_of(city.district)]
    walk += [("district", "planner", (city.district,), path)
             for path in (f"/schools/{city.school}", f"/districts/{city.district}", f"/districts/{city.district}/coverage")]
    courses = city.service.courses().courses
    walk += [("teacher", people[0], (), path)
             for path in ("/courses", *(f"/courses/{course.course_id}" for course in courses[::7]))]  # fmt: skip
    faults: dict[str, list[str]] = {}
    for role, subject, scope, path in walk:
        token = issue_token(KEY.encode(), role, subject, scope)
        address = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        answer = served.get(address, headers={"Accept": "text/html", "Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        if listed := page_checks.page_faults(answer.text, lang, city_data):
            faults[path] = listed[:5]
    assert faults == {}


@pytest.fixture(scope="module")
def people(city: Any) -> list[str]:
    """Three people of each combination of what is known and how their list came about."""
    from api.pages.teacher_pages import need_state
    from recommender.workspace.workspace import Workspace

    by_state: dict[Any, list[str]] = defaultdict(list)
    for person in Workspace(city.workspace).tables["teachers"]["teacher_id"].astype(str):
        needs, advice = city.service.teacher_needs(person), city.service.teacher_advice(person, 3)
        state = need_state(needs.needs)[0], advice.status, tuple(sorted({p.basis for p in advice.recommendations}))
        by_state[state].append(person)
    assert len(by_state) >= 3
    return [person for group in by_state.values() for person in group[:3]]
