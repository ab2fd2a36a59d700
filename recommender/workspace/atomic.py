"""Files that appear whole or not at all: written beside, flushed to disk, moved into place in one step."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to; it replaces `path` on success and is deleted on any error.

    The temporary name ends as `path` does, so that writers which go by the suffix work.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(path.parent)


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder to fill; it becomes `folder` on success and is deleted on any error.

    Such folders are named by their content: one that exists already has the same content and stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{secrets.token_hex(4)}.{folder.name}")
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.iterdir():
            _flush(file)
        _flush_folder(temporary)
        if not folder.exists():
            os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _flush_folder(folder.parent)


def point(link: Path, folder: Path) -> None:
    """Make `link` a relative symbolic link to `folder`, in one step."""
    temporary = link.with_name(f".{secrets.token_hex(4)}.{link.name}")
    temporary.symlink_to(os.path.relpath(folder, link.parent))
    try:
        os.replace(temporary, link)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(link.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Exclusive use of `folder` among processes and threads; waits for whoever has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", mode=0o600):
        yield


def write_json(path: Path, content: Any) -> None:
    """Replace `path` by `content` as JSON, in one step."""
    with replacing(path) as temporary:
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        temporary.write_text(text + "\n", "utf-8")


def _flush(file: Path) -> None:
    with open(file, "rb+") as handle:
        os.fsync(handle)


def _flush_folder(folder: Path) -> None:
    """The names in a folder; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
