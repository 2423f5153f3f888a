"""docs/adding-a-feed.md taken at its word: its code blocks, and nothing else, add a partner. No Python changes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import yaml
from rich.console import Console

from tests.dags.test_policy import PARSE
from tests.inbox import Inbox
from tests.warehouses import copy_of
from vrn import __main__ as commands
from vrn.build import steps as build
from vrn.feeds import breaches, days
from vrn.feeds import contract as contracts
from vrn.feeds import shown as feeds
from vrn.feeds.period import ANY_PERIOD
from vrn.ledger import findings
from vrn.report import headline
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

PAGE = REPOSITORY / "docs" / "adding-a-feed.md"
INDICATOR_PAGE = REPOSITORY / "docs" / "adding-an-indicator.md"
FEED = "nwas_incident"
FEED_FILE = f"expectations/{FEED}.odcs.yaml"
MODEL = f"stg_{FEED}__incident"
# A block whose first line is a comment with a path is a file.
BLOCK = re.compile(r"```(?:yaml|sql)\n(?:#|--) ([^\n]+)\n(.*?)```", re.DOTALL)


def page() -> dict[str, str]:
    """The files of both pages, by path: those of the feed, and those of an indicator of it."""
    return dict(block for one in (PAGE, INDICATOR_PAGE) for block in BLOCK.findall(one.read_text(encoding="utf-8")))


# The line that the page on indicators adds to the list of those that are counted.
LINE = re.compile(r"```jinja\n([^\n]+\n)```")
COUNTED = "{%- set counted = [\n"


def write_page(folder: Path) -> None:
    """A copy of the feed files and of the dbt project, with what the page adds to them."""
    left_out = shutil.ignore_patterns("target", "logs", "dbt_packages")
    for name in ("expectations", "dbt_project"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=left_out)
    for path, text in page().items():
        if path.startswith(("expectations/", "dbt_project/")):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    counts = folder / "dbt_project" / "models" / "counts" / "indicator_count.sql"
    (line,) = LINE.findall(INDICATOR_PAGE.read_text(encoding="utf-8"))
    text = counts.read_text(encoding="utf-8")
    assert text.count(COUNTED) == 1
    counts.write_text(text.replace(COUNTED, COUNTED + line), encoding="utf-8")


@pytest.fixture
def partner(inbox: Inbox, tmp_path: Path, monkeypatch) -> Inbox:
    """A home whose feeds are those of the repository and the page's."""
    write_page(tmp_path / "code")
    monkeypatch.setenv("VRN_CONTRACTS", str(tmp_path / "code" / "expectations"))
    monkeypatch.setenv("VRN_DBT_PROJECT", str(tmp_path / "code" / "dbt_project"))
    deliveries.write_postcodes(inbox.settings, inbox.places)
    return inbox


def feed_file(settings: Settings) -> Path:
    return settings.contracts / f"{FEED}.odcs.yaml"


def code() -> Iterator[Path]:
    for folder in ("plugins", "dags"):
        yield from (path for path in sorted((REPOSITORY / folder).rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def digest() -> str:
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in code())).hexdigest()


def send(partner: Inbox, name: str) -> dict:
    """A delivery under a name, taken in; its row of the ledger."""
    contract = partner.contract(FEED, "2020-04")
    partner.drop(FEED, name, deliveries.content(contract, ANY_PERIOD, partner.places))
    (row,) = partner.take_in(FEED)
    return row


def test_the_feed_file_of_the_page_passes_make_check_with_the_line_that_the_page_shows(partner, capsys):
    assert commands.main(["check"]) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(FEED))
    assert f"\n{told}\n" in PAGE.read_text(encoding="utf-8")


@dataclass
class Built:
    """A home to which the page's partner came and which was built: its owner's connection and what was taken in."""

    settings: Settings
    owner: psycopg.Connection
    sent: list[Path]
    rows: list[dict]
    code_before: str


@pytest.fixture(scope="module")
def built(built_server, places, tmp_path_factory) -> Iterator[Built]:
    """Only what the pages add is new to the warehouse; whatever else is built before the first delivery is there."""
    with pytest.MonkeyPatch.context() as patch:
        before, code_ = digest(), tmp_path_factory.mktemp("code")
        write_page(code_)
        patch.setenv("VRN_CONTRACTS", str(code_ / "expectations"))
        patch.setenv("VRN_DBT_PROJECT", str(code_ / "dbt_project"))
        with copy_of(built_server, tmp_path_factory.mktemp("partner"), patch, "built") as settings:
            deliveries.write_postcodes(settings, places)
            with connect(settings, OWNER, autocommit=True) as owner, connect(settings, autocommit=True) as loader:
                sent = list(deliveries.write_feed(feed_file(settings), settings.inbox, places))
                rows = Inbox(settings, loader, places).take_in(FEED)
                build.everything()
                yield Built(settings, owner, sent, rows, before)


