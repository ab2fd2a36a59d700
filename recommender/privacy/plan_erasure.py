"""One person leaves the training plans: her seats and lots go, and the numbers of a plan stay what was decided.

A plan whose limits name her is deleted whole: without them it is another plan.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from features.errors import ReadError
from recommender.plans.adoption import read_adoption
from recommender.plans.plan_files import ORIGIN, RECORD, read_json, write_plan
from recommender.plans.plan_record import WITH_NAMES, PlanRecord
from recommender.plans.plan_store import ID, JOBS
from recommender.privacy.traces import id_pattern, traces
from recommender.workspace.atomic import locked, write_json

REPLACED: Final = ".erasing"
"""Ending of a plan's folder while the new one takes its place."""


def erase_plans(folder: Path, teacher_id: str, pseudonym: str) -> tuple[int, int]:
    """How many plans lost her seats, and how many were deleted. Waits for no worker: plans being made are begun again."""
    if not folder.is_dir():
        return 0, 0
    changed = deleted = 0
    with locked(folder / JOBS):
        for aside in folder.glob(f"P*{REPLACED}"):  # of a run that died
            plan = aside.with_name(aside.name.removesuffix(REPLACED))
            shutil.rmtree(aside) if plan.exists() else aside.rename(plan)
        for plan in sorted(path for path in folder.glob("P*") if ID.fullmatch(path.name)):
            if not traces(plan, teacher_id):
                continue
            record = _without(plan, teacher_id)
            if record is None:
                shutil.rmtree(plan)
                deleted += 1
            else:
                _replace(plan, record)
                changed += 1
        for job in sorted((folder / JOBS).glob("P*.json")):
            if traces_in(job, teacher_id):
                _job(job, teacher_id, pseudonym)
    return changed, deleted


def traces_in(path: Path, teacher_id: str) -> bool:
    """Whether her id stands in a text file."""
    return id_pattern(teacher_id).search(path.read_text("utf-8", "replace")) is not None


def _without(plan: Path, teacher_id: str) -> PlanRecord | None:
    """The plan without her rows; None where it cannot be read or still names her."""
    try:
        record = PlanRecord.model_validate(read_json(plan / RECORD))
    except (ValidationError, ReadError):
        return None
    rows = {
        name: tuple(row for row in getattr(record.tables, name) if row.teacher_id != teacher_id) for name in WITH_NAMES
    }
    left = record.model_copy(update={"tables": record.tables.model_copy(update=rows)})
    return None if id_pattern(teacher_id).search(left.model_dump_json()) else left


def _replace(plan: Path, record: PlanRecord) -> None:
    """Writes the new folder first: where the process dies, one of both is there, and the next run goes on."""
    origin = {key: value for key, value in (read_json(plan / ORIGIN) or {}).items() if key != "files"}
    new, aside = plan.with_name(f".new.{plan.name}"), plan.with_name(f"{plan.name}{REPLACED}")
    if new.exists():
        shutil.rmtree(new)
    write_plan(new, record, origin)
    plan.rename(aside)
    new.rename(plan)
    shutil.rmtree(aside)


def _job(job: Path, teacher_id: str, pseudonym: str) -> None:
    """Who asked and who adopted become a pseudonym; a question whose limits name her goes."""
    name = job.name.removesuffix(".json").removesuffix(".adopted")
    if job.name.endswith(".adopted.json"):
        adoption = read_adoption(job.parent, name)
        write_json(job, {"by": pseudonym, "at": adoption.at if adoption else ""})
        return
    content = read_json(job) or {}
    if content.get("asker") == teacher_id:
        write_json(job, {**content, "asker": pseudonym})
    if traces_in(job, teacher_id):
        for path in job.parent.glob(f"{name}.*"):
            path.unlink()
