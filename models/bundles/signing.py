"""Integrity of a bundle: canonical JSON of its manifest, SHA-256 of its files, an HMAC signature.

Pure functions of bytes; `models/bundles/bundle.py` reads and writes the files.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from features.errors import UntrustedBundleError, UsageError

MIN_KEY: Final = 16  # bytes


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8, no NaN: the same content has the same bytes."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


def sign(content: bytes, key: bytes) -> str:
    """HMAC-SHA256 in hex. Raises UsageError on a key of fewer than 16 bytes."""
    if len(key) < MIN_KEY:
        raise UsageError("models.short_key", least=MIN_KEY)
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def check_signature(content: bytes, signature: bytes, key: bytes) -> None:
    """Raises UntrustedBundleError unless `signature` is that of `content`; in constant time."""
    if not hmac.compare_digest(sign(content, key).encode("ascii"), signature):
        raise UntrustedBundleError("models.signature")


def check_file(name: str, content: bytes, expected: object) -> None:
    """Raises UntrustedBundleError unless `content` has the SHA-256 of the manifest."""
    if sha256(content) != expected:
        raise UntrustedBundleError("models.changed_file", name=name)
