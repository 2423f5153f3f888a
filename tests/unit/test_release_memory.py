"""What disclosure control reads of earlier releases grows with what they changed, and not with how many there are (issue 17, 5)."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from psycopg.types.json import Jsonb

from vrn.publish import disclosure, frozen, memory
from vrn.publish.frozen import KEY
from vrn.settings import Settings

PLACE = ("E06000008", "2019/20", "all", "all", "all", "all")


def released(owner: psycopg.Connection, name: str) -> int:
    return owner.execute(
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, '', '', '', true) "
        "returning release_number",
        [name],
    ).fetchone()["release_number"]


def figure(owner: psycopg.Connection, indicator: str, count: int, since: int, until: int | None = None) -> None:
    keys, marks = ", ".join(KEY), ", ".join(["%s"] * (len(KEY) + 3))
    values = [indicator, *PLACE, count, since, until]
    owner.execute(
        f"insert into ops.kept_value ({keys}, count, since_release, until_release, status, is_synthetic) "
        f"values ({marks}, 'ok', true)",
        values,
    )
    owner.execute(
        f"insert into ops.kept_decision ({keys}, count, since_release, until_release, decision) values ({marks}, 'publish')", values
    )


@pytest.fixture
def releases(built_server, home: Settings, owner: psycopg.Connection) -> list[int]:
    """Twenty; in the third robbery changed, of which serious violence is made."""
    numbers = [released(owner, f"release {number}") for number in range(20)]
    first, third = numbers[0], numbers[2]
    frozen.keep_models(owner, first)
    figure(owner, "S06", 11, first)
    figure(owner, "V15", 12, first)
    figure(owner, "V10", 13, first, third)
    figure(owner, "V10", 14, third)
    figure(owner, "gone", 15, first)
    return numbers


def told(owner: psycopg.Connection, number: int) -> list[tuple]:
    found = memory.of_earlier(owner, number, memory.definitions(owner, number))
    assert list(found.columns) == disclosure.MEMORY
    return sorted((one.indicator_id, one.release, int(one.count)) for one in found.itertuples())


def test_each_state_of_what_is_judged_together_is_read_once_however_many_releases_have_it(releases, owner, monkeypatch):
    monkeypatch.setattr(memory, "ROWS_OF_A_BLOCK", 2)
    first, third = releases[0], releases[2]
    last = releases[-1] + 1
    assert told(owner, last) == [
        ("S06", first, 11), ("V10", first, 13), ("V10", third, 14), ("V15", first, 12), ("V15", third, 12),
    ]  # fmt: skip
    assert told(owner, releases[3]) == told(owner, last)
    # A release does not remember itself.
    assert told(owner, third) == [("S06", first, 11), ("V10", first, 13), ("V15", first, 12)]


def test_the_first_release_remembers_nothing(built_server, home, owner):
    assert memory.definitions(owner, 1) == []
    assert memory.of_earlier(owner, 1, []) is None


FORMER = {
    "dim_indicator": {
        "indicator_id": "V98",
        "adds_up": ["count = V01 + V06"],
        "value_type": "count",
        "suppression_policy": "LVRN5",
    },
    "dim_area": {"area_code": "E10000099", "area_type": "upper_tier", "area_levels": ["upper_tier"], "leaf_codes": ["E06000008"]},
    "dim_period": {"period_id": "1999", "period_type": "financial_year", "start_on": "1999-04-01", "end_on": "2000-03-31"},
}


def test_what_was_told_of_a_deleted_indicator_and_of_an_area_that_is_no_more_is_remembered(built_server, home, owner):
    """Issue 16, A and C: it left the attack with marts.dim_indicator and dim_area, where its definition was read."""
    first, second, third = (released(owner, name) for name in ("one", "two", "three"))
    frozen.keep_models(owner, first)
    for relation, content in FORMER.items():
        owner.execute(
            "insert into ops.frozen_row (relation, content, content_hash, since_release, until_release) "
            "values (%s, %s, 'x', %s, %s)",
            [relation, Jsonb(content), first, second],
        )
    figure(owner, "V98", 23, first, second)
    figure(owner, "V06", 20, first)
    defined = memory.definitions(owner, third)
    # The latest first; the first release has what is no more.
    assert [len(one.indicators) for one in defined] == [len(defined[0].indicators), len(defined[0].indicators) + 1]
    former = defined[1]
    assert "V98" in set(former.indicators["indicator_id"])
    assert "E10000099" in set(former.areas["area_code"])
    assert former.periods.set_index("period_id").loc["1999", "start_on"] == date(1999, 4, 1)
    # V06 is told of with what it was part of, as the first release had both and as the second had it alone.
    assert told(owner, third) == [("V06", first, 20), ("V06", second, 20), ("V98", first, 23)]


def test_a_release_that_was_given_up_is_not_remembered(built_server, home, owner):
    """Nobody has seen it, so that nobody knows what it would have told."""
    first, given_up, third, last = (released(owner, name) for name in ("one", "given up", "three", "four"))
    frozen.keep_models(owner, first)
    owner.execute("insert into ops.release_step (release_id, step) values ('given up', 'given_up')")
    figure(owner, "V06", 20, first, given_up)
    figure(owner, "V06", 99, given_up, third)
    figure(owner, "V06", 21, third)
    assert told(owner, last) == [("V06", first, 20), ("V06", third, 21)]
    # What the one that was given up began is told by the next.
    figure(owner, "V10", 7, given_up)
    assert told(owner, last) == [("V06", first, 20), ("V06", third, 21), ("V10", third, 7)]
