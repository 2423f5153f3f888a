"""Of two things that builds made it is known which was made later, on whatever server the warehouse is.

Until now the server's number of a transaction said so, and another server counts its transactions anew.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"

STATEMENTS = (
    "create sequence ops.built_revision",
    "comment on sequence ops.built_revision is 'What a build made later has a higher number, which goes with the warehouse.'",
    """
    select setval('ops.built_revision', greatest(
        1, (select max(revision) from ops.built_layer), (select max(revision) from ops.built_month)
    ))
    """,
    "comment on column ops.built_layer.revision is "
    "'When it was whole last, by ops.built_revision: what was made anew later, ops.built_month says, has a higher number.'",
    "comment on column ops.built_month.revision is 'When the month was made anew last, by ops.built_revision.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop sequence ops.built_revision")
