"""One person leaves the training plans: her seats and lots go, and the numbers of a plan stay what was decided.

A plan whose limits name her is deleted whole, and so is the question for it: without them it is another plan.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from features.errors import ReadError
from recommender.plans.plan_files import ORIGIN, RECORD, read_json, write_plan
from recommender.plans.plan_record import WITH_NAMES, PlanRecord
from recommender.plans.plan_store import ID, JOBS, PlanStore
from recommender.privacy.traces import id_pattern, traces
from recommender.records.record_store import RecordStore
from recommender.workspace.atomic import locked

REPLACED: Final = ".erasing"
"""Ending of a plan's folder while the new one takes its place."""


def erase_plans(folder: Path, store: RecordStore, teacher_id: str) -> tuple[int, int]:
    """How many plans lost her seats, and how many were deleted. Waits for no worker: plans being made are begun again.

    Who asked for plans and who adopted them stands in the records (`record_erasure`). Raises UnavailableError.
    """
    if not folder.is_dir():
        return 0, 0
    changed = deleted = 0
    plans = PlanStore(folder, store)
    plans.begin_again()
    with locked(folder / JOBS):
        for aside in folder.glob(f"P*{REPLACED}"):  # of a run that died
            plan = aside.with_name(aside.name.removesuffix(REPLACED))
            if plan.exists():
                plans.finished.rewritten(plan.name)
                shutil.rmtree(aside)
            else:
                aside.rename(plan)
        for plan in sorted(path for path in folder.glob("P*") if ID.fullmatch(path.name)):
            if not traces(plan, teacher_id):
                continue
            record = _without(plan, teacher_id)
            if record is None:
                plans.finished.forget(plan.name)
                shutil.rmtree(plan)
                deleted += 1
            else:
                _replace(plans, plan, record)
                changed += 1
        plans.queue.forget(lambda inputs: id_pattern(teacher_id).search(inputs) is not None)
        for file in sorted((folder / JOBS).rglob("*")):  # read in from an earlier version of the program
            if file.is_file() and traces_in(file, teacher_id):
                file.unlink()
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


def _replace(plans: PlanStore, plan: Path, record: PlanRecord) -> None:
    """Writes the new folder first: where the process dies, one of both is there, and the next run goes on."""
    origin = {key: value for key, value in (read_json(plan / ORIGIN) or {}).items() if key != "files"}
    new, aside = plan.with_name(f".new.{plan.name}"), plan.with_name(f"{plan.name}{REPLACED}")
    if new.exists():
        shutil.rmtree(new)
    write_plan(new, record, origin)
    plan.rename(aside)
    new.rename(plan)
    plans.finished.rewritten(plan.name)
    shutil.rmtree(aside)
