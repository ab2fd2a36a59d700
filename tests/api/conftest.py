"""A made-up desk of `recommender.types` objects: small, exact and quick, for what the API does with them.

Nothing in it is measured; the tests on a simulated city are in `test_city.py` and `tests/browser`.
"""

from __future__ import annotations

import atexit
import io
import json
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.server_settings import ServerSettings
from features.disclosure import OTHERS
from features.errors import UnknownIdError
from features.hours import CountedHours, CourseHours
from features.messages import BilingualText
from features.tables import Tables, typed_frame
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.bundles.registry import Registry
from models.bundles.signing import canonical, sha256
from models.bundles.signing import sign as signature
from models.effects.need_rule import NeedRule
from models.evaluation.calibration import CalibrationGroup
from models.evaluation.list_metrics import MetricRow
from models.evaluation.parts import PartRow
from models.rankers.scoring_model import ScoringModel
from recommender.ability_growth import CompetencyGrowth
from recommender.advice import AdviceService
from recommender.coverage.last_imports import LastImport
from recommender.coverage.organization_coverage import Coverage, SchoolState, SourceState, SourceTotal
from recommender.coverage.reliability_cost import ReliabilityCost
from recommender.coverage.source_rows import SOURCES
from recommender.data_age import DataAge
from recommender.personal_data import ImportSource, PersonalTable
from recommender.planning.problem.limits import Limits
from recommender.plans.adopted_seats import AdoptedSeats, SeatsInCourse
from recommender.plans.adoption import Adoption, standing_of
from recommender.plans.plan_record import PlanSummary, PlanTables
from recommender.plans.plan_status import PlanStatus
from recommender.prepared.prepared_lists import PreparedLists
from recommender.records.database import sqlite_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT
from recommender.registry.model_versions import ModelVersions
from recommender.self_assessments.items import SelfItem
from recommender.self_assessments.own_view import OwnViewChange
from recommender.served_version import ServedVersion
from recommender.settings import Settings
from recommender.sign_in.sign_in_service import SignInService
from recommender.tokens import Claims, issue_token
from recommender.types import (
    Advice,
    Course,
    GroupNeed,
    Hours,
    Need,
    Page,
    Reason,
    Recommendation,
    SchoolNeeds,
    SchoolView,
    TeacherNeeds,
)
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.visits.proposed_visits import ProposedVisits
from recommender.visits.visit_plan import KINDS, ExpectedWorth, SchoolVisits, VisitPlan
from recommender.workspace.importing import Mode
from recommender.workspace.workspace import Workspace

AS_OF = date(2026, 6, 30)

VERSION = ServedVersion("5f" * 32, AS_OF, "2026-06-30-0a1b2c3d")
FRESH = DataAge(AS_OF, AS_OF, 40, 0, 180)

TREE = {
    "S1": ("S1", "D1", "C1"),
    "S2": ("S2", "D1", "C1"),
    "S3": ("S3", "D2", "C1"),
    "D1": ("D1", "C1"),
    "D2": ("D2", "C1"),
    "C1": ("C1",),
}
NAMES = (
    ("学情分析", "Analysing student learning"),
    ("作业设计", "Designing homework"),
    ("课堂提问", "Classroom questioning"),
    ("数字素养", "Digital literacy"),
)
SCHOOL_OF = {"T1": "S1", "T2": "S1", "T3": "S3"}


def course(number: int) -> Course:
    return Course(
        course_id=f"K{number}",
        title=f"基于测评结果的教学改进 {number}",
        provider_id="D1",
        provider_name="区教师发展中心",
        owner_level="district",
        subjects=("数学",),
        stages=("primary",),
        mode="blended",
        form="workshop",
        hours=12.0,
        category="professional",
        fixed_cost=8000.0,
        seat_cost=120.0,
        min_seats=10,
        max_seats=40,
        release_days=1.0,
        start_date=date(2026, 9, 5),
        end_date=date(2026, 12, 20),
        units=6,
        description=None,
        goals=(("C1", *NAMES[0], 2.0), ("C2", *NAMES[1], 1.0)),
    )


