"""What was published: a release freezes every figure with the submissions, definitions and code it was made of."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    create table ops.release (
        release_id text primary key,
        released_at timestamptz not null default now(),
        git_revision text not null,
        project_code text not null,
        note text not null,
        is_synthetic boolean not null
    )
    """,
    """
    create table ops.release_submission (
        release_id text not null references ops.release,
        submission_id bigint not null references ops.submission,
        primary key (release_id, submission_id)
    )
    """,
    """
    create table ops.release_indicator (
        release_id text not null references ops.release,
        indicator_id text not null,
        definition jsonb not null,
        primary key (release_id, indicator_id)
    )
    """,
    """
    create table ops.release_value (
        release_id text not null references ops.release,
        indicator_id text not null,
        area_code text not null,
        period_id text not null,
        sex text not null,
        age_band text not null,
        ethnicity text not null,
        imd_quintile text not null,
        count numeric,
        denominator numeric,
        value double precision,
        lower_ci_95 double precision,
        upper_ci_95 double precision,
        lower_ci_998 double precision,
        upper_ci_998 double precision,
        method text,
        comparison text,
        trend text,
        status text not null,
        is_synthetic boolean not null,
        primary key (release_id, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile)
    )
    """,
    # What was published was published: not even the owner changes it by a slip.
    """
    create function ops.refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'A release is kept as it was published: % is not changed. Make a new release.', tg_table_name;
    end
    $$
    """,
    *(
        f"""
        create trigger kept_as_published before update or delete or truncate on ops.{table}
        for each statement execute function ops.refuse_change()
        """
        for table in ("release", "release_submission", "release_indicator", "release_value")
    ),
    "comment on table ops.release is 'One row per release: what was published, from which revision of the code.'",
    "comment on table ops.release_submission is 'One row per release and submission that served when it was made.'",
    "comment on table ops.release_indicator is 'One row per release and indicator: its definition as it then was.'",
    "comment on table ops.release_value is 'One row per figure of a release, as it was published, before disclosure control.'",
    "grant select on ops.release, ops.release_submission, ops.release_indicator, ops.release_value to vrn_evaluator",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.release_value, ops.release_indicator, ops.release_submission, ops.release")
    op.execute("drop function ops.refuse_change")
