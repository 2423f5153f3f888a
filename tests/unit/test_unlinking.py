"""What linkage kept of the persons of a withdrawn delivery is gone with it, and its links to nobody else are."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tests import waiting
from tests.kills import Killed, killed_at
from tests.unit.test_persons import ONE, POLICE, YOT, hashed, links, of, partners, people  # noqa: F401  a fixture
from vrn import __main__ as commands
from vrn.accept import retention
from vrn.accept.unlinking import LINKS
from vrn.build import steps as build
from vrn.build.layers import LINK
from vrn.build.linkage import match, persons
from vrn.errors import HomeError
from vrn.run import deciding
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import LINKER

WHO = {"by": "Jo", "reason": "no agreement covered it"}
CHARTS = "select chart, title from persons.linkage_chart order by chart"


def delivered(owner, feed: str = YOT) -> list[int]:
    """The feed's submissions, the first first."""
    found = owner.execute("select submission_id from ops.submission where feed = %s order by 1", [feed])
    return [row["submission_id"] for row in found]


def kept(owner, supplier: str = "lan") -> set[str]:
    """The pseudonyms of a youth offending team that are in a link, of today or of before."""
    return {link["source_pid"] for link in links(owner, "true") if (link["feed"], link["supplier"]) == (YOT, supplier)}


def proofs(owner, submission_id: int) -> list[int]:
    found = owner.execute("select row_count from ops.deleted where submission_id = %s and what = %s", [submission_id, LINKS])
    return [row["row_count"] for row in found]


def at_a_table(owner) -> bool:
    """Whether somebody waits for a table of raw."""
    query = "select 1 from pg_locks inner join pg_class on pg_class.oid = relation where not granted and relname ^@ %s"
    return owner.execute(query, [YOT]).fetchone() is not None


def at_the_links(owner) -> bool:
    """Whether somebody waits for the table of links."""
    query = "select 1 from pg_locks inner join pg_class on pg_class.oid = relation where not granted and relname = 'person_link'"
    return owner.execute(query).fetchone() is not None


def test_a_withdrawn_delivery_leaves_no_pseudonym_no_link_and_no_chart_of_a_person_and_the_proof_counts_them(
    partners,  # noqa: F811
    owner,
):
    partners.send(POLICE, change=of(ONE, suspect_pid=people.person(ONE).hash))
    sent = partners.send(YOT, "lan", change=of(ONE))
    partners.send(YOT, "bwd")
    build.take(LINK)
    others = [link for link in links(owner, "true") if link["supplier"] != "lan"]
    with connect(partners.inbox.settings, LINKER, autocommit=True) as linker:
        child = hashed(partners.inbox, YOT, "lan", sent[0]["child_id"])
        linker.execute("update persons.linkage_chart set title = %s where chart = 'waterfall'", [f"Of {YOT}|lan|{child} and x"])
        (withdrawn, _) = delivered(owner)
        deleted = deciding.withdraw(partners.inbox.settings, withdrawn, **WHO)
        assert {row["chart"] for row in linker.execute(CHARTS)} == {"match_weights", "precision_recall"}
    assert kept(owner) == set()
    assert [link for link in links(owner, "true") if link["supplier"] != "lan"] == others
    assert proofs(owner, withdrawn) == [deleted[LINKS]] == [len(sent)]
    # And nobody brings them back.
    build.take(LINK)
    assert kept(owner) == set()


def test_who_is_in_another_delivery_of_the_same_supplier_keeps_links_of_today_and_of_before(partners, owner):  # noqa: F811
    sent = partners.send(YOT, "lan", change=of(ONE))
    build.take(LINK)
    # A link that ended, of a child who is in both deliveries.
    partners.send(POLICE, change=of(ONE, suspect_pid=people.person(ONE).hash))
    build.take(LINK)
    partners.send(YOT, "lan", change=lambda rows: [rows[0] | {"child_id": "A CHILD OF THIS ALONE"}, *rows[1:]])
    build.take(LINK)
    before = links(owner, "true")
    alone = hashed(partners.inbox, YOT, "lan", "A CHILD OF THIS ALONE")
    assert alone in kept(owner)
    (_, later) = delivered(owner)
    assert deciding.withdraw(partners.inbox.settings, later, **WHO)[LINKS] == 1
    assert links(owner, "true") == [link for link in before if link["source_pid"] != alone]
    child = hashed(partners.inbox, YOT, "lan", sent[0]["child_id"])
    assert len([link for link in before if link["source_pid"] == child]) > 1


def test_a_delivery_that_was_refused_when_it_was_replayed_leaves_no_pseudonym_either_when_it_is_withdrawn(
    partners,  # noqa: F811
    owner,
):
    sent = partners.send(YOT, "lan")
    build.take(LINK)
    (number,) = delivered(owner)
    assert deciding.replay(partners.inbox.settings, [number], **WHO) == {}
    deciding.refuse(partners.inbox.settings, number, **WHO)
    assert len(kept(owner)) == len(sent)
    assert deciding.withdraw(partners.inbox.settings, number, **WHO)[LINKS] == len(sent)
    assert kept(owner) == set()


