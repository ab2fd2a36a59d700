"""What makes a bundle trustworthy: one canonical spelling of its manifest, hashes of its files, a signature.

No file is touched here; `models/bundles/bundle.py` reads and writes the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from features.errors import UntrustedBundleError, UsageError

SHORTEST_KEY: Final = 16  # bytes


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8, no NaN: the same content has the same bytes."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


def sign(content: bytes, key: bytes) -> str:
    """HMAC-SHA256 in hex. Raises WrongUse on a key of fewer than 16 bytes."""
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"A signing key needs at least {SHORTEST_KEY} bytes")
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def check_signature(content: bytes, signature: bytes, key: bytes) -> None:
    """Raises UntrustedBundle unless `signature` is that of `content`; takes the same time either way."""
    if not hmac.compare_digest(sign(content, key).encode("ascii"), signature):
        raise UntrustedBundleError("The model's signature does not fit its manifest: train again or restore it")


def check_file(name: str, content: bytes, expected: object) -> None:
    """Raises UntrustedBundle unless `content` has the sha256 of the manifest."""
    if sha256(content) != expected:
        raise UntrustedBundleError(f"{name} of the model is not the file that was signed: restore the bundle")
