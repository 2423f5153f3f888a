"""An evaluator may read what publish.indicator_as_at reads: which deliveries are counted, and who is expected to deliver.

They say no more than ops.submission, which evaluators read already.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("grant select on ops.counted_submission, ops.feed_supplier to vrn_evaluator")


def downgrade() -> None:
    op.execute("revoke select on ops.counted_submission, ops.feed_supplier from vrn_evaluator")
