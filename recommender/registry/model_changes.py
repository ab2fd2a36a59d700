"""Changing the promoted version: recorded first, then done; by two people, or by one who stands at the machine itself.

A change is proposed by one person and confirmed by another (docs/decisions/0821-two-people-change-the-model.md). What was decided
is on disk before the registry is touched, and that it was done is recorded afterwards. Whoever is killed in between leaves a
decision that is not finished: `settle` carries it out, unless another version was promoted meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from features.errors import ReadError, StaleError, UsageError
from models.bundles.registry import Registry
from recommender.records.model_change_records import (
    OPEN_DAYS,
    Kind,
    ModelChange,
    Promotion,
    change_with,
    insert_change,
    newest_promotions,
    open_changes,
    unfinished_changes,
)
from recommender.records.record_store import Author, RecordEntry, RecordStore
from recommender.records.record_tables import LONGEST_REASON

LOCK: Final = 4_251_908  # PostgreSQL: one change of the model at a time; SQLite has one writer anyway
PROGRAM: Final = Author("recommender", "operator")
"""Who records that a decision was carried out."""
Write = Callable[[sa.Connection, RecordEntry], Mapping[str, Any]]


class ModelChanges:
    """Proposals and decisions in the records of a workspace, and the registry that they change.

    registry: with its key, so that only trusted versions are promoted. decided: called before a change is carried out, to keep
    the next training from replacing what a person chose.
    """

    def __init__(self, store: RecordStore, registry: Callable[[], Registry], decided: Callable[[], None]) -> None:
        self._store = store
        self._registry = registry
        self._decided = decided

    def propose(self, author: Author, key: str, kind: Kind, version: str | None = None, reason: str = "") -> ModelChange:
        """Records a proposal; on disk when it returns. version: None for the one before (rollback).

        Raises UsageError (unknown version, none before, overlong reason), UntrustedBundleError, StaleError where it is promoted
        or the same is proposed already, and as `RecordStore.once`.
        """
        target, previous = self.target(kind, version)
        if target == previous:
            raise StaleError("registry.already_promoted", version=target)

        def write(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
            if any((p.kind, p.version) == (kind, target) for p in open_changes(connection, entry.at)):
                raise StaleError("registry.already_proposed", version=target)
            return insert_change(connection, entry, "propose", kind, target, previous)

        return self._recorded(author, key, {"event": "propose", "kind": kind, "version": target}, write, reason)

    def confirm(self, author: Author, key: str, proposal_id: int) -> ModelChange:
        """Confirms another person's proposal and carries it out; returns the decision.

        Raises StaleError for her own, an expired or settled proposal, and where another version was promoted since; as `propose`.
        """
        for proposal in self.open_proposals():
            if proposal.change_id == proposal_id:
                self._registry().check(proposal.version)

        def write(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
            proposal = _proposal(connection, proposal_id, entry)
            if proposal.actor == author.subject:
                raise StaleError("registry.own_proposal")
            if self._registry().current() != proposal.previous:
                raise StaleError("registry.moved_on")
            kind, version, previous = proposal.kind, proposal.version, proposal.previous
            return insert_change(connection, entry, "confirm", kind, version, previous, proposal_id)

        with self._registry().changing():
            decision = self._recorded(author, key, {"event": "confirm", "proposal": proposal_id}, write)
            self._carry_out(decision)
        return decision

    def withdraw(self, author: Author, key: str, proposal_id: int) -> ModelChange:
        """Takes a proposal back, or refuses another's. Raises StaleError for an expired or settled one."""

        def write(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
            p = _proposal(connection, proposal_id, entry)
            return insert_change(connection, entry, "withdraw", p.kind, p.version, p.previous, proposal_id)

        return self._recorded(author, key, {"event": "withdraw", "proposal": proposal_id}, write)

    def decide(self, author: Author, key: str, kind: Kind, version: str | None = None, reason: str = "") -> ModelChange:
        """One person's decision, recorded and carried out. Errors as `propose`."""
        with self._registry().changing():
            target, previous = self.target(kind, version)

            def write(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
                return insert_change(connection, entry, "decide", kind, target, previous)

            request = {"event": "decide", "kind": kind, "version": version or ""}
            decision = self._recorded(author, key, request, write, reason)
            self._carry_out(decision)
        return decision

    def open_proposals(self) -> tuple[ModelChange, ...]:
        """Those that can still be confirmed, oldest first."""
        with self._store.reading() as connection:
            return open_changes(connection, self._store.now())

    def promotions(self) -> dict[str, Promotion]:
        """The newest promotion of each version that a person decided and that was carried out."""
        with self._store.reading() as connection:
            return newest_promotions(connection)

    def unfinished(self) -> tuple[ModelChange, ...]:
        """Decisions that were recorded and not carried out, oldest first."""
        with self._store.reading() as connection:
            return unfinished_changes(connection)

    def settle(self) -> tuple[ModelChange, ...]:
        """Carries out what a killed process left; returns what was done. A decision that was overtaken lapses."""
        done = []
        with self._registry().changing():  # what somebody is just doing is waited for, not done as well
            for decision in self.unfinished():
                try:
                    self._carry_out(decision)
                except StaleError:
                    continue
                done.append(decision)
        return tuple(done)

    def target(self, kind: Kind, version: str | None) -> tuple[str, str | None]:
        """The version to promote, which is there and trusted, and the promoted one (None for a damaged pointer).

        Errors as `propose`.
        """
        registry = self._registry()
        if kind == "rollback":
            history = registry.history()
            if len(history) < 2:
                raise UsageError("models.no_earlier_version")
            registry.check(history[-2])
            return history[-2], history[-1]
        assert version is not None
        registry.check(version)
        try:
            return version, registry.current()
        except ReadError:  # promoting again is how it is mended
            return version, None

    def _carry_out(self, decision: ModelChange) -> None:
        """Once only, however often a decision is sent again. Raises StaleError where it was overtaken."""
        if decision.change_id not in {one.change_id for one in self.unfinished()}:
            return
        self._decided()
        try:
            done = self._registry().move(decision.previous, decision.version, back=decision.kind == "rollback")
        except (ReadError, UsageError):  # its files were changed or deleted since
            done = False
        event = "apply" if done else "lapse"

        def write(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
            kind, version, previous = decision.kind, decision.version, decision.previous
            return insert_change(connection, entry, event, kind, version, previous, decision.change_id)

        key = f"model-change-{decision.change_id}"
        if self._recorded(PROGRAM, key, {"event": "done", "decision": decision.change_id}, write).event == "lapse":
            raise StaleError("registry.moved_on")

    def _recorded(
        self, author: Author, key: str, request: Mapping[str, Any], write: Write, reason: str = ""
    ) -> ModelChange:
        if len(reason) > LONGEST_REASON:
            raise UsageError("registry.long_reason", most=LONGEST_REASON)

        def alone(connection: sa.Connection, entry: RecordEntry) -> Mapping[str, Any]:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            return write(connection, entry)

        whole = {"what": "model change", "reason": reason, **request}
        answer = self._store.once(author, key, whole, alone, reason)
        with self._store.reading() as connection:
            return change_with(connection, int(answer["id"]))


def _proposal(connection: sa.Connection, proposal_id: int, entry: RecordEntry) -> ModelChange:
    """Raises StaleError for one that is not open."""
    for proposal in open_changes(connection, entry.at):
        if proposal.change_id == proposal_id:
            return proposal
    raise StaleError("registry.not_open", days=OPEN_DAYS)
