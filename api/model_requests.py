"""Asking for another model version: by one person, or by two where the settings say so; pages and JSON alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from api.auth import audit_read
from features.errors import StaleError, UnknownIdError, UsageError
from recommender.records.model_change_records import Kind, ModelChange
from recommender.records.record_store import Author
from recommender.registry.model_changes import ModelChanges
from recommender.tokens import Claims

State = Literal["proposed", "promoted"]


@dataclass(frozen=True)
class RequestedChange:
    """What became of a request. proposal: what waits for another person; None where the version is promoted."""

    state: State
    version: str
    proposal: ModelChange | None = None


def changes_of(request: Request) -> ModelChanges:
    """Proposals and decisions."""
    changes: ModelChanges = request.app.state.changes
    return changes


def request_change(
    request: Request, visitor: Claims, key: str, kind: Kind, version: str | None, reason: str
) -> RequestedChange:
    """Proposes a change, or carries it out: where another person proposed the same, or one person is enough.

    Raises UnknownIdError for an unknown version, else as `ModelChanges.propose`.
    """
    registry, changes = request.app.state.registry, changes_of(request)
    if version is not None and version not in registry.list():
        raise UnknownIdError("models.unknown_version", version=version)
    target, current = changes.target(kind, version)
    if target == current:
        return RequestedChange("promoted", target)
    author = Author(visitor.subject, visitor.role)
    note_change(request, visitor, target)
    if not request.app.state.second_person:
        changes.decide(author, key, kind, version, reason)
        return RequestedChange("promoted", target)
    for proposal in changes.open_proposals():
        if (proposal.kind, proposal.version) == (kind, target):
            if proposal.actor == visitor.subject:
                return RequestedChange("proposed", target, proposal)
            changes.confirm(author, key, proposal.change_id)
            return RequestedChange("promoted", target)
    return RequestedChange("proposed", target, changes.propose(author, key, kind, version, reason))


def request_rollback(request: Request, visitor: Claims, key: str, version: str, reason: str) -> RequestedChange:
    """As `request_change`, back to the version before the promoted one, which is named so that asking twice goes back once.

    Raises UnknownIdError for an unknown version, StaleError where another one, or none, is before the promoted one.
    """
    registry = request.app.state.registry
    if version not in registry.list():
        raise UnknownIdError("models.unknown_version", version=version)
    if version == registry.current():
        return RequestedChange("promoted", version)
    try:
        before, _ = changes_of(request).target("rollback", None)
    except UsageError as none:
        raise StaleError(none.message) from none
    if before != version:
        raise StaleError("registry.not_before", version=version, before=before)
    return request_change(request, visitor, key, "rollback", None, reason)


def note_change(request: Request, visitor: Claims, version: str) -> None:
    """The audit line; the answer waits for it."""
    audit_read(request, visitor, "model", version, "model change", True)
