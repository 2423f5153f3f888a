"""Who may read what, as the database has it, and a log of every right that was given or taken."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    create table ops.access_log (
        access_log_id bigint generated always as identity primary key,
        happened_at timestamptz not null default now(),
        done_by text not null default session_user,
        action text not null check (action in ('granted', 'revoked')),
        role_name text not null,
        privilege text not null,
        kind text not null,
        object_name text not null
    )
    """,
    # A log that can be rewritten proves nothing: not even the owner changes it by a slip.
    """
    create function ops.refuse_rewriting() returns trigger language plpgsql as $$
    begin
        raise exception '% is only ever added to.', tg_table_name;
    end
    $$
    """,
    "revoke execute on function ops.refuse_rewriting from public",
    """
    create trigger only_added_to before update or delete or truncate on ops.access_log
    for each statement execute function ops.refuse_rewriting()
    """,
    # Objects without a list of rights have the default one, in which PUBLIC may connect and run functions.
    """
    create view ops.access_right with (security_invoker = true) as
    with listed as (
        select 'database' as kind, '' as schema_name, datname::text as object_name, '' as column_name, datdba as owner,
            coalesce(datacl, acldefault('d', datdba)) as acl
        from pg_database
        where datname = current_database()
        union all
        select 'schema', nspname, nspname, '', nspowner, coalesce(nspacl, acldefault('n', nspowner))
        from pg_namespace
        union all
        select case relkind when 'S' then 'sequence' else 'table' end, nspname, relname, '', relowner,
            coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        union all
        select 'column', nspname, relname, attname, relowner, attacl
        from pg_attribute
        join pg_class on pg_class.oid = attrelid
        join pg_namespace on pg_namespace.oid = relnamespace
        where attacl is not null
        union all
        select 'routine', nspname, format('%I(%s)', proname, pg_get_function_identity_arguments(pg_proc.oid)), '', proowner,
            coalesce(proacl, acldefault('f', proowner))
        from pg_proc
        join pg_namespace on pg_namespace.oid = pronamespace
    ),
    granted as (
        select kind, schema_name, object_name, column_name, right_of.grantee, right_of.privilege_type::text as privilege
        from listed
        cross join lateral aclexplode(listed.acl) as right_of
        where right_of.grantee <> listed.owner
        union all
        select 'role', '', of_role.rolname::text, '', member, privilege
        from pg_auth_members
        join pg_roles as of_role on of_role.oid = roleid
        cross join lateral (
            values ('INHERIT', inherit_option), ('SET', set_option), ('ADMIN', admin_option)
        ) as option (privilege, is_given)
        where is_given
    )
    select distinct
        coalesce(rolname::text, 'public') as role_name, privilege, kind, schema_name, object_name, column_name
    from granted
    left join pg_roles on pg_roles.oid = grantee
    where schema_name !~ '^(pg_|information_schema)' and coalesce(rolname, '') !~ '^pg_'
    """,
    "comment on view ops.access_right is 'One row per role (or public) and right that it has on this database, as it is now.'",
    """
    create view ops.access_role with (security_invoker = true) as
    select
        rolname::text as role_name,
        rolcanlogin as can_login,
        rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as is_powerful,
        rolconnlimit as connection_limit,
        rolconfig as settings
    from pg_roles
    where rolname !~ '^pg_'
    """,
    "comment on view ops.access_role is 'One row per role of this server: whether it may sign in, and within which limits.'",
    "comment on table ops.access_log is 'One row per right that vrn.access gave or took, by whom and when. Only ever added to.'",
    "revoke execute on function ops.refuse_change from public",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop view ops.access_role, ops.access_right")
    op.execute("drop table ops.access_log")
    op.execute("drop function ops.refuse_rewriting")
