"""Decisions hold a figure's words too: a comparison with a hidden figure, or a trend over one, tells of it.

Releases that were decided before have none, and show none: the next release has them.
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("alter table ops.release_decision add column method text, add column comparison text, add column trend text")


def downgrade() -> None:
    op.execute("alter table ops.release_decision drop column method, drop column comparison, drop column trend")
