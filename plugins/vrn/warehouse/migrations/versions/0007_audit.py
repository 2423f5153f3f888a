"""The audit: who read what in restricted schemas, and what was exported, released and replayed. Each row holds the hash of the one
before it, so that a row that was changed or taken out shows."""

from alembic import op

revision = "0007"
down_revision = "0006"

LOGS = ("read_log", "audit_event")
# A row without its own hash, the same in whatever time zone it is looked at, and when a column is added later.
CONTENT = (
    "jsonb_strip_nulls(to_jsonb({row}) - 'row_hash' || jsonb_build_object('happened_at', extract(epoch from {row}.happened_at)))"
)
HASH = "encode(sha256(convert_to(coalesce({previous}, '') || ({content})::text, 'UTF8')), 'hex')"
ROWS = " union all ".join(
    f"select '{log}' as log, number, row_hash, {CONTENT.format(row='entry')} as content from ops.{log} as entry" for log in LOGS
)

STATEMENTS = (
    """
    create table ops.read_log (
        number bigint primary key,
        happened_at timestamptz not null,
        role_name text not null,
        application text not null,
        client text not null,
        session_id text not null,
        line_number bigint not null,
        command text not null,
        objects text[] not null,
        statement text,
        statement_length integer not null,
        is_understood boolean not null,
        row_count bigint,
        outcome text not null check (outcome in ('read', 'refused')),
        row_hash text not null,
        unique (session_id, line_number),
        check (is_understood = (statement is not null))
    )
    """,
    "create index on ops.read_log (happened_at)",
    """
    create table ops.audit_event (
        number bigint primary key,
        happened_at timestamptz not null default now(),
        kind text not null check (kind in ('export', 'release', 'replay')),
        role_name text not null default session_user,
        done_by text not null,
        what text not null,
        release_id text,
        sha256 text,
        row_count bigint,
        row_hash text not null
    )
    """,
    """
    create table ops.server_log (
        file_name text primary key,
        read_to bigint not null
    )
    """,
    f"""
    create function ops.chain_row() returns trigger language plpgsql as $$
    declare
        last record;
    begin
        -- One writer at a time, until it commits: a row's number and hash follow from the row before it.
        perform pg_advisory_xact_lock(hashtext('ops.chain_row'), tg_relid::integer);
        execute format('select number, row_hash from ops.%I order by number desc limit 1', tg_table_name) into last;
        new.number := coalesce(last.number, 0) + 1;
        new.row_hash := {HASH.format(previous="last.row_hash", content=CONTENT.format(row="new"))};
        return new;
    end
    $$
    """,
    "revoke execute on function ops.chain_row from public",
    *(
        f"create trigger only_added_to before update or delete or truncate on ops.{log} "
        "for each statement execute function ops.refuse_rewriting()"
        for log in LOGS
    ),
    *(f"create trigger chained before insert on ops.{log} for each row execute function ops.chain_row()" for log in LOGS),
    f"""
    create view ops.audit_chain with (security_invoker = true) as
    with entry as ({ROWS}),
    linked as (
        select
            log, number, row_hash, row_number() over by_number as place,
            {HASH.format(previous="lag(row_hash) over by_number", content="content")} as hash_of_content
        from entry
        window by_number as (partition by log order by number)
    )
    select
        log,
        count(*) as row_count,
        max(number) as last_number,
        (array_agg(row_hash order by number desc))[1] as last_hash,
        min(number) filter (where number <> place or row_hash <> hash_of_content) as first_broken_number
    from linked
    group by log
    """,
    "comment on table ops.read_log is 'One row per statement of a person that read something restricted, or was refused it. Only "
    "ever added to.'",
    "comment on column ops.read_log.objects is 'Restricted tables and functions that it names; with pgaudit those that it came to "
    "read as well.'",
    "comment on column ops.read_log.statement is 'Its text with a question mark for every literal; none where it was not "
    "understood.'",
    "comment on column ops.read_log.row_count is 'Rows of its largest query, where the server has pgaudit.'",
    "comment on column ops.read_log.row_hash is 'SHA-256 of this row and the hash of the row before it (ops.audit_chain).'",
    "comment on table ops.audit_event is 'One row per file of an export, per release and per replay, by whom and when. Only ever "
    "added to.'",
    "comment on table ops.server_log is 'One row per file of the server log: up to which byte its reads are in ops.read_log.'",
    "comment on view ops.audit_chain is 'One row per log: how far it goes, and the first row whose hash is not that of what is "
    "before it.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop view ops.audit_chain")
    op.execute("drop table ops.read_log, ops.audit_event, ops.server_log")
    op.execute("drop function ops.chain_row")
