"""Suppliers begin and end, a delivery of which no row serves is no delivery, and a bad entry of the agreements is said."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    "alter table ops.feed_supplier add column valid_from date, add column valid_until date",
    "comment on column ops.feed_supplier.valid_from is 'First day that its deliveries are about; NULL where it has always sent.'",
    "comment on column ops.feed_supplier.valid_until is 'Last day that its deliveries are about; NULL where it goes on.'",
    "alter table ops.counted_submission add column has_rows boolean not null default true",
    "comment on column ops.counted_submission.has_rows is 'Whether a row of it serves, or it said that there was none.'",
    """
    create table ops.agreement_mistake (
        entry integer primary key,
        feed text,
        suppliers text[],
        told text not null
    )
    """,
    "comment on table ops.agreement_mistake is 'One row per entry of the register of agreements that cannot be read.'",
    "comment on column ops.agreement_mistake.feed is 'The feed that it is about; NULL where it does not say.'",
    "comment on column ops.agreement_mistake.suppliers is 'The suppliers that it is about; NULL where it is not plain which.'",
    "comment on column ops.agreement_mistake.told is 'What is wrong in it, and what to do.'",
    "grant select, insert, delete on ops.agreement_mistake to vrn_loader",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.agreement_mistake")
    op.execute("alter table ops.counted_submission drop column has_rows")
    op.execute("alter table ops.feed_supplier drop column valid_from, drop column valid_until")
