"""The state of the tables of the records: which revision they have, and the way to another one.

A change is one transaction, on SQLite too: whoever is killed in the middle leaves the tables as they were.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from features.errors import ReadError, UsageError
from recommender.records.database import transaction

LOCK: Final = 4_251_907  # PostgreSQL: one migration at a time


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory(str(files("recommender.records").joinpath("migrations")))


def head() -> str:
    """The newest revision that this version of the program knows."""
    return str(_script().get_current_head())


def known(revision: str) -> bool:
    """Whether this version of the program knows a revision."""
    return revision in {script.revision for script in _script().walk_revisions()}


def current(connection: sa.Connection) -> str | None:
    """The revision of a database; None for an empty one. Raises ReadError for one of a newer program."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and not known(revision):
        raise ReadError("records.newer", revision=revision)
    return revision


def migrate(engine: sa.Engine, to: str = "head") -> tuple[str | None, str | None]:
    """Changes the tables to a revision, up or down (`base`: none); returns the one before and the one after.

    Raises UsageError for an unknown revision.
    """
    target = None if to == "base" else head() if to == "head" else to
    if target is not None and not known(target):
        raise UsageError("records.unknown_revision", revision=to)
    with transaction(engine, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        before = current(connection)
        if before == target:
            return before, target
        config = Config()
        config.set_main_option("script_location", _script().dir)
        config.attributes["connection"] = connection
        down = target is None or (before is not None and before > target)
        (command.downgrade if down else command.upgrade)(config, target or "base")
        return before, target
