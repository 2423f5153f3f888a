"""Four feeds through Airflow's own scheduler: a delivery accepted, refused, held for a person, and fetched from a server.

The street crime is real where the real files are, and made up under real names where they are not; what comes of it is counted
from the same files by other means.
"""

from __future__ import annotations

import collections
import csv
import gzip
import hashlib
import io
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests import openssh
from tests.conftest import REAL_FILES
from tests.end_to_end.homes import Home, need_not_survive_a_crash, started
from tests.end_to_end.test_thirteenth_partner import FEED as FETCHED
from tests.end_to_end.test_thirteenth_partner import page, write_page
from tests.waiting import until
from vrn.build.layers import STEPS, task_id
from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.run.airflow_api import AirflowApi
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

pytestmark = pytest.mark.services
STREET, SEARCHES, ATTENDANCES = "police_street_crime", "police_stop_search", "tiig_ed_attendance"
MONTHS = ("2019-12", "2020-01", "2020-02", "2020-03")
LIVES_ON = "2020-08-25"
# What a home says of its figures when no build is under way or to come.
BUILT = "what is there is built"
INDICATORS = {
    "PUB-VSO": "Violence and sexual offences",
    "PUB-ROB": "Robbery",
    "PUB-WPN": "Possession of weapons",
}


def made_up(feed: str, month: str, supplier: str | None = None) -> bytes:
    path = REPOSITORY / "expectations" / f"{feed}.odcs.yaml"
    period = Period.month(month)
    return deliveries.content(contracts.load(path, period), period, Places(REPOSITORY / "dbt_project" / "seeds"), supplier)


def street(month: str) -> bytes:
    path = REAL_FILES / "police" / "street" / "lancashire" / f"{month}-lancashire-street.csv.gz"
    return gzip.decompress(path.read_bytes()) if path.exists() else made_up(STREET, month)


def counted(crime_type: str) -> dict[tuple[str, str], int]:
    """Crimes by month and district, straight from the files: a crime once, in the first month that has it, placed by any row."""
    with (REPOSITORY / "dbt_project/seeds/geography/lsoa.csv").open(encoding="utf-8") as file:
        district = {row["lsoa_code"]: row["district_code"] for row in csv.DictReader(file)}
    first: dict[str, tuple[str, str]] = {}
    place: dict[str, str] = {}
    for month in MONTHS:
        rows = [row for row in csv.DictReader(io.StringIO(street(month).decode())) if row["Crime ID"]]
        # The type that counts is that of the last row of the first month.
        first = {row["Crime ID"]: (month, row["Crime type"]) for row in rows} | first
        place |= {row["Crime ID"]: row["LSOA code"] for row in rows if row["LSOA code"]}
    return collections.Counter(
        (month, district.get(place[crime_id], "OUT") if crime_id in place else "UNK")
        for crime_id, (month, kind) in first.items()
        if kind == crime_type
    )


