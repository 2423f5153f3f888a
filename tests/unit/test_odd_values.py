"""Whatever stands in the texts of accepted rows, the build of everything goes on (issue 14, point 1; case 10)."""

from __future__ import annotations

from itertools import cycle

import pytest

from tests.made import spoil, table
from vrn.build import steps as build
from vrn.feeds import contract as contracts
from vrn.feeds.document import feed_name
from vrn.ledger import states
from vrn.run import deciding
from vrn.settings import REPOSITORY
from vrn.synthetic import deliveries

# A number that no integer holds, days that no calendar has, a text that is longer than any code, and a time that is none.
ODD = ("20200425093000", "31/02/2020", "as at 2020-02-31", "9" * 400, "25:61", "-", "NaN")


def spoilt(inbox, feed: str) -> tuple[str, str] | None:
    """The name and content of a feed's last delivery, each text of which is odd in a row of its own; None where it is no CSV."""
    any_time = inbox.contract(feed)
    if any_time.format != "csv" or not any_time.main.synthetic:
        return None
    period = deliveries.periods(any_time.kind, any_time.main.synthetic, is_full=True)[-1]
    supplier = next(iter(any_time.suppliers))
    contract = contracts.load(inbox.settings.contracts / f"{feed}.odcs.yaml", period, supplier)
    text = deliveries.content(contract, period, inbox.places, supplier).decode()
    names = [column.source_names[0] for column in contract.main.columns if column.logical_type == "string"]
    rows, values = range(3, len(table(text)) + 2), cycle(ODD)
    changes = {row: {name: next(values)} for row, name in zip(rows, names, strict=False)}
    return deliveries.file_name(contract, period, supplier), spoil(text, changes)


@pytest.mark.nightly
@pytest.mark.worlds
def test_no_text_of_a_row_that_serves_stops_the_build(built_server, inbox, owner):
    for path in sorted((REPOSITORY / "expectations").glob("*.odcs.yaml")):
        feed = feed_name(path)
        sent = spoilt(inbox, feed)
        if sent is None:
            continue
        inbox.drop(feed, *sent)
        for row in inbox.take_in(feed):
            if row["status"] == states.HELD:
                deciding.approve(inbox.settings, row["submission_id"], by="a test", reason="a test")
        inbox.take_in(feed)
    build.everything()
    status = {row["status"]: row["n"] for row in owner.execute("select status, count(*) as n from ops.submission group by status")}
    # Of some feeds so little comes that a few odd rows are most of it, or a rule of the whole file finds one.
    assert status.pop("accepted") > 2 * sum(status.values())
