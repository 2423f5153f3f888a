"""One mistake stays small: what fails in a build, or cannot be read, costs its own figures and no other (issue 13, point 6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.builds import without_tests
from vrn.build import steps as build

STREET, SEARCHES, ATTENDANCES = "police_street_crime", "police_stop_search", "tiig_ed_attendance"
NAMES = {STREET: "{}-lancashire-street.synthetic.csv", SEARCHES: "{}-lancashire-stop-and-search.synthetic.csv"}
FORCE = "E23000003"
ROBBERY = "pub_rob_robbery"
# dbt says in a comment of each of its statements which model it is for.
FAILING = """
create function public.fail() returns event_trigger language plpgsql as $$
begin
    if current_query() ~ '"node_id": "model[.]vrn[.]({})"' then
        raise undefined_table using message = 'relation "raw.there_is_no_such_table" does not exist';
    end if;
end
$$;
create event trigger failing on ddl_command_start execute function public.fail()
"""


@contextmanager
def failing(settings, *models: str) -> Iterator[None]:
    """The database refuses to make these models, as it does when they ask for what is not there: to say so in the project's files
    would make dbt read all of them again, three times in this file."""
    with psycopg.connect(settings.conninfo("postgres", settings.database), autocommit=True) as superuser:
        superuser.execute(FAILING.format("|".join(models)))
        yield
        superuser.execute("drop event trigger failing; drop function public.fail")


@contextmanager
def another_project(owner) -> Iterator[None]:
    """All models are built anew, as after a change of the project; a project whose models fail is not kept as what built them."""
    kept = owner.execute("select layer, code from ops.built_layer where layer <> 'reference'").fetchall()
    owner.execute("update ops.built_layer set code = 'of another project' where layer <> 'reference'")
    yield
    for row in kept:
        owner.execute("update ops.built_layer set code = %s where layer = %s", [row["code"], row["layer"]])


def deliver(inbox, feed: str, month: str) -> None:
    inbox.drop(feed, NAMES[feed].format(month), inbox.text(feed, month))
    assert [row["status"] for row in inbox.take_in(feed)] == ["accepted"]


def figures(owner, *indicators: str) -> dict[tuple[str, str], tuple]:
    """{(indicator, period): (status, count)} of the force's months of 2020."""
    rows = owner.execute(
        "select indicator_id, period_id, status, count from marts.fct_indicator_value where area_code = %s "
        "and indicator_id = any(%s) and period_id like '2020-%%' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')",
        [FORCE, list(indicators)],
    )
    return {(row["indicator_id"], row["period_id"]): (row["status"], row["count"]) for row in rows}


def test_a_model_that_fails_costs_its_own_figures_and_those_are_what_they_were(built_server, inbox, owner):
    for feed in NAMES:
        deliver(inbox, feed, "2020-02")
    with without_tests():
        build.everything()
    before = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert {before[one, "2020-02"][0] for one in ("PUB-VSO", "PUB-ROB", "S06")} == {"ok"}

    broken = (ROBBERY, "stg_police_stop_search__search")
    for feed in NAMES:
        deliver(inbox, feed, "2020-03")
    with failing(inbox.settings, *broken), another_project(owner), pytest.raises(build.BuildFailed) as told:
        build.everything()
    for model in broken:
        assert f"{model} (error)" in str(told.value)
    assert "The figures of PUB-ROB stay as they were; everything else is built." in str(told.value)

    after = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert after["PUB-VSO", "2020-03"][0] == "ok"
    for one in ("PUB-ROB", "S06"):
        assert after[one, "2020-02"] == before[one, "2020-02"]
        # What came and is not counted is no zero.
        assert after[one, "2020-03"] == ("awaiting_feed", None)
    assert build.unbuilt(owner, inbox.settings).startswith("The outcomes are half built")
    shown = owner.execute("select count(*) as rows from publish.partner_indicator_value where indicator_id = 'PUB-ROB'").fetchone()
    assert shown["rows"] > 0

    build.everything()
    mended = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert {mended[one, "2020-03"][0] for one in ("PUB-VSO", "PUB-ROB", "S06")} == {"ok"}
    assert mended.items() >= {key: value for key, value in after.items() if value[0] == "ok"}.items()
    assert build.unbuilt(owner, inbox.settings) is None


def test_a_model_that_all_figures_rest_on_stops_the_build(built_server, home):
    said = r"^The layer staging was not built: .*stg_ops__feed_month \(error\).* The last good tables stay"
    with failing(home, "stg_ops__feed_month"), pytest.raises(build.BuildFailed, match=said) as told:
        build.everything()
    assert not isinstance(told.value, build.PartlyBuilt)


@pytest.mark.nightly
def test_a_feed_file_that_cannot_be_read_costs_no_figure_of_a_home_that_has_its_tables(built_server, feed_files, inbox, owner):
    deliver(inbox, STREET, "2020-02")
    build.everything()
    before = figures(owner, "PUB-VSO", "PUB-ROB")
    (feed_files / f"{STREET}.odcs.yaml").write_text("id: [\n")
    deliver(inbox, SEARCHES, "2020-02")
    build.everything()
    assert figures(owner, "PUB-VSO", "PUB-ROB") == before
    assert figures(owner, "S06")["S06", "2020-02"][0] == "ok"


@pytest.mark.nightly
def test_a_feed_file_that_could_never_be_read_costs_its_own_indicators(feed_files, inbox, owner):
    """A new home, in which the feed has no table yet: its indicators await it, and nobody else's do."""
    (feed_files / f"{ATTENDANCES}.odcs.yaml").write_bytes(b"id: \x93tiig\x94\n")
    deliver(inbox, STREET, "2020-02")
    build.everything()
    assert figures(owner, "PUB-VSO")["PUB-VSO", "2020-02"][0] == "ok"
    awaited = owner.execute("select distinct status from marts.fct_indicator_value where indicator_id = 'V16'").fetchall()
    assert {row["status"] for row in awaited} == {"awaiting_feed", "before_series"} or awaited == [{"status": "awaiting_feed"}]
    assert build.unbuilt(owner, inbox.settings) is None
