"""Reads in what earlier versions of the program kept in files: questions, adoptions, plans without a row.

WORKSPACE/plans/.jobs/ID.json          a question and its progress
WORKSPACE/plans/.jobs/ID.district      whose it is
WORKSPACE/plans/.jobs/ID.stop          the best plan so far is wanted
WORKSPACE/plans/.jobs/ID.adopted.json  who adopted the plan, and when

What was read in is moved to WORKSPACE/plans/.jobs/imported/ and stays there. Reading in twice is reading in once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.errors import ReadError, RecommenderError
from features.messages import BilingualText, message
from recommender.planning.problem.limits import Limits
from recommender.plans.adoption import append, decisions, lock_decisions
from recommender.plans.finished_plans import register
from recommender.plans.plan_files import read_json
from recommender.plans.plan_jobs import PlanInputs, text_as_json
from recommender.plans.plan_queue import QUEUE_LOCK
from recommender.records.planning_tables import PLAN_ADOPTIONS, PLAN_JOBS, PLANS
from recommender.records.record_store import RecordStore
from recommender.text.catalogues import in_both
from recommender.workspace.atomic import locked

FOLDER: Final = ".jobs"
IMPORTED: Final = "imported"
NAME: Final = "P" + "[0-9a-f]" * 12
ENDINGS: Final = (".json", ".district", ".stop", ".adopted.json")
STATES: Final = {"running": "queued", "interrupted": "queued"}


def import_files(folder: Path, records: RecordStore) -> int:
    """How many files were read in. folder: WORKSPACE/plans. Raises UnavailableError, and nothing was changed then."""
    jobs = folder / FOLDER
    files = _files(jobs)
    if not files:
        return 0
    with locked(jobs):
        files = _files(jobs)  # another process may have been quicker
        with records.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(QUEUE_LOCK)))
            _register(connection, folder, records.now())
            adoptions: list[tuple[datetime, str, str, str]] = []
            for plan_id in sorted({file.name[:13] for file in files}):
                org_id = _import_job(connection, jobs, plan_id, records.now())
                adoptions += _adoption(connection, jobs, plan_id, org_id)
            _import_adoptions(connection, adoptions)
        (jobs / IMPORTED).mkdir(mode=0o700, exist_ok=True)
        for file in files:
            file.replace(jobs / IMPORTED / file.name)
        for lock in jobs.glob(f"{NAME}.lock"):
            lock.unlink()
    return len(files)


def _files(jobs: Path) -> list[Path]:
    return sorted(path for ending in ENDINGS for path in jobs.glob(NAME + ending))


def _register(connection: sa.Connection, folder: Path, now: datetime) -> None:
    present = set(connection.execute(sa.select(PLANS.c.plan_id)).scalars())
    for path in sorted(folder.glob(NAME)):
        if path.is_dir() and path.name not in present:
            register(connection, path, now)


def _import_job(connection: sa.Connection, jobs: Path, plan_id: str, now: datetime) -> str:
    """The question of a plan, unless it is there already; returns whose it is."""
    content = _content(jobs / f"{plan_id}.json")
    plan = connection.execute(sa.select(PLANS.c.org_id).where(PLANS.c.plan_id == plan_id)).one_or_none()
    org_id = _text(content, "district_id") or _district(jobs, plan_id) or (plan.org_id if plan else "")
    if not (jobs / f"{plan_id}.json").exists():
        return org_id
    if connection.execute(sa.select(PLAN_JOBS.c.id).where(PLAN_JOBS.c.plan_id == plan_id).limit(1)).first():
        return org_id
    values = _values(content, plan is not None)
    stop = (jobs / f"{plan_id}.stop").exists()
    if values["state"] == "queued" and stop:
        values["state"] = "stopped"
    at = _time(_text(content, "requested_at")) or now
    row = {"plan_id": plan_id, "org_id": org_id, "actor": _text(content, "asker"), "at": at, "what": "", "stop": stop,
           "worker": "", "started_at": _time(_text(content, "started"))}  # fmt: skip
    job_id = connection.execute(sa.insert(PLAN_JOBS).values(row | values).returning(PLAN_JOBS.c.id)).scalar_one()
    of_job = sa.update(PLANS).where(PLANS.c.plan_id == plan_id)
    connection.execute(of_job.values(job_id=job_id, actor=row["actor"]))
    return org_id


def _values(content: dict[str, Any], finished: bool) -> dict[str, Any]:
    """Columns that can be wrong in a file; of a damaged one there is nothing but that."""
    try:
        limits = dict(content["limits"])
        Limits.of(limits)
        texts = {name: str(content.get(name, "")) for name in ("choices", "today", "tables", "as_of", "model_version")}
        inputs = PlanInputs(
            float(content["budget"]), limits, int(content.get("seed", 0)), int(content.get("draws", 0)), **texts
        )
        state = "done" if finished else STATES.get(content["state"], str(content["state"]))
        attempts = max(int(content.get("attempts", 0)) - (content["state"] == "running"), 0)
        return {"inputs": inputs.as_json(), "state": "stale" if state == "done" and not finished else state,
                "share": 1.0 if finished else 0.0, "attempts": attempts, "error": _error(content.get("message"))}  # fmt: skip
    except (KeyError, TypeError, ValueError, RecommenderError):
        text = text_as_json(in_both(message("plans.damaged")))
        return {"inputs": PlanInputs(0.0, {}).as_json(), "state": "done" if finished else "failed", "share": 0.0,
                "attempts": 0, "error": "" if finished else text}  # fmt: skip


def _adoption(
    connection: sa.Connection, jobs: Path, plan_id: str, org_id: str
) -> Iterable[tuple[datetime, str, str, str]]:
    """When, whose plan, which, by whom; none where nobody adopted it or the file is damaged."""
    content = _content(jobs / f"{plan_id}.adopted.json")
    at = _time(_text(content, "at"))
    if at is None or not org_id:
        return []
    table = PLAN_ADOPTIONS
    same = sa.select(table.c.id).where(table.c.plan_id == plan_id, table.c.at == at).limit(1)
    return [] if connection.execute(same).first() else [(at, org_id, plan_id, _text(content, "by"))]


def _import_adoptions(connection: sa.Connection, adoptions: list[tuple[datetime, str, str, str]]) -> None:
    """In the order of their days; all stand, as they did. None comes after a decision in the records."""
    orgs = {org_id for _, org_id, _, _ in adoptions}
    for org_id in sorted(orgs):
        lock_decisions(connection, org_id)
    decided = {one.org_id for one in decisions(connection, orgs)}
    for at, org_id, plan_id, by in sorted(adoptions):
        if org_id not in decided:
            append(connection, org_id, plan_id, "adopt_beside", by, at)


def _content(path: Path) -> dict[str, Any]:
    """Empty for a file that is not there or is damaged: it is kept with those that were read in."""
    try:
        return read_json(path) or {}
    except ReadError:
        return {}


def _district(jobs: Path, plan_id: str) -> str:
    try:
        return (jobs / f"{plan_id}.district").read_text("utf-8")[:200]
    except (OSError, UnicodeDecodeError):
        return ""


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name, "")
    return value[:200] if isinstance(value, str) else ""


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _error(value: Any) -> str:
    if isinstance(value, dict):
        return text_as_json(BilingualText(str(value.get("zh", "")), str(value.get("en", ""))))
    return text_as_json(BilingualText(str(value or ""), str(value or "")))