def need(number: int, band: str = "clear", mean: float = -0.8, n: int = 3) -> Need:
    zh, en = NAMES[(number - 1) % 4]
    return Need(
        f"C{number}",
        zh,
        en,
        mean,
        0.4,
        0.62,
        0.5 - mean,
        0.4,
        0.86,
        1.1,
        band,
        ("class_results",) if n else (),
        n,
        (("class_results", n),) if n else (),
        date(2025, 5, 20) if n else None,
        ("stage", "role"),
    )  # type: ignore[arg-type]


def place(rank: int) -> Recommendation:
    reasons = tuple(
        Reason(kind, f"{kind} 的中文理由。", f"The {kind} reason.")  # type: ignore[arg-type]
        for kind in ("need", "fit", "feasible", "evidence", "counter")
    )
    return Recommendation(
        rank, course(rank), 0.5 - rank / 100, 0.31, 0.12, 0.83, "personal", reasons, rank == 2, rank == 2, "C1",
        CourseHours("counts", (CountedHours("any", date(2026, 12, 31), 12.0, 12.0),), date(2026, 12, 31)),
    )  # fmt: skip


def visit_plan(**changes: Any) -> VisitPlan:
    """Forty visits to schools of D1, eight of them to small ones together."""
    plan = VisitPlan(
        org_id="D1", budget=40, per_school=None, kinds=KINDS, as_of=AS_OF, open_on=AS_OF, model_version=VERSION.model_version,
        tables=VERSION.tables, choices="", made_up=True, people=180,
        schools=(SchoolVisits("S1", (28, 3, 1)), SchoolVisits(OTHERS, (8, 0, 0))),
        worth=ExpectedWorth(0.45, 0.25, 0.65, 0.1, 20.0),
    )  # fmt: skip
    return replace(plan, **changes)


