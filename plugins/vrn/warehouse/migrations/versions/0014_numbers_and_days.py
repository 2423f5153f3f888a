"""Register takes a submission's number before its row: the original is sealed for it first. Today is the day in Lancashire."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

# A file that was refused by its name is none of the home's deliveries, and moves it into no other year.
AS_OF = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (
        select case
            when bool_and(is_synthetic) filter (where status not in ('refused', 'duplicate')) then date '2021-06-30'
            else (now() at time zone 'Europe/London')::date
        end
        from ops.submission
    )
"""
AS_OF_BEFORE = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (select case when bool_and(is_synthetic) then date '2021-06-30' else current_date end from ops.submission)
"""


def upgrade() -> None:
    op.execute("grant usage on sequence ops.submission_submission_id_seq to vrn_loader")
    op.execute(AS_OF)


def downgrade() -> None:
    op.execute(AS_OF_BEFORE)
    op.execute("revoke usage on sequence ops.submission_submission_id_seq from vrn_loader")
