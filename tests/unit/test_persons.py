"""From deliveries of four feeds to who is one person across services, as vrn_linker writes it and the mart counts it."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from datetime import date
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest
import yaml

from vrn.build import dbt
from vrn.build import steps as build
from vrn.build.layers import LINK
from vrn.build.linkage import persons
from vrn.feeds import breaches
from vrn.feeds.contract import Contract
from vrn.feeds.period import Period, span
from vrn.settings import REPOSITORY, Settings
from vrn.stage import identifiers, protect, raw
from vrn.synthetic import deliveries, files, people
from vrn.synthetic import rows as made_rows
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, LINKER, OWNER

POLICE, YOT, CENSUS, CARE = "police_nominals", "yot_caseload", "cin_census", "ssda903"
FEEDS = (POLICE, YOT, CENSUS, CARE)
PERIODS = {POLICE: "2020-01", YOT: "2019-20-Q4", CENSUS: "2019-20", CARE: "2019-20"}
MART = "fct_persons_by_services"
IDENTITY = ("pnc", "upn", "surname", "forename", "birth_month", "postcode", "sex")
# Beyond those that the feed files draw from.
ONE, OTHER = 5_000, 5_001


class Partners:
    """Makes the partners' deliveries, row by row where a test says so, and takes them in."""

    def __init__(self, inbox):
        self.inbox = inbox

    def rows(self, feed: str, supplier: str | None = None, period: str | None = None):
        contract = self.inbox.contract(feed, period or PERIODS[feed])
        supplier = supplier or next(iter(contract.suppliers))
        made = made_rows.of_delivery(contract, Period.parse(contract.kind, period or PERIODS[feed]), supplier, self.inbox.places)
        return contract, supplier, made

    def send(self, feed: str, supplier: str | None = None, period: str | None = None, change=lambda rows: rows) -> list[dict]:
        """Send a delivery whose main entity's rows were changed; returns them as sent."""
        contract, supplier, made = self.rows(feed, supplier, period)
        main = contract.main.name
        made[main] = change(made[main])
        self.drop(contract, supplier, made, period)
        taken = self.inbox.take_in(feed)
        assert [row["status"] for row in taken] == ["accepted"]
        return made[main]

    def drop(self, contract: Contract, supplier: str, made: dict[str, list[dict]], period: str | None = None) -> None:
        """Put a delivery into the inbox."""
        parsed = Period.parse(contract.kind, period or PERIODS[contract.feed])
        self.inbox.drop(contract.feed, deliveries.file_name(contract, parsed, supplier), files.content(contract, made))

    def send_all(self) -> dict[str, list[dict]]:
        return {feed: self.send(feed) for feed in FEEDS}


@pytest.fixture
def partners(inbox) -> Partners:
    """Partners of a warehouse whose raw tables are there, as the layer `reference` leaves them."""
    for feed in FEEDS:
        raw.ensure_tables(inbox.connection, inbox.contract(feed))
    return Partners(inbox)


def identity(number: int) -> dict[str, str]:
    """What a delivery says of a made-up person."""
    one = people.person(number)
    said = {name: getattr(one, name) for name in IDENTITY if hasattr(one, name)}
    return said | {"birth_month": f"{one.born:%Y-%m-%d}", "sex": "M" if one.is_male else "F"}


def suspect(number: int) -> dict[str, str]:
    """What the police say of a made-up person."""
    return {name: value for name, value in identity(number).items() if name != "upn"} | {"suspect_pid": people.person(number).hash}


def of(number: int, **more: str):
    """A change of a delivery: its first row is about this person."""

    def change(rows):
        known = {name: value for name, value in (identity(number) | more).items() if name in rows[0]}
        return [rows[0] | known, *rows[1:]]

    return change


def links(owner, where: str = "superseded_at is null") -> list[dict]:
    order = "feed, supplier, source_pid, linked_at"
    return owner.execute(f"select * from persons.person_link where {where} order by {order}").fetchall()


def hashed(inbox, feed: str, supplier: str, local: str) -> str:
    """The pseudonym of a local identifier at its supplier."""
    column = inbox.contract(feed).main.column("child_id")
    found = protect.hasher(column, protect.keys_of(inbox.settings), supplier)(pa.array([local]))
    return str(UUID(bytes=found.to_pylist()[0]))


