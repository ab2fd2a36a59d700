"""Canonical bytes, hashes and signatures."""

from __future__ import annotations

import pytest

from features.errors import UntrustedBundleError, UsageError
from models.bundles.signing import canonical, check_file, check_signature, sha256, sign

KEY = b"0123456789abcdef"


def test_the_same_content_has_the_same_bytes():
    assert canonical({"b": 1, "a": "教师"}) == canonical({"a": "教师", "b": 1})
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})


def test_only_the_right_signature_passes():
    check_signature(b"content", sign(b"content", KEY).encode(), KEY)
    for content, signature, key in [
        (b"contenT", sign(b"content", KEY).encode(), KEY),
        (b"content", b"", KEY),
        (b"content", b"\xff" * 64, KEY),
        (b"content", sign(b"content", KEY).encode() + b"\n", KEY),
        (b"content", sign(b"content", KEY).encode(), KEY + b"x"),
    ]:
        with pytest.raises(UntrustedBundleError):
            check_signature(content, signature, key)
    with pytest.raises(UsageError):
        sign(b"content", b"short")


def test_a_changed_file_is_named():
    check_file("ranker.txt", b"tree", sha256(b"tree"))
    for expected in (sha256(b"tre"), None, 5, "é"):
        with pytest.raises(UntrustedBundleError, match=r"ranker\.txt"):
            check_file("ranker.txt", b"tree", expected)
