"""Answers the queued questions of a workspace, one at a time, in a process of its own.

    python -m recommender.plans.plan_worker WORKSPACE IDLE_SECONDS

It ends when no question came for IDLE_SECONDS, and when its standard input closes. The process that starts it keeps
the other end of that pipe, so it lives no longer than that process, however this one ends; the question it was
working on goes back into the queue.

Every question has an end: after `plan_seconds` the best plan so far is taken, and a question that has no plan after
twice that is given up together with the process. A question that two processes died of is given up, too.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from features.errors import RecommenderError, StaleError, UnavailableError
from features.messages import BilingualText, Message, message
from recommender.event_log import event_log, place_of
from recommender.plans.job_lease import JobLease
from recommender.plans.plan_jobs import Job, PlanState
from recommender.plans.plan_queue import LeaseLostError
from recommender.plans.plan_store import PlanStore
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PLANS, id_of, run_plan
from recommender.plans.worker_lock import worker_lock
from recommender.plans.worker_watch import (
    POLL,
    SharedProgress,
    StopRequest,
    end_late,
    end_with,
    keep_lease,
    limit_process,
)
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion, recommender_at
from recommender.settings import Settings
from recommender.text.catalogues import in_both
from recommender.workspace.workspace import Workspace

AGAIN: Final = 1.0  # seconds between attempts to reach the records
GIVEN_UP: Final = 3  # exit codes
LEASE_LOST: Final = 4

NewPlanner = Callable[[Workspace, ServedVersion], Planner]


class PlanWorker:
    """The loop over the queue of one workspace. seconds: after which the best plan so far is taken."""

    def __init__(
        self, root: Path, log: Any = None, planner: NewPlanner | None = None, seconds: float | None = None,
        records: RecordStore | None = None,
    ) -> None:  # fmt: skip
        settings = Settings()
        self.root = root
        self.store = PlanStore(root / PLANS, records or RecordStore.of(root, settings))
        self.seconds = settings.plan_seconds if seconds is None else seconds
        self.lease = JobLease(f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}")
        self._log = log or event_log()
        self._new_planner = planner or _planner
        self._planner: tuple[ServedVersion, Planner] | None = None
        self._until = float("inf")
        self._unusable: set[str] = set()
        self._tidied = False
        self._reachable = True

    def run(self, idle: float) -> None:
        """Until no question came for `idle` seconds; at once where another worker of this machine has the workspace."""
        with worker_lock(self.store.jobs) as alone:
            until = time.monotonic() + idle
            while alone:
                try:
                    job = self._next()
                    self._reachable = True
                except UnavailableError as error:
                    self._not_reachable(error)
                    job = None
                    time.sleep(min(AGAIN, idle))
                if job is not None:
                    self._answer_or_pass_over(job)
                    until = time.monotonic() + idle
                elif time.monotonic() < until:
                    time.sleep(min(POLL, idle))
                else:
                    return

    def _next(self) -> Job | None:
        """Takes the next question; gives up those that too many processes died of."""
        queue = self.store.queue
        if not self._tidied:
            self.store.tidy_attempts()
            self._tidied = True
        if not queue.waiting():
            return None
        for job in queue.give_up():
            self.store.discard_attempts(job)
            self._log.error("plan_given_up", plan_id=job.plan_id, attempts=job.attempts)
        return queue.claim(self.lease.worker, self._unusable)

    def _answer_or_pass_over(self, job: Job) -> None:
        """One question whose files cannot be read or written does not keep the others waiting."""
        try:
            self.answer(job)
        except LeaseLostError:
            self._log.warning("plan_lease_lost", plan_id=job.plan_id)
        except UnavailableError as error:  # its lease runs out, and it is taken again
            self._not_reachable(error)
        except Exception as error:
            self._unusable.add(job.plan_id)
            self._log.error("plan_passed_over", plan_id=job.plan_id, kind=type(error).__name__, place=place_of(error))

    def answer(self, job: Job) -> None:
        """Answers one question that is leased to this worker; the planner is kept while the version stays the same."""
        self.lease.begin(self.store.queue, job)
        self._until = time.monotonic() + 2 * self.seconds
        try:
            self.lease.progress("载入 / Loading", 0.0)
            self._plan(job)
        finally:
            self._until = float("inf")
            self.lease.forget()

    def _plan(self, job: Job) -> None:
        attempt = self.store.attempt_folder(job)
        try:
            run_plan(
                self._planner_for(job), job.question, attempt,
                stopped=StopRequest(self.store.queue, job.job_id, self.seconds), progress=SharedProgress(self.lease),
            )  # fmt: skip
            self._publish(job, attempt)
        except (LeaseLostError, UnavailableError):
            raise
        except StaleError as error:
            self._log.warning("plan_stale", plan_id=job.plan_id)
            self._end(job, "stale", error.message)
        except RecommenderError as error:
            self._log.warning("plan_failed", plan_id=job.plan_id, kind=type(error).__name__, code=_code(error))
            self._end(job, "failed", error.message)
        except MemoryError:
            self._planner = None
            self._log.error("plan_out_of_memory", plan_id=job.plan_id)
            self._end(job, "failed", message("plans.out_of_memory"))
        except Exception as error:  # the asker reads that it failed and of what kind; the message may hold data
            kind = type(error).__name__
            self._log.error("plan_fault", plan_id=job.plan_id, kind=kind, place=place_of(error))
            self._end(job, "failed", message("plans.worker_fault", kind=kind))

    def _publish(self, job: Job, attempt: Path) -> None:
        """While the records cannot be written, again and again: until they can, or until the lease has run out."""
        while True:
            try:
                self.lease.ending(lambda queue, job: self.store.publish(job, self.lease.worker, attempt))
                return
            except UnavailableError as error:
                self._not_reachable(error)
                self.lease.keep()
                time.sleep(AGAIN)

    def _planner_for(self, job: Job) -> Planner:
        """A planner of exactly the version that the question was asked of. Raises StaleError."""
        version = job.version
        if version is None:
            raise StaleError("plans.stale_tables")
        workspace = Workspace(self.root)
        if workspace.fingerprint != version.tables:
            raise StaleError("plans.stale_tables")
        if self._planner is None or self._planner[0] != version:
            self._planner = None  # the old one is released before the new one is loaded
            self._planner = version, self._new_planner(workspace, version)
        planner = self._planner[1]
        if id_of(planner, job.question) != job.plan_id:  # the program itself was replaced meanwhile
            raise StaleError("plans.stale_program")
        return planner

    def give_up_late(self) -> None:
        """Ends this process where the current question is late beyond its limit; the next one goes on with others."""
        if time.monotonic() < self._until:
            return
        try:
            if self.lease.end("expired", in_both(message("plans.expired", seconds=2 * self.seconds))):
                self._log.error("plan_expired")
        except (LeaseLostError, UnavailableError) as error:
            self._log.warning("plan_lease_lost", code=_code(error))
        os._exit(GIVEN_UP)

    def keep_lease(self) -> None:
        """Renews the lease; ends this process where another has taken the question, for solving cannot be interrupted."""
        try:
            self.lease.keep()
        except LeaseLostError:
            self._log.warning("plan_lease_lost")
            os._exit(LEASE_LOST)

    def _not_reachable(self, error: UnavailableError) -> None:
        """Logged once until the records can be reached again."""
        if self._reachable:
            self._log.warning("plan_records_not_reachable", code=_code(error))
        self._reachable = False

    def _end(self, job: Job, state: PlanState, text: Message | BilingualText | str) -> None:
        self.lease.end(state, in_both(text))
        self.store.discard_attempts(job)


def _code(error: RecommenderError) -> str:
    return error.message.code if isinstance(error.message, Message) else ""


def _planner(workspace: Workspace, version: ServedVersion) -> Planner:
    return Planner(workspace, ready=recommender_at(workspace, Settings(), version))


def main(root: Path, idle: float) -> None:
    """The process: a worker that ends with its parent."""
    limit_process(Settings().plan_megabytes)
    worker = PlanWorker(root)
    end_with(sys.stdin.buffer, worker.lease.requeue)
    end_late(worker.give_up_late)
    keep_lease(worker.keep_lease)
    worker.run(idle)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
