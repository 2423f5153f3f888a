"""A delivery's verdict by the rules of its feed, for the tests that break each of them."""

from __future__ import annotations

from psycopg import sql

from tests.inbox import Inbox
from tests.made import file_name
from vrn.feeds.contract import Contract
from vrn.feeds.period import Period
from vrn.gate import judging as gate
from vrn.gate import listing
from vrn.ledger import states
from vrn.ledger import store as ledger
from vrn.stage import step as staging

ROW_COUNT = "expect_table_row_count_to_be_between"


def judged(
    inbox: Inbox, contract: Contract, period: Period, content: str | bytes, supplier: str | None = None
) -> tuple[gate.Verdict, dict[str, set[tuple[int, str]]]]:
    """A delivery's verdict, and for each entity the rows that broke a rule as (row_number, rule_code).

    supplier: who sends it; the feed's first one by default.
    """
    inbox.drop(contract.feed, file_name(contract, period.name, supplier), content)
    submission_id = inbox.register(contract.feed)[-1]
    submission = ledger.get(inbox.connection, submission_id)
    assert submission.status == states.RECEIVED
    staging.take(inbox.connection, inbox.settings, submission, contract)
    verdict = gate.gate(inbox.settings, ledger.get(inbox.connection, submission_id), contract)
    hits = {}
    for entity in contract.entities:
        found = inbox.connection.execute(
            sql.SQL("select row_number, rule_code from {}").format(listing.hits(entity, submission_id))
        ).fetchall()
        hits[entity.name] = {(row["row_number"], row["rule_code"]) for row in found}
    return verdict, hits
