"""One worker a workspace and machine: solving takes a processor and the memory of a city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

NAME: Final = ".worker.lock"


@contextmanager
def worker_lock(jobs: Path) -> Iterator[bool]:
    """Holds the lock until the block ends; False where another process holds it. jobs: WORKSPACE/plans/.jobs."""
    jobs.mkdir(parents=True, exist_ok=True)
    lock = FileLock(jobs / NAME, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_at_work(jobs: Path) -> bool:
    """Whether a living process holds the lock."""
    with worker_lock(jobs) as free:
        return not free
