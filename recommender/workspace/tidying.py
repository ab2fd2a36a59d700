"""What every command does first: delete what killed commands left, and close the workspace's files to other users.

Only what a workspace consists of is touched; other files in its folder stay as they are.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from models.bundles.durable import PRIVATE_FILE, PRIVATE_FOLDER, is_abandoned

FOLDERS: Final = (".tables", "tables", "bundles", "cache", "scores", "plans", "sign-in", "simulated", "visits", "uploads")
FILES: Final = ("state.json", "imports.json", "left-out.json", "promoted.json", "store.db")
WRITTEN_INTO: Final = (
    ".", ".tables", "bundles", "cache/needs", "cache/lists", "cache/mapped", "scores", "plans", "plans/.jobs", "sign-in",
    "visits",
)  # fmt: skip
OTHERS: Final = 0o077


class Tidied(NamedTuple):
    """removed: temporary files and folders of ended processes; their bytes; closed: files that others could read."""

    removed: int
    bytes: int
    closed: int


NOTHING_TO_TIDY: Final = Tidied(0, 0, 0)


def tidy(root: Path) -> Tidied:
    """Tidies a workspace; nothing where there is none."""
    if not is_workspace(root):
        return NOTHING_TO_TIDY
    removed = size = 0
    for place in WRITTEN_INTO:
        folder = root / place
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_abandoned(path):
                size += _size(path)
                removed += 1
                _delete(path)
    return Tidied(removed, size, sum(map(_close, open_paths(root))))


def is_workspace(root: Path) -> bool:
    """Whether something was imported or trained here."""
    return any((root / name).exists() for name in (".tables", "bundles", "state.json"))


def open_paths(root: Path) -> list[Path]:
    """Files and folders of a workspace that other users may read or write; none where the system has no such modes."""
    if os.name == "nt" or not is_workspace(root):
        return []
    return [path for path in _own(root) if _is_open(path)]


def _is_open(path: Path) -> bool:
    """Whether others may read it; what another process has just deleted, such as a file beside its database, is not there."""
    try:
        return bool(path.lstat().st_mode & OTHERS) and not path.is_symlink()
    except FileNotFoundError:
        return False


def _own(root: Path) -> Iterator[Path]:
    """Everything a workspace consists of; its folder itself where it holds nothing else."""
    entries = list(root.iterdir())
    own = [path for path in entries if path.name in FOLDERS or path.name.lstrip(".").startswith(FILES)]
    if {path.name for path in entries} <= {".lock", *(path.name for path in own)}:
        yield root
    for path in own:
        if path.is_dir() and not path.is_symlink():
            for folder, _, files in os.walk(path):
                yield Path(folder)
                yield from (Path(folder, file) for file in files)
        else:
            yield path


def _close(path: Path) -> bool:
    """Whether it is closed to others now; a file of another user stays as it is."""
    try:
        path.chmod(PRIVATE_FOLDER if stat.S_ISDIR(path.lstat().st_mode) else PRIVATE_FILE)
    except (PermissionError, FileNotFoundError):
        return False
    return True


def _size(path: Path) -> int:
    files = [path] if not path.is_dir() or path.is_symlink() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.lstat().st_size for file in files)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
