"""Sign-in tokens: JWT, HS256, with `sub`, `role`, `scope` (organization ids), `iat`, `exp`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

import jwt

from features.errors import UsageError

Role = Literal["teacher", "school", "district", "researcher", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ALGORITHM: Final = "HS256"
AUDIENCE: Final = "training-needs-recommender"
LONGEST: Final = 4096  # characters; longer ones are not parsed
LEEWAY: Final = 5  # seconds by which the clocks of issuer and server may differ
LAST: Final = 253_402_300_799  # the end of the year 9999, in seconds since 1970


@dataclass(frozen=True)
class Claims:
    """The claims of a valid token about its bearer."""

    subject: str
    role: Role
    scope: frozenset[str]
    expires: datetime
    token_id: str = ""
    """Of a service token, which holds only while it is on the list: recommender/sign_in/service_tokens.py."""


def issue_token(
    key: bytes,
    role: str,
    subject: str,
    scope: Iterable[str] = (),
    minutes: int = 60,
    now: datetime | None = None,
    token_id: str = "",
) -> str:
    """A token valid for `minutes`. Raises UsageError for an unknown role or an empty subject."""
    if role not in ROLES:
        raise UsageError("cli.unknown_role", role=role, roles=ROLES)
    if not subject:
        raise UsageError("workspace.no_subject")
    content: dict[str, Any] = {"sub": subject, "role": role, "scope": sorted(set(scope))}
    if token_id:
        content["jti"] = token_id
    return signed(key, content, AUDIENCE, minutes, now)


def signed(
    key: bytes, content: Mapping[str, Any], audience: str, minutes: int, now: datetime | None = None
) -> str:
    """A token for one audience, valid for `minutes`."""
    issued = now or datetime.now(UTC)
    times = {"aud": audience, "iat": issued, "exp": issued + timedelta(minutes=minutes)}
    return jwt.encode({**content, **times}, key, algorithm=ALGORITHM)


def read_token(key: bytes, token: str) -> Claims | None:
    """The claims of a token; None unless its signature, audience and times are valid and every claim has its type."""
    content = signed_content(key, token, AUDIENCE)
    return None if content is None else claims_of(content)


def signed_content(key: bytes, token: str, audience: str) -> dict[str, Any] | None:
    """The content of a token for one audience; None unless its signature, audience and times are valid.

    `exp` and `iat` are whole seconds since 1970 (RFC 7519 also allows fractions; none are issued here).
    """
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        content: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud"]},
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
        return None  # the library raises the last four for claims of other types and documents of any depth
    if not all(type(content[name]) is int and 0 <= content[name] <= LAST for name in ("iat", "exp")):
        return None
    return content


def claims_of(content: dict[str, Any]) -> Claims | None:
    """The claims in the content of a token; None where one is missing or of another type."""
    subject, role, scope = content.get("sub"), content.get("role"), content.get("scope")
    if not isinstance(subject, str) or not subject or role not in ROLES:
        return None
    if not isinstance(scope, list) or not all(isinstance(org, str) for org in scope):
        return None
    token_id = content.get("jti", "")
    if not isinstance(token_id, str):
        return None
    return Claims(subject, role, frozenset(scope), datetime.fromtimestamp(content["exp"], UTC), token_id)
