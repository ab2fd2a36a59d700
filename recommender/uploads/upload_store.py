"""Uploads of a workspace on disk, each in a folder for its owner alone, deleted a day after it was brought.

    WORKSPACE/uploads/ID/files/NAME       as they came
    WORKSPACE/uploads/ID/upload.json      `Upload`
    WORKSPACE/uploads/ID/guess.json       what the sheets are taken for
    WORKSPACE/uploads/ID/mapping.toml     the mapping file that reads them
    WORKSPACE/uploads/ID/issues.json      problems and notes by kind
    WORKSPACE/uploads/ID/problems.xlsx    the rows with problems, the reason in the last column
    WORKSPACE/uploads/ID/work.lock        held by the process at work
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from filelock import FileLock, Timeout

from features.documents import DocumentError, read_json
from features.errors import StaleError, UnknownIdError, UsageError
from models.bundles.durable import PRIVATE_FILE, create_private_file, make_private_folder
from recommender.uploads.upload import Upload, Work
from recommender.workspace.atomic import write_json
from recommender.workspace.importing import Mode

UPLOADS: Final = "uploads"
KEPT: Final = timedelta(days=1)
UPLOAD_ID: Final = re.compile(r"U[0-9a-f]{16}")
NAME_LENGTH: Final = 100  # characters of a file's name
STARTING: Final = 60.0  # seconds in which a process that was started takes its lock
COMMAND: Final = (sys.executable, "-P", "-m", "recommender.uploads.upload_work")
BEGAN: Final = "work.began"  # beside the lock: the process has had it
MOST_UPLOADS: Final = 50  # that are kept at a time


class UploadStore:
    """The uploads of the workspace at `root`. launch: starts the work on an upload, by default in a process of its own."""

    def __init__(self, root: Path, launch: Callable[[Path, str], None] | None = None) -> None:
        self.root = root
        self._launch = launch or launch_process
        self._folder = root / UPLOADS

    def create(self, by: str, role: str, mode: Mode, files: Iterable[tuple[str, BinaryIO]]) -> Upload:
        """A new upload with these (name, content), not looked at yet. Raises UsageError where too many wait."""
        self.expire()
        if len(self.all()) >= MOST_UPLOADS:
            raise UsageError("uploads.too_many", most=MOST_UPLOADS)
        upload_id = f"U{secrets.token_hex(8)}"
        place = self._folder / upload_id / "files"
        make_private_folder(place)
        names: list[str] = []
        try:
            for name, content in files:
                names.append(_free_name(safe_name(name), names))
                create_private_file(place / names[-1])
                with open(place / names[-1], "wb") as out:
                    shutil.copyfileobj(content, out, 1 << 20)
            upload = Upload(upload_id, by, role, datetime.now(UTC), mode, tuple(names))
            self.save(upload)
        except BaseException:
            shutil.rmtree(self._folder / upload_id, ignore_errors=True)
            raise
        return upload

    def all(self) -> tuple[Upload, ...]:
        """Newest first; folders that hold none are passed over."""
        uploads = []
        for folder in self._folders():
            try:
                uploads.append(self.read(folder.name))
            except UnknownIdError:
                continue
        return tuple(sorted(uploads, key=lambda upload: (upload.at, upload.upload_id), reverse=True))

    def read(self, upload_id: str) -> Upload:
        """One upload; `interrupted` where the process at work on it has ended. Raises UnknownIdError."""
        if not UPLOAD_ID.fullmatch(upload_id):
            raise UnknownIdError("uploads.unknown", upload_id=upload_id)
        try:
            upload = Upload.of(read_json(self.path(upload_id, "upload.json")))
        except DocumentError as error:
            raise UnknownIdError("uploads.unknown", upload_id=upload_id) from error
        if upload.state != "working":
            return upload
        progress = self.content(upload_id, "progress.json") or {}
        if not self._is_at_work(upload_id):
            again = Upload.of(read_json(self.path(upload_id, "upload.json")))  # it may have finished just now
            return again if again.state != "working" else replace(again, state="interrupted")
        return replace(upload, what=str(progress.get("what", "")), share=float(progress.get("share", 0.0)))

    def content(self, upload_id: str, name: str) -> Any:
        """One of its JSON files, None where there is none."""
        try:
            return read_json(self.path(upload_id, name))
        except DocumentError:
            return None

    def path(self, upload_id: str, name: str) -> Path:
        """Of one of its files."""
        return self._folder / upload_id / name

    def files(self, upload_id: str) -> Path:
        """The folder of the files as they came."""
        return self.path(upload_id, "files")

    def save(self, upload: Upload) -> None:
        """Replaces what is known of the upload."""
        write_json(self.path(upload.upload_id, "upload.json"), upload.as_json())

    def note_progress(self, upload_id: str, what: str, share: float) -> None:
        """How far the process at work is."""
        write_json(self.path(upload_id, "progress.json"), {"what": what, "share": share})

    def start(self, upload: Upload, work: Work, **changes: Any) -> Upload:
        """Starts a process that looks at the files or writes them. Raises StaleError where one is at work on them."""
        if self.read(upload.upload_id).state == "working" and self._is_at_work(upload.upload_id):
            raise StaleError("uploads.at_work")
        started = replace(upload, state="working", work=work, what="", share=0.0, **changes)
        self.note_progress(upload.upload_id, "", 0.0)
        self.path(upload.upload_id, BEGAN).unlink(missing_ok=True)
        self.save(started)
        self._launch(self.root, upload.upload_id)
        return started

    def discard(self, upload_id: str) -> None:
        """Deletes the upload with its files. Raises StaleError while they are being imported: that is not taken back here."""
        upload = self.read(upload_id)
        if upload.state == "working" and upload.work == "write":
            raise StaleError("uploads.at_work")
        shutil.rmtree(self._folder / upload_id, ignore_errors=True)

    def forget_files(self, upload_id: str) -> None:
        """Deletes the files as they came: they are imported."""
        shutil.rmtree(self.files(upload_id), ignore_errors=True)

    def expire(self, now: datetime | None = None) -> int:
        """Deletes uploads that are older than a day, whatever state they are in, and what one that was cut off left; how many."""
        latest = (now or datetime.now(UTC)) - KEPT
        old = [folder for folder in self._folders() if self._began(folder) < latest]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def clear(self) -> int:
        """Deletes all uploads; how many."""
        folders = self._folders()
        for folder in folders:
            shutil.rmtree(folder)
        return len(folders)

    @contextmanager
    def at_work(self, upload_id: str) -> Iterator[Upload]:
        """The upload for the one process that works on it."""
        with FileLock(self.path(upload_id, "work.lock"), mode=PRIVATE_FILE):
            self.path(upload_id, BEGAN).touch(PRIVATE_FILE)
            yield Upload.of(read_json(self.path(upload_id, "upload.json")))

    def _folders(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []

    def _began(self, folder: Path) -> datetime:
        """When an upload was brought; of a folder that says nothing, when it was last written to."""
        try:
            return Upload.of(read_json(folder / "upload.json")).at
        except DocumentError:
            return datetime.fromtimestamp(folder.stat().st_mtime, UTC)

    def _is_at_work(self, upload_id: str) -> bool:
        try:
            began = self.path(upload_id, "upload.json").stat().st_mtime
        except OSError:
            return False
        lock = FileLock(self.path(upload_id, "work.lock"), mode=PRIVATE_FILE)
        try:
            with lock.acquire(timeout=0):
                pass
        except Timeout:
            return True
        except OSError:
            return False
        return time.time() - began < STARTING and not self.path(upload_id, BEGAN).exists()


def launch_process(root: Path, upload_id: str) -> None:
    """Starts the process that works on an upload; it goes on when this one ends."""
    child = subprocess.Popen(
        [*COMMAND, str(root), upload_id], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    threading.Thread(target=child.wait, daemon=True).start()  # so that nothing is left of it when it has ended


def safe_name(name: str) -> str:
    """The name of a file as it may be kept: the last part of a path, printable, not hidden, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip().lstrip(".~$")
    stem, dot, suffix = printable.rpartition(".")
    if not dot:
        return printable[:NAME_LENGTH] or "file"
    return f"{stem[: NAME_LENGTH - len(suffix) - 1] or 'file'}.{suffix[:10]}"


def _free_name(name: str, taken: list[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    names = (name, *(f"{stem}-{i}{dot}{suffix}" if dot else f"{name}-{i}" for i in range(2, len(taken) + 3)))
    folded = {one.casefold() for one in taken}
    return next(one for one in names if one.casefold() not in folded)

