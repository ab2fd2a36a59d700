"""Answers the queued questions of a workspace, one at a time, in a process of its own.

    python -m recommender.plans.plan_worker WORKSPACE IDLE_SECONDS

It ends when no question came for IDLE_SECONDS, and when its standard input closes. The process that starts it keeps
the other end of that pipe, so it lives no longer than that process, however this one ends; the question it was
working on goes back into the queue.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from features.errors import RecommenderError
from features.messages import BilingualText, Message, message
from recommender.event_log import event_log, place_of
from recommender.plans.plan_store import PlanStore
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PLANS, run_plan
from recommender.settings import Settings
from recommender.text.catalogues import in_both
from recommender.workspace.workspace import Workspace

NAME: Final = ".worker"
POLL: Final = 0.3  # seconds between looks at the disk


class PlanWorker:
    """The loop over the queue of one workspace."""

    def __init__(self, root: Path, log: Any = None, planner: Callable[[Workspace], Planner] | None = None) -> None:
        self.root = root
        self.store = PlanStore(root / PLANS)
        self._log = log or event_log()
        self._new_planner = planner or (lambda workspace: Planner(workspace, Settings()))
        self._planner: Planner | None = None
        self._current: str | None = None
        self._writing = threading.Lock()

    def run(self, idle: float) -> None:
        """Until no question came for `idle` seconds; at once where another worker has the workspace."""
        with self.store.lock(NAME) as alone:
            if not alone:
                return
            until = time.monotonic() + idle
            while time.monotonic() < until:
                queued = self.store.queued()
                if not queued:
                    time.sleep(min(POLL, idle))
                    continue
                self.answer(queued[0])
                until = time.monotonic() + idle

    def answer(self, plan_id: str) -> None:
        """Answers one question, unless another process does; the planner is kept while the tables stay the same."""
        with self.store.lock(plan_id) as free:
            if not free:
                return
            self._current = plan_id
            self._update(state="running", what="载入 / Loading", share=0.0)
            try:
                question = self.store.question(plan_id)
                workspace = Workspace(self.root)
                if self._planner is None or self._planner.workspace.fingerprint != workspace.fingerprint:
                    self._planner = self._new_planner(workspace)
                run_plan(
                    self._planner, question, self.store.folder / plan_id, stopped=_StopRequest(self.store, plan_id),
                    progress=_Progress(self._update),
                )  # fmt: skip
                self._update(state="done", what="", share=1.0)
            except RecommenderError as error:
                code = error.message.code if isinstance(error.message, Message) else ""
                self._log.warning("plan_failed", plan_id=plan_id, kind=type(error).__name__, code=code)
                self._fail(error.message)
            except Exception as error:  # the asker reads that it failed and of what kind; the message may hold data
                kind = type(error).__name__
                self._log.error("plan_fault", plan_id=plan_id, kind=kind, place=place_of(error))
                self._fail(message("plans.worker_fault", kind=kind))
            finally:
                self._current = None

    def requeue(self) -> None:
        """Puts the current question back into the queue and lets nothing be written after that."""
        self._writing.acquire()
        if self._current is not None and not self.store.finished(self._current):
            self.store.update(self._current, state="queued", what="", share=0.0)

    def _fail(self, text: Message | BilingualText | str) -> None:
        self._update(state="failed", message=in_both(text)._asdict())

    def _update(self, **changes: Any) -> None:
        assert self._current is not None
        with self._writing:
            self.store.update(self._current, **changes)


class _StopRequest:
    """Looks at the disk at most a few times a second."""

    def __init__(self, store: PlanStore, plan_id: str) -> None:
        self._store, self._id = store, plan_id
        self._next, self._requested = 0.0, False

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._requested and now >= self._next:
            self._requested, self._next = self._store.stop_requested(self._id), now + POLL
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


def main(root: Path, idle: float) -> None:
    """The process: a worker that ends with its parent."""
    worker = PlanWorker(root)
    end_with(sys.stdin.buffer, worker)
    worker.run(idle)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
