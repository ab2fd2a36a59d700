"""`recommender store verify`: whether the records are whole, and every acknowledged write stands there exactly once."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from features.errors import RecommenderError
from features.messages import Message, message
from recommender.records.database import is_private
from recommender.records.deletion_records import newest_limit
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import IDEMPOTENCY_KEYS, METADATA
from recommender.records.store_schema import current, head

WRITTEN: Final = tuple(table for table in METADATA.sorted_tables if "idempotency_key" in table.c)
"""Tables whose rows are acknowledged by an idempotency key."""
NO_ROW: Final = "{}"
"""The answer to a write that leaves no row."""


def verify(store: RecordStore) -> list[Message | str]:
    """What is wrong with the records; empty where nothing is."""
    if not store.exists:
        return [message("records.nothing_yet")]
    try:
        with store.reading() as connection:
            revision = current(connection)
            if revision != head():
                return [message("records.older", revision=revision or "0", head=head())]
            return [*_file(store, connection), *_acknowledged(connection)]
    except RecommenderError as error:
        return [error.message]


def _file(store: RecordStore, connection: sa.Connection) -> list[Message | str]:
    if store.path is None:
        return []
    findings: list[Message | str] = []
    state = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    if state != ["ok"]:
        findings.append(message("records.damaged"))
    findings += [
        message("records.open_file", path=path)
        for path in sorted(store.path.parent.glob(f"{store.path.name}*"))
        if not is_private(path)
    ]
    return findings


def _acknowledged(connection: sa.Connection) -> list[Message | str]:
    """Rows without the key that acknowledges them, and keys without the row.

    Keys whose term is past are deleted before their rows are; a link that was used to sign in leaves a key alone.
    """
    keys, findings = IDEMPOTENCY_KEYS, list[Message | str]()
    written = sa.union_all(
        *(sa.select(table.c.actor, table.c.idempotency_key, table.c.at) for table in WRITTEN)
    ).subquery()
    same = sa.and_(keys.c.actor == written.c.actor, keys.c.key == written.c.idempotency_key)
    lost = (
        sa.select(sa.func.count())
        .select_from(keys.outerjoin(written, same))
        .where(written.c.actor.is_(None), keys.c.answer != NO_ROW)
    )
    unacknowledged = sa.select(sa.func.count()).select_from(written.outerjoin(keys, same)).where(keys.c.actor.is_(None))
    if (limit := newest_limit(connection, keys.name)) is not None:
        unacknowledged = unacknowledged.where(written.c.at >= limit)
    doubled = sa.select(sa.func.count()).select_from(
        sa.select(written.c.actor)
        .group_by(written.c.actor, written.c.idempotency_key)
        .having(sa.func.count() > 1)
        .subquery()
    )
    for code, query in (("lost", lost), ("unacknowledged", unacknowledged), ("doubled", doubled)):
        if n := int(connection.execute(query).scalar_one()):
            findings.append(message(f"records.{code}", n=n))
    return findings
