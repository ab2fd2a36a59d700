"""Finished plans: a folder of files, and the row that says which bytes they are.

A plan is worked out in a folder of its attempt. It is moved to its place and gets its row in one transaction that also
ends its job, and only while the job is still its worker's: nobody sees half a plan, and a worker that lost its lease
replaces nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.errors import ReadError
from models.bundles.durable import flush_folder
from recommender.plans.plan_files import LOTTERY, check_files, read_lottery, read_summary
from recommender.plans.plan_jobs import Job, PlanInputs
from recommender.plans.plan_queue import JobQueue
from recommender.plans.plan_record import PlanSummary
from recommender.records.planning_tables import LOTTERY_DRAWS, PLANS
from recommender.records.record_store import RecordStore

UNREADABLE: Final = ""
"""The digest of a plan whose files were damaged already when they were read in: never that of any files."""


@dataclass(frozen=True)
class FinishedPlan:
    """One row of `plans`. at: when it was finished."""

    plan_id: str
    org_id: str
    digest: str
    seats: int
    at: datetime


class FinishedPlans:
    """Plans of one workspace: `folder`/ID."""

    def __init__(self, folder: Path, records: RecordStore) -> None:
        self.folder = folder
        self._records = records

    def row(self, plan_id: str) -> FinishedPlan | None:
        """None where there is no such plan."""
        return self._rows(PLANS.c.plan_id == plan_id).get(plan_id)

    def of(self, org_id: str) -> dict[str, FinishedPlan]:
        """All of an organization."""
        return self._rows(PLANS.c.org_id == org_id)

    def ids(self) -> set[str]:
        """All."""
        with self._records.reading() as connection:
            return set(connection.execute(sa.select(PLANS.c.plan_id)).scalars())

    def _rows(self, condition: sa.ColumnElement[bool]) -> dict[str, FinishedPlan]:
        with self._records.reading() as connection:
            rows = connection.execute(sa.select(PLANS).where(condition)).all()
        return {row.plan_id: FinishedPlan(row.plan_id, row.org_id, row.digest, row.seats, row.at) for row in rows}

    def summary(self, plan: FinishedPlan) -> PlanSummary:
        """Raises ReadError where a file is not as it was written."""
        folder = self.folder / plan.plan_id
        if digest_of(folder) != plan.digest:
            raise ReadError("plans.unreadable", path=str(folder))
        summary = read_summary(folder)
        if summary is None:
            raise ReadError("plans.unreadable", path=str(folder))
        return summary

    def publish(self, queue: JobQueue, job: Job, worker: str, attempt: Path) -> None:
        """Moves the folder of an attempt to its place and ends its job. Raises LeaseLostError, ReadError, UnavailableError.

        It may be called again after UnavailableError: then the folder may be in its place already, without its row.
        """
        place = self.folder / job.plan_id
        source = attempt if attempt.exists() else place
        values = _values(source, job.inputs, job.asker)
        draw = _draw(source, job.inputs, job.asker)
        with self._records.writing() as connection:
            now = self._records.now()
            queue.change_own(connection, job.job_id, worker, state="done", what="", share=1.0, finished_at=now, worker="")
            if source == attempt:
                _replace(attempt, place)
            _save(connection, values | {"plan_id": job.plan_id, "org_id": job.district_id, "job_id": job.job_id}, draw, now)

    def rewritten(self, plan_id: str) -> None:
        """The files of a plan were replaced on purpose. Its drawing stays as it was recorded. Raises ReadError."""
        digest = digest_of(self.folder / plan_id)
        with self._records.writing() as connection:
            connection.execute(sa.update(PLANS).where(PLANS.c.plan_id == plan_id).values(digest=digest))

    def forget(self, plan_id: str) -> None:
        """Deletes the row of a plan whose folder is deleted next, and its drawing."""
        with self._records.writing() as connection:
            for table in (PLANS, LOTTERY_DRAWS):
                connection.execute(sa.delete(table).where(table.c.plan_id == plan_id))

    def register(self, plan_id: str, inputs: PlanInputs | None = None) -> None:
        """The row of a plan that is in its place already: of the command line or of an earlier version of the program."""
        with self._records.writing() as connection:
            register(connection, self.folder / plan_id, self._records.now(), inputs)


def register(
    connection: sa.Connection, folder: Path, now: datetime, inputs: PlanInputs | None = None, asker: str = ""
) -> PlanSummary | None:
    """As `FinishedPlans.register`, in a transaction that writes; the summary, None where the files are damaged."""
    try:
        check_files(folder)
        summary = read_summary(folder)
    except ReadError:
        summary = None
    if summary is None:
        values = {"org_id": _district_of(folder), "inputs_digest": "", "tables": "", "as_of": "", "model_version": "",
                  "seats": 0, "digest": UNREADABLE, "actor": asker}  # fmt: skip
        _save(connection, values | {"plan_id": folder.name, "job_id": None}, None, now)
        return None
    used = inputs or PlanInputs(
        summary.budget, dict(summary.limits), summary.seed, tables=summary.tables, as_of=summary.as_of.isoformat(),
        model_version=summary.model_version, today=summary.open_on.isoformat() if summary.open_on else "",
    )  # fmt: skip
    values = _values(folder, used, asker) | {"plan_id": folder.name, "org_id": summary.district_id, "job_id": None}
    written = datetime.fromtimestamp((folder / "summary.json").stat().st_mtime, UTC)
    _save(connection, values, _draw(folder, used, asker), min(written, now))
    return summary


def digest_of(folder: Path) -> str:
    """SHA-256 over the names and digests of the files of a plan. Raises ReadError where they are damaged."""
    return hashlib.sha256(json.dumps(dict(check_files(folder)), sort_keys=True).encode()).hexdigest()


def _values(folder: Path, inputs: PlanInputs, asker: str) -> dict[str, Any]:
    summary = read_summary(folder)
    if summary is None:
        raise ReadError("plans.unreadable", path=str(folder))
    return {
        "inputs_digest": inputs.digest(), "tables": summary.tables[:64], "as_of": summary.as_of.isoformat(),
        "model_version": summary.model_version, "seats": summary.seats, "digest": digest_of(folder), "actor": asker,
    }  # fmt: skip


def _draw(folder: Path, inputs: PlanInputs, asker: str) -> dict[str, Any] | None:
    entries = read_lottery(folder)
    if not entries:
        return None
    return {
        "seed": entries[0].seed, "commitment": inputs.digest(), "participants": len({one.teacher_id for one in entries}),
        "seats": sum(one.won for one in entries), "result": check_files(folder)[LOTTERY], "actor": asker,
    }  # fmt: skip


def _save(connection: sa.Connection, values: dict[str, Any], draw: dict[str, Any] | None, at: datetime) -> None:
    connection.execute(sa.delete(PLANS).where(PLANS.c.plan_id == values["plan_id"]))
    connection.execute(sa.insert(PLANS).values(values | {"at": at}))
    if draw is None:
        return
    table = LOTTERY_DRAWS
    same = sa.select(table.c.id).where(table.c.plan_id == values["plan_id"], table.c.result == draw["result"])
    if connection.execute(same).one_or_none() is None:
        row = draw | {"plan_id": values["plan_id"], "org_id": values["org_id"], "at": at}
        connection.execute(sa.insert(table).values(row))


def _replace(attempt: Path, folder: Path) -> None:
    """A folder cannot be put in the place of another in one step; between the two steps the job is not done yet."""
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(attempt, folder)
    flush_folder(folder.parent)


def _district_of(folder: Path) -> str:
    """Of a plan whose files are damaged; empty where that cannot be told."""
    for name in ("summary.json", "plan.json"):
        try:
            content = json.loads((folder / name).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        summary = content if name == "summary.json" else content.get("summary") if isinstance(content, dict) else None
        if isinstance(summary, dict) and isinstance(summary.get("district_id"), str):
            return str(summary["district_id"])[:200]
    return ""
