"""Claims of hours and decisions on entries: written once each, with who, when and why."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

import pandas as pd
import sqlalchemy as sa

from features.errors import UsageError
from features.ledger.joined_entries import CLAIM_PREFIX
from features.schema.hour_tables import CATEGORIES, LEVELS
from recommender.records.hour_claim_tables import HOUR_CLAIMS, HOUR_DECISIONS, LONGEST_ACTIVITY, LONGEST_URL
from recommender.records.record_store import Author, RecordEntry, RecordStore, acknowledge_part
from recommender.records.record_tables import IDEMPOTENCY_KEYS, LONGEST_ID, LONGEST_REASON

HourDecision = Literal["checked", "recognised", "refused", "withdrawn"]
DECISIONS: Final[tuple[HourDecision, ...]] = get_args(HourDecision)
FROM: Final[Mapping[HourDecision, tuple[str, ...]]] = {
    "checked": ("claimed",),
    "recognised": ("checked",),
    "refused": ("claimed", "checked", "recognised"),
    "withdrawn": ("claimed", "checked"),
}
"""The states that each decision may follow."""
MOST_HOURS: Final = 1000.0
MOST_AT_ONCE: Final = 500  # entries of one write
CLAIM_COLUMNS: Final = (
    "entry_id", "teacher_id", "activity", "course_id", "category", "hours", "credits", "done_on", "level", "evidence_url",
)  # fmt: skip


class HourStateError(UsageError):
    """The entry is in a state that does not allow this decision."""


@dataclass(frozen=True)
class HourClaim:
    """What a teacher claims. done_on: the day the activity ended."""

    activity: str
    category: str
    hours: float
    done_on: date
    level: str
    course_id: str | None = None
    credits: float | None = None
    evidence_url: str | None = None


@dataclass(frozen=True)
class DecidedEntry:
    """An entry to decide on as it was read: whose it is, its state, and since when.

    state and decided_on hold where nothing was decided here, or before that day (`features.ledger.joined_entries`).
    """

    entry_id: str
    teacher_id: str
    state: str
    decided_on: date | None = None


@dataclass(frozen=True)
class RecordedHours:
    """Claims and the newest decisions as frames; see `features.ledger.joined_entries`."""

    claims: pd.DataFrame
    decisions: pd.DataFrame


class HourRecords:
    """Claims and decisions in the records of a workspace."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def claim(self, author: Author, key: str, teacher_id: str, claim: HourClaim, words: str = "") -> str:
        """Records a claim and returns its entry_id; on disk when it returns.

        Raises as `RecordStore.once` does, UsageError for what no claim can be: an empty activity, hours not between 0 and
        `MOST_HOURS`, a day to come, an address that is not of the web.
        """
        _check_claim(teacher_id, claim, words, self._store.now().astimezone().date())
        request = {"what": "hours claimed", "teacher": teacher_id, "words": words} | asdict(claim)
        request["done_on"] = claim.done_on.isoformat()

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            values = {"teacher_id": teacher_id} | asdict(claim) | entry.columns()
            number = connection.execute(sa.insert(HOUR_CLAIMS).values(values).returning(HOUR_CLAIMS.c.id)).scalar_one()
            return {"entry_id": f"{CLAIM_PREFIX}{number}"}

        return str(self._store.once(author, key, request, write, words)["entry_id"])

    def decide(
        self, author: Author, key: str, entries: Sequence[DecidedEntry], decision: HourDecision, reason: str = "",
        after: Collection[str] = (), alone: bool | None = None,
    ) -> tuple[str, ...]:  # fmt: skip
        """Decides on entries in one transaction and returns the ids of those whose state allows it, the others stay.

        after: the states that it may follow, those of `FROM` by default. alone: raises HourStateError where none is allowed, by
        default for one entry. The same key with the same entries is not written again. Raises UsageError without a reason for a
        refusal, for more than `MOST_AT_ONCE` entries and overlong texts, and as `RecordStore.once` does.
        """
        if decision == "refused" and not reason.strip():
            raise UsageError("hours.reason_needed")
        if len(reason) > LONGEST_REASON or not 0 < len(entries) <= MOST_AT_ONCE:
            raise UsageError("hours.too_many", most=MOST_AT_ONCE, text=LONGEST_REASON)
        after = set(after or FROM[decision]) & set(FROM[decision])
        ordered = sorted(entries, key=lambda one: one.entry_id)
        request = {"what": "hours decided", "entries": [one.entry_id for one in ordered], "decision": decision, "reason": reason}

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            _lock(connection, [one.entry_id for one in ordered])
            states = _states(connection, [one.entry_id for one in ordered])
            allowed = [one for one in ordered if _state_of(one, states) in after]
            if not allowed and (len(ordered) == 1 if alone is None else alone):
                raise HourStateError("hours.wrong_state")
            for n, one in enumerate(allowed):
                columns = entry.columns()
                if n:  # the first row carries the key of the write, the others their own, without an answer
                    columns["idempotency_key"] = _own_key(key, one.entry_id)
                    acknowledge_part(connection, author, columns["idempotency_key"], request, entry.at)
                values = {"entry_id": one.entry_id, "teacher_id": one.teacher_id, "decision": decision}
                connection.execute(sa.insert(HOUR_DECISIONS).values(values | columns))
            return {"decided": [one.entry_id for one in allowed]} if allowed else {}

        return tuple(self._store.once(author, key, request, write, reason).get("decided", ()))

    def recorded(self, teacher_ids: Collection[str] | None = None) -> RecordedHours:
        """What was claimed and decided of some teachers, of all by default. Raises UnavailableError."""
        claims, decisions = HOUR_CLAIMS, HOUR_DECISIONS
        newest = sa.select(sa.func.max(decisions.c.id)).group_by(decisions.c.entry_id)
        of_claims, of_decisions = sa.select(claims).order_by(claims.c.id), sa.select(decisions).where(decisions.c.id.in_(newest))
        if teacher_ids is not None and len(teacher_ids) <= MOST_AT_ONCE:
            of_claims = of_claims.where(claims.c.teacher_id.in_(teacher_ids))
            of_decisions = of_decisions.where(decisions.c.teacher_id.in_(teacher_ids))
        with self._store.reading() as connection:
            made = [_claim_row(row) for row in connection.execute(of_claims).mappings()]
            decided = [_decision_row(row) for row in connection.execute(of_decisions.order_by(decisions.c.id)).mappings()]
        names = ["entry_id", "status", "decided_by", "decided_on", "reason"]
        return RecordedHours(pd.DataFrame(made, columns=list(CLAIM_COLUMNS)), pd.DataFrame(decided, columns=names))

    def sent_before(self, author: Author, key: str) -> bool:
        """Whether a write with this key is acknowledged already. Raises UnavailableError."""
        table = IDEMPOTENCY_KEYS
        query = sa.select(sa.literal(1)).where(table.c.actor == author.subject, table.c.key == key)
        with self._store.reading() as connection:
            return connection.execute(query).scalar_one_or_none() is not None

    def claimant(self, entry_id: str) -> str | None:
        """Whose claim an entry is; None for what is none. Raises UnavailableError."""
        number = entry_id.removeprefix(CLAIM_PREFIX)
        if number == entry_id or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        query = sa.select(HOUR_CLAIMS.c.teacher_id).where(HOUR_CLAIMS.c.id == int(number))
        with self._store.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def steps(self, entry_id: str) -> list[dict[str, Any]]:
        """All decisions on one entry, oldest first: decision, reason, actor, role, at. Raises UnavailableError."""
        table = HOUR_DECISIONS
        columns = [table.c[name] for name in ("decision", "reason", "actor", "role", "at")]
        query = sa.select(*columns).where(table.c.entry_id == entry_id).order_by(table.c.id)
        with self._store.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _own_key(key: str, entry_id: str) -> str:
    return hashlib.sha256(f"{key}\n{entry_id}".encode()).hexdigest()


