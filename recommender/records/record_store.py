"""The records of one workspace: transactions, and writes that happen once however often they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from features.errors import ReadError, UsageError
from recommender.records.database import connect, create_file, database_url, driver_cursor, transaction
from recommender.records.driver_statement import BoundStatement, DriverStatement
from recommender.records.record_tables import IDEMPOTENCY_KEYS, LONGEST_ID
from recommender.records.store_schema import current, head, migrate
from recommender.settings import Settings

Row = dict[str, Any]


@dataclass(frozen=True)
class Author:
    """Who writes: `subject` and `role` of the sign-in."""

    subject: str
    role: str


@dataclass(frozen=True)
class RecordEntry:
    """One write: who, when, why, and its key."""

    author: Author
    at: datetime
    reason: str
    key: str

    def columns(self) -> Row:
        """As columns of a table of `record_tables`."""
        return {
            "actor": self.author.subject, "role": self.author.role, "at": self.at, "reason": self.reason,
            "idempotency_key": self.key,
        }  # fmt: skip


class KeyReuseError(UsageError):
    """The idempotency key was used for another request."""


class RecordStore:
    """The database of the records; safe for many threads and processes."""

    def __init__(self, url: sa.URL, now: Callable[[], datetime] | None = None) -> None:
        """Opens nothing yet. now: the clock."""
        self.url = url
        self.engine: Final = connect(url)
        self._now = now or (lambda: datetime.now(UTC))

    @classmethod
    def of(cls, root: Path, settings: Settings) -> RecordStore:
        """The records of a workspace, as the settings say. Raises UsageError for a URL of another kind of database."""
        secret = settings.database_url
        return cls(database_url(None if secret is None else secret.get_secret_value(), root))

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded, as far as the disk tells; a server's database counts as existing."""
        return self.path is None or self.path.exists()

    def open(self) -> RecordStore:
        """Makes the tables where there are none, and brings a file of an earlier version up to date.

        A server's database that has tables is left to `recommender store migrate`. Raises ReadError where that is due,
        UnavailableError where it cannot be used.
        """
        if self.path is not None:
            create_file(self.path)
        revision = self.revision()
        if revision == head():
            return self
        if revision is not None and self.path is None:
            raise ReadError("records.older", revision=revision, head=head())
        migrate(self.engine)
        return self

    def revision(self) -> str | None:
        """The revision of its tables; None for none."""
        with self.reading() as connection:
            return current(connection)

    def close(self) -> None:
        """Gives its connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that reads one state of the database. Raises UnavailableError."""
        with transaction(self.engine, writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes: on disk when the block ends. Raises UnavailableError."""
        with transaction(self.engine, writes=True) as connection:
            yield connection

    def append(
        self, statement: DriverStatement, rows: Sequence[Mapping[str, Any]], reads: Sequence[BoundStatement] = ()
    ) -> list[Sequence[Any]]:
        """Runs a statement for each of the rows, in one transaction: on disk when it returns. Raises UnavailableError.

        reads: what is read in the same transaction; their rows.
        """
        parameters: list[Any] = [statement.parameters(row) for row in rows]
        with driver_cursor(self.engine, writes=bool(rows)) as cursor:
            if len(parameters) == 1:
                cursor.execute(statement.text, parameters[0])
            elif parameters:
                cursor.executemany(statement.text, parameters)
            return [_rows(cursor, *read) for read in reads]

    def rows(self, statement: DriverStatement, values: Mapping[str, Any]) -> Sequence[Any]:
        """The rows of a statement that reads. Raises UnavailableError."""
        with driver_cursor(self.engine, writes=False) as cursor:
            return _rows(cursor, statement, values)

    def now(self) -> datetime:
        """The time of a write, UTC."""
        return self._now()

    def once(
        self,
        author: Author,
        key: str,
        request: Mapping[str, Any],
        write: Callable[[sa.Connection, RecordEntry], Mapping[str, Any]],
        reason: str = "",
    ) -> Row:
        """Runs `write` in one transaction with its idempotency key and returns its answer, which must be JSON.

        The same key with the same request gets the first answer again and nothing is written. Raises KeyReuseError for the
        same key with another request, UsageError for an empty or overlong key, UnavailableError.
        """
        if not 0 < len(key) <= LONGEST_ID:
            raise UsageError("records.bad_key", longest=LONGEST_ID)
        digest = hashlib.sha256(_json(request).encode()).hexdigest()
        table = IDEMPOTENCY_KEYS
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                name = sa.func.hashtextextended(f"{author.subject}\n{key}", 0)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))
            by_key = sa.select(table.c.request, table.c.answer).where(table.c.actor == author.subject, table.c.key == key)
            earlier = connection.execute(by_key).one_or_none()
            if earlier is not None:
                if earlier.request != digest:
                    raise KeyReuseError("records.key_reused")
                answer: Row = json.loads(earlier.answer)
                return answer
            entry = RecordEntry(author, self.now(), reason, key)
            text = _json(write(connection, entry))
            connection.execute(
                sa.insert(table).values(actor=author.subject, key=key, request=digest, answer=text, at=entry.at)
            )
        written: Row = json.loads(text)
        return written


def _rows(cursor: DBAPICursor, statement: DriverStatement, values: Mapping[str, Any]) -> Sequence[Any]:
    cursor.execute(statement.text, statement.parameters(values))
    return cursor.fetchall()


def acknowledge_part(connection: sa.Connection, author: Author, key: str, request: Mapping[str, Any], at: datetime) -> None:
    """The key of a further row of a write that `RecordStore.once` acknowledges as a whole: every row has a key of its own."""
    digest = hashlib.sha256(_json(request).encode()).hexdigest()
    values = {"actor": author.subject, "key": key, "request": digest, "answer": _json({"part": True}), "at": at}
    connection.execute(sa.insert(IDEMPOTENCY_KEYS).values(values))


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
