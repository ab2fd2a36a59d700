"""A worker's hold on its job: renewed while it works, given back when it is told to end, gone when another took the job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from features.errors import UnavailableError
from features.messages import BilingualText
from recommender.plans import plan_queue
from recommender.plans.plan_jobs import Job, PlanState
from recommender.plans.plan_queue import JobQueue, LeaseLostError


class JobLease:
    """The job of one worker at a time. Threads of the worker's process share it: nothing is written after `requeue`."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self._writing = threading.Lock()
        self._queue: JobQueue | None = None
        self._job: Job | None = None
        self._renewed = 0.0

    def begin(self, queue: JobQueue, job: Job) -> None:
        """From now on the job is this worker's."""
        with self._writing:
            self._queue, self._job, self._renewed = queue, job, time.monotonic()

    def forget(self) -> None:
        """The job has ended or is another's."""
        with self._writing:
            self._job = None

    def progress(self, what: str, share: float) -> None:
        """Says how far the work is; passed over while the records cannot be written. Raises LeaseLostError."""
        with suppress(UnavailableError):
            self._renew(what=what[:200], share=share)

    def keep(self) -> None:
        """A sign of life. Raises LeaseLostError, also where none could be given for as long as a lease lasts."""
        try:
            self._renew()
        except UnavailableError as error:
            if self._job is not None and time.monotonic() - self._renewed > plan_queue.LEASE:
                raise LeaseLostError("plans.lease_lost") from error

    def end(self, state: PlanState, text: BilingualText) -> bool:
        """Ends the job without a plan; False where there is none. Raises LeaseLostError, UnavailableError."""
        return self.ending(lambda queue, job: queue.end(job.job_id, self.worker, state, text))

    def ending(self, write: Callable[[JobQueue, Job], None]) -> bool:
        """Ends the job by `write`, while nothing else is written. As `end`."""
        with self._writing:
            if self._queue is None or self._job is None:
                return False
            write(self._queue, self._job)
            self._job = None
            return True

    def requeue(self) -> None:
        """Puts the job back into the queue and lets nothing be written after that."""
        self._writing.acquire()
        if self._queue is not None and self._job is not None:
            with suppress(LeaseLostError, UnavailableError):  # then it is another's, or its lease runs out
                self._queue.requeue(self._job.job_id, self.worker)

    def _renew(self, **changes: Any) -> None:
        with self._writing:
            if self._queue is not None and self._job is not None:
                now = time.monotonic()
                self._queue.renew(self._job.job_id, self.worker, **changes)
                self._renewed = now
