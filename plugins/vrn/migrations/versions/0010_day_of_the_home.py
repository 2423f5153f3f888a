"""The day on which a home lives: figures are expected, and late, up to then."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    # Its synthetic deliveries end in June 2020. Seen from today, two thirds of what the demonstration shows would await a feed.
    """
    create function ops.as_of() returns date
    language sql stable
    return (select case when bool_and(is_synthetic) then date '2020-08-25' else current_date end from ops.submission)
    """,
    "comment on function ops.as_of is 'The day on which the home lives: today, or, where every delivery is synthetic, the day of the "
    "Progress Report that they are made after.'",
    "revoke execute on function ops.as_of from public",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function ops.as_of")