def test_its_synthetic_deliveries_serve_in_its_staging_model_and_no_code_was_changed(built):
    found = built.owner.execute(f"select * from staging.{MODEL}").fetchall()

    assert [row["status"] for row in built.rows] == ["accepted"] * len(built.sent) == ["accepted"] * 3
    assert len(found) == sum(row["rows_in_file"] for row in built.rows) > 300
    assert {len(one["incident_id"]) for one in found} == {36}
    assert all(12 <= one["age"] <= 80 and one["scene_lsoa_code"].startswith("E01") for one in found)
    assert {one["called_local_at"].month for one in found} == {4, 5, 6}
    assert {len(one["patient_id"]) for one in found if one["patient_id"]} == {36}
    assert "crew_notes" not in found[0]
    labels = built.owner.execute("select label from ops.code_label where feed = %s and code = '27'", [FEED]).fetchall()
    assert labels == [{"label": "Stab, gunshot or penetrating trauma"}]
    assert digest() == built.code_before


def test_its_indicator_has_figures_beside_all_others_by_the_files_of_the_second_page_alone(built):
    """Issue 14, point 10: both pages word for word, down to the figure and the table at the end of `make run`."""
    owner = built.owner
    staged = owner.execute(f"select count(*) as rows from staging.{MODEL} where scene_lsoa_code is not null").fetchone()["rows"]
    counted = owner.execute(
        "select sum(numerator) as patients from marts.fct_indicator_value where indicator_id = 'V90' and status = 'ok' "
        "and area_code = 'LANCS-14' and period_id in ('2020-04', '2020-05', '2020-06') "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
    ).fetchone()["patients"]
    assert counted == staged > 300
    screen = io.StringIO()
    headline.show(built.settings, owner, Console(file=screen, width=130))
    assert "V90" in screen.getvalue()
    assert "Ambulance incidents" in screen.getvalue()
    assert "Not in this table" not in screen.getvalue()
    assert digest() == built.code_before


def test_no_code_knows_the_partner():
    assert [path for path in code() if path.suffix == ".py" and "nwas" in path.read_text(encoding="utf-8").lower()] == []


