"""What the loader may do about persons: have linkage forget whom a supplier's deliveries do not name any more, and nothing else.

The loader reads no link, and the linker no decision. So a withdrawal, which is one transaction of the loader, calls a function that
runs with the linker's rights.
"""

from __future__ import annotations

import psycopg

from vrn.warehouse.roles import LINKER, LOADER

SIGNATURE = "ops.forget_persons(text, text, text[])"
# What it calls is PostgreSQL's own, whatever search_path the caller has. Both tables are made by the first build, and a home of
# before may have the first of them alone. A chart is named by the records that it is of (vrn.build.linkage.charts).
FORGET = """
    create or replace function ops.forget_persons(of_feed text, of_supplier text, named text[]) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare
        forgotten text[];
        links bigint;
    begin
        if to_regclass('persons.person_link') is null then
            return 0;
        end if;
        with gone as (
            delete from persons.person_link as link
            where
                feed = of_feed and supplier = of_supplier
                and not exists (select from unnest(named) as kept (source_pid) where kept.source_pid = link.source_pid)
            returning source_pid
        )
        select array_agg(distinct source_pid), count(*) into forgotten, links from gone;
        if to_regclass('persons.linkage_chart') is not null then
            delete from persons.linkage_chart
            where exists (
                select from unnest(forgotten) as gone (source_pid)
                where strpos(title, concat_ws('|', of_feed, of_supplier, source_pid)) > 0
            );
        end if;
        return links;
    end
    $$
"""


def ensure(connection: psycopg.Connection) -> None:
    """Make the function the linker's, and open it to the loader and nobody else, as superuser, in the caller's transaction."""
    connection.execute(FORGET)
    connection.execute(f"alter function {SIGNATURE} owner to {LINKER}")
    connection.execute(
        f"comment on function {SIGNATURE} is "
        "'Deletes the links of a supplier''s records but for those named, and returns how many there were.'"
    )
    connection.execute(f"revoke all on function {SIGNATURE} from public")
    connection.execute(f"grant execute on function {SIGNATURE} to {LOADER}")
