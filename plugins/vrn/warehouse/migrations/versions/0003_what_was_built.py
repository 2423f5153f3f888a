"""What each model was built from, month by month, and which months a build has to make anew."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    create table ops.built_month (
        model text not null,
        feed text not null,
        month_on date not null,
        inputs text not null,
        revision bigint not null,
        primary key (model, feed, month_on)
    )
    """,
    "comment on table ops.built_month is 'One row per model that is kept by month, feed and month: what it was last built from.'",
    "comment on column ops.built_month.inputs is 'Fingerprint of the submissions and events that the month was built from.'",
    "comment on column ops.built_month.revision is 'The transaction that last made the month anew.'",
    """
    create table ops.built_layer (
        layer text primary key,
        code text not null,
        ledger text
    )
    """,
    "comment on table ops.built_layer is 'One row per layer: what last built it. Another project builds all of it anew.'",
    "comment on column ops.built_layer.code is 'Fingerprint of the dbt project and the feed files.'",
    "comment on column ops.built_layer.ledger is 'Fingerprint of the submissions it was built from; NULL while it is not whole.'",
    """
    create table ops.touched_month (
        model text not null,
        feed text not null,
        month_on date not null,
        primary key (model, feed, month_on)
    )
    """,
    "comment on table ops.touched_month is 'One row per model, feed and month that the running or last build makes anew.'",
    """
    create table ops.feed_supplier (
        feed text not null,
        supplier text not null,
        supplier_name text not null,
        is_expected boolean not null,
        primary key (feed, supplier)
    )
    """,
    "comment on table ops.feed_supplier is 'One row per feed and supplier that may deliver it, as the feed files say.'",
    "comment on column ops.feed_supplier.is_expected is 'Whether a period lacks something until this supplier delivered it.'",
    """
    create table ops.feed (
        feed text primary key,
        feed_name text not null,
        period_months integer not null,
        latency_days integer not null
    )
    """,
    "comment on table ops.feed is 'One row per feed: its name, how long its periods are, and how many days after them it is due.'",
    "grant select, insert, delete on ops.feed to vrn_loader",
    """
    create table ops.counted_submission (
        submission_id bigint primary key,
        feed text not null,
        supplier text not null,
        period_start_on date not null,
        period_end_on date not null,
        received_at timestamptz not null,
        status text not null,
        known_from_on date not null,
        known_until_on date not null,
        is_ever_known boolean not null,
        is_synthetic boolean not null
    )
    """,
    "comment on table ops.counted_submission is 'The ledger as the counts know it: one row per submission that came before them.'",
    "grant select, insert, delete on ops.feed_supplier to vrn_loader",
    # A function and not a subquery: the planner pushes it below the grouping of a view, and uses an index with it. Immutable it
    # is only within a statement, which is all that a build asks: so it is called once, when the statement is planned.
    """
    create function ops.touched_months(wanted_model text, feeds text[] default null) returns date[]
    language sql immutable parallel safe
    return (
        select coalesce(array_agg(distinct month_on), '{}') from ops.touched_month
        where model = wanted_model and (feeds is null or feed = any(feeds))
    )
    """,
    "comment on function ops.touched_months is 'The months of these feeds (of all) that the running build makes anew in a model.'",
    "revoke execute on function ops.touched_months from public",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function ops.touched_months")
    op.execute(
        "drop table ops.feed, ops.counted_submission, ops.feed_supplier, ops.built_layer, ops.touched_month, ops.built_month"
    )
