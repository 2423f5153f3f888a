"""A release that is killed anywhere is there whole or not at all, and goes on when it is made again (issue 16, C)."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack

import pytest
from psycopg.types.json import Jsonb
from rich.console import Console

from tests.kills import Killed, killed_at
from tests.releases import count_as_built, something_came
from tests.waiting import LONGEST
from tests.warehouses import open_to_readers
from vrn.__main__ import main
from vrn.build import steps as build
from vrn.publish import exports, release
from vrn.publish.exports import package
from vrn.run import release_command
from vrn.settings import BI_READER
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, OWNER

WAITS = "waits for a build, or the filling of the database of readers, that is under way"
# Where it is killed before there is a release, and after; the same step boundary from both sides.
BEFORE = (
    ("vrn.publish.frozen.keep_models", False),
    ("vrn.publish.frozen.keep_models", True),
    ("vrn.publish.frozen.keep_values", True),
    ("vrn.publish.frozen.keep_decisions", True),
    ("vrn.access.audit.events.record", True),
)
AFTER = (
    ("vrn.publish.release.make", True),
    ("vrn.build.steps.take", False),
    ("vrn.build.table_swap.swap", True),
    ("vrn.publish.readers.fill", False),
    ("vrn.publish.readers.fill", True),
    ("vrn.publish.release.take_note", True),
    ("vrn.publish.exports.write", False),
    ("vrn.publish.exports._write_all", True),
    ("vrn.publish.exports.write", True),
    ("vrn.report.site.build", False),
    ("vrn.report.site.build", True),
    ("vrn.report.partner_pages.build", False),
    ("vrn.report.partner_pages.build", True),
)


def make(home, note: str = "for the board", reason: str | None = None) -> tuple[str, str]:
    """What the command does. Returns the release and what was printed."""
    said = io.StringIO()
    return release_command.carry_out(home, Console(file=said, width=200), note, reason), said.getvalue()


def figures_to_release(home, owner) -> None:
    something_came(owner)
    count_as_built(home)


def releases(owner) -> list[str]:
    return [row["release_id"] for row in owner.execute("select release_id from ops.release order by release_number")]


def test_a_release_that_was_killed_at_any_step_goes_on_and_is_made_once(built_server, home, owner):
    figures_to_release(home, owner)
    open_to_readers(home)
    for place, after in BEFORE:
        with pytest.raises(Killed), killed_at(place, after=after):
            make(home)
        assert releases(owner) == [], (place, after)
        for table in ("frozen_row", "kept_value", "kept_decision", "kept_range", "release_submission"):
            assert owner.execute(f"select count(*) as found from ops.{table}").fetchone()["found"] == 0, (place, table)
    seen = set()
    for place, after in AFTER:
        with pytest.raises(Killed), killed_at(place, after=after):
            make(home)
        seen |= set(releases(owner))
        assert len(seen) == 1, (place, after)
        assert release.unfinished(home) in seen
    release_id, said = make(home, "another note, which is not taken")
    assert seen == {release_id}
    assert f"The release {release_id} was interrupted and is finished now" in said
    assert release.unfinished(home) is None
    # What was taken is not taken again: only the last was left.
    assert [line.partition(":")[0] for line in said.splitlines() if line.startswith(tuple(release_command.STEPS))] == [
        "partner-pages"
    ]

    (row,) = owner.execute("select release_id, note from publish.release").fetchall()
    assert (row["release_id"], row["note"]) == (release_id, "for the board")
    shown = owner.execute("select distinct release_id from publish.indicator_value").fetchall()
    assert [one["release_id"] for one in shown] == [release_id]
    with connect(home, BI_READER) as reading:
        shown = reading.execute("select distinct release_id from publish.indicator_value").fetchall()
    assert [one["release_id"] for one in shown] == [release_id]
    with connect(home, EVALUATOR) as reading:
        folder = home.public / exports.FOLDER / release_id
        assert package.is_whole(folder / exports.PACKAGE, exports._release(reading, release_id))
    assert release_id in (home.public / "site" / "releases.html").read_text(encoding="utf-8")


def test_a_release_that_publish_cannot_be_built_of_is_given_up_and_holds_up_no_later_one(built_server, home, owner):
    """Issue 16, C: it was resumed for ever, and no other could be made until the tables of publish could be built of it."""
    figures_to_release(home, owner)
    open_to_readers(home)
    first, _ = make(home)
    seen = owner.execute("select * from publish.area order by area_code").fetchall()
    # An area that is there twice: the key of publish.area refuses it, which nobody sees before it is frozen.
    twice = "from marts.dim_area where area_code = 'E06000008'"
    owner.execute(
        "insert into marts.dim_area select (jsonb_populate_record(null::marts.dim_area, to_jsonb(dim_area) || %s)).* " + twice,
        [Jsonb({"area_name": "again"})],
    )
    for place in ("vrn.build.steps.take", "vrn.publish.release.give_up"):
        with pytest.raises(Killed), killed_at(place):
            make(home)
    broken = release.unfinished(home)
    with pytest.raises(release.ReleaseRefused, match=rf"(?s){re.escape(broken)} was given up.*publish__area.*make build"):
        make(home)
    assert release.unfinished(home) is None
    (event,) = owner.execute("select what from ops.audit_event where kind = 'release' and what like '%given up%'").fetchall()
    assert event["what"].startswith(f"the release {broken} given up: ")
    # A build goes on with the release before.
    build.take("publish")
    assert owner.execute("select * from publish.area order by area_code").fetchall() == seen

    owner.execute("delete from marts.dim_area where area_name = 'again'")
    count_as_built(home)
    third, _ = make(home, "mended", "it says the same as the first")
    told = owner.execute("select release_id, previous_release_id from publish.release order by release_number").fetchall()
    assert [tuple(row.values()) for row in told] == [(first, None), (third, first)]
    assert broken in releases(owner)
    assert owner.execute("select * from publish.area order by area_code").fetchall() == seen


def test_a_release_that_readers_have_seen_is_not_given_up(built_server, home, owner):
    """What it told is told: it is finished when what fails is mended."""
    figures_to_release(home, owner)
    open_to_readers(home)
    with pytest.raises(Killed), killed_at("vrn.build.table_swap.swap", after=True):
        make(home)
    release_id = release.unfinished(home)
    assert not release.give_up(home, release_id, "a test")
    assert release.unfinished(home) == release_id


def test_it_shows_what_is_done_while_figures_are_frozen(built_server, home, owner):
    figures_to_release(home, owner)
    told = []
    release.make(home, "for the board", tell=lambda *looks: told.append(looks))
    assert list(dict.fromkeys(what for what, *_ in told)) == [
        "definitions and figures",
        "disclosure control",
        "what was decided",
        "what it changes against the last release",
    ]
    assert [decided for what, *decided in told if what == "what was decided"] == [[1.0]]


@pytest.fixture
def soon(monkeypatch) -> None:
    """Who waits for a lock for ever fails."""
    monkeypatch.setenv("PGOPTIONS", f"-c lock_timeout={LONGEST}s")


@pytest.mark.parametrize("step", ["freeze", "publish"])
def test_it_says_that_it_waits_for_a_build_that_is_under_way_and_then_what_it_does(built_server, home, owner, soon, step):
    figures_to_release(home, owner)
    open_to_readers(home)
    said = []
    with ExitStack() as builds:

        def show(look: release_command.Look) -> None:
            said.append(look.step)
            if look.step == step and WAITS not in said:
                builds.enter_context(build.alone())
            if look.step == WAITS:
                builds.close()

        release_command.steps(home, Console(file=io.StringIO()), show, "for the board")
    place = said.index(WAITS)
    assert said[place - 1] == step
    assert said[place + 1] == {"freeze": "freeze: definitions and figures", "publish": "publish"}[step]


def test_a_preview_says_that_it_waits_for_a_release_that_is_under_way(built_server, home, owner, soon):
    figures_to_release(home, owner)
    said = []
    with connect(home, OWNER) as making:
        making.execute("select from ops.built_layer for update")

        def tell(what: str, decided: float | None = None) -> None:
            said.append(what)
            making.rollback()

        release.previewed(home, tell)
        assert said[:2] == ["waits for a release or a preview that is under way", "definitions and figures"]
        said.clear()
        release.previewed(home, tell)
    assert said[0] == "definitions and figures"


@pytest.mark.parametrize("note", ["", "  "])
def test_without_a_note_a_release_is_refused_at_once_and_does_not_wait_for_a_build(built_server, home, owner, capsys, note):
    """Issue 16, C: it was published with an empty note, which the page of releases then showed."""
    figures_to_release(home, owner)
    with build.alone():
        assert main(["release", note, "--reason", ""]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: A release cannot be taken back")
    assert "make release NOTE=" in said
    assert releases(owner) == []


def test_two_releases_are_not_made_at_once(built_server, home, owner):
    figures_to_release(home, owner)
    with release.alone(home), pytest.raises(release.ReleaseRefused, match="Another release is being made"):
        make(home)
    assert releases(owner) == []


def test_what_is_shown_of_a_release_is_how_many_steps_are_taken_and_which_is_under_way():
    steps, look = len(release_command.STEPS) + 1, release_command.Look(2, "exports")
    assert release_command.OF_RELEASE.stages(look) == (None, (2, steps))
    assert release_command.OF_RELEASE.sentence(look) == f"of {steps} steps 2 taken; exports"
    look = release_command.Look(0, "freeze: disclosure control", 0.534)
    assert release_command.OF_RELEASE.stages(look) == ((0.534, None), (0, steps))
    assert release_command.OF_RELEASE.sentence(look) == f"of {steps} steps 0 taken, 53.4% decided; freeze: disclosure control"
    assert release_command.OF_PREVIEW.sentence(look) == "53.4% decided; freeze: disclosure control"


def test_the_commands_say_what_there_is_to_release(built_server, home, owner, capsys):
    figures_to_release(home, owner)
    assert main(["release-preview"]) == 0
    assert "There is no release yet" in capsys.readouterr().out
    assert releases(owner) == []
    owner.execute("update ops.built_layer set ledger = null where layer = 'publish'")
    for command in (["release-preview"], ["release", "for the board", "--reason", ""]):
        assert main(command) == 1
        assert capsys.readouterr().err.startswith("error: The outcomes are half built (publish)")


def test_where_nothing_came_there_is_nothing_to_release(built_server, home, owner, capsys):
    """Its files would be refused for ever, and every later release would wait for it."""
    count_as_built(home)
    for command in (["release-preview"], ["release", "for the board"]):
        assert main(command) == 1
        assert "there is nothing to release" in capsys.readouterr().err
    assert releases(owner) == []