def build_mart(settings: Settings) -> None:
    assert dbt.invoke(settings, ["build", "--quiet", "--select", MART]).success


def load_places(settings: Settings) -> None:
    """The seeds of which staging asks where a row that was set aside may be."""
    assert dbt.invoke(settings, ["seed", "--quiet", "--select", "area_member", "lsoa"]).success


def services(owner) -> dict[tuple, dict]:
    return {tuple(row["services"]): row for row in owner.execute("select * from marts.fct_persons_by_services").fetchall()}


def expected_groups(sent: dict[str, list[dict]]) -> Counter:
    """How many persons each combination of services knows, worked out from the clear rows by the exact rules alone."""
    service_of = {POLICE: "police", YOT: "youth_offending", CENSUS: "social_care", CARE: "social_care"}
    parent: dict = {}

    def root(one):
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    known = []
    for feed, rows in sent.items():
        for number, row in enumerate(rows):
            me = (feed, number)
            known.append(me)
            root(me)
            keys = [(name, row[name]) for name in ("pnc", "upn") if row.get(name)]
            if row.get("surname"):
                keys.append((row["surname"], row["forename"], row["birth_month"]))
            for key in keys:
                parent[root(me)] = root(key)
    groups = defaultdict(set)
    for me in known:
        groups[root(me)].add(service_of[me[0]])
    return Counter(tuple(sorted(group)) for group in groups.values())


def test_deliveries_of_four_feeds_are_linked_and_the_mart_counts_every_person_once(partners, owner):
    sent = partners.send_all()
    done = build.take(LINK)
    build_mart(partners.inbox.settings)
    expected = expected_groups(sent)
    found = {tuple(sorted(key)): row for key, row in services(owner).items()}
    assert len(found) == 7
    assert {key: row["persons"] for key, row in found.items() if row["persons"]} == dict(expected)
    # The synthetic people are shared, so that something is found at all.
    assert expected["police", "youth_offending"] > 0
    assert expected["social_care", "youth_offending"] > 0
    assert done["records"] == sum(map(len, sent.values()))
    assert done["persons"] == sum(expected.values()) == sum(row["persons"] for row in found.values())
    for key, row in found.items():
        assert row["service_count"] == len(key)
        assert row["persons_known_to_as_many_services"] == sum(n for other, n in expected.items() if len(other) == len(key))
        assert row["persons_known_to_all_of_them"] == sum(n for other, n in expected.items() if set(key) <= set(other))
        assert row["is_synthetic"] is (row["persons_known_to_all_of_them"] > 0)
    step = owner.execute("select is_success from ops.step where step = 'link'").fetchall()
    assert step == [{"is_success": True}]


def test_before_the_first_delivery_the_mart_has_every_combination_with_nobody_and_the_evaluator_reads_it(partners):
    assert build.take(LINK) == {"records": 0, "persons": 0, "new": 0, "superseded": 0}
    build_mart(partners.inbox.settings)
    with connect(partners.inbox.settings, EVALUATOR) as evaluator:
        found = services(evaluator)
    assert len(found) == 7
    assert {row["persons"] for row in found.values()} == {0}
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connect(partners.inbox.settings, LINKER) as linker:
        services(linker)


def test_the_layer_staging_makes_the_table_of_links_that_the_mart_reads(home, owner):
    load_places(home)
    build.take("staging")
    assert links(owner) == []


def test_t043_a_child_on_the_lists_of_two_teams_is_one_person(partners, owner):
    partners.send(YOT, "lan", change=of(ONE, pnc=""))
    partners.send(YOT, "bwd", change=of(ONE, upn=""))
    build.take(LINK)
    first = {supplier: partners.rows(YOT, supplier)[2]["child"][0]["child_id"] for supplier in ("lan", "bwd")}
    wanted = {hashed(partners.inbox, YOT, supplier, local) for supplier, local in first.items()}
    found = [link for link in links(owner) if link["source_pid"] in wanted]
    assert [link["supplier"] for link in found] == ["bwd", "lan"]
    assert len({link["person_key"] for link in found}) == 1
    assert {link["match_rule"] for link in found} == {"R2"}


