"""Years of deliveries: one is taken in through the pipeline's own steps, and the others are copies
of it made in SQL.

Dates are moved by whole years and keys made distinct. The copies go forward in time, because every
indicator's series starts in 2018. Populations go on as they were last estimated, or later rates,
with their limits and trends, would have no denominator and cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests import submissions
from tests.bench import machine
from tests.inbox import Inbox
from vrn.build import steps
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, span
from vrn.ledger import moves, states
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.stage import raw
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

# A year of each; accident and emergency and Encompass begin in July, and their last three months are moved back by a year.
FEEDS = {
    "police_crime": ("2019-04", "2020-03"),
    "police_street_crime": ("2019-04", "2020-03"),
    "police_stop_search": ("2019-04", "2020-03"),
    "tiig_ed_attendance": ("2019-07", "2020-06"),
    "police_encompass": ("2019-07", "2020-06"),
    "programme_ed_navigators": ("2019-04", "2020-03"),
    "hes_violence_admissions": ("2019-04", "2020-03"),
}
RESTATED = "police_crime"
FIRST_YEAR = 2019
VINTAGE = "2021-census-based to mid-2023"
# What makes an event one of its own: a copy's must not be taken for its original again.
KEYS = ("crime_ref", "crime_id", "incident_ref", "notification_id", "attendance_key", "case_number")


@contextmanager
def server() -> Iterator[Settings]:
    """A prepared warehouse on a server of its own, whose tables of sources are there, so that dbt can build."""
    with machine.server() as settings:
        with connect(settings, autocommit=True) as connection:
            steps._make_sources(connection, settings)
        yield settings


def take_in_a_year(settings: Settings) -> list[dict]:
    """A year of every feed through register, stage, gate and accept. Returns the ledger's rows."""
    places, taken = Places(settings.dbt_project / "seeds"), []
    with connect(settings, autocommit=True) as connection:
        inbox = Inbox(settings, connection, places)
        for feed, (first, last) in FEEDS.items():
            any_time = inbox.contract(feed)
            for period in span(any_time.kind, first, last):
                contract = inbox.contract(feed, period.name)
                suppliers = any_time.synthetic.get("suppliers", list(any_time.suppliers))
                for supplier in (one for one in suppliers if contract.supplier_serves(one, period)):
                    content = deliveries.content(contract, period, places, supplier)
                    inbox.drop(feed, deliveries.file_name(contract, period, supplier), content)
            rows = inbox.take_in(feed)
            bad = [(row["file_name"], row["status"], row["status_reason"]) for row in rows if row["status"] != states.ACCEPTED]
            if bad:
                raise SystemExit(f"not accepted: {bad}")
            taken += rows
    return taken


def year_of(row: dict) -> int:
    """The financial year that a delivery begins in, as the year of its April."""
    return row["period_start"].year - (row["period_start"].month < 4)


def grow(settings: Settings, base: list[dict], have: int, years: int) -> None:
    """Copy the deliveries of the year taken in until there are that many years of them."""
    with connect(settings, autocommit=True) as connection:
        for row in base:
            contract = contracts.load(settings.contracts / f"{row['feed']}.odcs.yaml", ANY_PERIOD)
            if year_of(row) != FIRST_YEAR:
                # It is copied back to the first year, and forward to its own again when that year's turn comes.
                connection.execute(
                    "update ops.submission set status = 'withdrawn' where submission_id = %s", [row["submission_id"]]
                )
            for number in range(have, years):
                by = FIRST_YEAR + number - year_of(row)
                if by != 0 or year_of(row) != FIRST_YEAR:
                    with connection.transaction():
                        copy_delivery(connection, contract, row["submission_id"], by, states.ACCEPTED)


