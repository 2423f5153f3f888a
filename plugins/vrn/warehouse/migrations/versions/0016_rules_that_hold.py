"""A rule may hold a delivery for a person. A home of made-up deliveries lives no earlier than the day after the last of them."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

OUTCOMES = (
    "alter table ops.message drop constraint message_outcome_check, add constraint message_outcome_check check (outcome in ({}))"
)
# Somebody may make up deliveries of any year. Figures of a period that is not over are expected of nobody.
AS_OF = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (
        select case
            when bool_and(is_synthetic) filter (where status not in ('refused', 'duplicate'))
                then greatest(date '2020-08-25', max(period_end) filter (where status in ('accepted', 'superseded')) + 1)
            else (now() at time zone 'Europe/London')::date
        end
        from ops.submission
    )
"""
AS_OF_BEFORE = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (
        select case
            when bool_and(is_synthetic) filter (where status not in ('refused', 'duplicate')) then date '2020-08-25'
            else (now() at time zone 'Europe/London')::date
        end
        from ops.submission
    )
"""


def upgrade() -> None:
    op.execute(OUTCOMES.format("'submission', 'hold', 'record', 'warning', 'note'"))
    op.execute(AS_OF)


def downgrade() -> None:
    op.execute(AS_OF_BEFORE)
    op.execute("update ops.message set outcome = 'warning' where outcome = 'hold'")
    op.execute(OUTCOMES.format("'submission', 'record', 'warning', 'note'"))
