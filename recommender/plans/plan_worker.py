"""Works through the queued questions of a workspace, in a process of its own.

    python -m recommender.plans.plan_worker WORKSPACE IDLE_SECONDS

One at a time for a workspace; ends when nothing was asked for a while. A service starts it and owes it
nothing: if either is killed, the shelf says so.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from features.errors import RecommenderError
from recommender.plans.plan_store import PlanStore
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PLANS, run_plan
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

NAME: Final = ".worker"
IDLE: Final = 600.0  # seconds without a question
LOOK: Final = 0.3  # seconds between looks


def start_worker(root: Path, idle: float = IDLE) -> None:
    """A worker for the workspace, unless one is at work already."""
    shelf = PlanStore(root / PLANS)
    if shelf.worked_on(NAME):
        return
    subprocess.Popen(
        [sys.executable, "-m", "recommender.plans.plan_worker", str(root), str(idle)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def work(root: Path, idle: float = IDLE) -> None:
    """Until nothing was asked for `idle` seconds."""
    shelf = PlanStore(root / PLANS)
    with shelf.working(NAME) as alone:
        if not alone:
            return
        planner: Planner | None = None
        until = time.monotonic() + idle
        while time.monotonic() < until:
            waiting = shelf.queued()
            if not waiting:
                time.sleep(LOOK)
                continue
            planner = answer(shelf, waiting[0], root, planner)
            until = time.monotonic() + idle


def answer(shelf: PlanStore, plan_id: str, root: Path, planner: Planner | None = None) -> Planner | None:
    """Answer one question; the planner is kept for the next as long as the tables stay the same."""
    with shelf.working(plan_id) as free:
        if not free:
            return planner
        shelf.note(plan_id, state="running", what="载入 / Loading", share=0.0)
        try:
            question = shelf.question(plan_id)
            fresh = Workspace(root)
            if planner is None or planner.workspace.fingerprint != fresh.fingerprint:
                planner = Planner(fresh, Settings())
            run_plan(
                planner, question, shelf.folder / plan_id, stopped=_Stop(shelf, plan_id),
                progress=_Teller(shelf, plan_id),
            )  # fmt: skip
            shelf.note(plan_id, state="done", what="", share=1.0)
        except RecommenderError as wrong:
            shelf.note(plan_id, state="failed", message=str(wrong))
        except Exception as wrong:  # whoever asked is told that it failed, and of what kind; no data
            shelf.note(plan_id, state="failed", message=f"a fault of the program ({type(wrong).__name__})")
    return planner


class _Stop:
    """Looks at the disk at most a few times a second."""

    def __init__(self, shelf: PlanStore, plan_id: str) -> None:
        self._shelf, self._id = shelf, plan_id
        self._next, self._found = 0.0, False

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._found and now >= self._next:
            self._found, self._next = self._shelf.asked_to_stop(self._id), now + LOOK
        return self._found


class _Teller:
    """Keeps progress on disk, about once a second."""

    def __init__(self, shelf: PlanStore, plan_id: str) -> None:
        self._shelf, self._id, self._next = shelf, plan_id, 0.0

    def __call__(self, what: str, share: float) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._shelf.note(self._id, state="running", what=what, share=share)
            self._next = now + 1.0


if __name__ == "__main__":
    work(Path(sys.argv[1]), float(sys.argv[2]))
