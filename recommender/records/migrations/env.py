"""Runs revisions on the connection that `recommender.records.store_schema` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from recommender.records.record_tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
