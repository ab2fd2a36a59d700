"""A plan of a workspace, from the question to the folder: what the command and the service both do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from features.messages import Message
from recommender.diagnosis import Progress
from recommender.planning.checker import violations
from recommender.planning.plan_report import DRAWS, PlanReport, report_of
from recommender.planning.problem.limits import Limits
from recommender.planning.solved_plan import SolvedPlan
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_tables import record_of
from recommender.plans.planner import SEED, Planner
from recommender.text.catalogues import in_both
from recommender.workspace.workspace import Workspace, code_fingerprint

PLANS: Final = "plans"


@dataclass(frozen=True)
class PlanQuestion:
    """What is asked of the planner; equal questions on equal data have one id.

    choices: stands for what the teachers had decided when it was asked, empty for nothing; the plan goes by what they have
    decided when it is made. today: the day on which the courses must be open, the date of the data by default; the same
    question on another day is another one.
    """

    district_id: str
    yuan: float
    limits: Limits
    seed: int = SEED
    draws: int = DRAWS
    choices: str = ""
    today: date | None = None

    def plan_id(self, tables: str, model_version: str, as_of: str) -> str:
        """`P` and twelve letters that stand for the question, the data, the model and the code."""
        content = [
            self.district_id, self.yuan, self.limits.as_json(), self.seed, self.draws, tables, model_version,
            as_of, code_fingerprint("features", "models", "recommender"),
            max(self.today.isoformat(), as_of) if self.today else as_of,
            *([self.choices] if self.choices else []),
        ]  # fmt: skip
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return f"P{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def plans_folder(workspace: Workspace) -> Path:
    """Where plans go by default."""
    return workspace.root / PLANS


def id_of(planner: Planner, question: PlanQuestion) -> str:
    """The id of a question to this planner."""
    snapshot, bundle = planner.ready.snapshot, planner.ready.bundle
    return question.plan_id(planner.workspace.fingerprint, bundle.version, snapshot.as_of.isoformat())


def check_plan(planned: SolvedPlan) -> list[str]:
    """The independent check of a solved question; empty for a good plan."""
    district, pairs, plan = planned.district, planned.problem.pairs, planned.plan
    assert plan is not None
    seats = zip(
        district.teacher_ids[pairs.teacher[plan.chosen]].astype(str).tolist(),
        district.course_ids[pairs.course[plan.chosen]].astype(str).tolist(),
        strict=True,
    )
    opened = district.course_ids[plan.opened].astype(str).tolist()
    return violations(district, planned.limits, planned.yuan, seats, opened)


def run_plan(
    planner: Planner,
    question: PlanQuestion,
    out: Path | None = None,
    seconds: float = float("inf"),
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = None,
) -> tuple[PlanReport, Path]:
    """Solves, checks, reports and writes. Raises UsageError, UnknownIdError and DataError as the planner does."""
    plan_id = id_of(planner, question)
    planned = planner.plan(
        question.district_id, question.yuan, question.limits, question.seed, seconds=seconds,
        stopped=stopped, progress=progress, today=question.today,
    )  # fmt: skip
    if planned.plan is not None:
        broken = check_plan(planned)
        if broken:
            raise RuntimeError(f"the plan breaks {len(broken)} limits, first: {broken[0]}")

    def step(what: Message, share: float) -> None:
        if progress:
            progress(" / ".join(in_both(what)), share)

    report = report_of(planned, plan_id, planner.workspace.fingerprint, question.draws, stopped, step)
    folder = out or plans_folder(planner.workspace) / plan_id
    origin = planner.workspace.origin(
        as_of=report.as_of.isoformat(), open_on=report.open_on.isoformat(), model_version=report.model_version,
        plan_id=plan_id,
    )  # fmt: skip
    write_plan(folder, record_of(report), origin)
    return report, folder