@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("vrn.stage.raw.forget", True),
        ("vrn.accept.unlinking.forget", False),
        ("vrn.accept.unlinking.forget", True),
        ("vrn.accept.decisions.prove", True),
        ("vrn.accept.decisions.forget_original", False),
    ],
)
def test_a_withdrawal_that_was_killed_deleted_the_rows_the_links_and_the_proof_or_none_of_them(
    partners,  # noqa: F811
    owner,
    place,
    after,
):
    sent = partners.send(YOT, "lan")
    build.take(LINK)
    (number,) = delivered(owner)
    with pytest.raises(Killed), killed_at(place, after=after):
        deciding.withdraw(partners.inbox.settings, number, **WHO)
    is_done = place == "vrn.accept.decisions.forget_original"
    status = owner.execute("select status from ops.submission").fetchone()["status"]
    found = (status, len(kept(owner)), proofs(owner, number))
    assert found == (("withdrawn", 0, [len(sent)]) if is_done else ("accepted", len(sent), []))


def test_a_withdrawal_during_linkage_leaves_none_of_the_links_that_are_being_made(partners, owner, monkeypatch):  # noqa: F811
    """What was read before is written after."""
    partners.send(YOT, "lan")
    (number,) = delivered(owner)
    deleted = {}
    withdrawing = threading.Thread(target=lambda: deleted.update(deciding.withdraw(partners.inbox.settings, number, **WHO)))
    real = match.link_and_draw

    def meanwhile(records):
        withdrawing.start()
        waiting.until(lambda: at_a_table(owner), "a withdrawal that waits for whoever reads the rows")
        return real(records)

    monkeypatch.setattr(match, "link_and_draw", meanwhile)
    made = build.take(LINK)["new"]
    withdrawing.join()
    assert made > 0
    assert kept(owner) == set()
    assert deleted[LINKS] == made


def test_a_withdrawal_that_comes_before_linkage_reads_the_rows_is_not_held_up_and_its_links_do_not_come_back(
    partners,  # noqa: F811
    owner,
    monkeypatch,
):
    """Linkage held the table of links from its start on and waited for the rows; the withdrawal had the rows and waited for it."""
    sent = partners.send(YOT, "lan")
    partners.send(YOT, "bwd")
    build.take(LINK)
    number = delivered(owner)[0]
    deleted = {}
    withdrawing = threading.Thread(target=lambda: deleted.update(deciding.withdraw(partners.inbox.settings, number, **WHO)))
    real = persons._records

    def meanwhile(*arguments):
        withdrawing.start()
        waiting.until(lambda: not withdrawing.is_alive() or at_the_links(owner), "a withdrawal that ended, or waits for the links")
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(persons, "_records", meanwhile)
        linked = build.take(LINK)
    withdrawing.join()
    assert deleted[LINKS] == len(sent)
    assert linked["records"] == len(kept(owner, "bwd")) > 0
    assert kept(owner) == set()
    assert owner.execute("select status from ops.submission where submission_id = %s", [number]).fetchone()["status"] == "withdrawn"
    build.take(LINK)
    assert kept(owner) == set()


def test_while_the_feed_file_cannot_be_read_the_links_wait_for_housekeeping_which_says_so(
    partners,  # noqa: F811
    owner,
    feed_files,
    capsys,
):
    sent = partners.send(YOT, "lan")
    partners.send(YOT, "bwd")
    build.take(LINK)
    said = (feed_files / f"{YOT}.odcs.yaml").read_text()
    (feed_files / f"{YOT}.odcs.yaml").write_text("id: [")
    number = delivered(owner)[0]
    assert commands.main(["withdraw", "--submission", str(number), "--reason", "a test"]) == 0
    assert "Its links between persons are deleted by Housekeeping" in capsys.readouterr().out
    with pytest.raises(HomeError, match=f"The links of submission {number}, which was withdrawn, could not be deleted"):
        retention.forget_originals()
    assert (len(kept(owner)), proofs(owner, number)) == (len(sent), [])
    (feed_files / f"{YOT}.odcs.yaml").write_text(said)
    retention.forget_originals()
    assert (kept(owner), proofs(owner, number)) == (set(), [len(sent)])
    assert kept(owner, "bwd")
    # It is done, and stays so.
    retention.forget_originals()
    assert proofs(owner, number) == [len(sent)]


def test_what_was_withdrawn_before_linkage_forgot_anybody_is_forgotten_by_housekeeping(partners, owner, monkeypatch):  # noqa: F811
    sent = partners.send(YOT, "lan")
    build.take(LINK)
    (number,) = delivered(owner)
    with monkeypatch.context() as of_before:
        of_before.setattr("vrn.accept.unlinking.forget", lambda *_: {})
        deciding.withdraw(partners.inbox.settings, number, **WHO)
    assert len(kept(owner)) == len(sent)
    retention.forget_originals()
    assert (kept(owner), proofs(owner, number)) == (set(), [len(sent)])


def test_a_feed_without_a_feed_file_any_more_leaves_no_pseudonym_of_a_withdrawn_delivery(partners, owner, feed_files):  # noqa: F811
    partners.send(YOT, "lan")
    build.take(LINK)
    (feed_files / f"{YOT}.odcs.yaml").unlink()
    (number,) = delivered(owner)
    deciding.withdraw(partners.inbox.settings, number, **WHO)
    assert kept(owner) == set()


def test_before_the_first_build_nothing_of_a_withdrawn_delivery_is_linked(partners, owner):  # noqa: F811
    partners.send(YOT, "lan")
    (number,) = delivered(owner)
    with pytest.raises(psycopg.errors.UndefinedTable):
        links(owner)
    assert deciding.withdraw(partners.inbox.settings, number, **WHO)[LINKS] == 0
