"""Of each layer it is known in which transaction it was whole, so that its tests look at the months that were made anew since."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute("alter table ops.built_layer add column revision bigint not null default 0")
    op.execute(
        "comment on column ops.built_layer.revision is "
        "'The transaction in which it was whole last: what was made anew later, ops.built_month says, has a later one.'"
    )


def downgrade() -> None:
    op.execute("alter table ops.built_layer drop column revision")
