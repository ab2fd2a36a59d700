"""What teachers contest: an objection, its answer, and what is upheld now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa

from features.errors import UnknownIdError, UsageError
from recommender.records.record_store import Author, RecordEntry, RecordStore
from recommender.records.record_tables import LONGEST_ID, LONGEST_REASON, OBJECTION_ANSWERS, OBJECTIONS

ObjectionKind = Literal["row", "need", "course"]
Decision = Literal["upheld", "rejected"]
ObjectionState = Literal["open", "upheld", "rejected", "withdrawn"]
KINDS: Final[tuple[ObjectionKind, ...]] = get_args(ObjectionKind)
STATES: Final[tuple[ObjectionState, ...]] = get_args(ObjectionState)
LARGEST_NUMBER: Final = 2**63 - 1


class ObjectionStateError(UsageError):
    """The objection, or another one about the same, is in a state that does not allow this."""


@dataclass(frozen=True)
class Contested:
    """What an objection is about. subject: a table, competency or course. row_key: of a row, its key columns as text; row_digest:
    of the row's cells when it was contested."""

    kind: ObjectionKind
    subject: str
    row_key: Mapping[str, str] | None = None
    row_digest: str = ""

    @property
    def key_text(self) -> str:
        """The key as canonical JSON, empty for what is no row."""
        return "" if self.row_key is None else json.dumps(dict(self.row_key), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class ObjectionAnswer:
    """How it ended, why, and who said so when; she herself where it is withdrawn."""

    decision: Literal["upheld", "rejected", "withdrawn"]
    reason: str
    actor: str
    role: str
    at: datetime


@dataclass(frozen=True)
class Objection:
    """One objection as it stands; text: her words."""

    objection_id: int
    teacher_id: str
    about: Contested
    text: str
    at: datetime
    answer: ObjectionAnswer | None = None

    @property
    def state(self) -> ObjectionState:
        """Open until it is answered or withdrawn."""
        return "open" if self.answer is None else self.answer.decision


class ObjectionRecords:
    """Objections in the records of a workspace."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def contest(self, author: Author, key: str, teacher_id: str, about: Contested, text: str) -> Objection:
        """Records an objection; on disk when it returns.

        Raises as `RecordStore.once` does, UsageError for an empty or overlong text, ObjectionStateError where one about the
        same is open or upheld.
        """
        _check(teacher_id, about.subject, text=text)
        columns = {"teacher_id": teacher_id, "kind": about.kind, "subject": about.subject, "row_key": about.key_text}
        request = {"what": "objection", "text": text} | columns

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            same = [OBJECTIONS.c[name] == value for name, value in columns.items()]
            if any(one.state in ("open", "upheld") for one in _read(connection, *same)):
                raise ObjectionStateError("objections.contested_already")
            values = columns | {"row_digest": about.row_digest} | entry.columns()
            number = connection.execute(sa.insert(OBJECTIONS).values(values).returning(OBJECTIONS.c.id)).scalar_one()
            return {"objection_id": number}

        answer = self._store.once(author, key, request, write, text)
        return self.one(int(answer["objection_id"]))

    def answer(self, author: Author, key: str, objection_id: int, decision: Decision, reason: str) -> Objection:
        """Upholds or rejects an open objection; raises as `contest` does, UnknownIdError."""
        return self._end(author, key, objection_id, decision, reason, ("open",))

    def withdraw(self, author: Author, key: str, objection_id: int, reason: str = "") -> Objection:
        """Takes back an objection that is open or upheld: what it was about counts again; raises as `answer` does."""
        return self._end(author, key, objection_id, "withdrawn", reason, ("open", "upheld"))

    def now(self) -> datetime:
        """The time of a write."""
        return self._store.now()

    def one(self, objection_id: int) -> Objection:
        """Raises UnknownIdError."""
        with self._store.reading() as connection:
            return _one(connection, objection_id)

    def of_teacher(self, teacher_id: str) -> tuple[Objection, ...]:
        """Hers, open ones first, then the newest."""
        rows = self._select(OBJECTIONS.c.teacher_id == teacher_id)
        return tuple(sorted(rows, key=lambda one: (one.state != "open", -one.objection_id)))

    def in_state(self, state: ObjectionState) -> tuple[Objection, ...]:
        """Of everybody, oldest first."""
        newest = _newest()
        wanted = newest.c.decision.is_(None) if state == "open" else newest.c.decision == state
        return self._select(wanted, newest=newest)

    def _select(self, *where: sa.ColumnElement[bool], newest: sa.Subquery | None = None) -> tuple[Objection, ...]:
        with self._store.reading() as connection:
            return _read(connection, *where, newest=newest)

    def _end(
        self, author: Author, key: str, objection_id: int, decision: str, reason: str, states: tuple[ObjectionState, ...]
    ) -> Objection:
        if decision != "withdrawn":
            _check(text=reason)
        request = {"what": "objection answer", "objection": objection_id, "decision": decision, "reason": reason}

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            objection = _one(connection, objection_id, lock=True)
            if objection.state not in states:
                raise ObjectionStateError("objections.ended_already")
            values = {"objection_id": objection_id, "teacher_id": objection.teacher_id, "decision": decision}
            connection.execute(sa.insert(OBJECTION_ANSWERS).values(values | entry.columns()))
            return {"objection_id": objection_id}

        self._store.once(author, key, request, write, reason)
        return self.one(objection_id)


def _newest() -> sa.Subquery:
    """The answer that holds, by objection."""
    last = sa.select(sa.func.max(OBJECTION_ANSWERS.c.id)).group_by(OBJECTION_ANSWERS.c.objection_id)
    return sa.select(OBJECTION_ANSWERS).where(OBJECTION_ANSWERS.c.id.in_(last)).subquery("newest")


def _read(
    connection: sa.Connection, *where: sa.ColumnElement[bool], newest: sa.Subquery | None = None
) -> tuple[Objection, ...]:
    newest = _newest() if newest is None else newest
    answered = [newest.c[name].label(f"answer_{name}") for name in ("decision", "reason", "actor", "role", "at")]
    query = (
        sa.select(OBJECTIONS, *answered)
        .select_from(OBJECTIONS.outerjoin(newest, newest.c.objection_id == OBJECTIONS.c.id))
        .where(*where)
        .order_by(OBJECTIONS.c.id)
    )
    return tuple(_objection(row) for row in connection.execute(query))


def _one(connection: sa.Connection, objection_id: int, lock: bool = False) -> Objection:
    """lock: until the transaction ends nobody else answers it; SQLite has one writer at a time anyway."""
    if not 0 < objection_id <= LARGEST_NUMBER:
        raise UnknownIdError("objections.unknown", objection_id=objection_id)
    if lock:
        connection.execute(sa.select(OBJECTIONS.c.id).where(OBJECTIONS.c.id == objection_id).with_for_update())
    rows = _read(connection, OBJECTIONS.c.id == objection_id)
    if not rows:
        raise UnknownIdError("objections.unknown", objection_id=objection_id)
    return rows[0]


def _objection(row: Any) -> Objection:
    about = Contested(row.kind, row.subject, json.loads(row.row_key) if row.row_key else None, row.row_digest)
    answer = None
    if row.answer_decision is not None:
        answer = ObjectionAnswer(
            row.answer_decision, row.answer_reason, row.answer_actor, row.answer_role, row.answer_at
        )
    return Objection(row.id, row.teacher_id, about, row.reason, row.at, answer)


def _check(*ids: str, text: str) -> None:
    if any(not 0 < len(one) <= LONGEST_ID for one in ids) or not 0 < len(text.strip()) <= len(text) <= LONGEST_REASON:
        raise UsageError("objections.bad_text", ids=LONGEST_ID, text=LONGEST_REASON)


UpheldReader = Callable[[], tuple[Objection, ...]]
