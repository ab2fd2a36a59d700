"""What goes on beside solving in the worker's process: its parent, the time, its lease, whoever wants it to stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Final

from features.errors import UnavailableError
from recommender.plans import plan_queue
from recommender.plans.job_lease import JobLease
from recommender.plans.plan_queue import JobQueue

POLL: Final = 0.3  # seconds between looks
NICENESS: Final = 10  # the server comes first


class StopRequest:
    """True from a request on, and when the time is over; looks at the records at most a few times a second."""

    def __init__(self, queue: JobQueue, job_id: int, seconds: float) -> None:
        self._queue, self._id = queue, job_id
        self._next, self._requested = 0.0, False
        self._until = time.monotonic() + seconds

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._requested and now >= self._next:
            self._requested = now >= self._until or self._stop_requested()
            self._next = now + POLL
        return self._requested

    def _stop_requested(self) -> bool:
        try:
            return self._queue.stop_requested(self._id)
        except UnavailableError:  # the next look may succeed
            return False


class SharedProgress:
    """Writes progress to the records, about once a second. Raises LeaseLostError."""

    def __init__(self, lease: JobLease) -> None:
        self._lease, self._next = lease, 0.0

    def __call__(self, what: str, share: float) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._lease.progress(what, share)
            self._next = now + 1.0


def end_with(pipe: IO[bytes], requeue: Callable[[], None]) -> None:
    """Ends this process as soon as the other end of `pipe` is closed; solving and loading cannot be interrupted."""

    def wait() -> None:
        while pipe.read(1):
            pass
        try:
            requeue()
        finally:
            os._exit(0)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def end_late(give_up_late: Callable[[], None]) -> None:
    """Watches the time of the current question: solving and loading cannot be interrupted from within."""
    _repeat(give_up_late, lambda: POLL, "end-late")


def keep_lease(keep: Callable[[], None]) -> None:
    """Renews the lease of the current question, four times before it would run out."""
    _repeat(keep, lambda: plan_queue.LEASE / 4, "keep-lease")


def _repeat(work: Callable[[], None], pause: Callable[[], float], name: str) -> None:
    def watch() -> None:
        while True:
            time.sleep(pause())
            work()

    threading.Thread(target=watch, name=name, daemon=True).start()


def limit_process(megabytes: int) -> None:
    """Bounds the memory of this process and lets others go first, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        most = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        os.nice(NICENESS)
