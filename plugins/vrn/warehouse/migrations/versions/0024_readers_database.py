"""Readers have a database of their own: who may connect to it stands among the rights, because a review asks for both."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

ONE = "pg_database.datname = current_database()"
BOTH = "pg_database.datname in (current_database(), current_database() || '_readers')"


def upgrade() -> None:
    _listed(BOTH)
    op.execute(
        "comment on view ops.access_right is "
        "'One row per role (or public) and right that it has on this database, or to connect to that of readers, as it is now.'"
    )


def downgrade() -> None:
    _listed(ONE)
    op.execute(
        "comment on view ops.access_right is 'One row per role (or public) and right that it has on this database, as it is now.'"
    )


def _listed(databases: str) -> None:
    """The view as it is, but for the condition that says of which databases."""
    (text,) = op.get_bind().exec_driver_sql("select pg_get_viewdef('ops.access_right'::regclass)").one()
    start = text.index("WHERE (pg_database.datname") + len("WHERE ")
    end = text.index("\n", start)
    op.execute(f"create or replace view ops.access_right with (security_invoker = true) as {text[:start]}{databases}{text[end:]}")
