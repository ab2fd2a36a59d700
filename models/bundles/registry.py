"""Which bundle is served: one pointer file, its history, promotion and rollback.

    DIR/2026-06-30-1a2b3c4d/     a bundle, never changed once written
    DIR/promoted.json            {"history": [oldest, ..., current]}

The pointer is replaced in one step (`os.replace`), so a reader sees the old or the new one, never a torn one.
Writers wait for each other on a lock file.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from features.errors import ReadError, UsageError
from models.bundles.bundle import MANIFEST, read_bundle

POINTER: Final = "promoted.json"
LOCK: Final = ".lock"
VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}")
LONGEST_POINTER: Final = 1_000_000  # bytes; a larger one is not ours


class Registry:
    """The bundles in one directory. With `key`, nothing is promoted that `read_bundle` does not trust."""

    def __init__(self, directory: Path, key: bytes | None = None) -> None:
        self.directory = directory
        self._key = key

    def list(self) -> tuple[str, ...]:
        """All versions on disk, oldest as-of first."""
        if not self.directory.is_dir():
            return ()
        found = (p.name for p in self.directory.iterdir() if VERSION.fullmatch(p.name))
        return tuple(sorted(v for v in found if (self.directory / v / MANIFEST).is_file()))

    def history(self) -> tuple[str, ...]:
        """What was promoted, oldest first; the last one is served. Raises Unreadable on a damaged pointer."""
        path = self.directory / POINTER
        if not path.exists():
            return ()
        try:
            if path.stat().st_size > LONGEST_POINTER:
                raise ValueError("too long")
            history = tuple(json.loads(path.read_text("utf-8"))["history"])
            if not all(isinstance(v, str) and VERSION.fullmatch(v) for v in history):
                raise ValueError("not a list of versions")
        except (ValueError, KeyError, TypeError, OSError) as wrong:
            raise ReadError(f"{path.name} cannot be read ({wrong}); promote a version again") from wrong
        return history

    def current(self) -> str | None:
        """The promoted version, None when nothing was promoted yet."""
        history = self.history()
        return history[-1] if history else None

    def path(self, version: str) -> Path:
        """The directory of `version`. Raises WrongUse when there is no such version."""
        if version not in self.list():
            raise UsageError(f"There is no model version {version!r}; `recommender models list` shows all")
        return self.directory / version

    def promote(self, version: str) -> None:
        """Serve `version` from now on. Raises WrongUse (unknown) or UntrustedBundle (changed on disk).

        A damaged pointer file does not stand in the way: it is written anew.
        """
        self._trusted(version)
        with self._alone():
            try:
                history = self.history()
            except ReadError:
                history = ()
            if not history or history[-1] != version:
                self._write((*history, version))

    def rollback(self) -> str:
        """Serve what was served before the current version, and say which that is.

        Raises WrongUse when nothing was promoted before it.
        """
        with self._alone():
            history = self.history()
            if len(history) < 2:
                raise UsageError("No earlier model was promoted: there is nothing to go back to")
            self._trusted(history[-2])
            self._write(history[:-1])
            return history[-2]

    def _trusted(self, version: str) -> None:
        path = self.path(version)
        if self._key is not None:
            read_bundle(path, self._key)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / LOCK, "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file closes, also when the process dies
            yield

    def _write(self, history: tuple[str, ...]) -> None:
        fresh = self.directory / f".{POINTER}.new"
        with open(fresh, "w", encoding="utf-8") as out:
            json.dump({"history": history}, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, self.directory / POINTER)
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