@dataclass
class Story:
    """A home after two runs, and what was seen after each. The tests only look at it."""

    home: Home
    fetched_from: openssh.Server | None
    printed: list[str] = field(default_factory=list)
    schedulers: list[str] = field(default_factory=list)

    def tell(self) -> None:
        """Three months at first, with a file that is refused; then a fourth month, what is wrong with two more, what a person has
        to look at, and a partner's server."""
        for month in MONTHS[:3]:
            self.home.drop(STREET, street(month), f"{month}-lancashire-street.csv")
        self.home.drop(
            SEARCHES, made_up(SEARCHES, "2020-01").replace(b"Type", b"Kind", 1), "2020-01-lancashire-stop-and-search.csv"
        )
        self.home.drop(ATTENDANCES, made_up(ATTENDANCES, "2020-01", "rxl"), "2020-01-rxl-ed-attendance.synthetic.csv")
        self.run()
        # Without the time at which it was packed, which would make other bytes of the same file a second later.
        packed = gzip.compress(street(MONTHS[3]), mtime=0)
        self.home.drop(STREET, packed, f"{MONTHS[3]}-lancashire-street.csv.gz")
        another = street(MONTHS[3]).replace(b"Lancashire Constabulary", b"Leicestershire Police")
        self.home.drop(STREET, another, "2020-04-lancashire-street.csv")
        self.home.drop(STREET, street(MONTHS[0]), f"{MONTHS[0]}-lancashire-street.csv")
        few = b"".join(made_up(ATTENDANCES, "2020-02", "rxl").splitlines(keepends=True)[:21])
        self.home.drop(ATTENDANCES, few, "2020-02-rxl-ed-attendance.synthetic.csv")
        self.home.drop(".", b"what this folder is for", "readme.txt")
        self.home.drop(STREET, street(MONTHS[3])[:1000], "2020-06-lancashire-street.csv.part")
        if self.fetched_from:
            self.api.call("POST", f"/dags/ingest__{FETCHED}/dagRuns", {"logical_date": None})
        self.run()

    @property
    def api(self) -> AirflowApi:
        return AirflowApi(self.home.settings)

    def run(self) -> None:
        self.printed.append(self.home.run())
        self.schedulers.append((self.home.settings.home / "run/scheduler.pid").read_text())

    def status(self) -> str:
        """What the home says of itself, in a line."""
        return " ".join(self.home.command("status").stdout.split())

    def ledger(self, feed: str) -> dict[str, str]:
        return dict(self.home.rows("select file_name, status from ops.submission where feed = %s order by submission_id", feed))


@pytest.fixture(scope="module")
def partners_server(tmp_path_factory) -> Iterator[tuple[openssh.Server, Path] | None]:
    """A partner's SFTP server with a delivery; None where OpenSSH is not installed."""
    if openssh.SSHD is None:
        yield None
        return
    folder = tmp_path_factory.mktemp("partner")
    with openssh.running(folder / "sshd") as server:
        (folder / "outgoing").mkdir()
        yield server, folder / "outgoing"


@pytest.fixture(scope="module")
def story(partners_server, tmp_path_factory) -> Iterator[Story]:
    code = tmp_path_factory.mktemp("code")
    write_page(code)
    # Deliveries that are no made-up ones live today: up to then three times as many figures would be expected as these months give.
    environment = {
        "VRN_AS_OF": LIVES_ON,
        "VRN_CONTRACTS": str(code / "expectations"),
        "VRN_DBT_PROJECT": str(code / "dbt_project"),
    }
    server = None
    if partners_server:
        server, outgoing = partners_server
        environment["AIRFLOW_CONN_NWAS"] = json.dumps(server.connection(host_key=server.host_key))
        _ask_the_server(code / "expectations" / f"{FETCHED}.odcs.yaml", outgoing)
    with started(tmp_path_factory.mktemp("deliveries"), **environment) as home:
        need_not_survive_a_crash(home.settings)
        deliveries.write_postcodes(home.settings, Places(REPOSITORY / "dbt_project" / "seeds"))
        told = Story(home, server)
        told.tell()
        yield told


def _ask_the_server(feed_file: Path, outgoing: Path) -> None:
    """Put the feed's delivery on the server, with its checksum, and point the feed file there as the page says."""
    document = yaml.safe_load(feed_file.read_text(encoding="utf-8"))
    servers = page()[f"servers of expectations/{FETCHED}.odcs.yaml"].replace("/outgoing}", f"{outgoing}}}")
    document["servers"] = yaml.safe_load(servers.replace("-nwas-incident.csv'", "-nwas-incident*.csv'"))
    feed_file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    contract = contracts.load(feed_file, ANY_PERIOD)
    content = deliveries.content(contract, Period.month("2020-04"), Places(REPOSITORY / "dbt_project" / "seeds"))
    file = outgoing / "2020-04-nwas-incident.synthetic.csv"
    file.write_bytes(content)
    (outgoing / f"{file.name}.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  {file.name}\n")


