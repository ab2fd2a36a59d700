"""Long-lived tokens of other programs: each has a name and an entry in a list, and holds only while it is there."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.documents import DocumentError, MissingDocumentError, read_json
from features.errors import ReadError, UnknownIdError, UsageError
from recommender.tokens import Claims, Role, issue_token, read_token
from recommender.workspace.atomic import locked, write_json

FOLDER: Final = "sign-in"
LIST: Final = "service-tokens.json"


class ServiceToken(BaseModel):
    """What is known of a token; the token itself is shown once and kept nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    token_id: str
    role: Role
    subject: str
    scope: tuple[str, ...]
    issued: datetime
    expires: datetime


class ServiceTokens:
    """The list of a workspace; the file is read again when it has changed."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self._stamp: tuple[int, ...] | None = None
        self._entries: tuple[ServiceToken, ...] = ()

    def entries(self) -> tuple[ServiceToken, ...]:
        """By name. Raises ReadError for a damaged list."""
        file = self.folder / LIST
        try:
            status = file.stat()
        except FileNotFoundError:
            return ()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            try:
                entries = read_json(file).get("tokens", [])
                self._entries = tuple(ServiceToken.model_validate(entry) for entry in entries)
            except MissingDocumentError:
                return ()
            except (DocumentError, ValidationError, TypeError) as error:
                raise ReadError("sign_in.damaged_list", path=file) from error
            self._stamp = stamp
        return self._entries

    def read(self, key: bytes, token: str) -> Claims | None:
        """The bearer of a token of ours that holds; a service token also has to be on the list."""
        claims = read_token(key, token)
        return claims if claims is not None and self.permits(claims) else None

    def permits(self, claims: Claims) -> bool:
        """Whether verified claims hold: those of a service token only while it is on the list."""
        return not claims.token_id or self.holds(claims.token_id)

    def holds(self, token_id: str) -> bool:
        """Whether a token was issued here and not revoked; where the list cannot be read, none holds."""
        try:
            return any(entry.token_id == token_id for entry in self.entries())
        except (ReadError, OSError):
            return False

    def issue(self, key: bytes, name: str, role: Role, subject: str, scope: tuple[str, ...], days: int) -> str:
        """A token for `days`, on the list. Raises UsageError for a name that is in use."""
        now = datetime.now(UTC).replace(microsecond=0)
        with locked(self.folder):
            entries = self.entries()
            if any(entry.name == name for entry in entries):
                raise UsageError("sign_in.name_taken", name=name)
            token_id = secrets.token_hex(8)
            token = issue_token(key, role, subject, scope, days * 24 * 60, now, token_id)
            entry = ServiceToken(
                name=name, token_id=token_id, role=role, subject=subject, scope=tuple(sorted(set(scope))), issued=now,
                expires=now + timedelta(days=days),
            )  # fmt: skip
            self._write((*entries, entry))
        return token

    def revoke(self, name: str) -> None:
        """From the next request on the token holds no more. Raises UnknownIdError."""
        with locked(self.folder):
            entries = self.entries()
            if all(entry.name != name for entry in entries):
                raise UnknownIdError("sign_in.unknown_name", name=name)
            self._write(tuple(entry for entry in entries if entry.name != name))

    def _write(self, entries: tuple[ServiceToken, ...]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.name)
        write_json(self.folder / LIST, {"tokens": [entry.model_dump(mode="json") for entry in ordered]})