def _lock(connection: sa.Connection, entry_ids: Sequence[str]) -> None:
    """Until the transaction ends nobody else decides on these; SQLite has one writer at a time anyway. In one order, so that two
    writers never wait for each other."""
    if connection.dialect.name == "postgresql":
        for entry_id in entry_ids:
            name = sa.func.hashtextextended(f"hours\n{entry_id}", 0)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


def _states(connection: sa.Connection, entry_ids: Sequence[str]) -> dict[str, tuple[str, date]]:
    """What was decided here of each last, and on which day; entries of which nothing was are left out."""
    table = HOUR_DECISIONS
    newest = sa.select(sa.func.max(table.c.id)).where(table.c.entry_id.in_(entry_ids)).group_by(table.c.entry_id)
    rows = connection.execute(sa.select(table.c.entry_id, table.c.decision, table.c.at).where(table.c.id.in_(newest)))
    return {row.entry_id: (row.decision, row.at.astimezone().date()) for row in rows}


def _state_of(entry: DecidedEntry, states: Mapping[str, tuple[str, date]]) -> str:
    decision, day = states.get(entry.entry_id, (entry.state, date.max))
    return entry.state if entry.decided_on is not None and entry.decided_on > day else decision


def _claim_row(row: Any) -> tuple[Any, ...]:
    return (f"{CLAIM_PREFIX}{row['id']}", *(row[name] for name in CLAIM_COLUMNS[1:]))


def _decision_row(row: Any) -> tuple[Any, ...]:
    return row["entry_id"], row["decision"], row["actor"], row["at"].astimezone().date(), row["reason"] or None


def _check_claim(teacher_id: str, claim: HourClaim, words: str, today: date) -> None:
    texts = [(teacher_id, LONGEST_ID), (claim.activity.strip(), LONGEST_ACTIVITY)]
    texts += [(claim.course_id, LONGEST_ID)] if claim.course_id is not None else []
    texts += [(claim.evidence_url, LONGEST_URL)] if claim.evidence_url is not None else []
    if any(not 0 < len(text) <= longest for text, longest in texts) or len(words) > LONGEST_REASON:
        raise UsageError("hours.claim_text", activity=LONGEST_ACTIVITY, text=LONGEST_REASON)
    if claim.category not in CATEGORIES or claim.level not in LEVELS:
        raise UsageError("hours.claim_words", categories=", ".join(CATEGORIES), levels=", ".join(LEVELS))
    if not 0 < claim.hours <= MOST_HOURS or not 0 <= (claim.credits or 0.0) <= MOST_HOURS:
        raise UsageError("hours.claim_hours", most=f"{MOST_HOURS:g}")
    if not date(1990, 1, 1) <= claim.done_on <= today:
        raise UsageError("hours.claim_day")
    if claim.evidence_url is not None and not claim.evidence_url.startswith(("https://", "http://")):
        raise UsageError("hours.claim_url")
