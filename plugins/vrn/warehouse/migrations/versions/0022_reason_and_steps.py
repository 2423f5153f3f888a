"""A release has a reason where it changes much, and says how far it is, so that one that was interrupted goes on."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

STATEMENTS = (
    "alter table ops.release add column reason text",
    "comment on column ops.release.reason is 'Why it was made though it changes much; NULL where nobody had to say.'",
    """
    create table ops.release_step (
        release_id text not null references ops.release,
        step text not null,
        done_at timestamptz not null default now(),
        primary key (release_id, step)
    )
    """,
    "comment on table ops.release_step is 'One row per release and step that was taken after its figures were frozen.'",
    "comment on column ops.release_step.step is 'publish, exports, site, … and finished, the last.'",
    # Of releases of before nobody knows, and the next one is not to wait for them.
    "insert into ops.release_step (release_id, step) select release_id, 'finished' from ops.release",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.release_step")
    op.execute("alter table ops.release drop column reason")
