"""From deliveries to figures: what a restatement changes, what was known on a day, and what a release keeps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import Inbox, _copy_of
from vrn import dbt, release, warehouse
from vrn.database import connect
from vrn.layers import LAYERS
from vrn.settings import Settings

CRIME = "police_crime"
MONTHS = ("2019-04", "2019-05", "2019-06")
FIRST_CUT, SECOND_CUT = "2019-07-05", "2019-08-20"
FIGURE = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile"
VALUES = f"{FIGURE}, count, denominator, value, lower_ci_95, upper_ci_95, comparison, trend, status"


def build(settings: Settings, *options: str) -> None:
    """What build_outcomes does, without its tests and without what no delivery changes."""
    for chosen in (
        ["stg_ops__submission", "stg_ops__feed_month", "path:models/intermediate/by_month"],
        ["path:models/counts"],
        ["fct_indicator_value", "fct_indicator_submission", "path:functions/publish", "path:models/publish"],
    ):
        command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *options]
        assert dbt.invoke(settings, [*command, "--select", *chosen]).success


def rows(connection: psycopg.Connection, query: str, *values) -> list[dict]:
    return connection.execute(query, values).fetchall()


def figures(connection: psycopg.Connection, source: str = "marts.fct_indicator_value") -> dict:
    found = rows(connection, f"select {VALUES} from {source}")
    return {tuple(row[name] for name in FIGURE.split(", ")): tuple(row.values()) for row in found}


def restated(text: str) -> str:
    """The extract as it was cut later: its first assault is cancelled, the second is of another district."""
    table = list(csv.DictReader(io.StringIO(text)))
    assaults = [row for row in table if row["ho_code"] == "8N" and row["status"] == "active" and row["lad_code"] == "E06000008"]
    assaults[0].update(status="cancelled", cancel_reason="C2")
    assaults[1].update(lad_code="E06000009", lsoa_code="", lsoa_vintage="", bcu="W")
    out = io.StringIO()
    writer = csv.DictWriter(out, table[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


class Story:
    """Three months of crime; then one of them again, cut later; then the older extract of another, which comes late."""

    def __init__(self, settings: Settings, owner: psycopg.Connection, inbox: Inbox):
        self.settings, self.owner, self.inbox = settings, owner, inbox
        for month in MONTHS:
            self.deliver(month, FIRST_CUT, inbox.text(CRIME, month))
        build(settings)
        self.before = figures(owner)
        self.first_release = release_of(settings, "as first known")
        self.built_before = self.built()
        self.deliver("2019-05", SECOND_CUT, restated(inbox.text(CRIME, "2019-05")))
        build(settings)
        self.after = figures(owner)
        self.touched = rows(owner, "select feed, month_on::text as month_on from ops.touched_month where model = 'indicator_count'")
        self.built_after = self.built()
        self.second_release = release_of(settings, "after the restatement")

    def deliver(self, month: str, cut: str, text: str) -> None:
        self.inbox.drop(CRIME, f"{month}-lancashire-crime-asat-{cut}.synthetic.csv", text)
        (taken,) = self.inbox.take_in(CRIME)
        assert taken["status"] in ("accepted", "superseded"), taken

    def built(self) -> dict:
        found = rows(self.owner, "select model, feed, month_on::text as month_on, revision from ops.built_month")
        return {(row["model"], row["feed"], row["month_on"]): row["revision"] for row in found}


def release_of(settings: Settings, note: str) -> str:
    """A release; the layers count as built from what the ledger was, which `build` above does not say."""
    with connect(settings, warehouse.OWNER) as connection:
        built_from = dbt.ledger_of(connection, "staging.stg_ops__submission")
        connection.execute("update ops.built_layer set code = %s, ledger = %s", [dbt.code(settings), built_from])
    return release.make(settings, note)


@pytest.fixture(scope="module")
def story(built_server, places, tmp_path_factory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        for settings in _copy_of(built_server, tmp_path_factory.mktemp("story"), patch, "story", "built"):
            with (
                connect(settings, warehouse.OWNER, autocommit=True) as owner,
                connect(settings, autocommit=True) as loader,
            ):
                patch.setattr("vrn.transport.folder.SECONDS_AT_REST", -1)
                yield Story(settings, owner, Inbox(settings, loader, places))


def months_of(story: Story) -> dict[str, set[str]]:
    """The months of each period, as the warehouse has them."""
    found = rows(
        story.owner,
        "select period_id, array_agg(to_char(month, 'YYYY-MM')) as months from marts.dim_period "
        "cross join lateral generate_series(start_on, end_on, interval '1 month') as month group by period_id",
    )
    return {row["period_id"]: set(row["months"]) for row in found}


def test_restating_a_month_changes_the_figures_that_rest_on_it_and_no_other(story):
    changed = {key for key in story.after if story.after[key] != story.before[key]}
    months = months_of(story)
    assert changed
    # A comparison with a year earlier could reach further; nothing came a year later here.
    assert all("2019-05" in months[period] for _, _, period, *_ in changed)
    feeds = {row["indicator_id"]: row["feeds"] for row in rows(story.owner, "select indicator_id, feeds from marts.dim_indicator")}
    assert all(CRIME in feeds[indicator] for indicator, *_ in changed)
    county = ("V06", "LANCS-14", "2019-05", "all", "all", "all", "all")
    assert story.after[county][7] == story.before[county][7] - 1
    blackpool = ("V06", "E06000009", "2019-05", "all", "all", "all", "all")
    assert story.after[blackpool][7] == story.before[blackpool][7] + 1


def test_only_the_month_that_a_delivery_touches_is_counted_anew(story):
    # The month after six months of waiting (S14) is counted anew with its feed, so every month of the feed is looked at.
    assert {(row["feed"], row["month_on"]) for row in story.touched} == {(CRIME, "2019-05-01")}
    events = {key for key in story.built_after if key[0] == "int_crime__recorded"}
    remade = {key for key in events if story.built_after[key] != story.built_before[key]}
    assert remade == {("int_crime__recorded", CRIME, "2019-05-01")}


def test_the_older_answer_stays_reachable_as_at_its_day(story):
    for day, wanted in (("2019-08-19", story.before), (SECOND_CUT, story.after)):
        then = figures(story.owner, f"publish.indicator_as_at('{day}')")
        assert then
        for key, row in then.items():
            # Feeds that came today were not known then; nothing came of them here in any case.
            assert row == wanted[key], (day, key)
        assert ("V06", "LANCS-14", "2019-05", "all", "all", "all", "all") in then
    periods = {period for _, _, period, *_ in figures(story.owner, "publish.indicator_as_at('2019-06-15', array['V06'])")}
    assert "2019-05" in periods
    assert "2019-06" not in periods
    assert not rows(story.owner, "select from publish.indicator_as_at('2019-07-04', array['V06']) where status = 'ok'")


def test_t022_an_older_extract_that_comes_late_is_history_and_changes_no_figure_of_today(story):
    story.deliver("2019-06", "2019-07-01", restated(story.inbox.text(CRIME, "2019-06")))
    build(story.settings)
    assert figures(story.owner) == story.after
    count = (
        "select count from publish.indicator_as_at(%s, array['V06']) where period_id = '2019-06' and area_code = 'E23000003' and "
    )
    count += "(sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    (early,), (late,) = (rows(story.owner, count, day) for day in ("2019-07-02", FIRST_CUT))
    assert early["count"] == late["count"] - 1


def test_a_full_rebuild_gives_the_same_events_counts_and_figures(story):
    tables = ("intermediate.int_crime__recorded", "indicators.indicator_count")

    def content() -> dict:
        return {one: rows(story.owner, f"select t::text as t from {one} as t order by 1") for one in tables}

    build(story.settings)
    by_month, by_month_figures = content(), figures(story.owner)
    revisions = story.built()
    # What another version of the project built is built anew, wholly.
    story.owner.execute("update ops.built_layer set code = 'of another project'")
    for layer in list(LAYERS)[: list(LAYERS).index("marts") + 1]:
        dbt.build(layer)
    assert all(story.built()[key] != revisions[key] for key in revisions)
    assert content() == by_month
    assert figures(story.owner) == by_month_figures


def test_a_release_keeps_its_figures_and_tells_what_changed_and_because_of_which_delivery(story):
    kept = rows(
        story.owner,
        f"select {VALUES} from ops.release_value where release_id = %s",
        story.first_release,
    )
    assert {tuple(row[name] for name in FIGURE.split(", ")): tuple(row.values()) for row in kept} == story.before
    changes = rows(story.owner, "select * from publish.release_changes(%s, %s)", story.first_release, story.second_release)
    changed = {key for key in story.after if story.after[key][7:10] != story.before[key][7:10]}
    assert {tuple(row[name] for name in FIGURE.split(", ")) for row in changes} == changed
    served = rows(
        story.owner, "select submission_id from ops.submission where period_start = '2019-05-01' and feed = %s order by 1", CRIME
    )
    assert {tuple(row["because_submission_ids"]) for row in changes} == {tuple(row["submission_id"] for row in served)}
    assert not any(row["is_definition_changed"] for row in changes)
    dbt.build("publish")
    (first, second) = rows(story.owner, "select * from publish.release order by released_at")[:2]
    assert (second["previous_release_id"], second["submission_count"]) == (first["release_id"], 3)
    assert second["is_synthetic"]
    assert len(second["git_revision"]) >= 7


@pytest.mark.parametrize("table", ["release", "release_value", "release_submission", "release_indicator"])
def test_not_even_the_owner_changes_a_release(story, table):
    for statement in (f"update ops.{table} set release_id = 'x'", f"delete from ops.{table}", f"truncate ops.{table} cascade"):
        with pytest.raises(psycopg.errors.RaiseException, match="kept as it was published"):
            story.owner.execute(statement)


def test_a_release_of_figures_that_lack_a_delivery_is_refused(story):
    story.deliver("2019-07", "2019-09-01", story.inbox.text(CRIME, "2019-07"))
    with pytest.raises(release.ReleaseRefused, match="Deliveries came or went since"):
        release_of(story.settings, "too early")


def test_a_release_of_what_is_half_built_or_built_by_another_project_is_refused(story):
    dbt._forget(story.settings, "counts")
    with pytest.raises(release.ReleaseRefused, match=r"half built \(counts, marts, publish\)"):
        release.make(story.settings, "while a build is under way")
    built_from = dbt.ledger_of(story.owner, "staging.stg_ops__submission")
    story.owner.execute("update ops.built_layer set ledger = %s, code = 'of another project'", [built_from])
    with pytest.raises(release.ReleaseRefused, match="project changed"):
        release.make(story.settings, "of another project")
