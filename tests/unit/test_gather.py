"""What one build waits for, and when there is nothing to build; and how many tasks share what waits."""

from __future__ import annotations

import hashlib

import psycopg
import pytest
from psycopg import sql

from tests.conftest import FEEDS
from vrn.build import steps as build
from vrn.build.layers import LAYERS
from vrn.ledger import store as ledger
from vrn.run import pipeline

STREET, _ = FEEDS


def received(owner: psycopg.Connection, name: str, **columns: object) -> None:
    values = {
        "feed": STREET,
        "supplier": "lancashire",
        "file_name": name,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "byte_count": 1,
        "is_synthetic": True,
        **columns,
    }
    owner.execute(
        sql.SQL("insert into ops.submission ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Literal, values.values())),
        )
    )


def test_a_build_waits_until_what_came_with_it_is_judged(home, owner, monkeypatch):
    received(owner, "a.csv")
    judged = "update ops.submission set status = 'refused', status_reason = 'a test'"
    # What happens between one look and the next; after the third nothing is left to wait for.
    happenings = [lambda: None, lambda: None, lambda: owner.execute(judged)]
    monkeypatch.setattr(build.time, "sleep", lambda _: happenings.pop(0)())
    assert build.gather(is_due=True) == {}
    assert happenings == []


def test_no_build_waits_for_a_person_or_for_a_delivery_whose_steps_failed(home, owner, monkeypatch):
    monkeypatch.setattr(build.time, "sleep", lambda _: pytest.fail("it waited"))
    received(owner, "held.csv", held_at="2020-01-01", hold_reason="a test")
    owner.execute("update ops.submission set held_at = now()")
    received(owner, "broken.csv", received_at="2020-01-01")
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
    received(owner, "b.csv", period_start="2020-01-01", status="refused", status_reason="a test")
    assert build.gather(is_due=False) == {}
    built(None)
    assert build.gather(is_due=False) == {}


@pytest.mark.parametrize(
    ("files", "bytes_", "batches"), [(1, 1, 1), (10, 1, 1), (11, 1, 2), (99, 1, 4), (2, 60 << 20, 3), (1, 1 << 30, 1)]
)
def test_a_few_deliveries_share_a_task_and_many_or_large_ones_are_shared_out(home, owner, monkeypatch, files, bytes_, batches):
    monkeypatch.setattr(pipeline, "MOST_BATCHES", 4)
    for number in range(files):
        received(owner, f"{number}.csv", byte_count=bytes_)
    found = pipeline.register(STREET)
    assert len(found) == min(batches, files)
    assert sorted(one for batch in found for one in batch) == sorted(
        row["submission_id"] for row in owner.execute("select submission_id from ops.submission").fetchall()
    )
