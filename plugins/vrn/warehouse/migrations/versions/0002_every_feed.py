"""Feeds of several entities; agreements to share; deliveries held for approval; what was fetched; profiles; linkage."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "alter table ops.message add column entity text not null default '', add column row_numbers integer[] not null default '{}'",
    "alter table ops.message drop constraint message_pkey, add primary key (submission_id, entity, rule_code)",
    "comment on column ops.message.row_numbers is 'The first thousand rows that broke the rule, as the supplier counts them.'",
    "alter table ops.validation_result add column entity text not null default ''",
    "alter table ops.validation_result drop constraint validation_result_pkey, add primary key (submission_id, entity, rule_code)",
    """
    alter table ops.submission
        add column agreement_id text,
        add column hash_key_version integer,
        add column held_at timestamptz,
        add column hold_reason text,
        add column approved_at timestamptz,
        add column approved_by text,
        add column original_forgotten_at timestamptz
    """,
    "comment on column ops.submission.hold_reason is 'Why a person has to approve the delivery before it may serve.'",
    """
    create table ops.agreement (
        agreement_id text not null,
        supplier text not null,
        feed text not null,
        purpose text not null,
        legal_gateway text not null,
        controller text not null,
        permitted_fields text[] not null,
        valid_from date not null,
        valid_to date not null,
        status text not null check (status in ('active', 'withdrawn')),
        primary key (agreement_id, supplier, feed)
    )
    """,
    "comment on table ops.agreement is 'One row per data-sharing agreement, supplier and feed, as the register says today.'",
    """
    create table ops.column_profile (
        submission_id bigint not null references ops.submission,
        entity text not null,
        column_name text not null,
        row_count integer not null,
        null_count integer not null,
        primary key (submission_id, entity, column_name)
    )
    """,
    "comment on table ops.column_profile is 'One row per submission and column: how much of it is blank. No value is kept.'",
    """
    create table ops.fetched (
        feed text not null,
        location text not null,
        name text not null,
        byte_count bigint,
        modified_at timestamptz,
        etag text,
        sha256 text,
        fetched_at timestamptz not null default now(),
        primary key (feed, location, name)
    )
    """,
    "comment on table ops.fetched is 'One row per file that a remote transport brought, so that it is not fetched again.'",
    "grant select, insert, update, delete on ops.agreement, ops.column_profile, ops.fetched to vrn_loader",
    "grant select on ops.agreement to vrn_evaluator",
    "grant usage on schema ops to vrn_linker",
    "grant select on ops.submission to vrn_linker",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