def test_airflow_has_its_dag_as_soon_as_the_feed_file_is_there(partner, tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/none.db",
    }
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(REPOSITORY / "dags" / "ingest.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert lines, done.stderr[-2000:]
    parsed = json.loads(lines[-1].removeprefix("RESULT"))
    assert parsed["errors"] == {}
    dag = parsed["dags"][f"ingest__{FEED}"]
    assert {"register", "deliveries.stage", "deliveries.gate", "deliveries.accept"} <= dag["tasks"].keys()
    assert "attended in Lancashire" in dag["description"]


def test_nothing_of_a_real_delivery_is_kept_before_the_agreement_is_registered(partner):
    row = send(partner, "2020-04-nwas-incident.csv")
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-008")
    assert (partner.settings.inbox / FEED / "refused" / "2020-04-nwas-incident.csv").exists()
    assert not any(partner.settings.landing.rglob("*.sealed"))


def test_with_the_agreement_of_the_page_it_is_taken_in_and_the_supplier_gets_a_message(partner):
    today = days.today()
    (entry,) = yaml.safe_load(page()["$VRN_HOME/agreements.yaml"])
    span = {"valid_from": today - timedelta(days=1), "valid_to": today + timedelta(days=1)}
    partner.settings.agreements.write_text(yaml.safe_dump([entry | span]), encoding="utf-8")
    row = send(partner, "2020-04-nwas-incident.csv")
    message = partner.settings.messages / FEED / "nwas" / f"{row['submission_id']:06d}-accepted.csv"
    assert (row["status"], row["agreement_id"]) == ("accepted", "LVRN-DSA-021")
    assert f"{row['rows_accepted']:,} rows serve" in message.read_text(encoding="utf-8")


def test_the_agreement_of_the_page_names_every_column_of_the_feed_file_and_no_other(partner):
    (entry,) = yaml.safe_load(page()["$VRN_HOME/agreements.yaml"])
    assert sorted(entry["fields"]) == sorted(partner.contract(FEED).fields)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Incident Number", "", "AMB-010"),
        ("Call Date", "01/05/2020", "AMB-012"),
        ("Call Time", "quarter to three", "AMB-013"),
        ("Chief Complaint", "99", "AMB-014"),
        ("NHS Number", "9990000000", "AMB-004"),
        ("Date of Birth", "unknown", "GEN-006"),
    ],
)
def test_each_rule_of_the_page_finds_what_it_says(partner, column, value, rule):
    contract = partner.contract(FEED, "2020-04")
    lines = deliveries.content(contract, ANY_PERIOD, partner.places).decode().splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index(column)] = value
    partner.drop(FEED, "2020-04-nwas-incident.synthetic.csv", "\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    (row,) = partner.take_in(FEED)
    said = {one["rule_code"]: one["row_numbers"] for one in findings.of(partner.connection, row["submission_id"])}
    assert row["status"] == "accepted"
    assert said.get(rule) == [2]


def said_of(partner: Inbox, *changed: dict[str, str]) -> dict[str, dict]:
    """What is said of a synthetic delivery whose first rows have other cells, by rule."""
    lines = deliveries.content(partner.contract(FEED, "2020-04"), ANY_PERIOD, partner.places).decode().splitlines()
    names = lines[0].split(",")
    for number, cells in enumerate(changed, start=1):
        row = dict(zip(names, lines[number].split(","), strict=True)) | cells
        lines[number] = ",".join(row.values())
    partner.drop(FEED, "2020-04-nwas-incident.synthetic.csv", "\n".join(lines) + "\n")
    (row,) = partner.take_in(FEED)
    assert row["status"] == "accepted"
    return {one["rule_code"]: one for one in findings.of(partner.connection, row["submission_id"])}


@pytest.mark.parametrize("day", ["31/02/2020", "yesterday"])
def test_an_impossible_day_is_said_once_with_its_column_and_never_that_it_is_missing(partner, day):
    """Issue 14, point 10: of two sentences one was untrue and the other named no column."""
    said = said_of(partner, {"Call Date": day}, {"Call Date": ""})
    assert said["GEN-006"]["row_numbers"] == [2]
    assert "Cells by column: 'Call Date' (1, to be written as dd/MM/yyyy)." in said["GEN-006"]["message"]
    # The day that is missing is said of the row in which it is missing.
    assert said["AMB-011"]["row_numbers"] == [3]


def test_where_every_blank_is_a_cell_that_could_not_be_read_no_rule_says_that_it_is_blank(partner):
    assert "AMB-011" not in said_of(partner, {"Call Date": "31/02/2020"})


def test_rows_of_one_key_that_differ_are_said_with_their_numbers_and_those_alike_are_one(partner):
    """Issue 14, point 10: they were counted twice, and nobody was told."""
    same = {"Incident Number": "A1", "Call Date": "03/04/2020", "Call Time": "12:00", "Outcome": "treated", "Conveyed To": ""}
    same |= {"Chief Complaint": "4", "Scene Postcode": "", "NHS Number": "", "Date of Birth": "", "Crew Notes": ""}
    other = {"Incident Number": "A2"}
    said = said_of(partner, same | other, same | other, same, same | {"Chief Complaint": "27"})
    assert said["GEN-031"]["row_numbers"] == [4, 5]
    assert said["GEN-031"]["message"].startswith("Rows have the same 'Incident Number' and differ in another column.")


def test_the_message_to_a_supplier_says_once_why_a_file_is_refused_and_in_the_words_of_the_file(partner):
    """Issue 14, point 10: GEN-008 told the supplier twice to change the feed file, and named `incident.outcome`."""
    today = days.today()
    (entry,) = yaml.safe_load(page()["$VRN_HOME/agreements.yaml"])
    entry |= {
        "valid_from": today - timedelta(days=1),
        "valid_to": today + timedelta(days=1),
        "fields": sorted(set(entry["fields"]) - {"incident.conveyed_to"}),
    }
    partner.settings.agreements.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    row = send(partner, "2020-04-nwas-incident.csv")
    (path,) = (partner.settings.messages / FEED / "nwas").glob("*-refused.csv")
    text = path.read_text(encoding="utf-8")
    assert row["status_reason"].startswith("GEN-008")
    assert text.count("does not cover") == 1
    assert "'Conveyed To'" in text
    assert "incident.conveyed_to" not in text
    assert "feed file" not in text
    assert "GEN-008,the whole file is refused" in text


def test_with_the_server_of_the_page_the_feed_is_asked_for_and_not_waited_for(partner):
    path = feed_file(partner.settings)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["servers"] = yaml.safe_load(page()[f"servers of {FEED_FILE}"])
    assert breaches.found(document) == []
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    remote = contracts.load(path, ANY_PERIOD).remote
    (listed,) = feeds.listed(partner.settings.contracts, dag_id=f"ingest__{FEED}")
    assert listed.poll == "15 * * * *"
    assert {"kind": "sftp", "connection": "nwas", "remotePath": "/outgoing", "checksum": "sha256"}.items() <= remote.items()
