"""An index of the audit lines by who read: whatever one person read is looked up without reading all lines."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
INDEX = "ix_audit_actor_at"


def upgrade() -> None:
    """Creates the index."""
    op.create_index(INDEX, "audit", ["actor", "at"])


def downgrade() -> None:
    """Deletes it; no line is touched."""
    op.drop_index(INDEX, "audit")
