"""A delivery from the inbox to raw: what is accepted, what is refused with which sentence, and what never changes."""

from __future__ import annotations

import errno
import gzip
import os
import threading
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from tests import waiting
from tests.conftest import FEEDS
from tests.kills import Killed, killed_at
from tests.made import spoil
from tests.submissions import empty_ledger
from vrn.accept import serving
from vrn.errors import VrnError
from vrn.gate import data_docs
from vrn.gate.listing import Listing
from vrn.ledger import findings
from vrn.ledger import store as ledger
from vrn.receive import landing
from vrn.run import ingest
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse import locks
from vrn.warehouse.connection import connect

STREET, SEARCH = FEEDS
NAME = "2020-02-lancashire-street.synthetic.csv"


def only(rows: list[dict]) -> dict:
    assert len(rows) == 1
    return rows[0]


def said(inbox, row: dict) -> str:
    return " ".join(
        f"{message['message']} Row {message['row_numbers']}" for message in findings.of(inbox.connection, row["submission_id"])
    )


@pytest.mark.parametrize("feed", FEEDS)
def test_a_good_delivery_is_accepted_and_every_row_is_accounted_for(inbox, feed):
    text = inbox.text(feed, "2020-02")
    name = NAME if feed == STREET else "2020-02-lancashire-stop-and-search.synthetic.csv"
    inbox.drop(feed, name, text)
    row = only(inbox.take_in(feed))
    assert row["status"] == "accepted"
    assert row["rows_in_file"] == text.count("\n") - 1
    assert row["rows_in_file"] == row["rows_accepted"] + row["rows_quarantined"] + row["rows_duplicate"]
    assert row["is_synthetic"]


@pytest.mark.parametrize("is_large", [False, True], ids=["of a small table", "of a large one"])
def test_bad_rows_go_to_quarantine_with_every_code_they_broke_and_the_rest_goes_on(inbox, monkeypatch, is_large):
    monkeypatch.setattr(raw, "asking_whether_large", lambda _: f"select {is_large} as is_large")
    lines = inbox.text(STREET, "2020-02").splitlines()
    lines[3] = lines[3].replace("2020-02", "2020-01").replace("Lancashire Constabulary,", "Kent Police,")
    lines[3] = lines[3].replace("Kent Police,Kent Police", "Lancashire Constabulary,Kent Police")
    inbox.drop(STREET, NAME, "\n".join(lines) + "\n")
    row = only(inbox.take_in(STREET))
    kept = inbox.connection.execute("select * from quarantine.police_street_crime__crime").fetchall()
    assert (row["status"], row["rows_quarantined"]) == ("accepted", 1)
    assert [(one["row_number"], one["rule_codes"]) for one in kept] == [(4, ["PSC-002", "PSC-004"])]
    assert "Row [4]" in said(inbox, row)


def test_rows_are_set_aside_by_the_rules_that_judged_them_though_the_feed_file_has_others_by_then(inbox):
    lines = inbox.text(STREET, "2020-02").splitlines()
    lines[3] = lines[3].replace("2020-02", "2020-01")
    inbox.drop(STREET, NAME, "\n".join(lines) + "\n")
    (batch,) = ingest.take_in(STREET)
    for step in ("stage", "gate"):
        ingest.each(step, batch)
    contract = inbox.contract(STREET)
    others = replace(contract, entities=tuple(replace(entity, rules=()) for entity in contract.entities))
    serving.accept(inbox.connection, ledger.get(inbox.connection, batch[0]), others, "synthetic")
    done = ledger.find(inbox.connection, batch[0])
    assert (done["status"], done["rows_quarantined"]) == ("accepted", 1)


