"""A partner's page: its own figures and deliveries behind its sign-in, and nothing of another, whatever is asked for."""

from __future__ import annotations

import csv
import json
import shutil
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.inbox import Inbox
from tests.made import file_name, rewrite
from tests.ports import free_port
from tests.waiting import LONGEST, until
from tests.warehouses import open_to_readers
from vrn.access import roles, tls
from vrn.feeds.contract import load
from vrn.feeds.period import Period
from vrn.report import partner_pages
from vrn.report.partner_pages import from_warehouse, serve
from vrn.report.partner_pages import pages as writing
from vrn.settings import Settings
from vrn.synthetic import deliveries

pytestmark = pytest.mark.services

# Who sends what under which code; of each a count that stands nowhere else.
SENT = {"bwd": ("yot_kpi", "2019-20-Q4", "bwd"), "bpl": ("yot_kpi", "2019-20-Q4", "bpl"), "lcc": ("yot_kpi", "2019-20-Q4", "lan")}
COUNTS = {"bwd": 1110001, "bpl": 2220002, "lcc": 3330003, "police": 4440004}
INSERT = """
    insert into publish.partner_indicator_value (
        partner, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, count, value, comparison,
        comparison_england, status, is_synthetic
    )
    values (%s, 'S12a', %s, %s, 'all', 'all', 'all', 'all', %s, %s, 'not_compared', 'not_compared', 'ok', true)
"""
POLICE = ("police_crime", "2019-05", "lancashire")


@pytest.fixture
def pages(built_server, inbox: Inbox, owner: psycopg.Connection) -> Path:
    """The pages after a delivery of each partner, one of the police's with a row that is set aside."""
    for feed, period, supplier in SENT.values():
        when = Period.parse(inbox.contract(feed).kind, period)
        contract = load(inbox.settings.contracts / f"{feed}.odcs.yaml", when, supplier)
        inbox.drop(
            feed, file_name(inbox.contract(feed), period, supplier), deliveries.content(contract, when, inbox.places, supplier)
        )
        inbox.take_in(feed)
    feed, period, supplier = POLICE
    spoilt = rewrite(inbox.text(feed, period), lambda number, _: {"ho_code": "999"} if number == 7 else {})
    inbox.drop(feed, file_name(inbox.contract(feed), period, supplier), spoilt)
    (row,) = inbox.take_in(feed)
    assert row["status"] == "accepted"
    for partner, count in COUNTS.items():
        for place, when in enumerate(("2019/20-Q3", "2019/20-Q4")):
            owner.execute(INSERT, [partner, "LANCS-14", when, count - 1 + place, count - 1 + place])
    open_to_readers(inbox.settings)
    return partner_pages.build(inbox.settings)