def test_twins_on_one_list_are_two_persons(partners, owner):
    twin = identity(ONE) | {"pnc": "", "upn": ""}

    def twins(rows):
        return [rows[0] | twin | {"forename": "Jack"}, rows[1] | twin | {"forename": "Thomas"}, *rows[2:]]

    sent = partners.send(YOT, "lan", change=twins)
    build.take(LINK)
    wanted = {hashed(partners.inbox, YOT, "lan", row["child_id"]) for row in sent[:2]}
    assert len({link["person_key"] for link in links(owner) if link["source_pid"] in wanted}) == 2


def test_t044_a_suspect_of_two_months_is_one_record_and_one_person(partners, owner):
    pid = people.person(ONE).hash
    for month in ("2020-01", "2020-02"):
        partners.send(POLICE, period=month, change=of(ONE, suspect_pid=pid))
    assert build.take(LINK)["records"] < 300
    again = owner.execute("select count(*) as rows from raw.police_nominals__nominal where suspect_pid = %s", [pid]).fetchone()
    assert again["rows"] == 2
    assert [link["source_pid"] for link in links(owner)].count(pid) == 1


def test_the_newest_period_says_who_somebody_is_whichever_came_last(partners, owner):
    sent = partners.send(YOT, "lan", change=of(OTHER))
    pid = people.person(ONE).hash
    partners.send(POLICE, period="2020-02", change=of(ONE, suspect_pid=pid))
    partners.send(POLICE, period="2020-01", change=of(OTHER, suspect_pid=pid))
    build.take(LINK)
    keys = {link["source_pid"]: link["person_key"] for link in links(owner)}
    assert keys[pid] != keys[hashed(partners.inbox, YOT, "lan", sent[0]["child_id"])]


def test_an_identifier_that_is_none_links_nobody(partners, owner):
    def unknown(rows):
        return [
            row | {"pnc": "UNKNOWN", "upn": "0000000000000", "surname": "Not known", "forename": "NK"} for row in rows[:9]
        ] + rows[9:]

    sent = partners.send(YOT, "lan", change=unknown)
    build.take(LINK)
    wanted = {hashed(partners.inbox, YOT, "lan", row["child_id"]) for row in sent[:9]}
    found = [link for link in links(owner) if link["source_pid"] in wanted]
    assert len({link["person_key"] for link in found}) == 9
    assert {link["match_rule"] for link in found} == {None}


def test_linking_twice_changes_nothing(partners, owner):
    partners.send_all()
    first = build.take(LINK)
    before = links(owner, "true")
    assert first["new"] == first["records"] == len(before)
    second = build.take(LINK)
    assert (second["new"], second["superseded"]) == (0, 0)
    assert links(owner, "true") == before


def test_a_restated_delivery_moves_a_link_and_the_older_row_stays_as_superseded(partners, owner):
    suspects = {number: people.person(number).hash for number in (ONE, OTHER)}

    def both(rows):
        first, second = ({**row, **suspect(number)} for row, number in zip(rows, suspects, strict=False))
        return [first, second, *rows[2:]]

    partners.send(POLICE, change=both)
    partners.send(CENSUS)
    sent = partners.send(YOT, "lan", change=of(ONE))
    build.take(LINK)
    child = hashed(partners.inbox, YOT, "lan", sent[0]["child_id"])
    before = {link["source_pid"]: link for link in links(owner)}
    assert before[child]["person_key"] == before[suspects[ONE]]["person_key"]
    assert before[suspects[OTHER]]["match_rule"] is None

    partners.send(YOT, "lan", change=of(OTHER))
    done = build.take(LINK)
    after = {link["source_pid"]: link for link in links(owner)}
    assert after[child]["person_key"] == after[suspects[OTHER]]["person_key"] != after[suspects[ONE]]["person_key"]
    history = [link for link in links(owner, "true") if link["source_pid"] == child]
    assert [link["superseded_at"] is None for link in history] == [False, True]
    assert history[0]["superseded_at"] == history[1]["linked_at"]
    assert {**history[0], "superseded_at": None} == before[child]
    # Nobody else's link was touched, but those of the two suspects: one is alone now, the other is not.
    moved = {pid for pid in before if before[pid] != after.get(pid)}
    assert moved == {child, *suspects.values()}
    assert done["superseded"] == done["new"] == len(moved)


def test_a_record_that_no_longer_serves_has_no_link_that_holds(partners, owner):
    sent = partners.send(YOT, "lan")
    build.take(LINK)
    partners.send(YOT, "lan", change=lambda rows: rows[1:])
    assert build.take(LINK)["new"] == 0
    gone = hashed(partners.inbox, YOT, "lan", sent[0]["child_id"])
    assert [link["superseded_at"] is None for link in links(owner, "true") if link["source_pid"] == gone] == [False]