def test_however_many_rows_are_listed_where_they_lie_is_looked_for_by_several_processes(inbox):
    """As of ten million rows, where one process looked (issue 17, point 1)."""
    own, hits = sql.Identifier("raw", "own"), sql.Identifier("raw", "hits")
    with inbox.connection.transaction(force_rollback=True):
        inbox.connection.execute("create table raw.own as select n as row_number from generate_series(1, 200000) as n")
        inbox.connection.execute(
            "create table raw.hits as select n as row_number, case when n % 100 = 0 then 'PSC-008' else 'PSC-011' end as rule_code "
            "from generate_series(1, 200000) as n"
        )
        inbox.connection.execute("analyze raw.own, raw.hits")
        for setting in ("min_parallel_table_scan_size", "parallel_setup_cost"):
            inbox.connection.execute(f"set local {setting} = 0".encode())
        plan = inbox.connection.execute(sql.SQL("explain {}").format(serving.rows_set_aside(own, hits, ["PSC-008"]))).fetchall()
    assert any("Parallel Seq Scan on own" in row["QUERY PLAN"] for row in plan)


def test_rows_alike_in_every_column_are_one_crime_but_incidents_without_an_id_are_each_their_own(inbox):
    lines = inbox.text(STREET, "2020-02").splitlines()
    crime = next(line for line in lines[1:] if not line.startswith(","))
    incident = next(line for line in lines[1:] if line.startswith(","))
    inbox.drop(STREET, NAME, "\n".join([*lines, crime, incident]) + "\n")
    row = only(inbox.take_in(STREET))
    assert (row["rows_duplicate"], row["rows_accepted"]) == (1, len(lines))


@pytest.mark.parametrize("is_as_judged", [True, False], ids=["as it was judged by", "changed since"])
def test_rows_alike_are_sought_among_those_that_the_gate_listed_if_the_feed_file_is(inbox, is_as_judged):
    lines = inbox.text(STREET, "2020-02").splitlines()
    crime = next(line for line in lines[1:] if not line.startswith(","))
    inbox.drop(STREET, NAME, "\n".join([*lines, crime]) + "\n")
    batch = ingest.take_in(STREET)[0]
    for step in ("stage", "gate"):
        ingest.each(step, batch)
    # Nobody empties the list: with it empty is seen who reads it.
    inbox.connection.execute(f'delete from raw."police_street_crime__crime__s{batch[0]:06d}__hits"'.encode())
    if not is_as_judged:
        inbox.connection.execute("update ops.submission set contract_sha256 = 'of another'")
    ingest.each("accept", batch)
    assert only(ledger.describe(inbox.connection, batch))["rows_duplicate"] == (0 if is_as_judged else 1)


