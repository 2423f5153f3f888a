"""What makes tables in another database as they are in this one, as statements: columns, keys, indexes, comments, row security and
readers' rights.

Two databases whose statements are the same have the same tables.
"""

from __future__ import annotations

from collections.abc import Collection

import psycopg

# Names are written in full where nothing is on the path. A view comes out as a table, for its rows are copied as they are. Keys to
# other tables are there to be found by tools; the rows were checked where they come from.
STATEMENTS = """
    with chosen as (
        select oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity, format('publish.%%I', relname) as named
        from pg_class
        where relnamespace = to_regnamespace('publish') and relkind in ('r', 'p', 'v', 'm', 'f')
            and (%(tables)s::text[] is null or relname = any(%(tables)s))
    ),
    shape (step, relname, place, statement) as (
        select 1, relname, '', format('create table %%s (%%s)', named, (
            select string_agg(
                concat_ws(
                    ' ', quote_ident(attname), format_type(atttypid, atttypmod),
                    case when attcollation <> typcollation then format('collate %%s', attcollation::regcollation) end,
                    case when attnotnull then 'not null' end
                ), ', ' order by attnum
            )
            from pg_attribute inner join pg_type on pg_type.oid = atttypid
            where attrelid = chosen.oid and attnum > 0 and not attisdropped
        ))
        from chosen
        union all
        select 2, relname, conname, format('alter table %%s add constraint %%I %%s', named, conname, pg_get_constraintdef(con.oid))
        from chosen inner join pg_constraint as con on conrelid = chosen.oid
        where contype in ('p', 'u', 'c')
        union all
        select 3, relname, indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        from chosen inner join pg_index on indrelid = chosen.oid
        where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
        union all
        select 4, relname, conname, format(
            'alter table %%s add constraint %%I %%s not enforced', named, conname,
            regexp_replace(pg_get_constraintdef(con.oid), ' NOT ENFORCED$', '')
        )
        from chosen inner join pg_constraint as con on conrelid = chosen.oid
        where contype = 'f' and confrelid in (select oid from chosen)
        union all
        select 5, relname, lpad(objsubid::text, 5, '0'), case objsubid
            when 0 then format('comment on table %%s is %%L', named, description)
            else format('comment on column %%s.%%I is %%L', named, attname, description)
        end
        from chosen
        inner join pg_description on objoid = chosen.oid and classoid = 'pg_class'::regclass
        left join pg_attribute on attrelid = chosen.oid and attnum = objsubid
        union all
        select 6, relname, attname, format('alter table %%s alter column %%I set statistics %%s', named, attname, attstattarget)
        from chosen inner join pg_attribute on attrelid = chosen.oid
        where attstattarget >= 0
        union all
        select 7, relname, '', format('alter table %%s enable row level security', named)
        from chosen where relrowsecurity
        union all
        select 7, relname, 'force', format('alter table %%s force row level security', named)
        from chosen where relforcerowsecurity
        union all
        select 8, relname, policyname, concat_ws(
            ' ', format('create policy %%I on %%s as %%s for %%s', policyname, named, permissive, cmd),
            'to ' || (select string_agg(quote_ident(role), ', ' order by role) from unnest(roles) as role),
            'using (' || qual || ')', 'with check (' || with_check || ')'
        )
        from chosen inner join pg_policies on schemaname = 'publish' and tablename = relname
        union all
        select 9, relname, privilege_type || grantee, format(
            'grant %%s on %%s to %%s', privilege_type, named,
            case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        )
        from chosen cross join lateral aclexplode(relacl)
        where grantee <> relowner and (%(roles)s::text[] is null or pg_get_userbyid(grantee) = any(%(roles)s))
    )
    select statement from shape order by step, relname, place, statement
"""


def of(connection: psycopg.Connection, tables: Collection[str] | None = None, roles: Collection[str] | None = None) -> list[str]:
    """The statements that make these tables of publish, in their order, in the caller's transaction; all tables without a list.

    roles: whose rights to take along; everybody's without a list.
    """
    connection.execute("set local search_path = ''")
    values = {"tables": _listed(tables), "roles": _listed(roles)}
    return [row["statement"] for row in connection.execute(STATEMENTS, values)]


def _listed(names: Collection[str] | None) -> list[str] | None:
    return None if names is None else list(names)
