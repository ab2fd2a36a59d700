"""Keys for local use: a file each in the user's configuration directory, mode 0600, never in a workspace."""

from __future__ import annotations

import os
import secrets
import stat
from collections import Counter
from itertools import pairwise
from math import log2
from pathlib import Path
from typing import Final

from platformdirs import user_config_path

from features.errors import ReadError, UsageError

FOLDER: Final = "training-needs-recommender"
KEYS: Final = ("signing", "token")
SHORTEST: Final = 32  # characters
FEWEST_BITS: Final = 80.0


def key_folder() -> Path:
    """`$XDG_CONFIG_HOME/training-needs-recommender`, else the user's configuration directory of the platform.

    `~/.config` on Linux, and wherever keys are there already.
    """
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured) / FOLDER
    default = Path.home() / ".config" / FOLDER
    if default.is_dir() or configured:  # the specification ignores a relative path
        return default
    return user_config_path(FOLDER, appauthor=False)


def key_file(name: str) -> Path:
    """Path of the local key of this name, whether or not it exists."""
    return key_folder() / f"{name}.key"


def bits_at_most(key: str) -> float:
    """An upper bound of what a key can hold: entropy of its letters, and of the steps from one to the next, times
    the length of the part that it repeats."""
    period = next(n for n in range(1, len(key) + 1) if key == (key[:n] * len(key))[: len(key)]) if key else 0
    steps = [ord(b) - ord(a) for a, b in pairwise(key)]
    return period * min(_entropy(Counter(key)), _entropy(Counter(steps)))


def _entropy(counts: Counter[str] | Counter[int]) -> float:
    """Bits per symbol (Shannon)."""
    total = counts.total()
    return -sum(n / total * log2(n / total) for n in counts.values())


def is_private(path: Path) -> bool:
    """True for a regular file that only its owner may read or write (on Windows: any regular file, its folder is
    the user's own)."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) and (os.name == "nt" or not mode & 0o077)


def local_key(name: str, make: bool = True) -> bytes:
    """The local key, created at first use.

    Raises UsageError when there is none and `make` is off, ReadError when others may read it, it is short or it can be guessed.
    """
    path = key_file(name)
    if not path.exists():
        if not make:
            raise UsageError("workspace.no_key", key=name, variable=f"RECOMMENDER_{name.upper()}_KEY")
        _create(path)
    try:
        if not is_private(path):
            raise ReadError("workspace.open_key", path=path)
        key = path.read_text("ascii").strip().encode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError("workspace.unreadable_key", path=path) from error
    if len(key) < SHORTEST:
        raise ReadError("workspace.short_key", path=path)
    if bits_at_most(key.decode("ascii")) < FEWEST_BITS:
        raise ReadError("workspace.weak_key_file", path=path)
    return key


def _create(path: Path) -> None:
    """A new key; of two processes that start together the first one wins, and no reader sees half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()