BAD_FILES = {
    "of another force, by its name": ("2020-02-leicestershire-street.csv", lambda text: text, "GEN-015", "leicestershire"),
    "of another force, by its rows": (
        NAME,
        lambda text: text.replace("Lancashire Constabulary", "Leicestershire Police"),
        "PSC-016",
        "another force",
    ),
    "cut off within a row": (NAME, lambda text: text[: len(text) // 2 - 7], "GEN-01", "cut off"),
    "cut off before the last line break": (NAME, lambda text: text.rstrip("\n"), "GEN-012", "cut off"),
    "with a renamed column": (
        NAME,
        lambda text: text.replace("Crime type", "Crime category", 1),
        "GEN-001",
        "'Crime type' is missing",
    ),
    "with a column too many": (
        NAME,
        lambda text: "Surname," + text.replace("\n", "\nx,"),
        "GEN-001",
        "the heading of column 1 is not one of the contract",
    ),
    "of zero bytes": (NAME, lambda text: "", "GEN-013", "0 bytes"),
    "with a header and nothing else": (NAME, lambda text: text.splitlines()[0] + "\n", "PSC-001", "no rows"),
    "that is no text": (NAME, lambda text: bytes(range(256)) * 40, "GEN-002", "Save it as UTF-8"),
    "named after nothing": ("crimes final v2.csv", lambda text: text, "GEN-014", "2020-04-lancashire-street.csv"),
    "of a month that is none": ("2020-13-lancashire-street.synthetic.csv", lambda text: text, "GEN-014", "month"),
    "gzipped and cut off": (NAME + ".gz", lambda text: gzip.compress(text.encode())[:-900], "GEN-010", "cut off"),
    "that unpacks without end": (
        NAME + ".gz",
        lambda text: gzip.compress((text.splitlines()[0] + "\n" + text.splitlines()[1] * 1000 + "\n" * 9_000_000).encode()),
        "GEN-010",
        "not read further",
    ),
    "with an open quotation mark": (NAME, lambda text: text.replace("On or near", '"On or near', 1), "GEN-01", "quotation"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence_and_nothing_else_changes(inbox, kind):
    name, damage, rule, words = BAD_FILES[kind]
    inbox.drop(STREET, "2020-01-lancashire-street.synthetic.csv", inbox.text(STREET, "2020-01"))
    inbox.take_in(STREET)
    before = inbox.tables()
    path = inbox.drop(STREET, name, damage(inbox.text(STREET, "2020-02")))
    content = path.read_bytes()
    row = only(inbox.take_in(STREET))
    after = inbox.tables()
    assert row["status"] == "refused"
    assert row["status_reason"].startswith(rule)
    assert words in said(inbox, row)
    assert {name: rows for name, rows in after.items() if name.startswith(("raw", "quarantine"))} == {
        name: rows for name, rows in before.items() if name.startswith(("raw", "quarantine"))
    }
    # Nothing is lost: the original waits in the landing zone.
    assert landing.original(inbox.settings, row["submission_id"], row["file_name"]).opened().read() == content


def test_a_file_in_the_windows_character_set_is_read_and_warned_of(inbox):
    text = spoil(inbox.text(STREET, "2020-02"), {2: {"Last outcome category": "Sent to St John’s Café"}})
    inbox.drop(STREET, NAME, text.encode("cp1252"))
    row = only(inbox.take_in(STREET))
    outcomes = inbox.connection.execute("select distinct last_outcome_category from raw.police_street_crime__crime").fetchall()
    assert row["status"] == "accepted"
    assert {"last_outcome_category": "Sent to St John’s Café"} in outcomes
    assert "cp1252" in said(inbox, row)


@pytest.mark.parametrize(
    "form",
    [
        lambda text: gzip.compress(text.encode()),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["gzipped", "with a byte order mark", "with Windows line ends"],
)
def test_a_file_in_another_wrapping_gives_the_same_rows(inbox, form):
    text = inbox.text(STREET, "2020-02")
    inbox.drop(STREET, NAME + ".gz" if form(text)[:2] == b"\x1f\x8b" else NAME, form(text))
    row = only(inbox.take_in(STREET))
    assert (row["status"], row["rows_accepted"]) == ("accepted", text.count("\n") - 1)


def test_the_same_bytes_again_are_a_visible_no_op(inbox):
    text = inbox.text(STREET, "2020-02")
    inbox.drop(STREET, NAME, text)
    first = only(inbox.take_in(STREET))
    before = inbox.tables()
    inbox.drop(STREET, NAME, text)
    second = only(inbox.take_in(STREET))
    after = inbox.tables()
    assert second["status"] == "duplicate"
    assert f"submission {first['submission_id']}" in said(inbox, second)
    assert {key: rows for key, rows in after.items() if "." in key} == {key: rows for key, rows in before.items() if "." in key}


def test_a_restated_month_supersedes_the_older_one_without_losing_it(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    first = only(inbox.take_in(STREET))
    inbox.drop(STREET, NAME, "\n".join(inbox.text(STREET, "2020-02").splitlines()[:-5]) + "\n")
    second = only(inbox.take_in(STREET))
    first = only(ledger.describe(inbox.connection, [first["submission_id"]]))
    assert (first["status"], first["superseded_by"], second["status"]) == ("superseded", second["submission_id"], "accepted")
    counts = inbox.connection.execute(
        "select submission_id, count(*) as rows from raw.police_street_crime__crime group by 1 order by 1"
    ).fetchall()
    assert [one["rows"] for one in counts] == [first["rows_accepted"], second["rows_accepted"]]


def test_an_older_extract_that_comes_late_goes_into_history_and_serves_nobody(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    first = only(inbox.take_in(STREET))
    inbox.drop(STREET, NAME, "\n".join(inbox.text(STREET, "2020-02").splitlines()[:-5]) + "\n")
    batches = ingest.take_in(STREET)
    inbox.connection.execute(
        "update ops.submission set extract_as_at = extract_as_at - interval '1 year' where submission_id = %s", [batches[0][0]]
    )
    for step in ("stage", "gate", "accept"):
        ingest.each(step, batches[0])
    rows = ledger.describe(inbox.connection, [first["submission_id"], batches[0][0]])
    assert [row["status"] for row in rows] == ["accepted", "superseded"]


def test_real_and_synthetic_deliveries_of_a_feed_never_mix(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    inbox.take_in(STREET)
    inbox.drop(STREET, "2020-03-lancashire-street.csv", inbox.text(STREET, "2020-03"))
    row = only(inbox.take_in(STREET))
    assert row["status"] == "refused"
    assert "clean home" in said(inbox, row)


def test_one_refused_file_never_holds_up_the_others(inbox):
    for month in ("2020-01", "2020-02", "2020-03"):
        text = inbox.text(STREET, month)
        inbox.drop(STREET, f"{month}-lancashire-street.synthetic.csv", text if month != "2020-02" else text[:5000])
    assert [row["status"] for row in inbox.take_in(STREET)] == ["accepted", "refused", "accepted"]


@pytest.mark.parametrize(
    "place",
    [
        "vrn.receive.landing.take",
        "vrn.stage.staging._block",
        "vrn.ledger.moves.staged",
        "vrn.gate.listing._rows_that_break_any",
        "vrn.gate.judging.keep",
        "vrn.gate.step._enforce",
        "vrn.gate.step._write_docs",
        "vrn.accept.serving._quarantine",
        "vrn.accept.identical.drop",
        "vrn.ledger.moves.accept",
        "vrn.ledger.store.mark_reported",
    ],
)
def test_a_run_killed_anywhere_and_run_again_leaves_the_tables_of_one_clean_run(inbox, owner, place):
    lines = inbox.text(STREET, "2020-02").splitlines()
    lines[3] = lines[3].replace("2020-02", "2020-01")
    text = "\n".join([*lines, next(line for line in lines[1:] if not line.startswith(","))]) + "\n"

    inbox.drop(STREET, NAME, text)
    with pytest.raises(Killed), killed_at(place):
        inbox.take_in(STREET)
    inbox.take_in(STREET)
    after_the_kill = inbox.tables()
    assert after_the_kill["ledger"][0]["status"] == "accepted"

    # The clean run, in the same warehouse emptied.
    inbox.connection.execute("drop table raw.police_street_crime__crime cascade")
    inbox.connection.execute("drop table quarantine.police_street_crime__crime")
    empty_ledger(owner)
    inbox.drop(STREET, NAME, text)
    row = only(inbox.take_in(STREET))
    clean = inbox.tables()
    assert _anonymous(after_the_kill, after_the_kill["ledger"][0]["submission_id"]) == _anonymous(clean, row["submission_id"])


@pytest.mark.parametrize("step", ingest.STEPS)
def test_a_worker_that_was_taken_for_dead_and_goes_on_changes_nothing_of_what_another_made(inbox, monkeypatch, step):
    """It read how far each delivery of its batch is before another worker took the batch all the way."""
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    (batch,) = ingest.take_in(STREET)
    steps = list(ingest.STEPS)
    for earlier in steps[: steps.index(step)]:
        ingest.each(earlier, batch)
    as_it_was = ledger.describe(inbox.connection, batch)
    for later in steps:
        ingest.each(later, batch)
    made = inbox.tables()
    monkeypatch.setattr(ledger, "describe", lambda *_: as_it_was)
    done = ingest.each(step, batch)
    assert (done.results, done.refused, done.broken) == ([], [], [])
    assert "is accepted (attempt 1) and not what the step began with" in only(done.settled)
    assert inbox.tables() == made


def test_an_acceptance_that_was_killed_before_its_event_is_named_by_the_next_try(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    (batch,) = ingest.take_in(STREET)
    for step in ("stage", "gate"):
        ingest.each(step, batch)
    with pytest.raises(Killed), killed_at("vrn.accept.serving.accept", after=True):
        ingest.each("accept", batch)
    first, again = ingest.each("accept", batch), ingest.each("accept", batch)
    assert (only(first.results)["partition_key"], only(first.results)["status"]) == ("lancashire|2020-02", "accepted")
    assert again.results == first.results


def test_a_delivery_that_is_judged_has_its_pages_though_the_gate_was_killed(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    with pytest.raises(Killed), killed_at("vrn.gate.step._write_docs"):
        inbox.take_in(STREET)
    row = only(inbox.take_in(STREET))
    assert row["status"] == "accepted"
    assert data_docs.page_path(inbox.settings, STREET, row["submission_id"]).exists()


@pytest.mark.parametrize("step", ingest.STEPS)
def test_one_worker_at_a_time_is_at_work_on_a_delivery(inbox, home, monkeypatch, step):
    found = []
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    (batch,) = ingest.take_in(STREET)

    def is_free() -> bool:
        with connect(home, autocommit=True) as other, locks.unless_taken(other, locks.Job.DELIVERY, str(batch[0])) as is_mine:
            return is_mine

    before, real = ingest.STEPS[step]

    def work(*arguments):
        found.append(is_free())
        return real(*arguments)

    monkeypatch.setitem(ingest.STEPS, step, (before, work))
    for each in ingest.STEPS:
        ingest.each(each, batch)
    assert found == [False]


@pytest.mark.parametrize("place", ["begin", "_put"])
def test_a_worker_whose_lock_is_lost_changes_no_list_of_the_one_that_judged_meanwhile(inbox, monkeypatch, place):
    """Its lists are made in a session that does not hold the lock, and goes on without it."""
    lines = inbox.text(STREET, "2020-02").splitlines()
    lines[3] = lines[3].replace("2020-02", "2020-01")
    inbox.drop(STREET, NAME, "\n".join(lines) + "\n")
    (batch,) = ingest.take_in(STREET)
    ingest.each("stage", batch)
    real = getattr(Listing, place)

    def late(self, *arguments):
        # The other worker's calls are its own.
        monkeypatch.setattr(Listing, place, real)
        inbox.connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted "
            "and database = (select oid from pg_database where datname = current_database())"
        )
        ingest.each("gate", batch)
        try:
            return real(self, *arguments)
        finally:
            # An empty list is filled again, so that it is seen by who reads it empty.
            if place == "begin":
                ingest.each("accept", batch)

    monkeypatch.setattr(Listing, place, late)
    with pytest.raises(psycopg.OperationalError):
        ingest.each("gate", batch)
    ingest.each("accept", batch)
    kept = inbox.connection.execute("select row_number, rule_codes from quarantine.police_street_crime__crime").fetchall()
    assert [(one["row_number"], one["rule_codes"]) for one in kept] == [(4, ["PSC-004"])]


def test_a_delivery_that_another_worker_is_at_work_on_holds_up_no_other_of_its_batch(inbox, home):
    for month in ("2020-01", "2020-02"):
        inbox.drop(STREET, f"{month}-lancashire-street.synthetic.csv", inbox.text(STREET, month))
    (batch,) = ingest.take_in(STREET)
    step = threading.Thread(target=ingest.each, args=("stage", batch))

    def found() -> list[str]:
        return [row["status"] for row in ledger.describe(inbox.connection, batch)]

    with connect(home, autocommit=True) as other, locks.alone(other, locks.Job.DELIVERY, str(batch[0])):
        step.start()
        waiting.until(lambda: waiting.at_a_lock(inbox.connection), "the step waits for the delivery that is taken")
        meanwhile = found()
    step.join()
    assert (meanwhile, found()) == (["received", "staged"], ["staged", "staged"])


def _anonymous(tables: dict, submission_id: int) -> dict:
    """Tables without the submission's own number, which the sequence gives."""
    return eval(repr(tables).replace(f"__s{submission_id:06d}", "__s").replace(f"({submission_id},", "(N,").replace(
        f"'submission_id': {submission_id}", "'submission_id': 0"))  # fmt: skip


def test_a_missing_key_stops_the_step_before_the_file_is_read(inbox, monkeypatch):
    contract = inbox.contract(STREET, "2020-02")
    column = contract.main.columns[0]
    object.__setattr__(column, "classification", "hash")
    object.__setattr__(column, "identifier_domain", "elsewhere")
    monkeypatch.setattr("vrn.run.ingest.contracts.load", lambda *_: contract)
    monkeypatch.setattr("vrn.stage.read.csv.batches", lambda *_: pytest.fail("the file was read"))
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    batches = ingest.take_in(STREET)
    done = ingest.each("stage", batches[0])
    assert "hash_key_elsewhere" in done.broken[0]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/Zzyzx.csv"), "No space left on device"),
        (psycopg.errors.DiskFull("Zzyzx"), "DiskFull (SQLSTATE 53100)"),
        (KeyError("Zzyzx"), "KeyError"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_step_that_broke_says_why_as_far_as_that_may_be_said(inbox, monkeypatch, error, why):
    """It said OSError of a full disk."""

    def breaks(*_):
        raise error

    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    (batch,) = ingest.take_in(STREET)
    monkeypatch.setitem(ingest.STEPS, "stage", (ingest.STEPS["stage"][0], breaks))
    assert ingest.each("stage", batch).broken == [f"{NAME} at stage: {why}"]


def test_a_full_disk_is_told_before_a_delivery_is_touched(inbox, monkeypatch):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    batches = ingest.take_in(STREET)
    monkeypatch.setattr(ingest, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(VrnError, match="nothing was lost"):
        ingest.each("stage", batches[0])


def test_no_sentence_and_no_page_of_a_bad_delivery_quotes_a_value(inbox):
    mark = "Zzyzx Marker"
    lines = inbox.text(STREET, "2020-02").splitlines()
    cells = [line.split(",") for line in lines]
    for number, place in enumerate((4, 6, 7, 8, 9, 10), start=3):
        cells[number][place if place < len(cells[number]) else -1] = mark
    inbox.drop(STREET, NAME, "\n".join(",".join(row) for row in cells) + "\n")
    inbox.drop(STREET, "2020-03-lancashire-street.synthetic.csv", f"{mark},{mark}\n{mark}\n")
    inbox.take_in(STREET)
    told = inbox.connection.execute("select string_agg(m::text, ' ') as all from ops.message as m").fetchone()["all"]
    told += inbox.connection.execute("select string_agg(s::text, ' ') as all from ops.submission as s").fetchone()["all"]
    pages = list(Settings().data_docs.rglob("*.html"))
    assert pages
    assert mark.casefold() not in (told + "".join(page.read_text() for page in pages)).casefold()


def test_a_data_docs_page_asks_no_other_host_for_anything(inbox):
    inbox.drop(STREET, NAME, inbox.text(STREET, "2020-02"))
    inbox.take_in(STREET)
    page = next(Settings().data_docs.rglob("*.html")).read_text()
    assert "PSC-001" in page or "crime_type" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
