"""Files that appear whole or not at all: written beside, flushed to disk, moved into place in one step.

All are for their owner alone (files 0600, new folders 0700), whatever the umask.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from models.bundles.durable import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    create_private_file,
    delete_abandoned,
    flush_folder,
    make_private_folder,
    temporary_beside,
)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to; it replaces `path` on success and is deleted on any error.

    The temporary name ends as `path` does, so that writers which go by the suffix work.
    """
    make_private_folder(path.parent)
    delete_abandoned(path)
    temporary = temporary_beside(path)
    create_private_file(temporary)
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder to fill; it becomes `folder` on success and is deleted on any error.

    Such folders are named by their content: one that exists already has the same content and stays.
    """
    make_private_folder(folder.parent)
    temporary = temporary_beside(folder)
    temporary.mkdir(mode=PRIVATE_FOLDER)
    temporary.chmod(PRIVATE_FOLDER)
    try:
        yield temporary
        for file in temporary.iterdir():
            file.chmod(PRIVATE_FILE)
            _flush(file)
        flush_folder(temporary)
        if not folder.exists():
            os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    flush_folder(folder.parent)


def point(link: Path, folder: Path) -> None:
    """Make `link` a relative symbolic link to `folder`, in one step."""
    temporary = temporary_beside(link)
    temporary.symlink_to(os.path.relpath(folder, link.parent))
    try:
        os.replace(temporary, link)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(link.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Exclusive use of `folder` among processes and threads; waits for whoever has it."""
    make_private_folder(folder)
    with FileLock(folder / ".lock", mode=PRIVATE_FILE):
        yield


def write_json(path: Path, content: Any) -> None:
    """Replace `path` by `content` as JSON, in one step."""
    with replacing(path) as temporary:
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        temporary.write_text(text + "\n", "utf-8")


def _flush(file: Path) -> None:
    with open(file, "rb+") as handle:
        os.fsync(handle)
