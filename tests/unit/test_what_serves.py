"""Whatever was delivered, replayed, refused and withdrawn: the marts are those of a clean run over what serves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.inbox import Inbox
from tests.properties import seeds
from tests.unit.test_outcomes import CRIME, FIRST_CUT, MONTHS, SECOND_CUT, build, figures, restated
from tests.warehouses import copy_of
from vrn.ledger import states
from vrn.run import deciding
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

OPERATIONS = 9
WHO = {"by": "a person", "reason": "a test"}


class World:
    """A home in which deliveries of three months come and go."""

    def __init__(self, settings: Settings, inbox: Inbox, dice: random.Random):
        self.settings, self.inbox, self.dice = settings, inbox, dice
        # What each submission's file held.
        self.sent: dict[int, tuple[str, str, str]] = {}

    def deliver(self, month: str, cut: str, text: str) -> None:
        self.inbox.drop(CRIME, f"{month}-lancashire-crime-asat-{cut}.synthetic.csv", text)
        for row in self.inbox.take_in(CRIME):
            self.sent.setdefault(row["submission_id"], (month, cut, text))

    def anything(self) -> None:
        month = self.dice.choice(MONTHS)
        text = self.inbox.text(CRIME, month)
        happening = self.dice.choice(["first", "restated", "refused", "replay", "replay", "withdraw", "build"])
        if happening == "first":
            self.deliver(month, FIRST_CUT, text)
        elif happening == "restated":
            self.deliver(month, SECOND_CUT, restated(text))
        elif happening == "refused":
            self.deliver(month, SECOND_CUT, "a,b\n1,2\n")
        elif happening == "build":
            build(self.settings)
        elif self.sent:
            self.decide(happening, self.dice.choice(list(self.sent)))

    def decide(self, happening: str, submission_id: int) -> None:
        if happening == "replay":
            deciding.replay(self.settings, [submission_id], **WHO)
            self.inbox.take_in(CRIME)
            return
        try:
            deciding.withdraw(self.settings, submission_id, **WHO)
        except states.NotAllowed:
            return


def home_of(server: Settings, folder: Path, places, story) -> dict:
    """The figures of a home of its own in which something happened."""
    folder.mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(server, folder, patch, "built", "of_a_test") as settings,
        connect(settings, OWNER, autocommit=True) as owner,
        connect(settings, autocommit=True) as loader,
    ):
        story(settings, Inbox(settings, loader, places))
        build(settings)
        return figures(owner)


@pytest.mark.nightly
@pytest.mark.worlds
@pytest.mark.parametrize("seed", seeds(1)[:2])
def test_the_marts_are_those_of_a_clean_run_over_what_serves(built_server, places, tmp_path, seed):
    serves: list[tuple[str, str, str]] = []

    def lived(settings: Settings, inbox: Inbox) -> None:
        world = World(settings, inbox, random.Random(seed))
        for month in MONTHS:
            world.deliver(month, FIRST_CUT, inbox.text(CRIME, month))
        build(settings)
        for _ in range(OPERATIONS):
            world.anything()
        rows = inbox.connection.execute("select submission_id from ops.submission where status = 'accepted'").fetchall()
        serves.extend(world.sent[row["submission_id"]] for row in rows)

    def clean(settings: Settings, inbox: Inbox) -> None:
        world = World(settings, inbox, random.Random(seed))
        for one in serves:
            world.deliver(*one)

    after = home_of(built_server, tmp_path / "lived", places, lived)
    expected = home_of(built_server, tmp_path / "clean", places, clean)
    different = {
        key: (after.get(key), expected.get(key)) for key in after.keys() | expected.keys() if after.get(key) != expected.get(key)
    }
    # A refused delivery is said where nothing came, and no clean run has one.
    different = {key: pair for key, pair in different.items() if pair[0] is None or pair[0][-1] != "refused"}
    assert different == {}, f"seed {seed}"
