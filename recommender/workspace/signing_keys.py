"""Keys for local use: a file each in the user's configuration directory, mode 0600, never in a workspace."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from features.errors import ReadError, UsageError

FOLDER: Final = "training-needs-recommender"
KEYS: Final = ("signing", "token")


def key_folder() -> Path:
    """`$XDG_CONFIG_HOME/training-needs-recommender`, by default under `~/.config`."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".config"
    return base / FOLDER


def key_file(name: str) -> Path:
    """Where the local key of this name is or would be."""
    return key_folder() / f"{name}.key"


def is_private(path: Path) -> bool:
    """True for a regular file that nobody but its owner may read or write."""
    about = path.lstat()
    return stat.S_ISREG(about.st_mode) and not about.st_mode & 0o077


def local_key(name: str, make: bool = True) -> bytes:
    """The local key, made at first use.

    Raises WrongUse when there is none and `make` is off, Unreadable when others may read it or it is short.
    """
    path = key_file(name)
    if not path.exists():
        if not make:
            raise UsageError(
                f"No {name} key is set: set RECOMMENDER_{name.upper()}_KEY to at least 32 characters"
            )
        _make(path)
    try:
        if not is_private(path):
            raise ReadError(f"Others may read the key {path}: run `chmod 600 {path}`")
        key = path.read_text("ascii").strip().encode("ascii")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ReadError(
            f"The key {path} cannot be read; check it or move it away to get a new one"
        ) from wrong
    if len(key) < 32:
        raise ReadError(f"The key {path} is too short; move it away to get a new one")
    return key


def _make(path: Path) -> None:
    """A new key; of two processes that start together the first one wins, and no reader sees half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
