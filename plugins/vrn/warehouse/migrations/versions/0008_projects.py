"""Evaluation projects, and which suppliers' rows each may see, under which agreement."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    create table ops.project (
        project text primary key check (project ~ '^[a-z][a-z0-9_]{0,30}$'),
        title text not null,
        purpose text not null,
        approved_by text not null,
        valid_from date not null,
        valid_to date not null,
        status text not null check (status in ('active', 'withdrawn')),
        tables text[] not null,
        opened_at timestamptz,
        closed_at timestamptz,
        closed_because text
    )
    """,
    "comment on table ops.project is 'One row per evaluation project that the register names or named, and whether it is open.'",
    """
    create table ops.project_build (
        project text not null,
        table_name text not null,
        feed text not null,
        supplier text not null,
        is_included boolean not null,
        row_count bigint not null,
        agreement_id text,
        reason text not null,
        built_at timestamptz not null default now(),
        superseded_at timestamptz
    )
    """,
    """
    create unique index project_build_that_holds on ops.project_build (project, table_name, feed, supplier)
    where superseded_at is null
    """,
    """
    comment on table ops.project_build is
        'One row per project, event table and supplier: whether its rows may be seen and why, as long as that held.'
    """,
    "comment on column ops.project_build.row_count is 'Rows that are known today, whether they were included or left out.'",
    "comment on column ops.project_build.superseded_at is 'When that changed. NULL: it holds today.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.project_build, ops.project")
