"""Events that are kept by month: what a build makes anew is what a build of everything makes."""

from __future__ import annotations

import csv
import io

import psycopg
import pytest

from vrn.build import dbt
from vrn.warehouse.roles import SUPERUSER

STREET = "police_street_crime"
# A view that is made anew takes those that read it with it.
STAGING = [
    "stg_ops__submission", "stg_ops__feed_month", "stg_police_street_crime__crime", "stg_reference_deprivation__area",
    "stg_reference_lookup__area", "int_place__edition", "int_place__lsoa",
]  # fmt: skip
EVENTS = ("int_crime__street_identifier", "int_crime__street")


@pytest.fixture
def street(built_server, home, owner, inbox):
    """Delivers a month of street crime, and makes its events anew as a build would."""

    class Street:
        def rows(self, month: str) -> list[dict]:
            return list(csv.DictReader(io.StringIO(inbox.text(STREET, month))))

        def deliver(self, month: str, table: list[dict]) -> None:
            out = io.StringIO()
            writer = csv.DictWriter(out, table[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
            inbox.drop(STREET, f"{month}-lancashire-street.synthetic.csv", out.getvalue())
            assert [one["status"] for one in inbox.take_in(STREET)] == ["accepted"]
            self.build()

        def build(self, *options: str) -> None:
            assert dbt.invoke(home, ["--quiet", "run", *options, "--select", *STAGING, *EVENTS]).success

        def robberies(self) -> dict[str, int]:
            found = owner.execute(
                "select month_on::text as month_on, count(*) as crimes from intermediate.int_crime__street "
                "where crime_type = 'Robbery' and known_until_on = '9999-12-31' group by 1"
            )
            return {row["month_on"]: row["crimes"] for row in found.fetchall()}

        def everything(self) -> list[dict]:
            return owner.execute("select t::text as t from intermediate.int_crime__street as t order by 1").fetchall()

    return Street()


def test_t048_a_crime_that_an_older_file_turns_out_to_have_is_of_the_older_month_from_then_on(street):
    january, february = street.rows("2020-01"), street.rows("2020-02")
    robberies = [row for row in january if row["Crime type"] == "Robbery"]
    twice = [row["Crime ID"] for row in february if row["Crime type"] == "Robbery"][:1]
    assert twice
    assert robberies
    robberies[0]["Crime ID"] = twice[0]

    street.deliver("2020-02", february)
    alone = street.robberies()["2020-02-01"]
    street.deliver("2020-01", january)
    assert street.robberies().get("2020-01-01") == len(robberies)
    assert street.robberies().get("2020-02-01", 0) == alone - 1

    by_month = street.everything()
    street.build("--full-refresh")
    assert street.everything() == by_month


def test_a_months_events_are_made_by_hash_joins_for_the_planner_takes_new_rows_for_few(street, home, owner):
    """Four real months took minutes in nested loops, so their use is looked at where the events are made."""
    street.deliver("2020-01", street.rows("2020-01"))
    with psycopg.connect(home.conninfo(SUPERUSER), autocommit=True) as superuser:
        superuser.execute("create table public.seen (making text, nested_loops text)")
        superuser.execute("grant insert on public.seen to vrn_owner")
        superuser.execute(
            "create function public.see() returns event_trigger language plpgsql as "
            "$$ begin insert into public.seen values (current_query(), current_setting('enable_nestloop')); end $$"
        )
        superuser.execute(
            "create event trigger seen on ddl_command_start when tag in ('CREATE TABLE AS') execute function public.see()"
        )
        street.deliver("2020-02", street.rows("2020-02"))
        seen = superuser.execute("select nested_loops from public.seen where making like '%int_crime__street%'").fetchall()
    assert seen == [("off",)] * len(EVENTS)
