"""Of a counted delivery its attempt is known, so that staging's tests look at the deliveries that no build has counted yet."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"

STATEMENTS = (
    # 0 is no attempt: an older home's deliveries are all tested by its next build.
    "alter table ops.counted_submission add column attempt integer not null default 0",
    "comment on column ops.counted_submission.attempt is 'Which attempt was counted, because a replay may give other rows.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table ops.counted_submission drop column attempt")
