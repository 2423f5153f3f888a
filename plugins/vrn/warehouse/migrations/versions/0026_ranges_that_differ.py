"""Of a release's ranges those are kept that differ from the one before; and a release may be given up before it is published."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

KEY = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile"
COLUMNS = f"{KEY}, at_least, at_most"
# A range that stays is one row, from the first release of those in a row that have it.
KEEP = f"""
    with release as (
        select release_id, release_number, row_number() over (order by release_number) as place from ops.release
    ),
    told as (
        select {COLUMNS}, place, place - row_number() over (partition by {COLUMNS} order by place) as run
        from ops.release_range
        inner join release using (release_id)
    )
    insert into ops.kept_range ({COLUMNS}, since_release, until_release)
    select
        {COLUMNS},
        (select release_number from release where place = min(told.place)),
        (select release_number from release where place = max(told.place) + 1)
    from told
    group by {COLUMNS}, run
"""
STATEMENTS = (
    "create table ops.kept_range (like ops.release_range including comments)",
    "alter table ops.kept_range drop column release_id",
    "alter table ops.kept_range add column since_release integer not null references ops.release (release_number)",
    "alter table ops.kept_range add column until_release integer references ops.release (release_number) "
    "check (until_release > since_release)",
    f"create unique index on ops.kept_range ({KEY}) where until_release is null",
    KEEP,
    "create trigger kept_as_published before delete or truncate on ops.kept_range "
    "for each statement execute function ops.refuse_change()",
    f"create trigger kept_as_published_in before update of {COLUMNS}, since_release on ops.kept_range "
    "for each statement execute function ops.refuse_change()",
    "create trigger ends_once before update on ops.kept_range "
    "for each row when (old.until_release is not null) execute function ops.refuse_change()",
    """
    comment on table ops.kept_range is
        'One row per hidden count of which a range is told, and the releases that tell it: what anybody could work out.'
    """,
    "comment on column ops.kept_range.since_release is 'The number of the first release that has it (ops.release).'",
    "comment on column ops.kept_range.until_release is 'The first release after that which has another, or none; or NULL.'",
    "drop table ops.release_range",
    f"""
    create view ops.release_range with (security_invoker = true) as
    select release.release_id, {", ".join(f"kept.{name}" for name in COLUMNS.split(", "))}
    from ops.release
    inner join ops.kept_range as kept
        on
            release.release_number >= kept.since_release
            and (kept.until_release is null or release.release_number < kept.until_release)
    """,
    "comment on view ops.release_range is 'One row per release and hidden count of which it tells a range.'",
    """
    create view ops.release_in_force with (security_invoker = true) as
    select * from ops.release
    where not exists (
        select from ops.release_step as taken where taken.release_id = release.release_id and taken.step = 'given_up'
    )
    """,
    "comment on view ops.release_in_force is 'One row per release that was not given up before it was published.'",
    "comment on column ops.release_step.step is 'publish, exports, site, … and finished, the last; or given_up, before any other.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop view ops.release_in_force")
    op.execute("create table ops.whole_range as select * from ops.release_range")
    op.execute("drop view ops.release_range")
    op.execute("drop table ops.kept_range")
    op.execute("alter table ops.whole_range rename to release_range")
    op.execute(f"alter table ops.release_range add primary key (release_id, {KEY})")
    op.execute("alter table ops.release_range add foreign key (release_id) references ops.release")
    op.execute(
        "create trigger kept_as_published before update or delete or truncate on ops.release_range "
        "for each statement execute function ops.refuse_change()"
    )
    op.execute("comment on column ops.release_step.step is 'publish, exports, site, … and finished, the last.'")