def test_while_the_feed_file_of_linked_records_cannot_be_read_the_links_stay(partners, owner, tmp_path, monkeypatch):
    """Issue 13, point 6: without its records every other one would find other partners, and figures of other feeds would move."""
    pid = people.person(ONE).hash
    partners.send(POLICE, change=of(ONE, suspect_pid=pid))
    partners.send(YOT, "lan", change=of(ONE))
    build.take(LINK)
    before = links(owner)
    shutil.copytree(REPOSITORY / "expectations", tmp_path / "feeds")
    monkeypatch.setenv("VRN_CONTRACTS", str(tmp_path / "feeds"))
    (tmp_path / "feeds" / f"{YOT}.odcs.yaml").write_text("id: [\n")
    partners.send(POLICE, period="2020-02")
    assert build.take(LINK) == {}
    assert links(owner) == before


def test_a_link_run_that_dies_leaves_the_links_as_they_were(partners, owner, monkeypatch):
    partners.send(YOT, "lan")
    build.take(LINK)
    before = links(owner, "true")
    partners.send(YOT, "bwd")
    with monkeypatch.context() as patched:
        patched.setattr(persons, "ADD", "select 1 / 0")
        with pytest.raises(psycopg.Error):
            build.take(LINK)
    assert links(owner, "true") == before
    build.take(LINK)
    assert {link["supplier"] for link in links(owner)} == {"lan", "bwd"}
    steps = owner.execute("select is_success from ops.step where step = 'link' order by started_at").fetchall()
    assert [step["is_success"] for step in steps] == [True, False, True]


def test_a_row_in_quarantine_takes_no_part(partners, owner):
    sent = partners.send(YOT, "lan", change=lambda rows: [rows[0] | {"sex": "X"}, *rows[1:]])
    assert build.take(LINK)["records"] == len(sent) - 1


