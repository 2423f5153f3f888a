"""A release keeps the ranges that it tells in the place of hidden counts; releases of before told none."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

STATEMENTS = (
    """
    create table ops.release_range (
        release_id text not null references ops.release,
        indicator_id text not null,
        area_code text not null,
        period_id text not null,
        sex text not null,
        age_band text not null,
        ethnicity text not null,
        imd_quintile text not null,
        at_least integer not null,
        at_most integer not null,
        primary key (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile)
    )
    """,
    """
    create trigger kept_as_published before update or delete or truncate on ops.release_range
    for each statement execute function ops.refuse_change()
    """,
    """
    comment on table ops.release_range is
        'One row per hidden count of a release of which a range is told: what anybody could work out of what was published.'
    """,
    "comment on column ops.release_range.at_least is 'The least that it can be.'",
    "comment on column ops.release_range.at_most is 'The most that it can be.'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.release_range")
