"""How much of a delivery is blank is counted as it is staged (issue 17, point 1)."""

from __future__ import annotations

import pytest

from tests.conftest import FEEDS
from tests.contracts.test_rules import MONTH
from tests.unit.test_gx import staged
from vrn.gate import history
from vrn.ledger import profiles


@pytest.mark.parametrize("feed", FEEDS)
def test_what_is_counted_while_a_delivery_is_staged_is_what_its_table_has(inbox, feed):
    contract = inbox.contract(feed, MONTH)
    submission = staged(inbox, feed, inbox.text(feed, MONTH))
    kept = profiles.kept(inbox.connection, submission.submission_id)
    assert kept == {entity.name: history._counted(inbox.connection, submission, entity) for entity in contract.entities}
    assert any(0 < blank < one.rows for one in kept.values() for blank in one.blanks.values())


@pytest.mark.parametrize("lost", ["true", "column_name = (select min(column_name) from ops.column_profile)"])
def test_a_delivery_that_was_staged_without_all_counts_is_counted_by_the_gate(inbox, lost):
    feed = FEEDS[0]
    contract = inbox.contract(feed, MONTH)
    submission = staged(inbox, feed, inbox.text(feed, MONTH))
    kept = history.profile(inbox.connection, submission, contract)
    assert inbox.connection.execute(f"delete from ops.column_profile where {lost}".encode()).rowcount
    assert history.profile(inbox.connection, submission, contract) == kept
    assert profiles.kept(inbox.connection, submission.submission_id) == kept
