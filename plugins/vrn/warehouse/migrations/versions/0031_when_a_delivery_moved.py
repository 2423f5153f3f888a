"""A delivery moves when it moves, and not when its transaction began: to read a large file into `staged` takes many minutes."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"

# A transaction that changes what serves moves two deliveries, the one that comes and the one that goes. Both have its one time, as
# accepted_at and superseded_at have, so that nobody who asks for what served at some moment finds both or neither.
MOMENT = """
    new.moved_at := case
        when new.status in ('accepted', 'superseded', 'withdrawn') then now()
        else clock_timestamp()
    end;
"""

CHECK_MOVE = """
create or replace function ops.check_move() returns trigger language plpgsql as $$
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
    {moment}
    new.tries := 0;
    if new.status = 'held' then
        new.held_at := new.moved_at;
        new.hold_reason := new.status_reason;
        new.approved_at := null;
        new.approved_by := null;
    elsif old.status = 'held' and new.status = 'passed' then
        new.approved_at := new.moved_at;
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
"""


def upgrade() -> None:
    op.execute(CHECK_MOVE.format(moment=MOMENT.strip()))


def downgrade() -> None:
    op.execute(CHECK_MOVE.format(moment="new.moved_at := now();"))