def test_months_become_indicators_counted_as_their_files_count(story):
    # A month that comes while everything runs is taken without a restart.
    assert len(set(story.schedulers)) == 1
    for indicator, crime_type in INDICATORS.items():
        expected = counted(crime_type)
        got = {
            (period, area): count
            for period, area, count in story.home.rows(
                "select period_id, area_code, count from marts.fct_indicator_value "
                "where indicator_id = %s and period_id = any(%s) and count is not null",
                indicator,
                list(MONTHS),
            )
        }
        districts = {area for _, area in got if area.startswith(("E06", "E07")) or area in ("OUT", "UNK")}
        assert len(districts) == 16
        for month in MONTHS:
            for area in districts:
                assert got[month, area] == expected[month, area], (indicator, month, area)
            assert got[month, "LANCS-14"] == sum(expected[month, area] for area in districts - {"OUT", "UNK"})
            assert got[month, "E23000003"] == sum(expected[month, area] for area in districts)
            assert got[month, "LANCS-E"] + got[month, "LANCS-S"] + got[month, "LANCS-W"] == got[month, "LANCS-14"]
    quarter = story.home.rows(
        "select status, count from marts.fct_indicator_value "
        "where indicator_id = 'PUB-ROB' and period_id = '2019/20-Q4' and area_code = 'LANCS-14'"
    )
    robberies = counted("Robbery")
    assert quarter == [("ok", sum(n for (month, area), n in robberies.items() if month >= "2020-01" and area[0] == "E"))]


def test_nothing_of_the_street_crime_is_called_synthetic(story):
    synthetic = "select distinct is_synthetic from marts.fct_indicator_value where indicator_id = 'PUB-ROB' and count is not null"
    assert story.home.rows(synthetic) == [(False,)]


def test_what_did_not_come_is_never_taken_for_nothing_happened(story):
    statuses = dict(
        story.home.rows(
            "select period_id, status from marts.fct_indicator_value where indicator_id = 'PUB-ROB' and area_code = 'LANCS-14' "
            "and period_id in ('2019-11', '2019-12', '2019/20', '2018-06-R12', '2020-03-R12')"
        )
    )
    assert statuses == {
        "2019-11": "awaiting_feed",
        "2019-12": "ok",
        "2019/20": "incomplete",
        "2018-06-R12": "before_series",
        "2020-03-R12": "incomplete",
    }
    assert story.home.rows(
        "select count(*) from marts.fct_indicator_value where (value is not null or count is not null) "
        "and status in ('awaiting_feed', 'refused', 'before_series')"
    ) == [(0,)]


def test_a_refused_file_ends_its_run_red_with_a_note_and_the_last_good_data_stays(story):
    found = story.home.rows("select file_name, status from ops.submission where feed = %s", STREET)
    assert sorted(found) == sorted(
        [
            *((f"{month}-lancashire-street.csv", "accepted") for month in MONTHS[:3]),
            (f"{MONTHS[3]}-lancashire-street.csv.gz", "accepted"),
            ("2020-04-lancashire-street.csv", "refused"),
            (f"{MONTHS[0]}-lancashire-street.csv", "duplicate"),
        ]
    )
    first, *_, last = story.home.runs(f"ingest__{STREET}")
    assert (first["state"], last["state"]) == ("success", "failed")
    assert "another force" in last["note"]
    assert "duplicate**, the same bytes as submission" in last["note"]
    assert story.home.rows(
        "select distinct status from marts.fct_indicator_value where indicator_id = 'PUB-ROB' and period_id = '2020-04'"
    ) != [("ok",)]


def test_a_refused_feed_holds_up_no_other_and_is_named_at_the_end(story):
    assert story.ledger(SEARCHES) == {"2020-01-lancashire-stop-and-search.csv": "refused"}
    assert [run["state"] for run in story.home.runs(f"ingest__{SEARCHES}")] == ["failed"]
    assert f"REFUSED {SEARCHES} 2020-01-lancashire-stop-and-search.csv: GEN-001" in story.printed[0].replace("\n", " ")


