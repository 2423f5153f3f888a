"""No agreement to share, no byte: GEN-008 is a gate at the door."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import psycopg
import pytest
import yaml
from psycopg import sql
from rich.console import Console

from tests.kills import Killed, killed_at
from tests.made import csv_text, file_name, rewrite, table
from vrn import __main__ as commands
from vrn.accept import held as asking
from vrn.errors import HomeError, SubmissionRefused
from vrn.feeds import days
from vrn.feeds.period import Period
from vrn.gate import step as gate
from vrn.ledger import agreement, findings, moves, states
from vrn.ledger import store as ledger
from vrn.receive import problems
from vrn.report import headline, messages
from vrn.run import deciding, ingest
from vrn.run.local import status
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER, SUPERUSER

FEED, PERIOD = "tiig_ed_attendance", "2020-06"
NAME = "2020-06-rxl-ed-attendance.csv"
# Five letters after which no site is called, of which the first three are the trust's.
MARK = "RXLZX"
TODAY = date(2026, 6, 15)


class Clock(datetime):
    """Says that it is noon of TODAY."""

    @classmethod
    def now(cls, tz=None) -> datetime:
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(days, "datetime", Clock)


def entry(inbox, **other) -> dict:
    return {
        "agreement": "LVRN-DSA-014",
        "suppliers": ["rxl"],
        "feed": FEED,
        "purpose": "injury-surveillance",
        "legal_gateway": "Crime and Disorder Act 1998 s115",
        "controller": "A synthetic trust",
        "fields": sorted(inbox.contract(FEED).fields),
        "valid_from": TODAY - timedelta(days=100),
        "valid_to": TODAY + timedelta(days=100),
        "status": "active",
    } | other


def register(inbox, *entries: dict) -> None:
    inbox.settings.agreements.write_text(yaml.safe_dump(list(entries)))


def marked(inbox) -> str:
    """A delivery whose every row has a word in it that can be looked for."""
    return rewrite(inbox.text(FEED, PERIOD), lambda *_: {"site_code": MARK})


def places_of_the_mark(inbox) -> list[str]:
    """Every file under the home and every table of the warehouse that holds the word."""
    home = inbox.settings.home
    found = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]
    with psycopg.connect(inbox.settings.conninfo(SUPERUSER)) as connection:
        tables = connection.execute(
            "select relnamespace::regnamespace::text, relname from pg_class where relkind in ('r', 'p') "
            "and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 5
        for name in tables:
            query = sql.SQL("select 1 from {} as t where t::text like %s limit 1").format(sql.Identifier(*name))
            if connection.execute(query, [f"%{MARK}%"]).fetchone():
                found.append(".".join(name))
    return found


GAPS = {
    "none at all": (None, "There is no agreement"),
    "one that ended yesterday": ({"valid_to": TODAY - timedelta(days=1)}, "does not cover"),
    "one that begins tomorrow": ({"valid_from": TODAY + timedelta(days=1)}, "does not cover"),
    "one that was withdrawn": ({"status": "withdrawn"}, "withdrawn"),
    "one with another supplier": ({"suppliers": ["rxr"]}, "There is no agreement"),
    "one about another feed": ({"feed": "istv_assault"}, "There is no agreement"),
    "one without a column that the feed may bring": ({"fields": None}, "what the file has in 'sex'. Nothing"),
}


def test_a_second_file_of_the_same_name_is_put_aside_beside_the_first_and_over_nothing(inbox):
    first, second = marked(inbox), marked(inbox) + "\n"
    for text in (first, second):
        inbox.drop(FEED, NAME, text)
        (row,) = inbox.take_in(FEED)
        assert row["status"] == "refused"
    aside = sorted(path.read_text() for path in (inbox.settings.inbox / FEED / "refused").iterdir())
    assert aside == sorted([first, second])


@pytest.mark.parametrize("kind", GAPS)
def test_t120_without_an_agreement_that_covers_it_a_delivery_is_put_aside_and_nothing_of_it_is_kept(inbox, kind):
    change, words = GAPS[kind]
    if change is not None:
        if "fields" in change:
            change = {"fields": sorted(inbox.contract(FEED).fields - {"attendance.sex"})}
        register(inbox, entry(inbox, **change))
    text = marked(inbox)
    inbox.drop(FEED, NAME, text)
    (row,) = inbox.take_in(FEED)
    assert row["status"] == "refused"
    assert row["status_reason"].startswith("GEN-008")
    assert words in row["status_reason"]
    assert row["agreement_id"] is None
    assert (inbox.settings.inbox / FEED / "refused" / NAME).read_text() == text
    assert places_of_the_mark(inbox) == [f"inbox/{FEED}/refused/{NAME}"]
    assert not list(inbox.settings.landing.rglob("*.sealed"))
    # What was put aside is not taken up again.
    assert inbox.take_in(FEED) == []
    not_begun = deciding.replay(inbox.settings, [row["submission_id"]], by="a person", reason="a test")
    assert "not kept" in not_begun[row["submission_id"]]


def test_under_an_agreement_a_delivery_comes_in_and_the_ledger_says_under_which(inbox):
    register(inbox, entry(inbox, agreement="OLD", status="withdrawn"), entry(inbox))
    inbox.drop(FEED, NAME, marked(inbox))
    (row,) = inbox.take_in(FEED)
    assert (row["status"], row["agreement_id"]) == ("accepted", "LVRN-DSA-014")
    # Now it is there, the search that finds nothing elsewhere finds it: the raw table, and no file in clear.
    assert [place.split("__s")[0] for place in sorted(set(places_of_the_mark(inbox)))] == ["raw.tiig_ed_attendance__attendance"] * 2


def test_an_agreement_holds_on_its_first_and_on_its_last_day_and_not_a_day_longer(inbox):
    register(inbox, entry(inbox, valid_from=date(2020, 4, 1), valid_to=date(2022, 3, 31)))
    agreement.publish(inbox.connection, inbox.settings)
    contract = inbox.contract(FEED)

    def covered(day: date) -> bool:
        try:
            return agreement.covering(inbox.connection, contract, "rxl", day, is_synthetic=False) == "LVRN-DSA-014"
        except SubmissionRefused:
            return False

    days = [date(2020, 3, 31), date(2020, 4, 1), date(2022, 3, 31), date(2022, 4, 1)]
    assert [covered(day) for day in days] == [False, True, True, False]


def test_of_several_agreements_one_that_covers_everything_is_enough(inbox):
    register(inbox, entry(inbox, agreement="NARROW", fields=["attendance.sex"]), entry(inbox, agreement="WHOLE"))
    agreement.publish(inbox.connection, inbox.settings)
    assert agreement.covering(inbox.connection, inbox.contract(FEED), "rxl", TODAY, is_synthetic=False) == "WHOLE"


def test_two_agreements_that_only_together_cover_a_feed_do_not_cover_it(inbox):
    fields = sorted(inbox.contract(FEED).fields)
    register(inbox, entry(inbox, agreement="A", fields=fields[:20]), entry(inbox, agreement="B", fields=fields[10:]))
    inbox.drop(FEED, NAME, marked(inbox))
    (row,) = inbox.take_in(FEED)
    assert row["status_reason"].startswith("GEN-008")


def test_an_agreement_that_is_taken_out_of_the_register_covers_nothing_from_then_on(inbox):
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME, marked(inbox))
    inbox.take_in(FEED)
    register(inbox)
    inbox.drop(FEED, NAME.replace("2020-06", "2020-05"), inbox.text(FEED, "2020-05"))
    (row,) = inbox.take_in(FEED)
    assert row["status_reason"].startswith("GEN-008")


def test_a_column_that_nobody_agreed_on_is_not_kept_even_under_an_agreement(inbox):
    register(inbox, entry(inbox))
    lines = inbox.text(FEED, PERIOD).splitlines()
    inbox.drop(FEED, NAME, "".join(f"{line},{'surname' if number == 0 else MARK}\n" for number, line in enumerate(lines)))
    (row,) = inbox.take_in(FEED)
    assert row["status_reason"].startswith("GEN-001")
    assert places_of_the_mark(inbox) == [f"inbox/{FEED}/refused/{NAME}"]


def test_a_delivery_whose_name_says_nothing_is_not_kept_either(inbox):
    inbox.drop(FEED, "attendances final.csv", marked(inbox))
    (row,) = inbox.take_in(FEED)
    assert row["status_reason"].startswith("GEN-014")
    assert places_of_the_mark(inbox) == [f"inbox/{FEED}/refused/attendances final.csv"]


def test_one_delivery_without_an_agreement_holds_up_no_other(inbox):
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME.replace("rxl", "rxr"), marked(inbox))
    inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
    assert {row["supplier"]: row["status"] for row in inbox.take_in(FEED)} == {"rxl": "accepted", "rxr": "refused"}


def test_a_feed_under_an_open_licence_and_a_synthetic_delivery_need_no_agreement(inbox):
    inbox.drop("police_stop_search", "2020-02-lancashire-stop-and-search.csv", inbox.text("police_stop_search", "2020-02"))
    inbox.drop(FEED, file_name(inbox.contract(FEED), PERIOD), inbox.text(FEED, PERIOD))
    rows = inbox.take_in("police_stop_search") + inbox.take_in(FEED)
    assert [(row["status"], row["agreement_id"]) for row in rows] == [("accepted", "open licence"), ("accepted", "synthetic")]


# What a person writes, and what the sentence says of it (issue 13, point 6; case 24 of ../shared/cases).
MISTAKES = {
    "no YAML": (b"- agreement: [", r"line \d+, entry 1: it is not YAML"),
    "a curly quotation mark of cp1252": (
        ("status: active", b"status: \x93active\x94"),
        r"entry 1 \(LVRN-DSA-014\): a character is not UTF-8",
    ),
    "a day that is none": ({"valid_to": "2027-02-30"}, r"entry 1 \(LVRN-DSA-014\): .*2027-02-30 is no day"),
    "a day as people write it": ({"valid_to": "31/12/2027"}, r"valid_to is no day; write it as 2027-12-31"),
    "a number where a text is meant": ({"agreement": 14}, r"agreement is no text; write it in quotation marks"),
    "one supplier that is no list": ({"suppliers": "rxl"}, r"write a list, suppliers: \[rxl\]"),
    "a code in curly quotation marks": ({"suppliers": ["\u201crxl\u201d"]}, r"plain codes"),
    "an entry without its end": ({"valid_to": None}, r"valid_to is left open; fill in what was agreed"),
    "an entry that is a word": (b"- everything\n", r"entry 1: it is not an agreement"),
    "no list": (b"agreement: LVRN-DSA-014\n", r"the register: it is not a list"),
    "a state that is none": ({"status": "actve"}, r"status is none of active, withdrawn"),
}


def mistaken(inbox, kind: str) -> bytes:
    wrong = MISTAKES[kind][0]
    if isinstance(wrong, bytes):
        return wrong
    if isinstance(wrong, dict):
        written = yaml.safe_dump([entry(inbox) | wrong]).replace("'2027-02-30'", "2027-02-30")
        return written.encode()
    old, new = wrong
    return yaml.safe_dump([entry(inbox)]).encode().replace(old.encode(), new)


@pytest.mark.parametrize("kind", MISTAKES)
def test_an_entry_with_a_mistake_is_named_and_the_delivery_that_it_may_cover_waits(inbox, kind):
    """Issue 13, point 6: nothing of the delivery is kept, and its supplier is not told of a mistake that is ours."""
    inbox.settings.agreements.write_bytes(mistaken(inbox, kind))
    path = inbox.drop(FEED, NAME, marked(inbox))
    assert ingest.take_in(FEED) == []
    (told,) = problems.of(inbox.settings, FEED)
    assert re.search(MISTAKES[kind][1], told)
    assert f"{NAME} could not be taken in and stays in {path.parent}: agreements.yaml, line " in told
    assert path.exists()
    assert places_of_the_mark(inbox) == [f"inbox/{FEED}/{NAME}"]
    assert ledger.open_work(inbox.connection, FEED) == []


@pytest.mark.parametrize("kind", [kind for kind in MISTAKES if kind != "no list"])
def test_an_entry_with_a_mistake_stops_only_what_it_covers(inbox, kind):
    """Issue 13, point 6: another agreement, a feed that needs none and a synthetic delivery go on."""
    another = yaml.safe_dump([entry(inbox, agreement="LVRN-DSA-015", suppliers=["rxr"])]).encode()
    inbox.settings.agreements.write_bytes(another + mistaken(inbox, kind))
    inbox.drop("police_stop_search", "2020-02-lancashire-stop-and-search.csv", inbox.text("police_stop_search", "2020-02"))
    contract = inbox.contract(FEED, PERIOD)
    content = deliveries.content(contract, Period.parse(contract.kind, PERIOD), inbox.places, "rxr")
    inbox.drop(FEED, NAME.replace("rxl", "rxr"), content)
    rows = inbox.take_in("police_stop_search") + inbox.take_in(FEED)
    assert [(row["supplier"], row["status"]) for row in rows] == [("lancashire", "accepted"), ("rxr", "accepted")]


def test_a_delivery_that_a_bad_entry_cannot_be_about_is_refused_as_ever(inbox):
    register(inbox, entry(inbox) | {"valid_to": "31/12/2027"})
    inbox.drop(FEED, NAME.replace("rxl", "rxr"), marked(inbox))
    (row,) = inbox.take_in(FEED)
    assert row["status_reason"].startswith("GEN-008")


def test_the_same_agreement_twice_is_a_mistake_of_the_second_entry(inbox):
    register(inbox, entry(inbox), entry(inbox))
    good, (mistake,) = agreement.read(inbox.settings)
    assert len(good) == 1
    assert "entry 2 (LVRN-DSA-014): the same agreement, supplier and feed stand there twice" in mistake.told


def test_one_list_of_entries_may_repeat_parts_of_another(inbox):
    """A register that YAML reads as a whole is read as a whole: anchors of one entry hold in the next."""
    first, second = entry(inbox), entry(inbox, agreement="LVRN-DSA-015", suppliers=["rxr"])
    second["fields"] = first["fields"]
    register(inbox, first, second)
    assert b"*id001" in inbox.settings.agreements.read_bytes()
    good, mistakes = agreement.read(inbox.settings)
    assert (len(good), mistakes) == (2, [])


WHO = {"by": "Jo", "reason": "it is right"}
ENDED = {
    "it was withdrawn": ({"status": "withdrawn"}, "The agreement LVRN-DSA-014 with .* is withdrawn"),
    "its last day is over": ({"valid_to": TODAY - timedelta(days=1)}, f"so it does not cover {TODAY}"),
    "a column was taken out of it": ({"fields": None}, "does not cover what the file has in 'sex'"),
    "it was taken out of the register": (None, "There is no agreement"),
}


def ends(inbox, how: str) -> None:
    """The register says from now on that the agreement ended; nothing came since."""
    change = ENDED[how][0]
    if change == {"fields": None}:
        change = {"fields": sorted(inbox.contract(FEED).fields - {"attendance.sex"})}
    register(inbox, *([] if change is None else [entry(inbox, **change)]))


def held(inbox) -> dict:
    """A delivery that came under an agreement and waits for a person, because it has far fewer rows than those before."""
    register(inbox, entry(inbox))
    for month in ("2020-03", "2020-04", "2020-05"):
        inbox.drop(FEED, NAME.replace(PERIOD, month), csv_text(table(inbox.text(FEED, month))[:60]))
        assert inbox.take_in(FEED)[-1]["status"] == "accepted"
    inbox.drop(FEED, NAME, csv_text(table(inbox.text(FEED, PERIOD))[:20]))
    row = inbox.take_in(FEED)[-1]
    assert (row["status"], row["agreement_id"]) == ("held", "LVRN-DSA-014")
    return row


def now(inbox, row: dict) -> dict:
    return ledger.find(inbox.connection, row["submission_id"])


@pytest.mark.parametrize("how", ENDED)
def test_nobody_approves_a_held_delivery_whose_agreement_ended_and_it_stays_held_until_another_covers_it(inbox, how):
    row = held(inbox)
    ends(inbox, how)
    with pytest.raises(states.NotAllowed, match=f"^GEN-008: .*{ENDED[how][1]}") as told:
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    # It was kept, and its file need not come again.
    assert "Nothing was kept" not in str(told.value)
    assert "send the file again" not in str(told.value)
    after = now(inbox, row)
    assert (after["status"], after["hold_reason"], after["approved_by"]) == ("held", row["hold_reason"], None)
    register(inbox, entry(inbox, agreement="RENEWED"))
    deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert (now(inbox, row)["status"], now(inbox, row)["rows_accepted"]) == ("accepted", 20)


@pytest.mark.parametrize("how", ENDED)
def test_what_passed_the_rules_is_held_and_does_not_serve_when_its_agreement_ended_meanwhile(inbox, how):
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
    (number,) = inbox.register(FEED)
    for step in ("stage", "gate"):
        ingest.each(step, [number])
    ends(inbox, how)
    agreement.publish(inbox.connection, inbox.settings)
    done = ingest.each("accept", [number])
    assert done.results == done.broken == []
    after = ledger.find(inbox.connection, number)
    assert after["status"] == "held"
    assert re.search(f"^GEN-008: .*{ENDED[how][1]}", after["hold_reason"])
    # A person who asks for it is told the same.
    with pytest.raises(states.NotAllowed, match="GEN-008"):
        deciding.approve(inbox.settings, number, **WHO)
    register(inbox, entry(inbox))
    deciding.approve(inbox.settings, number, **WHO)
    assert ledger.find(inbox.connection, number)["status"] == "accepted"
    # Nothing is said any more of the agreement that ended.
    assert "GEN-008" not in {said["rule_code"] for said in findings.of(inbox.connection, number)}


def test_an_approval_that_was_killed_is_not_made_good_after_the_agreement_ended(inbox):
    row = held(inbox)
    with pytest.raises(Killed), killed_at("vrn.run.ingest.each"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert now(inbox, row)["status"] == "passed"
    ends(inbox, "it was withdrawn")
    with pytest.raises(states.NotAllowed, match="GEN-008"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert now(inbox, row)["status"] == "held"


def test_nothing_is_replayed_whose_agreement_ended_though_nothing_came_since(inbox):
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
    (row,) = inbox.take_in(FEED)
    ends(inbox, "it was withdrawn")
    (why,) = deciding.replay(inbox.settings, [row["submission_id"]], **WHO).values()
    assert re.search("^GEN-008: .* is withdrawn", why)
    assert "Nothing was kept" not in why
    assert now(inbox, row)["status"] == "accepted"


def test_while_the_entry_of_a_held_delivery_cannot_be_read_nobody_approves_it(inbox):
    row = held(inbox)
    register(inbox, entry(inbox, valid_to="31/12/2027"))
    with pytest.raises(HomeError, match="valid_to is no day"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert now(inbox, row)["status"] == "held"


def test_a_held_delivery_of_a_supplier_that_left_the_feed_file_is_judged_by_the_suppliers_code(inbox):
    contract = inbox.contract(FEED)
    left = replace(contract, suppliers={code: one for code, one in contract.suppliers.items() if code != "rxl"})
    with pytest.raises(SubmissionRefused, match="There is no agreement by which rxl shares"):
        agreement.covering(inbox.connection, left, "rxl", TODAY, is_synthetic=False)


def held_at_acceptance(inbox) -> dict:
    """A delivery that passed the rules and then had no agreement, whose run is over."""
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
    batches = ingest.take_in(FEED)
    for step in ("stage", "gate"):
        ingest.each(step, batches[0])
    ends(inbox, "it was withdrawn")
    agreement.publish(inbox.connection, inbox.settings)
    ingest.each("accept", batches[0])
    ingest.conclude(batches, f"ingest__{FEED}", "a test")
    return ledger.find(inbox.connection, batches[0][0])


def said_of_held(inbox, row: dict) -> list[str]:
    """What the end of `make run`, the question in Airflow and `make status` say of a held delivery."""
    screen = io.StringIO()
    with connect(inbox.settings, OWNER) as connection:
        headline.show_held(inbox.settings, connection, Console(file=screen, width=10_000))
        lines = [text for heading, text in status._ledger(connection, inbox.settings) if heading == "Held"]
    (question,) = ingest.questions([row["submission_id"]])
    return [screen.getvalue(), question["body"], " ".join(lines)]


@pytest.mark.parametrize("delivery", [held, held_at_acceptance], ids=["held by a rule", "held at acceptance"])
def test_whoever_is_told_of_a_held_delivery_reads_that_it_can_be_approved_once_an_agreement_covers_it_and_from_when_on(
    inbox, delivery
):
    row = delivery(inbox)
    number = f"SUBMISSION={row['submission_id']}"
    ends(inbox, "it was withdrawn")
    for said in said_of_held(inbox, row):
        assert f"So nobody can approve submission {row['submission_id']} today." in said
        assert f"Once an agreement covers it, `make approve {number}` lets it serve; if none will, `make refuse {number}`" in said
        assert f"`make approve {number}` lets it serve, `make refuse" not in said
    # Nothing came since: the register is read as it is.
    register(inbox, entry(inbox, agreement="RENEWED"))
    for said in said_of_held(inbox, row):
        assert f"`make approve {number}` lets it serve, `make refuse {number}` refuses it." in said
        assert "nobody can approve" not in said


def test_while_the_entry_of_a_held_delivery_cannot_be_read_whoever_is_told_of_it_reads_which(inbox):
    row = held(inbox)
    register(inbox, entry(inbox, valid_to="31/12/2027"))
    for said in said_of_held(inbox, row):
        assert re.search("valid_to is no day.* Once that is mended, `make approve SUBMISSION=", said)


@pytest.mark.parametrize("error", [psycopg.OperationalError("away"), PermissionError(13, "Permission denied", "a name")])
def test_what_cannot_be_asked_about_a_held_delivery_ends_no_batch_and_is_said_without_a_name(inbox, monkeypatch, error):
    row = held(inbox)
    monkeypatch.setattr(asking, "check_approval", raising(error))
    for said in said_of_held(inbox, row):
        assert "What may be done about it cannot be said now" in said
        assert "a name" not in said


def test_the_supplier_of_what_no_agreement_covers_any_more_reads_the_rule_and_no_command_and_has_nothing_to_send(inbox):
    row = held_at_acceptance(inbox)
    with messages.path(inbox.settings, row).open(encoding="utf-8", newline="") as file:
        whole, *rest = csv.DictReader(file)
    # Said of the file as a whole, and not a second time.
    assert "GEN-008" not in {line["rule_code"] for line in rest}
    assert (whole["status"], whole["rule_code"]) == ("held", "GEN-008")
    assert whole["outcome"] == "the file waits until a person has looked at it"
    assert "is withdrawn, so it does not cover" in whole["what_to_do"]
    assert whole["what_to_do"].endswith("Nothing in it has to change, and it need not be sent again.")
    assert "`make" not in whole["what_to_do"]
    assert "corrected file" not in whole["what_to_do"]
    # Once it is refused it waits for no agreement.
    deciding.refuse(inbox.settings, row["submission_id"], **WHO)
    said = messages.path(inbox.settings, now(inbox, row)).read_text(encoding="utf-8")
    assert "GEN-021" in said
    assert "until an agreement covers it" not in said


def raising(error: Exception):
    def raises(*_):
        raise error

    return raises


def restated(inbox) -> tuple[dict, dict]:
    """A delivery that serves under an agreement, and before it the one that it replaced."""
    register(inbox, entry(inbox))
    rows = table(inbox.text(FEED, PERIOD))
    for count in (60, 58):
        inbox.drop(FEED, NAME, csv_text(rows[:count]))
        inbox.take_in(FEED)
    first, second = inbox.connection.execute("select * from ops.submission order by 1").fetchall()
    assert (first["status"], second["status"]) == ("superseded", "accepted")
    return first, second


def withdrawn(inbox, row: dict) -> None:
    assert commands.main(["withdraw", "--submission", str(row["submission_id"]), "--reason", "a test"]) == 0


def refused_in_a_replay(inbox, row: dict) -> None:
    assert deciding.replay(inbox.settings, [row["submission_id"]], **WHO) == {}
    assert commands.main(["refuse", "--submission", str(row["submission_id"]), "--reason", "a test"]) == 0


def refused_by_the_gate_in_a_replay(inbox, row: dict) -> None:
    assert deciding.replay(inbox.settings, [row["submission_id"]], **WHO) == {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gate, "_decide", lambda *_: gate.Decision("refused", "GEN-018", "All of it."))
        (batch,) = ingest.take_in(FEED)
        for step in ("stage", "gate"):
            ingest.each(step, batch)
    assert now(inbox, row)["status"] == "refused"


WAYS_OUT = [withdrawn, refused_in_a_replay, refused_by_the_gate_in_a_replay]


@pytest.mark.parametrize("goes", WAYS_OUT)
@pytest.mark.parametrize("how", [*ENDED, "it cannot be read", "the feed file cannot be read"])
def test_where_no_agreement_covers_the_delivery_before_what_goes_it_does_not_come_to_serve(
    inbox, feed_files, capsys, monkeypatch, how, goes
):
    first, second = restated(inbox)
    real = moves._let_earlier_serve

    def ended_meanwhile(*arguments, **others):
        # After what a replay asks for itself.
        if how == "the feed file cannot be read":
            (feed_files / f"{FEED}.odcs.yaml").write_text("id: [")
        elif how == "it cannot be read":
            register(inbox, entry(inbox, valid_to="31/12/2027"))
        else:
            ends(inbox, how)
        agreement.publish(inbox.connection, inbox.settings)
        return real(*arguments, **others)

    monkeypatch.setattr(moves, "_let_earlier_serve", ended_meanwhile)
    goes(inbox, second)
    assert now(inbox, first)["status"] == "superseded"
    number = first["submission_id"]
    if goes is not refused_by_the_gate_in_a_replay:
        said = capsys.readouterr().out
        assert "Nothing serves for its supplier and period." in said
        assert f"Submission {number}, the delivery before it, does not come to serve by itself." in said
        why = {"it cannot be read": "valid_to is no day", "the feed file cannot be read": f"{FEED}.odcs.yaml"}
        assert re.search(why.get(how) or ENDED[how][1], said)
        assert f"`make replay SUBMISSION={number}` takes it in anew." in said


def test_the_delivery_before_a_withdrawn_one_serves_by_a_replay_once_an_agreement_covers_it(inbox):
    first, second = restated(inbox)
    ends(inbox, "it was withdrawn")
    withdrawn(inbox, second)
    register(inbox, entry(inbox, agreement="RENEWED"))
    assert deciding.replay(inbox.settings, [first["submission_id"]], **WHO) == {}
    inbox.take_in(FEED)
    assert (now(inbox, first)["status"], now(inbox, first)["agreement_id"]) == ("accepted", "RENEWED")


@pytest.mark.parametrize("goes", WAYS_OUT)
def test_the_delivery_before_what_goes_serves_again_under_the_agreement_that_covers_it_today(inbox, capsys, goes):
    first, second = restated(inbox)
    register(inbox, entry(inbox, agreement="RENEWED"))
    agreement.publish(inbox.connection, inbox.settings)
    goes(inbox, second)
    assert (now(inbox, first)["status"], now(inbox, first)["agreement_id"]) == ("accepted", "RENEWED")
    if goes is not refused_by_the_gate_in_a_replay:
        assert f"Submission {first['submission_id']} serves for its supplier and period." in capsys.readouterr().out


def test_of_a_withdrawn_delivery_that_had_none_before_it_is_said_that_nothing_serves(inbox, capsys):
    register(inbox, entry(inbox))
    inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
    (row,) = inbox.take_in(FEED)
    withdrawn(inbox, row)
    assert "Nothing serves for its supplier and period: there is no earlier delivery." in capsys.readouterr().out


def test_of_a_delivery_that_goes_while_a_later_one_waits_it_is_said_that_the_later_one_waits(inbox, capsys):
    _, second = restated(inbox)
    inbox.drop(FEED, NAME, csv_text(table(inbox.text(FEED, PERIOD))[:10]))
    (third,) = inbox.take_in(FEED)
    assert third["status"] == "held"
    ends(inbox, "it was withdrawn")
    withdrawn(inbox, second)
    said = f"Nothing serves for its supplier and period yet: submission {third['submission_id']} is held."
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("is_held", [False, True], ids=["it passed the rules", "a person approved it"])
def test_the_ledger_names_the_agreement_under_which_a_delivery_was_accepted(inbox, is_held):
    if is_held:
        row = held(inbox)
        register(inbox, entry(inbox, agreement="RENEWED"))
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    else:
        register(inbox, entry(inbox))
        inbox.drop(FEED, NAME, inbox.text(FEED, PERIOD))
        (batch,) = ingest.take_in(FEED)
        for step in ("stage", "gate"):
            ingest.each(step, batch)
        register(inbox, entry(inbox, agreement="RENEWED"))
        agreement.publish(inbox.connection, inbox.settings)
        ingest.each("accept", batch)
        (row,) = ledger.describe(inbox.connection, batch)
    assert (now(inbox, row)["status"], now(inbox, row)["agreement_id"]) == ("accepted", "RENEWED")
