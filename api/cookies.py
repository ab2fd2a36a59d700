"""Whether cookies are for https alone: always, except on this machine."""

from __future__ import annotations

from typing import Final

from fastapi import Request

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def https_only(request: Request) -> bool:
    """By the host that the browser asked for. Without https a browser keeps no such cookie: nobody is signed in in the clear."""
    return request.url.scheme == "https" or request.url.hostname not in LOOPBACK
