"""The ledger of submissions, what was said about them, and what each step and model did."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    create table ops.submission (
        submission_id bigint generated always as identity primary key,
        feed text not null,
        supplier text not null,
        file_name text not null,
        sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
        byte_count bigint not null,
        is_synthetic boolean not null,
        period_start date,
        period_end date,
        extract_as_at timestamptz,
        received_at timestamptz not null default now(),
        status text not null default 'received'
            check (status in ('received', 'accepted', 'refused', 'duplicate', 'superseded', 'withdrawn')),
        status_reason text,
        rows_in_file integer,
        rows_accepted integer,
        rows_quarantined integer,
        rows_duplicate integer,
        rows_warned integer,
        contract_sha256 text,
        accepted_at timestamptz,
        superseded_at timestamptz,
        superseded_by bigint references ops.submission,
        reported_at timestamptz,
        constraint rows_add_up check (
            status not in ('accepted', 'superseded')
            or rows_in_file = rows_accepted + rows_quarantined + rows_duplicate
        ),
        constraint accepted_has_a_period check (status not in ('accepted', 'superseded') or period_start is not null)
    )
    """,
    """
    create unique index submission_same_bytes on ops.submission (feed, sha256)
        where status in ('received', 'accepted', 'superseded')
    """,
    """
    create unique index submission_current on ops.submission (feed, supplier, period_start) where status = 'accepted'
    """,
    """
    create table ops.message (
        submission_id bigint not null references ops.submission,
        rule_code text not null,
        outcome text not null check (outcome in ('submission', 'record', 'warning', 'note')),
        row_count integer,
        message text not null,
        primary key (submission_id, rule_code)
    )
    """,
    """
    create table ops.validation_result (
        submission_id bigint not null references ops.submission,
        rule_code text not null,
        expectation text not null,
        severity text not null,
        is_success boolean not null,
        unexpected_count integer,
        validated_at timestamptz not null default now(),
        primary key (submission_id, rule_code)
    )
    """,
    """
    create table ops.step (
        step_id bigint generated always as identity primary key,
        submission_id bigint references ops.submission,
        step text not null,
        started_at timestamptz not null,
        finished_at timestamptz not null,
        is_success boolean not null
    )
    """,
    """
    create table ops.dbt_result (
        invocation_id text not null,
        layer text not null,
        node_id text not null,
        resource_type text not null,
        status text not null,
        failures integer,
        seconds numeric not null,
        finished_at timestamptz not null,
        primary key (invocation_id, node_id)
    )
    """,
    """
    create table ops.code_label (
        feed text not null,
        column_name text not null,
        code text not null,
        label text not null,
        primary key (feed, column_name, code)
    )
    """,
    "comment on table ops.code_label is 'One row per code of a feed column that has a label, as the feed files say.'",
    "grant select, insert, update, delete on all tables in schema ops to vrn_loader",
    "revoke all on ops.alembic_version from vrn_loader",
    "grant select on ops.submission, ops.message, ops.validation_result to vrn_evaluator",
    """
    comment on table ops.submission is
        'One row per delivery that came, whatever became of it. rows_in_file = rows_accepted + rows_quarantined + rows_duplicate.'
    """,
    "comment on table ops.message is 'One row per submission and rule that had something to say.'",
    "comment on table ops.validation_result is 'One row per submission and rule that was judged, passed ones too.'",
    "comment on table ops.step is 'One row per time that a step ran: what the pipeline spent its time on.'",
    "comment on table ops.dbt_result is 'One row per dbt invocation and node: models, tests, seeds, functions.'",
    "comment on column ops.submission.status_reason is 'Why it was refused, superseded or a duplicate; no person''s value.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
