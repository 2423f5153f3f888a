"""A release keeps everything that publish shows of it, and rows that did not change are kept once for all releases.

Until now a release kept its figures and definitions, and publish took areas, periods, annotations and the quality of deliveries as
they were when it was built. Of releases of before, those are kept as they are now: what they were then nobody knows any more.
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

KEEP = """
    with now as (
        select content, sha256(convert_to(content::text, 'UTF8')) as content_hash from ({rows}) as source (content)
    ),
    ended as (
        update ops.frozen_row set until_release = {number}
        where relation = '{relation}' and until_release is null and content_hash not in (select content_hash from now)
    )
    insert into ops.frozen_row (relation, content, content_hash, since_release)
    select '{relation}', content, content_hash, {number} from now
    where content_hash not in (select content_hash from ops.frozen_row where relation = '{relation}' and until_release is null)
"""
# Those that had no other place, and where they are.
LIVE = {
    "dim_area": "marts",
    "area_member": "reference",
    "dim_period": "marts",
    "dim_annotation": "marts",
    "fct_indicator_annotation": "marts",
    "similar_area": "reference",
    "benchmark": "reference",
}
VIEWS = (
    """
    create view ops.release_row with (security_invoker = true) as
    select release.release_id, frozen_row.relation, frozen_row.content
    from ops.release
    inner join ops.frozen_row
        on
            release.release_number >= frozen_row.since_release
            and (frozen_row.until_release is null or release.release_number < frozen_row.until_release)
    """,
    """
    create view ops.release_indicator with (security_invoker = true) as
    select release_id, content ->> 'indicator_id' as indicator_id, content as definition
    from ops.release_row
    where relation = 'dim_indicator'
    """,
    "comment on view ops.release_row is 'One row per release and row of a model that publish is made of, as it then was.'",
    "comment on view ops.release_indicator is 'One row per release and indicator: its definition as it then was.'",
    "grant select on ops.frozen_row, ops.release_row, ops.release_indicator to vrn_evaluator",
)
STATEMENTS = (
    "alter table ops.release add column release_number integer generated always as identity unique",
    "comment on column ops.release.release_number is 'In which order releases were made; a number may be left out.'",
    """
    create table ops.frozen_row (
        relation text not null,
        content jsonb not null,
        content_hash bytea not null,
        since_release integer not null references ops.release (release_number),
        until_release integer references ops.release (release_number) check (until_release > since_release)
    )
    """,
    "create unique index on ops.frozen_row (relation, content_hash) where until_release is null",
    "create index on ops.frozen_row (relation, since_release, until_release)",
    """
    comment on table ops.frozen_row is
        'One row per row of a model that publish is made of, with the releases that have it; ops.release_row has each whole.'
    """,
    "comment on column ops.frozen_row.relation is 'The model, such as dim_area.'",
    "comment on column ops.frozen_row.content is 'The row, by column.'",
    "comment on column ops.frozen_row.content_hash is 'SHA-256 of the row, so that the same row is kept once.'",
    "comment on column ops.frozen_row.since_release is 'The number of the first release that has it (ops.release).'",
    "comment on column ops.frozen_row.until_release is 'The first release after that which has it no more; NULL while it lasts.'",
    """
    create trigger kept_as_published before delete or truncate on ops.frozen_row
    for each statement execute function ops.refuse_change()
    """,
    """
    create trigger kept_as_published_in before update of relation, content, content_hash, since_release on ops.frozen_row
    for each statement execute function ops.refuse_change()
    """,
    # That a later release has a row no more changes no release that has it; it is said once.
    """
    create trigger ends_once before update on ops.frozen_row
    for each row when (old.until_release is not null) execute function ops.refuse_change()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    releases = connection.exec_driver_sql("select release_number, release_id from ops.release order by 1").fetchall()
    for number, release_id in releases:
        rows = f"select definition from ops.release_indicator where release_id = '{release_id}'"
        connection.exec_driver_sql(KEEP.format(relation="dim_indicator", number=number, rows=rows))
    for relation, schema in LIVE.items():
        there = connection.exec_driver_sql(f"select to_regclass('{schema}.{relation}') is not null").scalar()
        if releases and there:
            rows = f"select distinct to_jsonb(live) from {schema}.{relation} as live"
            connection.exec_driver_sql(KEEP.format(relation=relation, number=releases[0][0], rows=rows))
    op.execute("drop table ops.release_indicator")
    for statement in VIEWS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("create table ops.kept_definition as select * from ops.release_indicator")
    op.execute("drop view ops.release_indicator, ops.release_row")
    op.execute("alter table ops.kept_definition rename to release_indicator")
    op.execute("alter table ops.release_indicator add primary key (release_id, indicator_id)")
    op.execute("alter table ops.release_indicator add foreign key (release_id) references ops.release")
    op.execute(
        "create trigger kept_as_published before update or delete or truncate on ops.release_indicator "
        "for each statement execute function ops.refuse_change()"
    )
    op.execute("grant select on ops.release_indicator to vrn_evaluator")
    op.execute("drop table ops.frozen_row")
    op.execute("alter table ops.release drop column release_number")
