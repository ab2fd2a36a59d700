"""Small JSON files that notice damage and mend it.

NAME holds an object and its `digest`, the SHA-256 of the rest as canonical JSON; `.NAME.copy` holds the same bytes.
Where NAME is damaged, it is kept aside as `NAME.damaged` and restored from the copy, and a warning names it.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from features.messages import message
from models.bundles.durable import write_bytes
from models.bundles.signing import canonical, sha256

MAX_BYTES: Final = 16_000_000  # a larger file was not written here
DIGEST: Final = "digest"
LOG: Final = logging.getLogger("recommender.damage")


class DamagedJson(ValueError):
    """A file whose content is not what was written, and of which there is no intact copy."""


def copy_of(path: Path) -> Path:
    """Where the second copy is."""
    return path.with_name(f".{path.name}.copy")


def write_checked(path: Path, content: Mapping[str, Any]) -> None:
    """Replaces `path` and its copy, each in one step."""
    data = checked_bytes(content)
    with _lock(path):
        write_bytes(path, data)
        write_bytes(copy_of(path), data)


def checked_bytes(content: Mapping[str, Any]) -> bytes:
    """The object with its digest, as readable JSON."""
    body = {key: value for key, value in content.items() if key != DIGEST}
    text = json.dumps({**body, DIGEST: sha256(canonical(body))}, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def read_checked(path: Path) -> dict[str, Any] | None:
    """The object in `path`, without its digest; None where there is no such file.

    A damaged file is restored from its copy. Raises DamagedJson where that cannot be.
    """
    try:
        return _content(_bytes(path), required=copy_of(path).exists())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        damage = DamagedJson(str(error))
    try:
        data = _bytes(copy_of(path))
        content = _content(data, required=True)
    except (OSError, ValueError):
        raise damage from None
    try:
        with _lock(path):
            aside = set_aside(path)
            write_bytes(path, data)
        LOG.warning("%s", message("models.mended", path=path, aside=aside.name))
    except OSError:  # a workspace that may only be read
        LOG.warning("%s", message("models.damaged_copy_used", path=path))
    return content


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises ValueError for anything else: no UTF-8, no JSON, too deep, too long a number."""
    try:
        content = json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def set_aside(path: Path) -> Path:
    """Renames a damaged file to a free name `NAME.damaged`, `NAME.damaged-2`, ...; returns it."""
    names = [path.with_name(f"{path.name}.damaged{end}") for end in ("", *(f"-{i}" for i in range(2, 10)))]
    aside = next((name for name in names if not os.path.lexists(name)), names[0])
    os.replace(path, aside)
    return aside


def _bytes(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
        raise ValueError("no regular file of this size")
    return path.read_bytes()


def _content(data: bytes, required: bool) -> dict[str, Any]:
    """The object without its digest, which was compared. required: there has to be one."""
    content = parse_object(data)
    digest = content.pop(DIGEST, None)
    if digest is None and not required:
        return content
    try:
        same = digest == sha256(canonical(content))
    except (UnicodeEncodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if not same:
        raise ValueError("digest")
    return content


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(f".{path.name}.lock"), mode=0o600)
