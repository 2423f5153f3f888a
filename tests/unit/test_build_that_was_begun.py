"""What a build began and did not end, left out, or did not see, is made good by the next (issue 17, point 2): it leaves what a
build of everything would leave, and tests what nobody tested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.builds import without_tests
from tests.iod import NAMES, file_7
from tests.unit.test_build_of_what_changed import (
    CRIME,
    SEARCHES,
    STREET,
    TRAINING,
    WHO,
    build_what_changed,
    build_whole,
    deliver,
    tables,
)
from tests.unit.test_left_out import failing
from vrn.build import steps as build
from vrn.run import deciding

VIEWS = (
    "select relname as name from pg_class where relkind = 'v' "
    "and relnamespace = any('{staging, intermediate, indicators, marts}'::regnamespace[])"
)


def build_what_is_sound() -> None:
    """Build on after a layer of which some models failed, as a build does."""
    for layer in ("staging", "intermediate", "indicators", "counts", "marts"):
        try:
            build.take(layer)
        except build.PartlyBuilt:
            continue


def build_again() -> None:
    """Build as the next build does, as far as there are views."""
    build.take("reference")
    build_what_changed()


@contextmanager
def another_project(monkeypatch) -> Iterator[None]:
    """Builds are another project's, which differs from this one in no table that a test does not change itself."""
    ours = build.codes
    with monkeypatch.context() as patch:
        patch.setattr(build, "codes", lambda settings: {layer: f"another than {code}" for layer, code in ours(settings).items()})
        yield


def views(owner: psycopg.Connection) -> set[str]:
    return {row["name"] for row in owner.execute(VIEWS).fetchall()}


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [name for name in one if one[name] != other.get(name)]


def test_a_project_that_comes_back_before_another_was_built_to_its_end_keeps_nothing_of_that_one(
    built_server, inbox, owner, untested, monkeypatch
):
    deliver(inbox, TRAINING, "2019-20-Q3", 0)
    build_what_changed()
    before = tables(owner)
    with another_project(monkeypatch), failing(inbox.settings, "pub_rob_robbery"):
        build_what_is_sound()
    # As another definition of the indicator would have it.
    counted = owner.execute("update indicators.indicator_count set numerator = 2 * numerator where indicator_id = 'P06'")
    assert counted.rowcount > 0
    build_what_changed()
    assert differing(before, tables(owner)) == []


@pytest.mark.parametrize("layer", ["reference", "staging"])
def test_views_that_go_with_a_layer_of_another_project_are_made_anew(built_server, inbox, owner, untested, monkeypatch, layer):
    """The other project was given up when it had built that layer: to build it in full drops the views of later ones."""
    there = views(owner)
    with another_project(monkeypatch):
        build.take(layer)
    assert there - views(owner)
    deliver(inbox, CRIME, "2019-12", 0)
    build_again()
    assert there - views(owner) == set()


@pytest.mark.parametrize("layer", ["staging", "intermediate"])
def test_views_that_go_with_a_layer_whose_build_was_killed_are_made_anew(built_server, inbox, owner, untested, layer):
    there = views(owner)
    # As a build leaves it that ends within the layer.
    owner.execute("update ops.built_layer set ledger = null, inputs = null where layer = %s", [layer])
    deliver(inbox, CRIME, "2019-12", 0)
    build_again()
    assert there - views(owner) == set()


def test_rows_of_a_delivery_that_is_accepted_while_staging_begins_are_tested(built_server, inbox, owner, monkeypatch):
    asked, came = build._inputs, []

    def then_one_comes(settings, layer):
        found = asked(settings, layer)
        if not came:
            came.append(deliver(inbox, TRAINING, "2019-20-Q3", 0)["submission_id"])
            with psycopg.connect(settings.conninfo("postgres", settings.database), autocommit=True) as superuser:
                superuser.execute("update raw.programme_training__event set row_number = 1 where submission_id = %s", came)
        return found

    deliver(inbox, SEARCHES, "2019-12", 0)
    monkeypatch.setattr(build, "_inputs", then_one_comes)
    with pytest.raises(build.PartlyBuilt, match="unique_together_stg_programme_training__event"):
        build.take("staging")


def test_a_month_of_which_all_was_withdrawn_while_its_indicators_were_left_out_is_counted_no_more(built_server, inbox, owner):
    row = deliver(inbox, TRAINING, "2019-20-Q3", 0)
    deliver(inbox, TRAINING, "2019-20-Q4", 0)
    with without_tests():
        build_what_changed()
    deciding.withdraw(inbox.settings, row["submission_id"], **WHO)
    with failing(inbox.settings, "p06_training_reach"):
        build_what_is_sound()
    build_what_changed()
    built = tables(owner)
    build_whole(inbox)
    assert differing(tables(owner), built) == []


def test_places_of_an_edition_are_those_of_events_from_the_day_on_which_the_home_knows_it(
    built_server, inbox, owner, untested, monkeypatch
):
    """A home may live on a day before that on which an edition came."""
    monkeypatch.setenv("VRN_AS_OF", "2020-08-25")
    deliver(inbox, CRIME, "2019-12", 0)
    inbox.drop("reference_deprivation", NAMES[2025], file_7(2025, order=lambda code: -int(code[3:])))
    assert [row["status"] for row in inbox.take_in("reference_deprivation")] == ["accepted"]
    build_what_changed()
    monkeypatch.setenv("VRN_AS_OF", "2026-12-31")
    build_what_changed()
    built = tables(owner)
    build_whole(inbox)
    assert differing(tables(owner), built) == []


def test_a_month_in_which_no_crime_has_an_identifier_is_made_anew_like_any_other(built_server, inbox, owner, untested):
    """Anti-social behaviour has no identifier, and a file may have nothing else."""
    deliver(inbox, STREET, "2020-01", 0, says={"Crime ID": "", "Crime type": "Anti-social behaviour", "Last outcome category": ""})
    build_what_changed()
    built = tables(owner)
    build_whole(inbox)
    assert differing(tables(owner), built) == []