def everything(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


def test_each_partner_has_its_own_figures_and_deliveries_and_none_of_another(pages, inbox):
    """Issue 16, D: as each partner."""
    partners = roles.partners(inbox.settings)
    assert {path.name for path in pages.iterdir() if path.is_dir()} == set(partners) == set(COUNTS)
    # They are before disclosure control, and git takes none of them out of a home in a working copy.
    assert (pages / ".gitignore").read_text(encoding="utf-8") == "*\n"
    files = {
        row["file_name"]: (row["feed"], row["supplier"])
        for row in inbox.connection.execute("select file_name, feed, supplier from ops.submission")
    }
    for partner in partners:
        told = everything(pages / partner)
        own = set(from_warehouse.supplies(inbox.settings, partner))
        assert {name for name in files if name in told} == {name for name, sent in files.items() if sent in own}, partner
        assert {other for other, count in COUNTS.items() if str(count) in told} == {partner}
        assert f"{COUNTS[partner]:,}" in (pages / partner / "index.html").read_text()
        assert "SYNTHETIC" in told


def test_what_was_set_aside_is_told_with_its_rows_and_why(pages):
    page = (pages / "police" / "index.html").read_text()
    with (pages / "police" / "deliveries.csv").open(newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["rule_code"] == "POL-001")
    assert int(row["rows_quarantined"]) >= 1
    assert row["outcome"] == "record"
    assert "7" in row["row_numbers"].split()
    assert f"POL-001, these rows are set aside, the others serve: {row['message']} Rows {row['row_numbers']}." in page


def test_the_page_shows_the_latest_period_and_the_download_has_all(pages):
    with (pages / "bwd" / "figures.csv").open(newline="") as file:
        counts = [row["count"] for row in csv.DictReader(file) if row["count"]]
    assert counts == [str(COUNTS["bwd"] - 1), str(COUNTS["bwd"])]
    page = (pages / "bwd" / "index.html").read_text()
    assert f"{COUNTS['bwd']:,}" in page
    assert f"{COUNTS['bwd'] - 1:,}" not in page


def figure(period: str, kind: str | None, value: float | None = 1.0, **other) -> dict:
    known = {"indicator_id": "V08", "indicator_name": "Knife crime", "unit": "per 1,000", "feeds": "police_crime", "area_code": "A"}
    cell = dict.fromkeys(("sex", "age_band", "ethnicity", "imd_quintile"), "all")
    beside = {"area_name": "An area", "count": 1, "denominator": 1, "lower_ci_95": None, "upper_ci_95": None, "trend": None}
    status = {"status": "ok" if value is not None else "no_denominator", "is_synthetic": False}
    return (
        known | cell | beside | status | {"period_id": period, "period_label": period, "period_type": kind, "value": value} | other
    )


def delivery(feed: str) -> from_warehouse.Delivery:
    empty = dict.fromkeys((*writing.DELIVERY_COLUMNS, "is_synthetic"))
    said = {"feed": feed, "feed_name": feed, "file_name": "a.csv", "status": "accepted", "reason": "", "submission_id": 1}
    return from_warehouse.Delivery(empty | said | {"received_at": datetime(2020, 8, 1)}, ())


def written(tmp_path: Path, figures: list[dict], *feeds: str) -> str:
    state = from_warehouse.State(datetime(2020, 8, 25), None, "2020-08-25", None)
    writing.write(tmp_path / "page", "A council", state, figures, [delivery(feed) for feed in feeds])
    return (tmp_path / "page/index.html").read_text(encoding="utf-8")


def test_a_year_leads_where_a_later_quarter_has_a_figure_too_as_on_the_site(tmp_path):
    """Issue 16, D: the police read 0.419 of a quarter beside the site's 2.14 of a year, under the same unit."""
    years = [figure("2018/19", "financial_year", 3.0), figure("2019/20", "financial_year", 2.14)]
    page = written(tmp_path, [*years, figure("2020/21-Q1", "quarter", 0.419), figure("2020/21", "financial_year", None)])
    assert "Knife crime: 2.14 per 1,000 (An area, 2019/20)" in page
    assert "0.419" not in page
    assert "0.419" in (tmp_path / "page/figures.csv").read_text(encoding="utf-8")


def test_a_period_that_no_release_has_yet_serves_where_no_other_has_a_figure(tmp_path):
    page = written(tmp_path, [figure("2018/19", None, 3.0), figure("2019/20", None, 2.0)])
    assert "(An area, 2019/20)" in page


def test_a_count_is_not_followed_by_the_word_count(tmp_path):
    counted = figure("2019/20", "financial_year", 3.0, unit="count", count=3, denominator=None)
    assert "Knife crime: 3 (An area, 2019/20)" in written(tmp_path, [counted])


def test_beside_a_feed_stands_which_figures_are_made_of_it_or_why_none_is(tmp_path):
    """Issue 16, D: a council's seven youth-justice deliveries had no figure, and nothing said why."""
    figures = [figure("2019/20", "financial_year"), figure("2019/20", "financial_year", None, indicator_id="V09")]
    page = written(tmp_path, figures, "police_crime", "yot_caseload")
    assert "Your figures of it: V08. Without a figure yet: V09 (nothing to divide by)." in page
    assert page.count("None of the figures on this page is made of it") == 1


def test_the_page_says_of_when_it_is_and_of_which_build(pages, inbox, owner):
    """Issue 16, D: it said nothing of its day, and is made anew by a release alone in a deployment."""
    now = owner.execute("select now() at time zone 'Europe/London' as now").fetchone()["now"]
    built = owner.execute(
        "select max(finished_at) at time zone 'Europe/London' as built from ops.step where step = 'dbt publish'"
    ).fetchone()["built"]
    page = (pages / "bwd" / "index.html").read_text()
    assert f"This page was made on {now.day} {now:%B %Y}, " in page
    assert f"those of the build of {built.day} {built:%B %Y}, {built:%H:%M}" in page
    assert "with the names of the release" not in page


def test_a_build_makes_the_pages_anew_where_it_may_sign_in_as_the_partners_and_elsewhere_leaves_them(
    pages, inbox, tmp_path, monkeypatch
):
    """Issue 16, D: only a release did. In a deployment the process that builds has no partner's password."""
    file = pages / "bwd" / "index.html"
    file.write_text("old")
    given, kept = inbox.settings.secrets, tmp_path / "secrets"
    shutil.copytree(given, kept)
    (kept / "password_vrn_analyst_police").unlink()
    monkeypatch.setenv("VRN_SECRETS", str(kept))
    assert partner_pages.refresh(Settings()) is None
    assert file.read_text() == "old"
    monkeypatch.setenv("VRN_SECRETS", str(given))
    # A build does not wait for pages that nobody ever made.
    aside = pages.rename(pages.with_name("aside"))
    assert partner_pages.refresh(Settings()) is None
    assert not pages.exists()
    aside.rename(pages)
    assert partner_pages.refresh(Settings()) == pages
    assert f"{COUNTS['bwd']:,}" in file.read_text()


def test_pages_are_readable_by_their_owner_alone(pages):
    assert {path.stat().st_mode & 0o077 for path in (pages, *pages.rglob("*"))} == {0}


# --- The sign-in ---


@pytest.fixture(scope="module")
def secrets(tmp_path_factory) -> Path:
    """The folder of secrets that the service was given; a partner that is new has a password and no page yet.

    It lies in a home of its own, because the other tests' home has its secrets where VRN_SECRETS says.
    """
    folder = tmp_path_factory.mktemp("served") / "secrets"
    folder.mkdir()
    for partner, password in {"bwd": "right", "bpl": "other", "new": "no pages yet"}.items():
        (folder / f"password_vrn_analyst_{partner}").write_text(password)
    return folder


@pytest.fixture(scope="module")
def client(secrets) -> Iterator[httpx.Client]:
    """A browser before the real server with a certificate, as a deployment has it."""
    home = secrets.parent
    for partner in ("bwd", "bpl"):
        (home / "partner_pages" / partner).mkdir(parents=True)
        (home / "partner_pages" / partner / "index.html").write_text(f"the page of {partner}")
    (home / "secret").write_text("of nobody")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("VRN_SECRETS", "VRN_PARTNERS"):
            patch.delenv(variable, raising=False)
        settings, port = Settings(home=home), free_port()
        tls.ensure(settings)
        server = serve.server(settings, port, "127.0.0.1")
        running = threading.Thread(target=server.run)
        running.start()
        try:
            until(lambda: server.started, "the server of the partners' pages")
            trust = ssl.create_default_context(cafile=secrets / tls.CA_CERTIFICATE)
            with httpx.Client(base_url=f"https://localhost:{port}", verify=trust, timeout=LONGEST) as one:
                one.page_log = settings.page_log
                yield one
        finally:
            server.should_exit = True
            running.join(LONGEST)


def test_who_signs_in_gets_the_page_of_the_own_partner_and_it_is_kept_nowhere(client):
    answer = client.get("/", auth=("bwd", "right"))
    assert (answer.status_code, answer.text) == (200, "the page of bwd")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get("/index.html", auth=("bpl", "other")).text == "the page of bpl"


@pytest.mark.parametrize(
    "auth",
    [None, ("bwd", "wrong"), ("bwd", ""), ("bwd", "other"), ("nobody", "right"), ("", ""), ("../bwd", "right"), ("bwd", "rïght")],
)
def test_nobody_else_gets_any(client, auth):
    answer = client.get("/", auth=auth)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "page of" not in answer.text


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /w==", "Bearer YndkOnJpZ2h0"])
def test_a_sign_in_that_cannot_be_read_is_none(client, header):
    assert client.get("/", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/../bpl/index.html", "/%2e%2e/bpl/index.html", "/bpl/index.html", "/..%2f..%2fsecret", "//etc/passwd", "/no"]
)
def test_no_address_leads_out_of_the_own_folder(client, path):
    answer = client.get(path, auth=("bwd", "right"))
    assert answer.status_code == 404
    assert "of bpl" not in answer.text


def test_another_method_and_an_address_that_is_none_are_refused_and_no_error_of_the_server(client):
    assert client.post("/", auth=("bwd", "right")).status_code == 405
    assert client.get("/%00", auth=("bwd", "right")).status_code == 404


def test_a_partner_without_pages_is_told_so(client):
    assert client.get("/", auth=("new", "no pages yet")).status_code == 404


def test_a_password_goes_over_tls_or_not_at_all_and_one_that_is_replaced_opens_nothing(client, secrets):
    file = secrets / "password_vrn_analyst_bwd"
    try:
        file.write_text("another")
        assert client.get("/", auth=("bwd", "right")).status_code == 401
        assert client.get("/", auth=("bwd", "another")).status_code == 200
    finally:
        file.write_text("right")
    with pytest.raises(httpx.TransportError):
        httpx.get(str(client.base_url).replace("https", "http"), auth=("bwd", "right"), timeout=LONGEST)


def logged(client) -> list[tuple]:
    lines = [json.loads(line) for path in client.page_log.glob("*.json") for line in path.read_text().splitlines()]
    return [(line["user"], line["remote_host"], line["page"], line["outcome"]) for line in lines]


def test_who_reads_which_page_and_who_may_not_is_written_down_and_no_password_is(client):
    """Issue 16, D: reads of partners' pages were recorded nowhere."""
    before = len(logged(client))
    client.get("/", auth=("bwd", "right"))
    client.get("/index.html", auth=("bpl", "other"))
    client.get("/", auth=("bwd", "wrong"))
    # A password in the place of the name is nobody's.
    client.get("/", auth=("right", "bwd"))
    client.get("/no", auth=("bwd", "right"))
    assert logged(client)[before:] == [
        ("vrn_analyst_bwd", "127.0.0.1", "bwd/index.html", "read"),
        ("vrn_analyst_bpl", "127.0.0.1", "bpl/index.html", "read"),
        ("vrn_analyst_bwd", "127.0.0.1", "", "refused"),
    ]
    (path,) = client.page_log.glob("*.json")
    assert path.stat().st_mode & 0o077 == 0


def test_a_page_whose_reading_cannot_be_written_down_is_not_given(client):
    # The first page that is given makes the folder.
    assert client.get("/", auth=("bwd", "right")).status_code == 200
    kept = client.page_log.rename(client.page_log.with_name("kept"))
    try:
        client.page_log.write_text("no folder")
        answer = client.get("/", auth=("bwd", "right"))
        assert (answer.status_code, "page of" in answer.text) == (503, False)
    finally:
        client.page_log.unlink()
        kept.rename(client.page_log)
    assert client.get("/", auth=("bwd", "right")).status_code == 200
