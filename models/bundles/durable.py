"""Files that appear whole: temporary names that tell their owner, private permissions, flushes to disk.

A temporary name is `.tmp-PID-HOST-RANDOM.NAME`, so that a later run can tell whether its owner still lives.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import time
from glob import escape
from pathlib import Path
from typing import Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
TEMPORARY: Final = re.compile(r"\.tmp-(\d+)-([0-9a-f]{6})-[0-9a-f]{8}\.")
EARLIER: Final = re.compile(r"\.[0-9a-f]{8}\..+|\..+\.(old|new)")  # as versions before this one named them
DAY: Final = 86_400.0  # seconds after which an owner is another process with the same number
HOUR: Final = 3_600.0


def temporary_beside(path: Path) -> Path:
    """A new hidden name in the folder of `path`; it ends as `path` does."""
    return path.with_name(f".tmp-{os.getpid()}-{_host()}-{secrets.token_hex(4)}.{path.name}")


def is_abandoned(path: Path, now: float | None = None) -> bool:
    """Whether `path` is a temporary file or folder that nobody writes to any more.

    Its owner on this machine has ended, or it has not been written to for a day (an hour, where the name tells no
    owner).
    """
    owner = TEMPORARY.match(path.name)
    if owner is None and not EARLIER.fullmatch(path.name):
        return False
    if owner is not None and owner[2] == _host() and not _lives(int(owner[1])):
        return True
    age = (time.time() if now is None else now) - _last_written(path)
    return age > (HOUR if owner is None else DAY)


def delete_abandoned(path: Path) -> None:
    """Deletes temporary files beside `path` that an earlier writer of it left when it was killed."""
    for temporary in path.parent.glob(f".tmp-*.{escape(path.name)}"):
        if temporary.is_file() and is_abandoned(temporary):
            temporary.unlink(missing_ok=True)


def make_private_folder(folder: Path) -> None:
    """Creates `folder` and the missing ones above it, for their owner alone whatever the umask."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        one.chmod(PRIVATE_FOLDER)


def create_private_file(path: Path) -> None:
    """An empty file for its owner alone whatever the umask. Raises FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        if os.name != "nt":
            os.fchmod(handle, PRIVATE_FILE)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one step."""
    temporary = temporary_beside(path)
    create_private_file(temporary)
    try:
        with open(temporary, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


def flush_folder(directory: Path) -> None:
    """Writes the names in a directory to disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


def _lives(pid: int) -> bool:
    if os.name == "nt":  # there is no call that asks without ending the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _last_written(path: Path) -> float:
    """The newest change of a file, or of anything directly in a folder; now where it has just gone."""
    try:
        times = [path.lstat().st_mtime]
        if path.is_dir() and not path.is_symlink():
            times += [entry.lstat().st_mtime for entry in path.iterdir()]
        return max(times)
    except FileNotFoundError:
        return time.time()
