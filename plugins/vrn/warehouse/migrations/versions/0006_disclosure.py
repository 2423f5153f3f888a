"""What of a release may be published: the decision of disclosure control for each of its figures."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    create table ops.release_decision (
        release_id text not null references ops.release,
        indicator_id text not null,
        area_code text not null,
        period_id text not null,
        sex text not null,
        age_band text not null,
        ethnicity text not null,
        imd_quintile text not null,
        decision text not null check (decision in ('publish', 'suppressed_primary', 'suppressed_secondary')),
        count numeric,
        denominator numeric,
        value double precision,
        lower_ci_95 double precision,
        upper_ci_95 double precision,
        lower_ci_998 double precision,
        upper_ci_998 double precision,
        primary key (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile)
    )
    """,
    """
    create trigger kept_as_published before update or delete or truncate on ops.release_decision
    for each statement execute function ops.refuse_change()
    """,
    """
    comment on table ops.release_decision is
        'One row per figure of a release: whether it may be published, and with which numbers. Restricted: it says which are small.'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.release_decision")
