"""What disclosure control reads of earlier releases grows with what they changed, and not with how many there are (issue 17, 5)."""

from __future__ import annotations

import psycopg
import pytest

from vrn.publish import disclosure, memory
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
    figure(owner, "S06", 11, first)
    figure(owner, "V15", 12, first)
    figure(owner, "V10", 13, first, third)
    figure(owner, "V10", 14, third)
    figure(owner, "gone", 15, first)
    return numbers


def told(owner: psycopg.Connection, number: int) -> list[tuple]:
    found = memory.of_earlier(owner, number)
    assert list(found.columns) == disclosure.MEMORY
    return sorted((one.indicator_id, one.release, int(one.count)) for one in found.itertuples())


def test_each_state_of_what_is_judged_together_is_read_once_however_many_releases_have_it(releases, owner):
    first, third = releases[0], releases[2]
    last = releases[-1] + 1
    assert told(owner, last) == [
        ("S06", first, 11), ("V10", first, 13), ("V10", third, 14), ("V15", first, 12), ("V15", third, 12),
    ]  # fmt: skip
    assert told(owner, releases[3]) == told(owner, last)
    # A release does not remember itself.
    assert told(owner, third) == [("S06", first, 11), ("V10", first, 13), ("V15", first, 12)]


def test_the_first_release_remembers_nothing(built_server, home, owner):
    assert memory.of_earlier(owner, 1) is None