@dataclass(frozen=True)
class SimulatedOwnView:
    """Four items in two domains; an answer above the middle of the scale raises the estimate by a tenth a step."""

    def chosen(self) -> tuple[SelfItem, ...]:
        return self.items

    @property
    def items(self) -> tuple[SelfItem, ...]:
        domains = (BilingualText("教学能力", "Teaching"), BilingualText("数字能力", "Digital skills"))
        return tuple(
            SelfItem(f"SELF-{i}", (f"C{i}",), (BilingualText(*NAMES[i - 1]),), domains[i // 3], 1.0, 5.0, i - 1, 0.5, 0.25)
            for i in (1, 2, 3, 4)
        )

    def changes(self, before: Any, after: Any) -> tuple[OwnViewChange, ...]:
        old, new = (one[0].scores if one else {} for one in (before, after))
        return tuple(
            OwnViewChange(
                f"C{i}", *NAMES[i - 1], (old.get(f"SELF-{i}", 3) - 3) / 10, 0.5, (new.get(f"SELF-{i}", 3) - 3) / 10, 0.48,
                0.08, 0.4, 0.6, 0.45,
            )
            for i in (1, 2, 3, 4)
        )  # fmt: skip


CHANGES = (
    CompetencyGrowth("C1", *NAMES[0], 2023, 2024, 0.1, 0.3, 0.2, 2, 3, ("observation",), False),
    CompetencyGrowth("C1", *NAMES[0], 2024, 2025, 0.5, 0.2, 0.4, 3, 9, ("observation", "student_feedback"), False),
    CompetencyGrowth("C1", *NAMES[0], 2023, 2025, 0.6, 0.3, 0.45, 2, 9, ("observation", "student_feedback"), True),
    CompetencyGrowth("C2", *NAMES[1], 2024, 2025, -0.1, 0.3, 0.1, 1, 1, ("self_report",), False),
)


@dataclass(eq=False)
class SimulatedService:
    """Answers for three teachers in three schools of two districts."""

    made_up: bool = True
    compared: bool = True
    version: ServedVersion = VERSION
    age: DataAge = FRESH
    advice: dict[str, Advice] = field(default_factory=dict)
    needs: dict[str, TeacherNeeds] = field(default_factory=dict)
    view: SimulatedOwnView | None = SimulatedOwnView()
    changes: tuple[CompetencyGrowth, ...] | None = CHANGES
    visits: ProposedVisits = field(default_factory=lambda: ProposedVisits(visit_plan()))
    sizes: dict[str, int] = field(
        default_factory=lambda: {"S1|数学": 12, "S1|语文": 6, "S1|音乐": 2, "S1|美术": 4}
    )

    def _known(self, unit: str, units: object) -> None:
        if unit not in units:  # type: ignore[operator]
            raise UnknownIdError(f"nobody knows {unit}")

    def _advice(self, kind: str, unit: str, top: int) -> Advice:
        default = Advice(kind, unit, "listed", tuple(place(r) for r in range(1, 13)), "gain", "need_rule",  # type: ignore[arg-type]
                      "2026-06-30-0a1b2c3d", AS_OF, True)  # fmt: skip
        advice = self.advice.get(unit, default)
        return replace(advice, recommendations=advice.recommendations[:top])

    def teacher_advice(self, teacher_id: str, top: int = 10) -> Advice:
        self._known(teacher_id, SCHOOL_OF)
        return self._advice("teacher", teacher_id, top)

    def prepared_advice(self, teacher_id: str, top: int = 10) -> None:
        self._known(teacher_id, SCHOOL_OF)

    def lists_are_open(self, age: DataAge) -> bool:
        return False

    def prepared_unchanged(self, teacher_id: str, top: int, age: DataAge) -> None:
        self._known(teacher_id, SCHOOL_OF)

    def school_advice(self, school_id: str, top: int = 10) -> Advice:
        self._known(school_id, ("S1", "S2", "S3"))
        return self._advice("school", school_id, top)

    def teacher_needs(self, teacher_id: str) -> TeacherNeeds:
        self._known(teacher_id, SCHOOL_OF)
        hours = (
            Hours("professional", date(2026, 1, 1), date(2026, 12, 31), 50.0, 38.0, "市继续教育规定（示例）"),
        )
        needs = tuple(need(number) for number in (1, 2, 3, 4))
        school = SCHOOL_OF[teacher_id]
        default = TeacherNeeds(teacher_id, "李示例", school, "示例小学", needs, hours, AS_OF, True)
        return self.needs.get(teacher_id, default)

    def school_needs(self, school_id: str, minimum: int) -> SchoolNeeds:
        self._known(school_id, ("S1", "S2", "S3"))
        groups = tuple(
            GroupNeed("department", unit, unit.split("|")[1], size, need(i) if size >= minimum else None)
            for unit, size in self.sizes.items()
            for i in ((1, 2) if size >= minimum else (1,))
        )
        school = tuple(
            GroupNeed("school", school_id, "示例小学", sum(self.sizes.values()), need(i, "possible"))
            for i in (1, 2)
        )
        views = (
            SchoolView("C1", *NAMES[0], (0.12, 0.1), (-0.2, 0.15)),
            SchoolView("C2", *NAMES[1], None, (0.1, 0.2)),
        )
        return SchoolNeeds(school_id, "示例小学", groups, school, AS_OF, True, views)

    def courses(
        self,
        q: str | None,
        subject: str | None,
        stage: str | None,
        competency: str | None,
        cursor: str | None,
    ) -> Page:
        return Page((course(1), course(2)), None if cursor else "2", 4)

    def course(self, course_id: str) -> Course:
        self._known(course_id, [f"K{i}" for i in range(1, 13)])
        return course(int(course_id[1:]))

    def school_of(self, teacher_id: str) -> str:
        self._known(teacher_id, SCHOOL_OF)
        return SCHOOL_OF[teacher_id]

    def ancestors(self, org_id: str) -> tuple[str, ...]:
        self._known(org_id, TREE)
        return TREE[org_id]

    def personal_data(self, teacher_id: str) -> tuple[PersonalTable, ...]:
        self._known(teacher_id, SCHOOL_OF)
        columns = (("teacher_id", BilingualText("工号", "teacher_id")), ("school_id", BilingualText("学校", "school_id")))
        sources = (ImportSource(1, "2026-06-30T08:00:00+00:00", ("teachers.csv",)),)
        row = {"teacher_id": teacher_id, "school_id": SCHOOL_OF[teacher_id]}
        label = BilingualText("教师", "teachers")
        return (PersonalTable("teachers", "tables", label, columns, (row,), sources),
                PersonalTable("observations", "tables", BilingualText("课堂观察", "observations"), columns, ()))  # fmt: skip

    left_out_for: tuple[int, ...] = ()

    def competency_name(self, competency_id: str) -> BilingualText:
        return BilingualText(*NAMES[(int(competency_id[1:]) - 1) % 4])

    def choices_digest(self, org_id: str) -> str:
        self._known(org_id, TREE)
        return ""

    def closed(self, course_ids: Collection[str]) -> int:
        """K1 is always open, K2 as long as nothing has closed; no other is in the catalogue."""
        return len(set(course_ids) - ({"K1"} if self.age.closed else {"K1", "K2"}))

    def schools_of(self, org_id: str) -> tuple[tuple[str, str], ...]:
        return tuple((s, self.name_of(s)) for s, above in TREE.items() if s.startswith("S") and org_id in above)

    def name_of(self, org_id: str) -> str:
        self._known(org_id, TREE)
        return f"示例机构 {org_id}"

    def proposed_visits(self, org_id: str) -> ProposedVisits:
        self._known(org_id, TREE)
        return self.visits

    def coverage(self, org_id: str) -> Coverage:
        """S1 with everything but surveys, S2 of a few teachers, S9 with nothing."""
        self._known(org_id, TREE)
        imported = LastImport(4, "2026-06-20T08:00:00+00:00", "office", own=True)
        full = [SourceState(s, s != "surveys", 0.62 if s != "surveys" else 0.0, "2026-06-01" if s != "surveys" else None,
                            imported if s != "surveys" else None) for s in SOURCES]  # fmt: skip
        few = [SourceState(s, True, None, None, None) for s in SOURCES]
        none = [SourceState(s, False, 0.0, None, None) for s in SOURCES]
        schools = tuple(
            SchoolState(school, f"示例机构 {school}", teachers, tuple(states))
            for school, teachers, states in (("S1", 24, full), ("S2", None, few), ("S9", 12, none))
        )
        cost = ReliabilityCost(0.55, 0.31, 0.02) if self.compared else None
        totals = tuple(SourceTotal(s, 0.48, 0.4, "2026-06-01", 1 + (s == "surveys"), cost) for s in SOURCES)
        return Coverage(org_id, f"示例机构 {org_id}", AS_OF, self.made_up, 46, schools, 1, totals)

    @property
    def hours_tables(self) -> Tables:
        return HOURS_TABLES

    def own_view(self, teacher_id: str) -> SimulatedOwnView | None:
        self._known(teacher_id, SCHOOL_OF)
        return self.view

    def growth(self, teacher_id: str) -> tuple[CompetencyGrowth, ...] | None:
        self._known(teacher_id, SCHOOL_OF)
        return None if self.age.expired else self.changes


def _hours_tables() -> Tables:
    """A yearly rule, and entries: of T1 one to check, one to recognise, one on two platforms, one refused; of T3 one to check."""
    entry = {"activity": "暑期研修", "platform": "市平台", "category": "professional", "hours": 10.0, "level": "city",
             "done_on": pd.Timestamp("2026-03-01")}  # fmt: skip
    entries = [
        {"entry_id": "E1", "teacher_id": "T1", "status": "claimed"},
        {"entry_id": "E2", "teacher_id": "T1", "status": "checked", "activity": "课堂提问工作坊"},
        {"entry_id": "E3", "teacher_id": "T3", "status": "claimed"},
        {"entry_id": "E4", "teacher_id": "T1", "status": "recognised", "activity": "新课标培训", "hours": 12.0},
        {"entry_id": "E5", "teacher_id": "T1", "status": "recognised", "activity": "新课标培训", "platform": "国家平台"},
        {"entry_id": "E6", "teacher_id": "T1", "status": "refused", "activity": "读书会", "reason": "没有材料"},
    ]
    kinds = {"S": "school", "D": "district", "C": "city"}
    frames = {
        "organizations": pd.DataFrame([
            {"org_id": org, "name": f"示例机构 {org}", "kind": kinds[org[0]], "parent_id": above[1] if above[1:] else None}
            for org, above in TREE.items()
        ]),
        "teachers": pd.DataFrame([{"teacher_id": t, "school_id": s, "role": "teacher"} for t, s in SCHOOL_OF.items()]),
        "hour_rules": pd.DataFrame([{"jurisdiction": "C1", "category": "any", "cycle_start": pd.Timestamp("2026-01-01"),
                                     "cycle_years": 1.0, "min_hours": 50.0}]),
        "hour_entries": pd.DataFrame([entry | one for one in entries]),
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()}, made_up=True)


HOURS_TABLES = _hours_tables()

DONE, RUNNING, FOREIGN = "P0000000000aa", "P0000000000bb", "P0000000000ff"


@dataclass
class SimulatedPlans:
    """A finished plan and a running one of D1, one of D2; new questions wait."""

    questions: list[tuple[str, float, dict[str, object]]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    adopted: dict[str, Adoption] = field(default_factory=dict)
    decisions: list[Adoption] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    states: dict[str, str] = field(
        default_factory=lambda: {DONE: "done", RUNNING: "running", FOREIGN: "done"}
    )

    def ask(self, district_id: str, budget: float, limits: Limits, *known: object) -> str:
        self.questions.append((district_id, budget, limits.as_json()))
        self.states["P0000000000cc"] = "queued"
        return "P0000000000cc"

    def tables(self) -> str:
        return VERSION.tables

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        if plan_id not in self.states:
            raise UnknownIdError(f"nobody knows {plan_id}")
        state = self.states[plan_id]
        summary = plan_summary(plan_id) if state == "done" else None
        return PlanStatus(
            plan_id, state, "D2" if plan_id == FOREIGN else "D1", 300_000.0,  # type: ignore[arg-type]
            {"max_courses_per_teacher": 2}, "求解 / Solving" if state == "running" else "", 0.4,
            BilingualText("原因", "a reason") if state == "failed" else BilingualText("", ""),
            "2026-07-01T08:00:00+00:00", summary, plan_tables() if summary and tables else None,
            VERSION, self.adopted.get(plan_id), tuple(reversed(self.decisions)),
        )  # fmt: skip

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        return tuple(s for s in map(self.status, self.states) if s.district_id == district_id)

    def workbook(self, plan_id: str) -> bytes:
        return b"PK made up"

    def adopted_seats(self, school_id: str, org_ids: Any) -> tuple[AdoptedSeats, ...]:
        """K1 and one course that has left the catalogue, for schools of D1."""
        if "D1" not in org_ids:
            return ()
        rows = (SeatsInCourse("K1", 3), SeatsInCourse("gone", 1)) if school_id == "S1" else ()
        return tuple(
            AdoptedSeats(plan_id, "D1", datetime.fromisoformat(adoption.at).date(), rows)
            for plan_id, adoption in self.adopted.items()
        )

    def adopt(self, plan_id: str, by: str, why: str = "", beside: bool = False) -> None:
        if self.status(plan_id).state != "done":
            raise UnknownIdError(f"{plan_id} is not done")
        self._decide(plan_id, "adopt_beside" if beside else "adopt", by, why)

    def withdraw(self, plan_id: str, by: str, why: str = "") -> None:
        if plan_id in self.adopted:
            self._decide(plan_id, "withdraw", by, why)

    def _decide(self, plan_id: str, action: Any, by: str, why: str) -> None:
        at, org = "2026-07-02T08:00:00+00:00", self.status(plan_id).district_id
        self.decisions.append(Adoption(by, at, why, len(self.decisions) + 1, plan_id, action, org))
        self.adopted = standing_of(one for one in self.decisions if one.org_id == org)

    def stop(self, plan_id: str) -> None:
        self.stopped.append(plan_id)

    def start(self) -> None:
        self.calls.append("start")

    def close(self) -> None:
        self.calls.append("close")


def plan_summary(plan_id: str) -> PlanSummary:
    return PlanSummary.model_validate({
        "plan_id": plan_id, "district_id": "D1", "district_name": "示例区", "status": "feasible", "gap": 0.0031,
        "objective": 12.0, "bound": 12.1, "expected_gain_sd": 2.0,
        "cost": 298_000.0, "budget": 300_000.0, "seats": 240, "teachers": 180, "teachers_in_district": 400,
        "needs_covered": 210, "expected_gain": 12.5, "seed": 0, "seconds": 3.2, "as_of": "2026-06-30",
        "model_version": "2026-06-30-0a1b2c3d", "made_up": True, "limits": {"max_courses_per_teacher": 2},
        "sentences": [{"zh": "在预算以内。", "en": "Within the budget."}],
    })  # fmt: skip


def plan_tables() -> PlanTables:
    def point(budget: float, gain: float) -> dict[str, float]:
        return {
            "budget": budget, "objective": gain, "bound": gain, "expected_gain": gain, "cost": budget, "seats": 240,
            "teachers": 200, "needs_covered": 210,
        }  # fmt: skip

    def floor(share: float) -> dict[str, float]:
        return {
            "floor_share": share, "objective": 12.0, "bound": 12.1, "expected_gain": 12.5, "teachers": 180,
            "weaker_teachers": 60, "other_teachers": 120, "weaker_gain_each": 0.031, "other_gain_each": 0.035,
        }  # fmt: skip

    return PlanTables.model_validate({
        "lines": (
            {"course_id": "K1", "seats": 232, "cost": 250000.0, "expected_gain": 12.1, "title": "教学改进"},
            {"course_id": "K2", "seats": 8, "cost": 48000.0, "expected_gain": None, "title": "小班辅导"},
        ),
        "stability": (
            {"course_id": "K1", "in_plan": True, "open_share": 1.0, "band": "always"},
            {"course_id": "K2", "in_plan": True, "open_share": 0.5, "band": "discuss"},
        ),
        "prices": ({"limit": "budget", "unit": "10000 yuan", "price": 0.2, "key": "",
                    "zh": "预算每多 1 万元，收获约多 0.2。", "en": "Every 10,000 yuan more: about 0.2 more gain."},),
        "frontier": (point(150000.0, 8.0), point(300000.0, 12.5), point(600000.0, 15.0)),
        "equity": (floor(0.0), floor(0.15)),
        "brief": ({"competency_id": "C1", "name_zh": "学情分析", "name_en": "Analysing", "stage": "primary",
                   "needing": 30, "no_course": 12, "uncovered": 20, "mean_gap": 0.4},),
        "lottery": ({"drawing": 0, "teacher_id": "T1", "course_id": "K1", "propensity": 0.5, "won": True, "seed": 0},),
    })  # fmt: skip


LATER = datetime(2030, 1, 1, tzinfo=UTC)

VISITORS = {
    "teacher": Claims("T1", "teacher", frozenset(), LATER),
    "school": Claims("head", "school", frozenset({"S1"}), LATER),
    "district": Claims("planner", "district", frozenset({"D1"}), LATER),
    "researcher": Claims("scholar", "researcher", frozenset({"C1"}), LATER),
    "admin": Claims("keeper", "admin", frozenset(), LATER),
}


@cache
def empty_records() -> bytes:
    """A database of records with its tables and no row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        RecordStore(sqlite_url(path)).open().close()
        return path.read_bytes()


def new_records() -> RecordStore:
    """Real records in a folder of their own, which goes when the tests end."""
    path = Path(FOLDERS.enter_context(tempfile.TemporaryDirectory())) / "store.db"
    path.write_bytes(empty_records())
    return RecordStore(sqlite_url(path))


UPLOAD = "U00000000000000aa"
ROWS = {"rows": 3, "left_out": 0, "new": 1, "changed": 1, "same": 1, "gone": 0}
CHECKED_UPLOAD = Upload(
    UPLOAD, "keeper", "admin", datetime.now(UTC), Mode.ADD, ("a.csv",), "checked",
    checked={"tables": {"teachers": ROWS}, "problems": 0, "notes": 0, "made_up": False, "before": None,
             "changed_meanwhile": False},
)  # fmt: skip
FOLDERS = ExitStack()
atexit.register(FOLDERS.close)


def audit_lines(client: TestClient) -> list[dict[str, Any]]:
    """All lines so far, oldest first."""
    with client.app.state.records.reading() as connection:  # type: ignore[attr-defined]
        return [dict(row) for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id)).mappings()]


VERSIONS = ("2026-01-01-00000000", "2026-06-30-0a1b2c3d")
BUNDLE_KEY = b"signs the bundles of these tests, and nothing else"


def evaluated(scorer: str, value: float, by: float, test: str = "observed", metric: str = "ndcg@10") -> dict[str, object]:
    """One row of an evaluation, `by` above the need rule."""
    row = MetricRow(test, scorer, metric, value, value - 0.04, value + 0.04, "need_rule", by, by - 0.02, by + 0.02, 40, 40,
                    0.03, 40)  # fmt: skip
    return row.as_json()


def manifest_of(version: str, **changes: object) -> dict[str, object]:
    """The manifest of a version with an evaluation, as training writes it."""
    parts = [PartRow(by, part, "served", 0.5, 0.4, 0.6, 0.02, -0.01, 0.05, 60).as_json()
             for by, part in (("subject", "数学"), ("stage", "primary"), ("evidence", "thin"), ("ladder", "?"))]  # fmt: skip
    groups = [CalibrationGroup(of, i / 10, i / 10 + 0.05, i / 10, i / 10 + 0.1, 30, 28).as_json()
              for of in ("completion", "gain") for i in (2, 5, 8)]  # fmt: skip
    return {
        "version": version, "format": 1, "created": "2026-07-01T08:00:00+00:00", "as_of": version[:10],
        "objective": "gain", "ranked_by": "need_rule", "made_up": True, "data": "f" * 64, "seed": 0,
        "teachers": 400, "schools": 12, "courses": 60, "enrolments": 900, "labels": 210,
        "held_out": {"kind": "school", "units": 4, "total": 12},
        "verdict": {"zh": "排序模型未能证明更好。", "en": "The ranker did not prove better."},
        "conditions": [{"name": "labels", "holds": False, "zh": "区间包含 0。", "en": "The interval holds 0."}],
        "metrics": [evaluated("need_rule", 0.5, 0.0), evaluated("served", 0.52, 0.02), evaluated("random", 0.4, -0.1),
                    evaluated("served", 0.7, 0.01, "truth", "oracle_share@3")],
        "parts": parts, "calibration": groups,
    } | changes  # fmt: skip


def write_signed_version(bundles: Path, manifest: Mapping[str, Any]) -> None:
    """A version as it is on disk, with models that were not fitted."""
    folder = bundles / str(manifest["version"])
    folder.mkdir(parents=True, exist_ok=True)
    models = ScoringModel("gain", "need_rule", NeedRule(), CompletionModel(), EnrolmentModel(), None).files()
    files = {**models, "card.md": "# 模型卡 Model card\n".encode()}
    raw = canonical({**manifest, "files": {name: sha256(data) for name, data in files.items()}})
    for name, data in {**files, "manifest.json": raw, "manifest.sig": signature(raw, BUNDLE_KEY).encode()}.items():
        (folder / name).write_bytes(data)


def new_registry() -> ModelVersions:
    """Two real versions on disk, the newer one promoted."""
    root = Path(FOLDERS.enter_context(tempfile.TemporaryDirectory()))
    for version in VERSIONS:
        write_signed_version(root / "bundles", manifest_of(version))
    Registry(root / "bundles").promote(VERSIONS[1])
    report = {"made_up": True, "notice": "模拟数据", "tables": "f" * 64, "as_of": "2026-06-30", "made_on": "2026-07-01",
              "code": "0", "headline": {"zh": "可信。", "en": "It can be trusted."}, "verdict": []}  # fmt: skip
    (root / "scores").mkdir()
    (root / "scores" / "diagnosis.json").write_text(json.dumps(report), "utf-8")
    return ModelVersions(root / "bundles", root / "scores", lambda: BUNDLE_KEY)


def new_uploads() -> UploadStore:
    """One upload that was checked; work that is started is not done."""
    store = UploadStore(Path(FOLDERS.enter_context(tempfile.TemporaryDirectory())), lambda root, upload_id: None)
    store.save(CHECKED_UPLOAD)
    store.path(UPLOAD, "problems.xlsx").write_bytes(b"PK")
    return store


SESSION_KEY = "signs the sessions of these tests, and nothing else"


def client_of(service: SimulatedService, log: io.StringIO | None = None, **more: object) -> TestClient:
    """A client whose tokens are the names of the roles."""
    registry = more.pop("registry", None) or new_registry()
    plans = more.pop("plans", None) or SimulatedPlans()
    records = more.pop("records", None) or new_records()
    sign_in = more.pop("sign_in", None) or SignInService(Settings(token_key=SecretStr(SESSION_KEY)), records)  # type: ignore[arg-type]
    uploads = more.pop("uploads", None) or new_uploads()
    app = create_app(
        lambda: service, VISITORS.get, registry, log or io.StringIO(), plans, records, sign_in, uploads=uploads  # type: ignore[arg-type]
    )  # fmt: skip
    app.state.service, app.state.loading = service, "ready"
    app.state.records.open()
    app.state.writes.per_minute = app.state.sign_ins.per_minute = 10**9  # tests of the limits set them
    client = TestClient(app, **more)  # type: ignore[arg-type]
    client.event_hooks["response"].append(partial(_documented, app))
    return client


def _documented(app: FastAPI, answer: Any) -> None:
    """No test of the interface sees a status that its description does not name."""
    for path, item in app.openapi()["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        call = item.get(answer.request.method.lower())
        if call and re.fullmatch(pattern, answer.request.url.path) and answer.status_code != 304:
            assert str(answer.status_code) in call["responses"], (path, answer.status_code)


@pytest.fixture
def service() -> SimulatedService:
    return SimulatedService()


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def plans() -> SimulatedPlans:
    return SimulatedPlans()


@pytest.fixture
def client(service: SimulatedService, plans: SimulatedPlans, log: io.StringIO) -> Iterator[TestClient]:
    with client_of(service, log, plans=plans) as client:
        yield client


@pytest.fixture
def sign() -> object:
    """sign("teacher") -> headers of that role."""
    return lambda role: {"Authorization": f"Bearer {role}"}


@pytest.fixture(scope="session")
def simulated() -> Any:
    """The parts above, for tests that put them together in another way."""
    return SimpleNamespace(
        client=client_of, service=SimulatedService, plans=SimulatedPlans, records=new_records, audit_lines=audit_lines,
        registry=new_registry, manifest=manifest_of, write_version=write_signed_version, versions=VERSIONS,
    )


PREPARED_KEY = "a key for tests that is long enough to be taken as one"
PREPARED_DAY = date(2026, 6, 30)


@cache  # the token of forms is made from it
def _bearer(role: str, subject: str, *scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(PREPARED_KEY.encode(), role, subject, scope)}"}


@pytest.fixture(scope="module")
def prepared_workspace(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("prepared") / "workspace"
    shutil.copytree(city.workspace, root, symlinks=True)
    copied = Workspace(root)
    PreparedLists(copied, city.service._recommender).prepare(PREPARED_DAY, 10)
    return copied


@pytest.fixture(scope="module")
def prepared(city: Any, prepared_workspace: Workspace) -> Iterator[SimpleNamespace]:
    """A service over a city whose lists are prepared: `client`, `bearer(role, subject, *scope)`, `records`, `state`."""
    server = ServerSettings(Settings(workspace=prepared_workspace.root, signing_key=city.key, token_key=PREPARED_KEY))
    choices = FeedbackRecords(server.records).choices
    service = AdviceService(prepared_workspace, ready=city.service._recommender, today=lambda: PREPARED_DAY, choices=choices)
    app = create_app(
        lambda: service, server.read_token, server.registry, io.StringIO(), server.plans, server.records, server.sign_in
    )
    with TestClient(app) as client:
        until = time.monotonic() + 20
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        yield SimpleNamespace(client=client, bearer=_bearer, records=server.records, state=app.state)


@pytest.fixture
def prepared_reads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each read of a prepared list gave one."""
    reads: list[bool] = []
    read = PreparedLists.read

    def noting(self: PreparedLists, teacher: int, open_on: date) -> object:
        kept = read(self, teacher, open_on)
        reads.append(kept is not None)
        return kept

    monkeypatch.setattr(PreparedLists, "read", noting)
    return reads