def copy_delivery(connection: psycopg.Connection, contract: contracts.Contract, source: int, years: int, status: str) -> int:
    """A delivery of that many years later with the rows of another. Returns its submission_id."""
    # Only a restatement, which is of the same month, has the same keys.
    mark = f"+{years}" if status == states.ACCEPTED else ""
    later = "make_interval(years => %(years)s)"
    submission_id = connection.execute(
        f"""
        insert into ops.submission (
            feed, supplier, file_name, sha256, byte_count, is_synthetic, period_start, period_end, extract_as_at,
            rows_in_file, rows_accepted, rows_quarantined, rows_duplicate, rows_warned, contract_sha256, hash_key_version,
            accepted_at, reported_at
        )
        select
            feed, supplier, file_name, encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), byte_count,
            is_synthetic, period_start + {later}, ((period_end + 1) + {later})::date - 1, extract_as_at + {later},
            rows_in_file, rows_accepted, rows_quarantined, rows_duplicate, rows_warned, contract_sha256, hash_key_version,
            now(), now()
        from ops.submission where submission_id = %(source)s
        returning submission_id
        """,
        {"years": years, "source": source},
    ).fetchone()["submission_id"]
    submissions.move(connection, submission_id, *submissions.WAYS[status])
    for entity in contract.entities:
        raw.make_partition(connection, entity, submission_id)
        values = [moved(name, kind, years, mark) for name, kind in entity.stored.items()]
        own = raw.partition(entity, submission_id)
        connection.execute(
            sql.SQL(
                "insert into {own} (submission_id, row_number, unreadable_columns, {names}) "
                "select {id}, row_number, unreadable_columns, {values} from {source} order by row_number"
            ).format(
                own=own,
                id=sql.Literal(submission_id),
                names=sql.SQL(", ").join(map(sql.Identifier, entity.stored)),
                values=sql.SQL(", ").join(values),
                source=raw.partition(entity, source),
            )
        )
        # Autovacuum looks at a delivery's own table soon after it came, and never at the table that they are parts of.
        connection.execute(sql.SQL("analyze {}").format(own))
        raw.attach(connection, entity, submission_id)
    return submission_id


def moved(name: str, kind: str, years: int, mark: str) -> sql.Composable:
    """A column's value that many years later."""
    column = sql.Identifier(name)
    if kind == "date" or kind.startswith("timestamp"):
        return sql.SQL("({} + make_interval(years => {}))::{}").format(column, sql.Literal(years), sql.SQL(kind))
    if name in KEYS and mark and kind == "uuid":
        return sql.SQL("md5({} || {})::uuid").format(column, sql.Literal(mark))
    if name in KEYS and mark:
        return sql.SQL("{} || {}").format(column, sql.Literal(mark))
    return column


def restate(settings: Settings, months_cut: int) -> dict:
    """The newest month of crime again, cut later: a hundredth of it cancelled, a hundredth in another district."""
    with connect(settings, autocommit=True) as connection, connection.transaction():
        contract = contracts.load(settings.contracts / f"{RESTATED}.odcs.yaml", ANY_PERIOD)
        newest = connection.execute(
            "select * from ops.submission where feed = %s and status = 'accepted' order by period_start desc limit 1", [RESTATED]
        ).fetchone()
        submission_id = copy_delivery(connection, contract, newest["submission_id"], 0, states.PASSED)
        connection.execute(
            "update ops.submission set extract_as_at = extract_as_at + make_interval(months => %s) where submission_id = %s",
            [months_cut, submission_id],
        )
        (entity,) = contract.entities
        own = raw.partition(entity, submission_id)
        for change in ("status = 'cancelled', cancel_reason = 'C2'", "lad_code = 'E06000009', lsoa_code = null"):
            connection.execute(
                sql.SQL("update {} set {} where status = 'active' and row_number %% 100 = %s").format(own, sql.SQL(change)),
                [months_cut * 2 + ("lad_code" in change)],
            )
        submission = ledger.get(connection, submission_id)
        counts = {name: newest[f"rows_{name}"] for name in ("quarantined", "duplicate", "warned")}
        moves.accept(connection, submission, agreement_id=newest["agreement_id"], **counts)
    return newest


def go_on_with_populations(settings: Settings, years: int) -> None:
    """Later years have the population of the last that was estimated by age; the next build makes the seeds as they were."""
    with connect(settings, OWNER) as connection:
        for table, keys, of_last in (
            ("population", "mid_year, area_code, sex, age_band", "age_band <> 'all'"),
            # When each year's was published.
            ("population_edition", "mid_year", "true"),
        ):
            connection.execute(
                f"""
                with own as (
                    select * from reference.{table} where population_vintage = '{VINTAGE}'
                )
                insert into reference.{table}
                select (jsonb_populate_record(null::reference.{table}, to_jsonb(own) || jsonb_build_object('mid_year', later))).*
                from own
                cross join generate_series(own.mid_year + 1, {FIRST_YEAR + years}) as later
                where own.mid_year = (select max(mid_year) from own where {of_last})
                and ({keys.replace("mid_year", "later")}) not in (select {keys} from own)
                """
            )


def settle(settings: Settings) -> None:
    """The statistics that autovacuum has long gathered when the next delivery comes."""
    with connect(settings, OWNER, autocommit=True) as connection:
        connection.execute("analyze")
