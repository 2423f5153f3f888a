"""What a release would change, said of figures as readers see them and never of a hidden count (issue 16, C)."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import submissions
from vrn.build import dbt
from vrn.publish import changes, preview
from vrn.publish.frozen import KEY
from vrn.settings import Settings

CELL = ("all", "all", "all", "all")
PUBLISH, SMALL = "publish", "suppressed_primary"
# Of each figure the count and the decision in the earlier release and in the later; None where it is not there.
FIGURES = {
    ("V06", "LANCS-14", "2019/20", *CELL): ((1000, PUBLISH), (1010, PUBLISH)),
    ("V06", "E06000008", "2019/20", *CELL): ((100, PUBLISH), (110, PUBLISH)),
    ("V06", "E07000117", "2019/20", *CELL): ((50, PUBLISH), (50, PUBLISH)),
    ("V06", "E07000119", "2019/20", *CELL): ((77, PUBLISH), None),
    ("V10", "E06000008", "2019/20", *CELL): ((61, PUBLISH), (62, SMALL)),
    ("V10", "E06000009", "2019/20", *CELL): ((63, SMALL), (21, PUBLISH)),
    ("V10", "E07000117", "2019/20", *CELL): ((91, SMALL), (92, SMALL)),
    ("V10", "E07000119", "2019/20", *CELL): (None, (93, SMALL)),
    ("V10", "E07000120", "2019/20", "female", *CELL[1:]): (None, (22, PUBLISH)),
    ("V99", "E06000008", "2019/20", *CELL): ((64, SMALL), None),
}
MODELS = {
    "dim_indicator": ("indicator_id", "short_name", {"V06": "Violence", "V10": "Robbery", "V99": "Left"}, "V99"),
    "dim_area": ("area_code", "area_name", {"E06000008": "Blackburn", "E07000125": "Rossendale"}, "E07000125"),
}
# What the later release calls otherwise, and what is there for the first time.
LATER = {"dim_indicator": {"V10": "Robbery of persons"}, "dim_area": {"E07000126": "South Ribble"}}


@pytest.fixture
def told(built_server, home: Settings, owner: psycopg.Connection) -> Callable[[dict], changes.Changes]:
    """Gives what changes between two releases of such figures, and leaves nothing of them."""
    # The name of the warehouse stands in a function, and this one is a copy.
    assert dbt.invoke(home, ["--quiet", "build", "--select", "release_changes"]).success

    came = submissions.came(owner, "a delivery", feed="police_crime", period_start="2019-04-01", period_end="2019-04-30")

    def compare(figures: dict, is_delivered: bool = True) -> changes.Changes:
        with owner.transaction(force_rollback=True):
            earlier, later = (_release(owner, name) for name in ("earlier", "later"))
            for relation, (code, name, there, gone) in MODELS.items():
                ending = {gone, *LATER[relation]}
                rows = [(one, said, earlier, later if one in ending else None) for one, said in there.items()]
                for one, said, since, until in [*rows, *((*new, later, None) for new in LATER[relation].items())]:
                    content = Jsonb({code: one, name: said, "feeds": ["police_crime"], "period_types": ["financial_year"]})
                    owner.execute(
                        "insert into ops.frozen_row values (%s, %s, sha256(%s), %s, %s)",
                        [relation, content, (one + said).encode(), since, until],
                    )
            owner.execute(
                "insert into ops.frozen_row select 'dim_period', to_jsonb(one), 'x', %s from marts.dim_period as one "
                "where period_id = '2019/20'",
                [earlier],
            )
            for key, (before, after) in figures.items():
                for found, since, until in ((before, earlier, later), (after, later, None)):
                    if found:
                        _figure(owner, key, *found, since, until)
            if is_delivered:
                owner.execute("insert into ops.release_submission values ('later', %s)", [came])
            return changes.between(owner, "earlier", "later")

    return compare


def _release(owner: psycopg.Connection, name: str) -> int:
    query = (
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, '', '', '', true) "
        "returning release_number"
    )
    return owner.execute(query, [name]).fetchone()["release_number"]


def _figure(owner, key, count: int, decision: str, since: int, until: int | None) -> None:
    columns, shown = ", ".join(KEY), count if decision == PUBLISH else None
    marks = ", ".join(["%s"] * len(KEY))
    owner.execute(
        f"insert into ops.kept_value ({columns}, count, value, status, is_synthetic, since_release, until_release) "
        f"values ({marks}, %s, %s, 'ok', true, %s, %s)",
        [*key, count, count / 10, since, until],
    )
    owner.execute(
        f"insert into ops.kept_decision ({columns}, decision, count, value, since_release, until_release) "
        f"values ({marks}, %s, %s, %s, %s, %s)",
        [*key, decision, shown, None if shown is None else shown / 10, since, until],
    )


def test_it_says_what_changes_by_how_much_and_because_of_what(told, home):
    said = preview.text(told(FIGURES), Settings())
    lines = [line.strip() for line in said.splitlines()]
    assert lines[0] == "Against the release earlier, which shows 5 figures:"
    for line in (
        "2 move, of 3 that stay (V06 2)",
        "1 are new (V10 1)",
        "1 are shown that were hidden (V10 1)",
        "1 become hidden (V10 1)",
        "1 are no more (V06 1)",
        "1 come and are hidden (V10 1)",
        "delivery 1 came (police_crime of lancashire, 2019-04-01 to 2019-04-30): 6 figures",
        "Figures that move by more than 5 %, the furthest first (1):",
        "V06 E06000008 2019/20: 10 to 11 (+10.0 %)",
        "Indicators that are no more: V99 (Left)",
        "Areas that are no more: E07000125 (Rossendale)",
        "Areas that are new: E07000126 (South Ribble)",
        "Names that change (1):",
        "V10: Robbery to Robbery of persons",
        "V10 E06000008 2019/20",
        "V10 E06000009 2019/20",
        "V06 E07000119 2019/20",
    ):
        assert line in lines, said
    # One per cent is no move that a person need look at.
    assert "V06 LANCS-14" not in said


def test_it_tells_nothing_of_a_hidden_count(told, home):
    """The text is the same whatever the hidden counts are."""

    def other(found):
        return (found[0] - 57, SMALL) if found and found[1] == SMALL else found

    others = {key: (other(before), other(after)) for key, (before, after) in FIGURES.items()}
    one, another = (preview.text(told(figures), Settings()) for figures in (FIGURES, others))
    assert one == another
    assert others != FIGURES


@pytest.mark.parametrize(
    ("percent", "share", "needed"),
    [
        # What vanishes needs a reason always: an indicator and an area.
        (20, 100, 2),
        (5, 19, 4),
        # One of five moves, and two become hidden or go.
        (5, 20, 3),
        (5, 40, 2),
    ],
)
def test_a_reason_is_asked_for_where_a_threshold_of_the_settings_is_passed(told, home, monkeypatch, percent, share, needed):
    monkeypatch.setenv("VRN_RELEASE_MOVE_PERCENT", str(percent))
    monkeypatch.setenv("VRN_RELEASE_SHARE_PERCENT", str(share))
    found = preview.concerns(told(FIGURES), Settings())
    assert len(found) == needed
    assert all(sentence.endswith(".") for sentence in found)


@pytest.fixture
def unchanged(told, monkeypatch) -> Callable[..., changes.Changes]:
    """Two releases that say the same of everything."""
    same = {key: (before, before) for key, (before, _) in FIGURES.items() if before and before[1] == PUBLISH}
    for relation, (*said, _) in MODELS.items():
        monkeypatch.setitem(MODELS, relation, (*said, None))
        monkeypatch.setitem(LATER, relation, {})
    return lambda **said: told(same, **said)


def test_of_a_release_that_changes_no_figure_nobody_asks_for_a_reason_while_a_delivery_came(unchanged, home):
    found = unchanged()
    assert preview.concerns(found, Settings()) == []
    assert preview.text(found, Settings()).endswith('The release needs no reason (make release NOTE="what it is for").')


def test_a_release_that_tells_readers_nothing_new_needs_a_reason_and_names_no_cause(unchanged, home):
    """Issue 16, C: one was frozen for good, and a preview had said that nothing moves; under "Because of:" stood nothing."""
    found = unchanged(is_delivered=False)
    assert preview.concerns(found, Settings()) == ["Nothing that readers see differs from the release earlier."]
    assert "Because of" not in preview.text(found, Settings())


def test_a_release_that_only_calls_something_otherwise_says_so_and_needs_no_reason(unchanged, home, monkeypatch):
    """Issue 16, C: the preview was silent on new names, and both were published."""
    monkeypatch.setitem(LATER, "dim_area", {"E06000008": "Blackburn with Darwen"})
    found = unchanged(is_delivered=False)
    assert "  E06000008: Blackburn to Blackburn with Darwen" in preview.text(found, Settings()).splitlines()
    assert preview.concerns(found, Settings()) == []
