"""What each layer was built from is kept by feed, so that a build passes over the models whose feeds brought nothing."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("alter table ops.built_layer add column inputs jsonb")
    op.execute(
        "comment on column ops.built_layer.inputs is "
        "'What it was built from: a fingerprint of the deliveries of each feed, and the day; NULL while nobody knows.'"
    )


def downgrade() -> None:
    op.execute("alter table ops.built_layer drop column inputs")
