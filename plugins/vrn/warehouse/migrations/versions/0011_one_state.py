"""One stored state for every delivery: the allowed moves as a table, every move a row, every other move refused."""

from alembic import op

revision = "0011"
down_revision = "0010"

MOVES = (
    ("received", "staged"),
    ("received", "duplicate"),
    ("received", "refused"),
    ("received", "held"),
    ("staged", "passed"),
    ("staged", "held"),
    ("staged", "refused"),
    ("held", "passed"),
    ("held", "refused"),
    ("held", "received"),
    ("passed", "accepted"),
    ("passed", "superseded"),
    ("passed", "held"),
    ("passed", "refused"),
    ("accepted", "superseded"),
    ("accepted", "withdrawn"),
    ("accepted", "received"),
    ("superseded", "accepted"),
    ("superseded", "withdrawn"),
    ("superseded", "received"),
    ("refused", "received"),
    ("refused", "withdrawn"),
)

STATEMENTS = (
    "alter table ops.submission drop constraint submission_status_check",
    """
    alter table ops.submission
        add constraint submission_status_check check (status in (
            'received', 'staged', 'held', 'passed', 'accepted', 'superseded', 'refused', 'duplicate', 'withdrawn'
        )),
        add column attempt integer not null default 1,
        add column tries integer not null default 0,
        add column moved_at timestamptz not null default now()
    """,
    "comment on column ops.submission.status is 'How far the delivery is; ops.submission_move has every move.'",
    "comment on column ops.submission.status_reason is 'The reason of the last move; no person''s value.'",
    "comment on column ops.submission.attempt is 'The attempt this is: 1, and 1 more for each replay.'",
    "comment on column ops.submission.tries is 'How often the present step began; after the third the delivery is held.'",
    "comment on column ops.submission.moved_at is 'When it became what it is.'",
    # A delivery held for its size had passed every rule. What was judged and neither held nor accepted is judged again, because a
    # kept verdict was not yet an enforced one.
    """
    update ops.submission set status = case when approved_at is not null then 'passed' else 'held' end,
        status_reason = hold_reason
    where status = 'received' and held_at is not null
    """,
    "update ops.submission set rows_in_file = null where status = 'received'",
    "update ops.submission set moved_at = coalesce(superseded_at, accepted_at, received_at)",
    """
    create table ops.allowed_move (
        from_status text not null,
        to_status text not null,
        primary key (from_status, to_status)
    )
    """,
    "comment on table ops.allowed_move is 'One row per move that a delivery may make; vrn.ledger.states says what makes it.'",
    "insert into ops.allowed_move values " + ", ".join(f"('{before}', '{after}')" for before, after in MOVES),
    """
    create table ops.submission_move (
        move_id bigint generated always as identity primary key,
        submission_id bigint not null references ops.submission,
        attempt integer not null,
        from_status text,
        to_status text not null,
        moved_at timestamptz not null default now(),
        moved_by text not null,
        reason text
    )
    """,
    "create index submission_move_submission on ops.submission_move (submission_id, move_id)",
    "comment on table ops.submission_move is 'One row per move of a delivery from one state to the next. Only ever added to.'",
    "comment on column ops.submission_move.from_status is 'NULL where the delivery came.'",
    "comment on column ops.submission_move.moved_by is 'The step or the person that moved it.'",
    """
    insert into ops.submission_move (submission_id, attempt, to_status, moved_at, moved_by)
    select submission_id, 1, 'received', received_at, 'register' from ops.submission order by submission_id
    """,
    """
    insert into ops.submission_move (submission_id, attempt, from_status, to_status, moved_at, moved_by, reason)
    select submission_id, 1, 'received', status, moved_at, coalesce(approved_by, 'migration 0011'),
        coalesce(status_reason, 'what the ledger said before it kept moves')
    from ops.submission where status <> 'received' order by submission_id
    """,
    """
    create function ops.check_move() returns trigger language plpgsql as $$
    begin
        if tg_op = 'INSERT' then
            if new.status <> 'received' then
                raise exception 'A delivery comes as received, not as %.', new.status using errcode = 'check_violation';
            end if;
            return new;
        end if;
        if new.status = old.status then
            return new;
        end if;
        if not exists (select from ops.allowed_move where from_status = old.status and to_status = new.status) then
            raise exception 'Submission % is %, and from there no delivery becomes %.', old.submission_id, old.status, new.status
                using errcode = 'check_violation';
        end if;
        new.moved_at := now();
        new.tries := 0;
        if new.status = 'held' then
            new.held_at := now();
            new.hold_reason := new.status_reason;
            new.approved_at := null;
            new.approved_by := null;
        elsif old.status = 'held' and new.status = 'passed' then
            new.approved_at := now();
            new.approved_by := coalesce(nullif(current_setting('vrn.moved_by', true), ''), session_user);
        elsif new.status = 'received' then
            new.attempt := old.attempt + 1;
            new.held_at := null;
            new.hold_reason := null;
            new.approved_at := null;
            new.approved_by := null;
            new.rows_in_file := null;
            new.rows_accepted := null;
            new.rows_quarantined := null;
            new.rows_duplicate := null;
            new.rows_warned := null;
            new.accepted_at := null;
            new.superseded_at := null;
            new.superseded_by := null;
        end if;
        -- What a later delivery does to this one is no news for its supplier.
        if (old.status, new.status) not in (('accepted', 'superseded'), ('superseded', 'accepted')) then
            new.reported_at := null;
        end if;
        return new;
    end
    $$
    """,
    """
    create function ops.keep_move() returns trigger language plpgsql as $$
    begin
        if tg_op = 'INSERT' or new.status <> old.status then
            insert into ops.submission_move (submission_id, attempt, from_status, to_status, moved_at, moved_by, reason)
            values (
                new.submission_id, new.attempt, case when tg_op = 'UPDATE' then old.status end, new.status, new.moved_at,
                coalesce(nullif(current_setting('vrn.moved_by', true), ''), session_user), new.status_reason
            );
        end if;
        return null;
    end
    $$
    """,
    """
    create trigger only_allowed_moves before insert or update of status on ops.submission
    for each row execute function ops.check_move()
    """,
    """
    create trigger every_move_is_kept after insert or update of status on ops.submission
    for each row execute function ops.keep_move()
    """,
    """
    create function ops.refuse_change_of_moves() returns trigger language plpgsql as $$
    begin
        raise exception 'A move of a delivery is kept as it was made: ops.submission_move is only added to.';
    end
    $$
    """,
    """
    create trigger kept_as_moved before update or delete or truncate on ops.submission_move
    for each statement execute function ops.refuse_change_of_moves()
    """,
    "revoke execute on function ops.check_move, ops.keep_move, ops.refuse_change_of_moves from public",
    """
    create table ops.deleted (
        submission_id bigint not null references ops.submission,
        what text not null,
        row_count bigint,
        deleted_at timestamptz not null default now()
    )
    """,
    "comment on table ops.deleted is 'One row per thing of a delivery that was deleted: a table''s rows, or the original.'",
    "grant select, insert on ops.deleted to vrn_loader",
    "grant select on ops.deleted to vrn_evaluator",
    # Corrections and replays bring the same bytes again; one registration of a feed at a time looks for them.
    "drop index ops.submission_same_bytes",
    "create index submission_same_bytes on ops.submission (feed, sha256)",
    "grant select, insert on ops.submission_move to vrn_loader",
    "grant select on ops.allowed_move to vrn_loader, vrn_evaluator",
    "grant select on ops.submission_move to vrn_evaluator",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
