"""The day on which a home lives: figures are expected, and late, up to then."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    # The last period of the synthetic deliveries ends in March 2021. Seen from today, most of what the demonstration shows would
    # await a feed.
    """
    create function ops.as_of() returns date
    language sql stable
    return (select case when bool_and(is_synthetic) then date '2021-06-30' else current_date end from ops.submission)
    """,
    "comment on function ops.as_of is 'The day on which the home lives: today, or, where every delivery is synthetic, a day soon "
    "after the last of them.'",
    "revoke execute on function ops.as_of from public",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function ops.as_of")
