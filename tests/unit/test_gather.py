"""What one build waits for, and when there is nothing to build; and how many tasks share what waits."""

from __future__ import annotations

import pytest

from tests.conftest import FEEDS
from tests.submissions import came, move
from vrn.build import steps as build
from vrn.build.layers import LAYERS
from vrn.ledger import store as ledger
from vrn.run import ingest

STREET, _ = FEEDS


def test_a_build_waits_until_what_came_with_it_is_judged(home, owner, monkeypatch):
    one = came(owner, "a.csv")
    # What happens between one look and the next; after the third nothing is left to wait for.
    happenings = [lambda: None, lambda: None, lambda: move(owner, one, "refused")]
    monkeypatch.setattr(build.time, "sleep", lambda _: happenings.pop(0)())
    assert build.gather(is_due=True) == {}
    assert happenings == []


def test_no_build_waits_for_a_person_or_for_a_delivery_whose_steps_failed(home, owner, monkeypatch):
    monkeypatch.setattr(build.time, "sleep", lambda _: pytest.fail("it waited"))
    came(owner, "held.csv", status="held")
    came(owner, "broken.csv", moved_at="2020-01-01")
    assert build.gather(is_due=True) == {}


def test_a_build_that_an_earlier_one_did_already_is_skipped_but_not_that_of_a_new_day(home, owner):
    def built(ledger: str | None) -> None:
        owner.execute("truncate ops.built_layer")
        for layer in LAYERS:
            row = [layer, build.codes(home)[layer], "" if layer == build.REFERENCE else ledger]
            owner.execute("insert into ops.built_layer (layer, code, ledger) values (%s, %s, %s)", row)

    assert build.gather(is_due=False) == {}
    built(ledger.fingerprint(owner))
    with pytest.raises(build.NothingToBuild):
        build.gather(is_due=False)
    assert build.gather(is_due=True) == {}
    came(owner, "b.csv", period_start="2020-01-01", status="refused")
    assert build.gather(is_due=False) == {}
    built(None)
    assert build.gather(is_due=False) == {}


@pytest.mark.parametrize(
    ("files", "bytes_", "batches"), [(1, 1, 1), (10, 1, 1), (11, 1, 2), (99, 1, 4), (2, 60 << 20, 3), (1, 1 << 30, 1)]
)
def test_a_few_deliveries_share_a_task_and_many_or_large_ones_are_shared_out(home, owner, monkeypatch, files, bytes_, batches):
    monkeypatch.setattr(ingest, "MOST_BATCHES", 4)
    for number in range(files):
        came(owner, f"{number}.csv", byte_count=bytes_)
    found = ingest.take_in(STREET)
    assert len(found) == min(batches, files)
    assert sorted(one for batch in found for one in batch) == sorted(
        row["submission_id"] for row in owner.execute("select submission_id from ops.submission").fetchall()
    )