def test_what_nobody_takes_is_named_and_keeps_no_run_from_ending(story):
    """Issue 13, point 9."""
    printed = story.printed[1].replace("\n", " ")
    assert "NOT TAKEN inbox/readme.txt: it lies beside the feeds' folders." in printed
    assert f"NOT TAKEN inbox/{STREET}/2020-06-lancashire-street.csv.part: its ending .part says that it is not whole." in printed


def test_the_home_says_on_one_screen_how_it_is(story):
    said = story.status()
    for part in (
        f"port {story.home.settings.pg_port}",
        "(api-server, scheduler, dag-processor, triggerer)",
        "Inbox nothing waits Not taken inbox/",
        "Under way nothing",
        f"{SEARCHES} 2020-01-lancashire-stop-and-search.csv: GEN-001",
        BUILT,
        "Release none yet",
    ):
        assert part in said


def test_an_accepted_delivery_leaves_an_asset_event_with_its_partition_and_counts(story):
    events = story.api.call("GET", "/assets/events?limit=100")["asset_events"]
    found = [event for event in events if event.get("partition_key") == "lancashire|2020-03"]
    assert len(found) == 1
    (delivery,) = found[0]["extra"].values()
    assert delivery["rows_in_file"] == delivery["rows_accepted"] + delivery["rows_quarantined"] + delivery["rows_duplicate"]


def test_a_build_shows_each_of_its_steps_as_a_task_that_says_what_it_counted(story):
    run = story.home.runs("build_outcomes")[0]["dag_run_id"]
    path = f"/dags/build_outcomes/dagRuns/{urllib.parse.quote(run, safe='')}/taskInstances"
    states = {task["task_id"]: task["state"] for task in story.api.call("GET", path)["task_instances"]}
    assert states == dict.fromkeys(("build", *map(task_id, STEPS)), "success")
    shown = story.api.call("GET", f"{path}/{task_id('marts')}/xcomEntries/return_value")["value"]
    # Those of the first build: a later one passes over what no delivery changed.
    kept = story.home.rows(
        "select status, count(*) from ops.dbt_result where invocation_id = "
        "(select invocation_id from ops.dbt_result where layer = 'marts' order by finished_at limit 1) group by 1"
    )
    assert shown == dict(kept)
    assert set(shown) == {"success", "pass"}


def test_a_file_on_a_partners_server_is_fetched_and_taken_in(story):
    if story.fetched_from is None:
        pytest.skip("no OpenSSH server is installed here (Debian: apt-get install openssh-server)")
    assert story.ledger(FETCHED) == {"2020-04-nwas-incident.synthetic.csv": "accepted"}
    assert story.home.rows("select count(*) > 0 from staging.stg_nwas_incident__incident") == [(True,)]


def test_a_delivery_of_an_unusual_size_waits_for_a_person_and_serves_when_approved(story):
    # The run ends although somebody still has to decide, and what was held serves nothing.
    assert "HELD" in story.printed[1]
    ledger = "select status, held_at is not null, approved_by from ops.submission where file_name like '2020-02-rxl%%'"
    assert story.home.rows(ledger) == [("held", True, None)]
    open_questions = "/dags/approve_held/dagRuns/~/hitlDetails?response_received=false"
    (asked,) = until(lambda: story.api.call("GET", open_questions)["hitl_details"], "the question to a person")
    task = asked["task_instance"]
    assert "half" in asked["body"] or "median" in asked["body"]
    run = urllib.parse.quote(task["dag_run_id"], safe="")
    answer = {"chosen_options": ["Approve"], "params_input": {"name": "Jo Bloggs", "reason": "the supplier says so"}}
    story.api.call("PATCH", f"/dags/approve_held/dagRuns/{run}/taskInstances/one.ask/{task['map_index']}/hitlDetails", answer)
    until(lambda: story.home.rows(ledger)[0][0] == "accepted", "the approved delivery to serve")
    assert story.home.rows(ledger)[0][2] == "Jo Bloggs (signed in as admin)"
    # The other tests look at a home at rest, also those that come after this one in random order.
    until(lambda: BUILT in story.status(), "the build of the approved delivery")
