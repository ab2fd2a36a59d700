"""The worker of a workspace as a child of this process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from recommender.plans.plan_store import JOBS
from recommender.plans.run_plan import PLANS
from recommender.plans.worker_lock import is_at_work

IDLE: Final = 600.0  # seconds without a question after which a worker ends
GRACE: Final = 5.0  # seconds to end before it is killed
COMMAND: Final = (sys.executable, "-m", "recommender.plans.plan_worker")


class WorkerProcess:
    """Starts the worker when there is none and stops it. It ends no later than this process: its standard input closes."""

    def __init__(self, root: Path, idle: float = IDLE, command: Sequence[str] = COMMAND) -> None:
        self._jobs = root / PLANS / JOBS
        self._arguments = [*command, str(root), str(idle)]
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = threading.RLock()

    @property
    def pid(self) -> int | None:
        """Of the child, None where none was started or it has ended."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """A worker for the workspace, unless this or another process has one at work."""
        with self._starting:
            if self.pid is not None or is_at_work(self._jobs):
                return
            self.stop()  # closes the pipe of a child that has ended
            self._child = subprocess.Popen(
                self._arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
            )

    def stop(self, seconds: float = GRACE) -> None:
        """Ends the child of this process and waits for it; its question goes back into the queue."""
        with self._starting:
            child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
