"""Two people, one change: recorded before it is done, done once, and finished after a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from features.errors import StaleError, UsageError
from models.bundles.registry import Registry
from recommender.records.database import database_url
from recommender.records.record_store import Author, RecordStore
from recommender.records.store_check import verify
from recommender.registry.model_changes import ModelChanges

A, B, C = "2026-01-31-aaaaaaaa", "2026-06-30-bbbbbbbb", "2026-06-30-cccccccc"
ONE, TWO = Author("scholar", "researcher"), Author("keeper", "admin")


class Clock:
    now = datetime(2026, 7, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(tmp_path):
    for version in (A, B, C):
        (tmp_path / "bundles" / version).mkdir(parents=True)
        (tmp_path / "bundles" / version / "manifest.json").write_text("{}")
    registry = Registry(tmp_path / "bundles")
    registry.promote(A)
    registry.promote(B)
    return registry


@pytest.fixture
def store(store_url, tmp_path, clock):
    """On SQLite and on PostgreSQL."""
    records = RecordStore(database_url(store_url, tmp_path), clock).open()
    yield records
    assert verify(records) == []
    records.close()


@pytest.fixture
def changes(store, registry):
    return ModelChanges(store, lambda: registry, lambda: None)


def test_one_proposes_and_only_another_confirms(changes, registry):
    proposal = changes.propose(ONE, "k1", "promote", C, "better in every part")
    assert registry.current() == B and changes.open_proposals() == (proposal,)
    with pytest.raises(StaleError, match="another person"):
        changes.confirm(ONE, "k2", proposal.change_id)
    assert registry.current() == B
    changes.confirm(TWO, "k3", proposal.change_id)
    assert registry.history() == (A, B, C) and changes.open_proposals() == () == changes.unfinished()
    promotion = changes.promotions()[C]
    assert (promotion.proposed_by, promotion.by, promotion.reason) == ("scholar", "keeper", "better in every part")
    with pytest.raises(StaleError, match="confirmed or withdrawn"):
        changes.confirm(TWO, "k4", proposal.change_id)


def test_a_rollback_takes_two_as_well_and_a_key_sent_again_does_nothing_again(changes, registry):
    proposal = changes.propose(ONE, "k1", "rollback", reason="complaints")
    assert changes.propose(ONE, "k1", "rollback", reason="complaints") == proposal
    changes.confirm(TWO, "k2", proposal.change_id)
    assert registry.history() == (A,)
    registry.promote(B)
    changes.confirm(TWO, "k2", proposal.change_id)
    assert registry.history() == (A, B)


def test_a_proposal_expires_after_seven_days_and_may_be_made_again(changes, clock, registry):
    proposal = changes.propose(ONE, "k1", "promote", C)
    with pytest.raises(StaleError, match="proposed already"):
        changes.propose(TWO, "k2", "promote", C)
    clock.now = proposal.expires - timedelta(seconds=1)
    assert changes.open_proposals()
    clock.now = proposal.expires
    with pytest.raises(StaleError, match="7 days"):
        changes.confirm(TWO, "k3", proposal.change_id)
    again = changes.propose(ONE, "k4", "promote", C)
    changes.confirm(TWO, "k5", again.change_id)
    assert registry.current() == C


def test_withdrawn_overtaken_and_unknown_changes_are_refused(changes, registry):
    withdrawn = changes.propose(ONE, "k1", "promote", C)
    changes.withdraw(TWO, "k2", withdrawn.change_id)
    overtaken = changes.propose(ONE, "k3", "promote", C)
    registry.promote(A)
    for number, wrong in enumerate((withdrawn, overtaken)):
        with pytest.raises(StaleError):
            changes.confirm(TWO, f"c{number}", wrong.change_id)
    assert registry.current() == A
    with pytest.raises(StaleError, match="promoted already"):
        changes.propose(ONE, "k5", "promote", A)
    with pytest.raises(UsageError):
        changes.propose(ONE, "k6", "promote", "2026-06-30-ffffffff")
    with pytest.raises(UsageError):
        changes.propose(ONE, "k7", "promote", C, "x" * 501)


@pytest.mark.parametrize("kind", ["promote", "rollback"])
@pytest.mark.parametrize("moved", [False, True])
def test_what_was_decided_before_a_kill_is_finished_once(changes, registry, monkeypatch, kind, moved):
    """moved: killed after the registry was changed, before that was recorded."""
    target = C if kind == "promote" else A
    whole = Registry.move

    def killed(self, *values, **more):
        if moved:
            whole(self, *values, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(Registry, "move", killed)
    with pytest.raises(KeyboardInterrupt):
        changes.decide(TWO, "k1", kind, C if kind == "promote" else None)
    monkeypatch.setattr(Registry, "move", whole)
    assert [decision.version for decision in changes.unfinished()] == [target]
    assert [decision.version for decision in changes.settle()] == [target]
    assert registry.history() == ((A, B, C) if kind == "promote" else (A,)) and changes.unfinished() == ()
    assert changes.settle() == () and changes.promotions()[target].by == "keeper"


def test_a_decision_that_was_overtaken_lapses(changes, registry, monkeypatch):
    monkeypatch.setattr(Registry, "move", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        changes.decide(TWO, "k1", "promote", C)
    monkeypatch.undo()
    registry.promote(A)
    assert changes.settle() == () == changes.unfinished() and registry.current() == A
    assert C not in changes.promotions()


def test_promoting_mends_a_damaged_pointer(changes, registry):
    for path in registry.directory.glob("*promoted.json*"):
        path.write_text("{")
    changes.decide(TWO, "k1", "promote", C)
    assert registry.history() == (C,)
