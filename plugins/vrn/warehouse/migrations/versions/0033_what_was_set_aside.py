"""The counts know what the gate set aside of a delivery, so that no figure says zero where rows that were set aside may be some."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"

STATEMENTS = (
    # NULL until the next build, which is a full one, as the first by another version of the project.
    "alter table ops.counted_submission add column set_aside jsonb",
    "comment on column ops.counted_submission.set_aside is "
    "'By entity the areas that rows name of which many were set aside (macros/rows_set_aside.sql); NULL where few were.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table ops.counted_submission drop column set_aside")
