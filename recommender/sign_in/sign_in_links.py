"""Links that sign a browser in once: made by a command on the server's machine, used up by the first who opens one.

A link is a signed code with an end. That it was used is a row of the records, so that no second use succeeds, whichever
process answers.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from features.errors import UsageError
from recommender.records.record_store import Author, RecordEntry, RecordStore
from recommender.tokens import ROLES, Claims, claims_of, signed, signed_content

AUDIENCE: Final = "training-needs-recommender:link"
MINUTES: Final = 30


def link_code(key: bytes, role: str, subject: str, scope: Iterable[str] = (), minutes: int = MINUTES) -> str:
    """The code of a new link, valid for `minutes`. Raises UsageError for an unknown role or an empty subject."""
    if role not in ROLES:
        raise UsageError("cli.unknown_role", role=role, roles=ROLES)
    if not subject:
        raise UsageError("workspace.no_subject")
    content = {"sub": subject, "role": role, "scope": sorted(set(scope)), "jti": secrets.token_urlsafe(18)}
    return signed(key, content, AUDIENCE, minutes)


def read_link(key: bytes, code: str) -> Claims | None:
    """Whom a link signs in; None where it does not hold. It may have been used: only `use_link` tells."""
    content = _content(key, code)
    return None if content is None else claims_of(content)


def use_link(key: bytes, code: str, records: RecordStore) -> Claims | None:
    """Whom a link signs in, the first time; None where it does not hold or was used. Raises UnavailableError."""
    content = _content(key, code)
    claims = None if content is None else claims_of(content)
    if content is None or claims is None:
        return None
    first = False

    def use(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
        nonlocal first
        first = True
        return {}

    number = content["jti"]
    records.open().once(Author(claims.subject, claims.role), f"sign-in link {number}", {"link": number}, use)
    return claims if first else None


def _content(key: bytes, code: str) -> dict[str, Any] | None:
    content = signed_content(key, code, AUDIENCE)
    return content if content is not None and isinstance(content.get("jti"), str) else None
