"""Forms come from our own pages: by their origin, and by a token that only the signed-in browser's pages hold."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.exceptions import HTTPException

from api.request_bodies import MAX_FIELDS, form_values

TOKEN: Final = "form_token"
ONCE: Final = "once"
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(request: Request) -> None:
    """Refuses requests of other sites, and of those that hide where they are from (403).

    The session cookie would not come with them either.
    """
    origin = request.headers.get("origin")
    foreign = origin is not None and _host_of(origin) != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(403)


def form_token(request: Request) -> str:
    """The token of this session's forms: a hash of what signed it in, which no other site can read or guess."""
    session: str = getattr(request.state, "session", "")
    return hashlib.sha256(b"form\0" + session.encode()).hexdigest()


def once() -> str:
    """An idempotency key for one form: sent twice, it is one write."""
    return secrets.token_urlsafe(16)


def checked_form(request: Request, body: bytes, most: int = MAX_FIELDS) -> dict[str, str]:
    """The fields of a form of one of our pages, its token left out. Raises HTTPException 403 for another one."""
    check_origin(request)
    form = form_values(body, most)
    if not hmac.compare_digest(form.pop(TOKEN, "").encode(), form_token(request).encode()):
        raise HTTPException(403)
    return form


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:  # an address that is none, such as http://[::1
        return None
