"""Of a release's figures and decisions those are kept that differ from the release before; the views give each release whole."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

KEY = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile"
SHOWN = "count, denominator, value, lower_ci_95, upper_ci_95, lower_ci_998, upper_ci_998, method, comparison, trend"
TABLES = {
    "value": f"{SHOWN}, status, population_vintage, population_basis, is_synthetic",
    "decision": f"decision, {SHOWN}",
}
OF_RELEASE = """
    release.release_number >= kept.since_release
    and (kept.until_release is null or release.release_number < kept.until_release)
"""
COMMENTS = {
    "value": "as it was published, before disclosure control",
    "decision": "whether it may be published, and with which numbers. Restricted: it says which are small",
}


def upgrade() -> None:
    connection = op.get_bind()
    numbers = connection.exec_driver_sql("select release_id, release_number from ops.release order by 2").fetchall()
    for name, columns in TABLES.items():
        kept = f"ops.kept_{name}"
        op.execute(f"create table {kept} (like ops.release_{name} including comments)")
        op.execute(f"alter table {kept} drop column release_id")
        op.execute(f"alter table {kept} add column since_release integer not null references ops.release (release_number)")
        op.execute(
            f"alter table {kept} add column until_release integer references ops.release (release_number) "
            "check (until_release > since_release)"
        )
        op.execute(f"create unique index on {kept} ({KEY}) where until_release is null")
        for release_id, number in numbers:
            _keep(connection, kept, f"(select * from ops.release_{name} where release_id = '{release_id}')", columns, number)
        _refuse_changes(kept, f"{KEY}, {columns}, since_release")
        op.execute(f"comment on table {kept} is 'One row per figure and the releases that have it: {COMMENTS[name]}.'")
        op.execute(f"comment on column {kept}.since_release is 'The number of the first release that has it (ops.release).'")
        op.execute(f"comment on column {kept}.until_release is 'The first release after that which has another, or none; or NULL.'")
        op.execute(f"drop table ops.release_{name}")
        of_kept = ", ".join(f"kept.{column}" for column in f"{KEY}, {columns}".split(", "))
        op.execute(
            f"create view ops.release_{name} with (security_invoker = true) as select release.release_id, {of_kept} "
            f"from ops.release inner join {kept} as kept on {OF_RELEASE}"
        )
        op.execute(f"comment on view ops.release_{name} is 'One row per release and figure: {COMMENTS[name]}.'")
    op.execute("grant select on ops.kept_value, ops.release_value to vrn_evaluator")


def _keep(connection, kept: str, source: str, columns: str, number: int) -> None:
    def same(one: str, other: str) -> str:
        keys = " and ".join(f"{one}.{column} = {other}.{column}" for column in KEY.split(", "))
        rest = [", ".join(f"{side}.{column}" for column in columns.split(", ")) for side in (one, other)]
        return f"{keys} and ({rest[0]}) is not distinct from ({rest[1]})"

    # A figure's last row has to have ended before the next may begin.
    connection.exec_driver_sql(
        f"update {kept} as kept set until_release = {number} where until_release is null "
        f"and not exists (select from {source} as now where {same('now', 'kept')})"
    )
    connection.exec_driver_sql(
        f"insert into {kept} ({KEY}, {columns}, since_release) select {KEY}, {columns}, {number} from {source} as now "
        f"where not exists (select from {kept} as kept where until_release is null and {same('now', 'kept')})"
    )


def _refuse_changes(table: str, columns: str) -> None:
    op.execute(
        f"create trigger kept_as_published before delete or truncate on {table} "
        "for each statement execute function ops.refuse_change()"
    )
    op.execute(
        f"create trigger kept_as_published_in before update of {columns} on {table} "
        "for each statement execute function ops.refuse_change()"
    )
    op.execute(
        f"create trigger ends_once before update on {table} "
        "for each row when (old.until_release is not null) execute function ops.refuse_change()"
    )


def downgrade() -> None:
    for name in TABLES:
        op.execute(f"create table ops.whole_{name} as select * from ops.release_{name}")
        op.execute(f"drop view ops.release_{name}")
        op.execute(f"drop table ops.kept_{name}")
        op.execute(f"alter table ops.whole_{name} rename to release_{name}")
        op.execute(f"alter table ops.release_{name} add primary key (release_id, {KEY})")
        op.execute(f"alter table ops.release_{name} add foreign key (release_id) references ops.release")
        op.execute(
            f"create trigger kept_as_published before update or delete or truncate on ops.release_{name} "
            "for each statement execute function ops.refuse_change()"
        )
    op.execute("grant select on ops.release_value to vrn_evaluator")
