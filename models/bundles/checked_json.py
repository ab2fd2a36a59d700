"""Small JSON files that notice damage and mend it.

NAME holds an object and its `digest`, the SHA-256 of the rest as canonical JSON; `.NAME.copy` holds the same bytes.
Where NAME is damaged, it is kept aside as `NAME.damaged` and restored from the copy, and a warning names it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from features.documents import MAX_JSON, DocumentError, MissingDocumentError, parse_json, read_bytes
from features.messages import message
from models.bundles.durable import write_bytes
from models.bundles.signing import canonical, sha256

DIGEST: Final = "digest"
LOG: Final = logging.getLogger("recommender.damage")


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

    A damaged file is restored from its copy. Raises DocumentError where that cannot be.
    """
    copy = copy_of(path)
    try:
        return _content(read_bytes(path, MAX_JSON), required=copy.exists())
    except MissingDocumentError:
        return None
    except DocumentError as error:
        damage = error
    try:
        data = read_bytes(copy, MAX_JSON)
        content = _content(data, required=True)
    except DocumentError:
        raise damage from None
    try:
        with _lock(path):
            aside = set_aside(path)
            write_bytes(path, data)
        LOG.warning("%s", message("models.mended", path=path, aside=aside.name))
    except OSError:  # a workspace that may only be read
        LOG.warning("%s", message("models.damaged_copy_used", path=path))
    return content


def set_aside(path: Path) -> Path:
    """Renames a damaged file to a free name `NAME.damaged`, `NAME.damaged-2`, ...; returns it."""
    names = [path.with_name(f"{path.name}.damaged{end}") for end in ("", *(f"-{i}" for i in range(2, 10)))]
    aside = next((name for name in names if not os.path.lexists(name)), names[0])
    os.replace(path, aside)
    return aside


def _content(data: bytes, required: bool) -> dict[str, Any]:
    """The object without its digest, which was compared. required: there has to be one. Raises DocumentError."""
    content = parse_json(data)
    digest = content.pop(DIGEST, None)
    if (required or digest is not None) and digest != sha256(canonical(content)):
        raise DocumentError("documents.other_digest")
    return content


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(f".{path.name}.lock"), mode=0o600)
