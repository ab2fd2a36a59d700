"""The registry of bundles: which version is promoted, the history of promotions, and rollback.

    DIR/2026-06-30-1a2b3c4d/     a bundle, never changed once written
    DIR/promoted.json            {"history": [oldest, ..., current]}, with a digest and a copy (`checked_json`)

The pointer is replaced in one step, so a reader sees the old or the new one, never half of one; a damaged one is
restored from its copy. Writers wait for each other on a lock file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from filelock import FileLock

from features.documents import DocumentError, value_of
from features.errors import ReadError, UsageError
from features.messages import message
from models.bundles.bundle import MANIFEST, read_bundle
from models.bundles.checked_json import read_checked, set_aside, write_checked
from models.bundles.durable import make_private_folder

POINTER: Final = "promoted.json"
LOCK: Final = ".lock"
CHANGING: Final = ".changing.lock"  # held over a whole change, LOCK over one write
VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}")


class Registry:
    """The bundles in one directory. With `key`, only bundles that `read_bundle` trusts can be promoted."""

    def __init__(self, directory: Path, key: bytes | None = None) -> None:
        self.directory = directory
        self._key = key

    def list(self) -> tuple[str, ...]:
        """All versions on disk, oldest as-of first."""
        if not self.directory.is_dir():
            return ()
        names = (p.name for p in self.directory.iterdir() if VERSION.fullmatch(p.name))
        return tuple(sorted(v for v in names if (self.directory / v / MANIFEST).is_file()))

    def history(self) -> tuple[str, ...]:
        """All promotions, oldest first; the last version is in use. Raises ReadError on a damaged pointer."""
        path = self.directory / POINTER
        try:
            content = read_checked(path)
            history = [] if content is None else value_of(content, "history", list)
        except DocumentError as error:
            raise ReadError("models.damaged_pointer", name=path.name, error=error.message) from error
        if not all(isinstance(v, str) and VERSION.fullmatch(v) for v in history):
            raise ReadError("models.damaged_pointer", name=path.name, error=message("models.not_versions"))
        return tuple(history)

    def current(self) -> str | None:
        """The promoted version, None when none was promoted yet."""
        history = self.history()
        return history[-1] if history else None

    def path(self, version: str) -> Path:
        """The directory of `version`. Raises UsageError when there is no such version."""
        if version not in self.list():
            raise UsageError("models.unknown_version", version=version)
        return self.directory / version

    def promote(self, version: str) -> None:
        """Make `version` the one in use. Raises UsageError (unknown) or UntrustedBundleError (changed on disk).

        A damaged pointer file of which there is no intact copy is kept aside and replaced.
        """
        self.check(version)
        with self._lock():
            try:
                history = self.history()
            except ReadError:
                set_aside(self.directory / POINTER)
                history = ()
            if not history or history[-1] != version:
                self._write((*history, version))

    def move(self, previous: str | None, version: str, back: bool = False) -> bool:
        """Put `version` into use in the place of `previous`; False where another one is in use, which stays.

        Doing it twice is doing it once: True where `version` is in use already. back: the last promotion is taken off the
        history, whose last but one has to be `version`. Errors as `promote`; a damaged pointer is replaced where `previous`
        is None.
        """
        self.check(version)
        with self._lock():
            try:
                history = self.history()
            except ReadError:
                if previous is not None:
                    raise
                set_aside(self.directory / POINTER)
                history = ()
            current = history[-1] if history else None
            if current == version:
                return True
            if current != previous or (back and history[-2:-1] != (version,)):
                return False
            self._write(history[:-1] if back else (*history, version))
            return True

    def rollback(self) -> str:
        """Promote the version before the current one and return it. Raises UsageError when there is none."""
        with self._lock():
            history = self.history()
            if len(history) < 2:
                raise UsageError("models.no_earlier_version")
            self.check(history[-2])
            self._write(history[:-1])
            return history[-2]

    def check(self, version: str) -> None:
        """Raises UsageError (unknown) or UntrustedBundleError (changed on disk) for a version that cannot be promoted."""
        path = self.path(version)
        if self._key is not None:
            read_bundle(path, self._key)

    def changing(self) -> FileLock:
        """Hold this from deciding on a change until it is done: nobody else sees, or finishes, what is half done."""
        make_private_folder(self.directory)
        return FileLock(self.directory / CHANGING, mode=0o600)

    def _lock(self) -> FileLock:
        make_private_folder(self.directory)
        return FileLock(self.directory / LOCK, mode=0o600)  # released also when the process dies

    def _write(self, history: tuple[str, ...]) -> None:
        write_checked(self.directory / POINTER, {"history": list(history)})
