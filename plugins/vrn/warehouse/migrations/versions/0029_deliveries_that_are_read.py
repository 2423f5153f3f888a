"""A build names the deliveries that it reads for a model, so that of a feed's partitions those few alone are looked at."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"

STATEMENTS = (
    """
    create table ops.read_submission (
        model text not null,
        submission_id bigint not null,
        primary key (model, submission_id)
    )
    """,
    "comment on table ops.read_submission is "
    "'One row per model and submission of which the running or last build reads rows for the months that it makes anew.'",
    # Immutable only within a statement, as ops.touched_months: the planner leaves out partitions by values that it knows.
    """
    create function ops.read_submissions(wanted_model text) returns bigint[]
    language sql immutable parallel safe
    return (select coalesce(array_agg(submission_id), '{}') from ops.read_submission where model = wanted_model)
    """,
    "comment on function ops.read_submissions is 'The submissions of which the running build reads rows for a model.'",
    "revoke execute on function ops.read_submissions from public",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function ops.read_submissions")
    op.execute("drop table ops.read_submission")
