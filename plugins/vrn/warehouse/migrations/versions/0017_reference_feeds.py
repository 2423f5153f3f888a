"""A workbook of reference data is real in every home: it does not tell on which day the home lives."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

# A feed of reference data is named reference_…; nobody makes up what is published for all.
AS_OF = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (
        select case
            when bool_and(is_synthetic) filter (where status not in ('refused', 'duplicate'))
                then greatest(date '2020-08-25', max(period_end) filter (where status in ('accepted', 'superseded')) + 1)
            else (now() at time zone 'Europe/London')::date
        end
        from ops.submission{}
    )
"""


def upgrade() -> None:
    op.execute(AS_OF.format(" where not starts_with(feed, 'reference_')"))


def downgrade() -> None:
    op.execute(AS_OF.format(""))
