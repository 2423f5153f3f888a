"""Of each feed it is known whether it is published under an open licence, so that no download claims one that it has not."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    # False until the feed file is read again: a licence that was given by mistake cannot be taken back.
    op.execute("alter table ops.feed add column is_open boolean not null default false")
    op.execute("comment on column ops.feed.is_open is 'Whether it is published under an open licence, as its feed file says.'")


def downgrade() -> None:
    op.execute("alter table ops.feed drop column is_open")
