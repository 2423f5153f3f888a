"""A home of made-up deliveries lives on the day of the report, and a release keeps the day on which its home lived."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

# 25 August 2020 is the day whose extracts the Progress Report's figures are from. The synthetic deliveries end before it.
AS_OF = """
    create or replace function ops.as_of() returns date
    language sql stable
    return (
        select case
            when bool_and(is_synthetic) filter (where status not in ('refused', 'duplicate')) then date '{day}'
            else (now() at time zone 'Europe/London')::date
        end
        from ops.submission
    )
"""


def upgrade() -> None:
    op.execute(AS_OF.format(day="2020-08-25"))
    op.execute(
        "comment on function ops.as_of is 'The day on which the home lives: today in Lancashire, or, where every delivery is "
        "synthetic, the day of the Progress Report.'"
    )
    # The evaluators' pages say the day.
    op.execute("grant execute on function ops.as_of to vrn_evaluator")
    op.execute("alter table ops.release add column as_of date")
    op.execute("comment on column ops.release.as_of is 'The day on which the home lived when its figures were frozen.'")


def downgrade() -> None:
    op.execute("alter table ops.release drop column as_of")
    op.execute("revoke execute on function ops.as_of from vrn_evaluator")
    op.execute(AS_OF.format(day="2021-06-30"))
