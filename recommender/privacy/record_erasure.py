"""One person leaves the records: rows about her go, and lines that have to stay lose her id.

Records of processing are kept for three years (PIPL, article 56), so audit lines stay, with a pseudonym that nobody can lead
back to her. So do rows that she wrote about others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from recommender.privacy.traces import id_pattern
from recommender.records.deletion_records import record_deletion
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import IDEMPOTENCY_KEYS, METADATA

TEACHER_ID: Final = "teacher_id"


def erase_records(store: RecordStore, teacher_id: str, pseudonym: str, author: Author) -> dict[str, int]:
    """Rows deleted and rows that lost her id, by table, in one transaction. Raises UnavailableError."""
    counts = {}
    with store.writing() as connection:
        at = store.now()
        for table in METADATA.sorted_tables:
            counts[table.name] = _delete(connection, table, teacher_id)
            record_deletion(connection, author, at, "erasure", table.name, counts[table.name])
        for table in METADATA.sorted_tables:  # afterwards: a row is acknowledged by the key of the same actor
            counts[table.name] += _rename(connection, table, teacher_id, pseudonym)
    return {name: n for name, n in counts.items() if n}


def count_records(store: RecordStore, teacher_id: str) -> dict[str, int]:
    """Rows that hold her id, by table."""
    with store.reading() as connection:
        counts = {table.name: sum(1 for _ in _rows(connection, table, teacher_id)) for table in METADATA.sorted_tables}
    return {name: n for name, n in counts.items() if n}


def _delete(connection: sa.Connection, table: sa.Table, teacher_id: str) -> int:
    """Rows about her with the keys that acknowledge them; of acknowledgements those whose answer is about her."""
    if table is IDEMPOTENCY_KEYS or TEACHER_ID not in table.c:
        return 0
    hers = table.c[TEACHER_ID] == teacher_id
    if "idempotency_key" in table.c:
        written = sa.select(table.c.actor, table.c.idempotency_key).where(hers)
        keys = sa.tuple_(IDEMPOTENCY_KEYS.c.actor, IDEMPOTENCY_KEYS.c.key)
        connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(keys.in_(written)))
    return int(connection.execute(sa.delete(table).where(hers)).rowcount)


def _rename(connection: sa.Connection, table: sa.Table, teacher_id: str, pseudonym: str) -> int:
    """Replaces her id in every text of the rows that are left."""
    n = 0
    for row in list(_rows(connection, table, teacher_id)):
        changed = {name: _replaced(value, teacher_id, pseudonym) for name, value in row.items()}
        where = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
        connection.execute(sa.update(table).where(where).values(changed))
        n += 1
    return n


def _rows(connection: sa.Connection, table: sa.Table, teacher_id: str) -> Iterator[dict[str, Any]]:
    """Rows in which her id stands as a word of its own."""
    texts = [column for column in table.columns if isinstance(column.type, (sa.String, sa.JSON))]
    if not texts:
        return
    holds = sa.or_(*(sa.cast(column, sa.Text).contains(teacher_id, autoescape=True) for column in texts))
    pattern = id_pattern(teacher_id)
    for row in connection.execute(sa.select(table).where(holds)).mappings():
        if any(pattern.search(_text(row[column.name])) for column in texts):
            yield dict(row)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _replaced(value: Any, teacher_id: str, pseudonym: str) -> Any:
    pattern = id_pattern(teacher_id)
    if isinstance(value, str):
        return pattern.sub(pseudonym, value)
    if isinstance(value, (dict, list)):
        return json.loads(pattern.sub(pseudonym, json.dumps(value, ensure_ascii=False)))
    return value
