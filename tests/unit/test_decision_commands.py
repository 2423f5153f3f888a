"""What the commands that decide on a delivery say when they are not told enough."""

from __future__ import annotations

import pytest

from vrn import __main__ as commands


@pytest.mark.parametrize(
    "said", [[], ["--submission", "", "--feed", "", "--from", "", "--until", "", "--reason", ""], ["--submission", "x"]]
)
def test_a_replay_without_a_number_says_what_to_say_and_in_a_sentence(said, home, capsys):
    """Issue 14, point 10: as the Makefile calls it, with what was left out as empty texts, and without."""
    assert commands.main(["replay", *said]) == 1
    told = capsys.readouterr().err
    assert told.startswith('error: Say which delivery: make replay SUBMISSION=7 REASON="…", or FEED=')
    assert "usage" not in told


def test_a_decision_without_a_reason_asks_for_it(home, capsys):
    assert commands.main(["approve", "--submission", "7"]) == 1
    assert capsys.readouterr().err.startswith('error: Say why: REASON="…"')