@pytest.mark.parametrize("role", [OWNER, EVALUATOR])
def test_match_codes_are_read_by_the_linker_only(partners, role):
    partners.send(YOT, "lan")
    question = "select count(surname_exact) as codes from linkage.yot_caseload__child"
    with connect(partners.inbox.settings, LINKER) as linker:
        assert linker.execute(question).fetchone()["codes"] > 100
    with connect(partners.inbox.settings, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(question)


@pytest.mark.parametrize(
    ("role", "question"),
    [
        (LINKER, "select * from quarantine.yot_caseload__child"),
        (EVALUATOR, "select * from persons.person_link"),
        ("vrn_loader", "select * from persons.person_link"),
        (OWNER, "delete from persons.person_link"),
    ],
)
def test_a_role_does_nothing_beyond_its_work(partners, role, question):
    build.take(LINK)
    with connect(partners.inbox.settings, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(question)


def test_each_build_leaves_the_charts_of_its_links_to_the_linker_alone(partners, owner):
    """Issue 15, C."""
    partners.send(YOT, "lan")
    partners.send(POLICE)
    drawn = []
    for _ in range(2):
        build.take(LINK)
        with connect(partners.inbox.settings, LINKER) as linker:
            drawn.append(linker.execute(documented()).fetchall())
    # Those of the last build, and no more.
    assert [[chart["chart"] for chart in charts] for charts in drawn] == [["match_weights", "precision_recall", "waterfall"]] * 2
    assert all(before["drawn_at"] < after["drawn_at"] for before, after in zip(*drawn, strict=True))
    roles = owner.execute("select rolname from pg_roles where rolname like 'vrn!_%' escape '!'").fetchall()
    readers = [role["rolname"] for role in roles if may_read(owner, role["rolname"])]
    assert readers == [LINKER]


def documented() -> str:
    """The query of docs/linkage.md."""
    return re.search(r"```sql\n(select chart, .*?)```", (REPOSITORY / "docs" / "linkage.md").read_text(encoding="utf-8"), re.S)[1]


def may_read(connection: psycopg.Connection, role: str) -> bool:
    query = "select has_table_privilege(%s, 'persons.linkage_chart'::regclass, 'select') as may"
    return connection.execute(query, [role]).fetchone()["may"]


def test_every_column_of_the_links_says_what_it_is(home, owner):
    persons.ensure_table(home)
    without = owner.execute(
        "select attname from pg_attribute where attrelid in ('persons.person_link'::regclass, 'persons.linkage_chart'::regclass) "
        "and attnum > 0 and col_description(attrelid, attnum) is null"
    ).fetchall()
    assert without == []


@pytest.mark.parametrize("feed", FEEDS)
def test_synthetic_deliveries_of_shared_persons_break_no_rule_that_sets_aside(partners, feed):
    how = partners.inbox.contract(feed).main.synthetic
    periods = list(span(partners.inbox.contract(feed).kind, how["from"], how["until"]))
    for period in (periods[0], periods[-1]):
        partners.send(feed, period=period.name)
    rows = partners.inbox.connection.execute("select status, rows_quarantined from ops.submission").fetchall()
    assert rows == [{"status": "accepted", "rows_quarantined": 0}] * 2


def test_a_made_up_person_is_the_same_in_every_feed_and_nobody_else():
    everyone = [people.person(number) for number in range(20_000)]
    assert people.person(17) == everyone[17]
    for name in ("hash", "nhs", "upn", "pnc"):
        assert len({getattr(one, name) for one in everyone}) == len(everyone)
    assert all(identifiers.CANONICAL[name](getattr(one, name)) for one in everyone for name in ("nhs", "upn", "pnc"))
    day = date(2020, 3, 31)
    ages = {day.year - one.born.year - ((one.born.month, one.born.day) > (day.month, day.day)) for one in everyone}
    assert ages == {12, 13, 14, 15, 16}


def test_nobody_comes_twice_in_a_synthetic_delivery_and_many_come_in_two_feeds(partners):
    names = {}
    for feed in (POLICE, YOT):
        contract, _, made = partners.rows(feed)
        who = [(row["surname"], row["forename"], row["birth_month"]) for row in made[contract.main.name]]
        assert len(set(who)) == len(who)
        names[feed] = set(who)
    assert names[POLICE] & names[YOT]


@pytest.fixture
def document() -> dict:
    return yaml.safe_load((REPOSITORY / "expectations" / f"{CENSUS}.odcs.yaml").read_text(encoding="utf-8"))


def linkage_of(document: dict) -> dict:
    return next(item["value"] for item in document["schema"][0]["customProperties"] if item["property"] == "linkage")


WRONG = {
    "a service that is none": ({"service": "schools"}, "'schools' is none of police"),
    "a key that is not there": ({"key": "child"}, "key: 'child' is no column of class hash or keep"),
    "a key that is not stored": ({"key": "date_of_birth"}, "key: 'date_of_birth' is no column"),
    "a sex that is a hash": ({"sex": "upn"}, "sex: 'upn' is no column of class keep"),
    "an identifier of another domain": ({"ids": {"pnc": "upn"}}, "ids.pnc: 'upn' is no hashed column of the domain pnc"),
    "an identifier that is none": ({"ids": {"passport": "upn"}}, "'passport' is none of nhs"),
    "a word that is none": ({"keys": "child_id"}, "says service and key"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_linkage_that_names_what_is_not_there_is_refused(document, kind):
    said, words = WRONG[kind]
    linkage_of(document).update(said)
    assert any(words in breach for breach in breaches.found(document))


def test_an_entity_with_matched_columns_takes_part_and_one_without_does_not(document):
    child = document["schema"][0]
    said = child["customProperties"]
    child["customProperties"] = [item for item in said if item["property"] != "linkage"]
    assert any(re.search(r"linkage .* is missing, but columns are matched", breach) for breach in breaches.found(document))
    child["customProperties"] = said
    child["properties"] = [item for item in child["properties"] if item["classification"] != "match"]
    assert any("no column of the entity is matched" in breach for breach in breaches.found(document))


def test_only_feed_files_say_who_takes_part(home, tmp_path, monkeypatch):
    assert [(entity.feed, entity.name) for entity in persons.taking_part(home)] == [
        (CENSUS, "child"),
        (POLICE, "nominal"),
        (CARE, "header"),
        (YOT, "child"),
    ]
    copy = tmp_path / "feeds"
    copy.mkdir()
    shutil.copy(REPOSITORY / "expectations" / f"{YOT}.odcs.yaml", copy)
    monkeypatch.setenv("VRN_CONTRACTS", str(copy))
    assert [entity.feed for entity in persons.taking_part(Settings())] == [YOT]
