"""Files that are seen whole or not at all: written beside, flushed to disk, moved into place in one step."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A fresh path to write to; it takes the place of `path` on success and vanishes on any error.

    The fresh name ends as `path` does, so that writers which go by the suffix work.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield fresh
        _flush(fresh)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    _flush(path.parent)


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """A fresh folder to fill; it becomes `folder` on success and vanishes on any error.

    Folders made so are named by their content: one that is already there is as good and stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{secrets.token_hex(4)}.{folder.name}")
    fresh.mkdir()
    try:
        yield fresh
        for file in fresh.iterdir():
            _flush(file)
        _flush(fresh)
        if not folder.exists():
            os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    _flush(folder.parent)


def point(link: Path, folder: Path) -> None:
    """Make `link` lead to `folder` beside or below it, in one step."""
    fresh = link.with_name(f".{secrets.token_hex(4)}.{link.name}")
    fresh.symlink_to(os.path.relpath(folder, link.parent))
    try:
        os.replace(fresh, link)
    finally:
        fresh.unlink(missing_ok=True)
    _flush(link.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else holds `folder` meanwhile; waits for whoever does."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_json(path: Path, content: Any) -> None:
    """`content` as JSON, in place in one step."""
    with replacing(path) as fresh:
        fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
