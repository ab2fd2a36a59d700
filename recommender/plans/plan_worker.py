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
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from features.errors import RecommenderError, StaleError
from features.messages import BilingualText, Message, message
from recommender.event_log import event_log, place_of
from recommender.plans.plan_jobs import Job, now
from recommender.plans.plan_store import PlanStore
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PLANS, id_of, run_plan
from recommender.served_version import ServedVersion, recommender_at
from recommender.settings import Settings
from recommender.text.catalogues import in_both
from recommender.workspace.workspace import Workspace

NAME: Final = ".worker"
POLL: Final = 0.3  # seconds between looks at the disk
ATTEMPTS: Final = 2  # processes that may die of one question
NICENESS: Final = 10  # the server comes first
GIVEN_UP: Final = 3  # exit code

NewPlanner = Callable[[Workspace, ServedVersion], Planner]


class PlanWorker:
    """The loop over the queue of one workspace. seconds: after which the best plan so far is taken."""

    def __init__(
        self, root: Path, log: Any = None, planner: NewPlanner | None = None, seconds: float | None = None
    ) -> None:
        self.root = root
        self.store = PlanStore(root / PLANS)
        self.seconds = Settings().plan_seconds if seconds is None else seconds
        self._log = log or event_log()
        self._new_planner = planner or _planner
        self._planner: tuple[ServedVersion, Planner] | None = None
        self._current: str | None = None
        self._until = float("inf")
        self._writing = threading.Lock()
        self._unusable: set[str] = set()

    def run(self, idle: float) -> None:
        """Until no question came for `idle` seconds; at once where another worker has the workspace."""
        with self.store.lock(NAME) as alone:
            if not alone:
                return
            self._take_up()
            until = time.monotonic() + idle
            while time.monotonic() < until:
                queued = [plan_id for plan_id in self.store.queued() if plan_id not in self._unusable]
                if not queued:
                    time.sleep(min(POLL, idle))
                    continue
                self._answer_or_pass_over(queued[0])
                until = time.monotonic() + idle

    def _take_up(self) -> None:
        """Queues again what the last process left unfinished; gives up what too many processes died of."""
        for job in self.store.interrupted():
            if job.attempts < ATTEMPTS:
                self.store.update(job.plan_id, state="queued", what="", share=0.0)
                continue
            text = in_both(message("plans.worker_died", n=job.attempts))
            self.store.update(job.plan_id, state="failed", message=text._asdict())
            self._log.error("plan_given_up", plan_id=job.plan_id, attempts=job.attempts)

    def _answer_or_pass_over(self, plan_id: str) -> None:
        """One question whose files cannot be read or written does not keep the others waiting."""
        try:
            self.answer(plan_id)
        except Exception as error:
            self._unusable.add(plan_id)
            self._log.error("plan_passed_over", plan_id=plan_id, kind=type(error).__name__, place=place_of(error))

    def answer(self, plan_id: str) -> None:
        """Answers one question, unless another process does; the planner is kept while the version stays the same."""
        with self.store.lock(plan_id) as free:
            if not free:
                return
            job = self.store.job(plan_id)
            if self.store.stop_requested(plan_id):
                self.store.update(plan_id, state="stopped")
                return
            self._current, self._until = plan_id, time.monotonic() + 2 * self.seconds
            try:
                self._update(state="running", what="载入 / Loading", share=0.0, started=now(), attempts=job.attempts + 1)
                self._plan(job)
            finally:
                self._current, self._until = None, float("inf")

    def _plan(self, job: Job) -> None:
        try:
            run_plan(
                self._planner_for(job), job.question, self.store.folder / job.plan_id,
                stopped=_StopRequest(self.store, job.plan_id, self.seconds), progress=_Progress(self._update),
            )  # fmt: skip
            self._update(state="done", what="", share=1.0)
        except StaleError as error:
            self._log.warning("plan_stale", plan_id=job.plan_id)
            self._end("stale", error.message)
        except RecommenderError as error:
            code = error.message.code if isinstance(error.message, Message) else ""
            self._log.warning("plan_failed", plan_id=job.plan_id, kind=type(error).__name__, code=code)
            self._end("failed", error.message)
        except MemoryError:
            self._planner = None
            self._log.error("plan_out_of_memory", plan_id=job.plan_id)
            self._end("failed", message("plans.out_of_memory"))
        except Exception as error:  # the asker reads that it failed and of what kind; the message may hold data
            kind = type(error).__name__
            self._log.error("plan_fault", plan_id=job.plan_id, kind=kind, place=place_of(error))
            self._end("failed", message("plans.worker_fault", kind=kind))

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

    def requeue(self) -> None:
        """Puts the current question back into the queue and lets nothing be written after that."""
        self._writing.acquire()
        if self._current is not None and not self.store.finished(self._current):
            attempts = max(self.store.job(self._current).attempts - 1, 0)  # nothing is wrong with the question
            self.store.update(self._current, state="queued", what="", share=0.0, attempts=attempts)

    def give_up_late(self) -> None:
        """Ends this process where the current question is late beyond its limit; the next one goes on with others."""
        if time.monotonic() < self._until:
            return
        with self._writing:
            if self._current is not None and not self.store.finished(self._current):
                text = in_both(message("plans.expired", seconds=2 * self.seconds))
                self.store.update(self._current, state="expired", message=text._asdict())
                self._log.error("plan_expired", plan_id=self._current)
            os._exit(GIVEN_UP)

    def _end(self, state: str, text: Message | BilingualText | str) -> None:
        self._update(state=state, message=in_both(text)._asdict())

    def _update(self, **changes: Any) -> None:
        assert self._current is not None
        with self._writing:
            self.store.update(self._current, **changes)


def _planner(workspace: Workspace, version: ServedVersion) -> Planner:
    return Planner(workspace, ready=recommender_at(workspace, Settings(), version))


class _StopRequest:
    """True from a request on, and when the time is over; looks at the disk at most a few times a second."""

    def __init__(self, store: PlanStore, plan_id: str, seconds: float) -> None:
        self._store, self._id = store, plan_id
        self._next, self._requested = 0.0, False
        self._until = time.monotonic() + seconds

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._requested and now >= self._next:
            self._requested = now >= self._until or self._store.stop_requested(self._id)
            self._next = now + POLL
        return self._requested


class _Progress:
    """Writes progress to disk, about once a second."""

    def __init__(self, update: Callable[..., None]) -> None:
        self._update, self._next = update, 0.0

    def __call__(self, what: str, share: float) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._update(state="running", what=what, share=share)
            self._next = now + 1.0


def end_with(pipe: IO[bytes], worker: PlanWorker) -> None:
    """Ends this process as soon as the other end of `pipe` is closed; solving and loading cannot be interrupted."""

    def wait() -> None:
        while pipe.read(1):
            pass
        worker.requeue()
        os._exit(0)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def end_late(worker: PlanWorker) -> None:
    """Watches the time of the current question: solving and loading cannot be interrupted from within."""

    def watch() -> None:
        while True:
            time.sleep(POLL)
            worker.give_up_late()

    threading.Thread(target=watch, name="end-late", daemon=True).start()


def limit_process(megabytes: int) -> None:
    """Bounds the memory of this process and lets others go first, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        most = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        os.nice(NICENESS)


def main(root: Path, idle: float) -> None:
    """The process: a worker that ends with its parent."""
    limit_process(Settings().plan_megabytes)
    worker = PlanWorker(root)
    end_with(sys.stdin.buffer, worker)
    end_late(worker)
    worker.run(idle)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
