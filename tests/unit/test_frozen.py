"""A release is one frozen whole: what is deleted, renamed or defined anew later changes nothing that was published."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inbox import Inbox
from tests.releases import COUNTS, FIGURES, count_as_built, made, released
from tests.warehouses import copy_of
from vrn.access.roles import BI_TABLES
from vrn.build import dbt, names
from vrn.build import steps as build
from vrn.publish import frozen, release
from vrn.publish.disclosure import policies
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

CRIME = "police_crime"
MONTHS = ("2019-04", "2019-05", "2019-06")
# What came and is late is told every day, and belongs to no release.
NOT_OF_A_RELEASE = "feed_status"
OF_A_RELEASE = ("release_row", "release_value", "release_decision", "release_range", "release_indicator", "release_submission")
DELETED, REDEFINED, RENAMED, DELETED_AREA = "V11", "V10", "E06000009", "RXL01"
# The indicator that says of how it adds up to what was deleted.
ADDING = "V15"
# What names them, with the seeds' tests.
CHANGED_SEEDS = ("area", "area_member", "known_count", "published_figure_measure")
CHANGED_MODELS = ["dim_indicator", "dim_area", "dim_annotation", "fct_indicator_annotation"]


def published(connection) -> dict[str, list[str]]:
    """Every row of every table that readers of dashboards have, as text."""
    return {
        name: [row["said"] for row in connection.execute(f"select one::text as said from publish.{name} as one order by 1")]
        for name in BI_TABLES
        if name != NOT_OF_A_RELEASE
    }


def kept(connection, release_id: str) -> dict[str, list[str]]:
    """Every row that is kept of a release, as text."""
    query = "select one::text as said from ops.{} as one where release_id = %s order by 1"
    return {name: [row["said"] for row in connection.execute(query.format(name), [release_id])] for name in OF_A_RELEASE}


def change(project: Path) -> None:
    """As docs/deleting-and-renaming.md says: an indicator and an area deleted, an area renamed; and a definition changed."""
    for path in project.glob(f"models/indicators/*/{DELETED.lower()}_*"):
        path.unlink()
    areas = project / "seeds" / "geography" / "area.csv"
    text = areas.read_text().replace(f"{RENAMED},Blackpool,", f"{RENAMED},Blackpool-on-Sea,")
    areas.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith(f"{DELETED_AREA},")))
    (definition,) = project.glob(f"models/indicators/*/{REDEFINED.lower()}_*.yml")
    text = definition.read_text()
    assert "short_name: " in text
    definition.write_text(text.replace("short_name: ", "short_name: Counted anew, ", 1))


def take_away(project: Path, said: str) -> None:
    """The lines that a build said are to be taken away, and what was deleted out of the sentence that it named."""
    gone: dict[str, set[int]] = defaultdict(set)
    for lines, name in re.findall(r"lines? (\d+(?:, \d+)*) of ([\w/.]+\w)", said):
        gone[name] |= set(map(int, lines.split(", ")))
    for name, numbers in gone.items():
        lines = (project / name).read_text().splitlines(keepends=True)
        (project / name).write_text("".join(line for number, line in enumerate(lines, start=1) if number not in numbers))
    for sentence, name in re.findall(r"the sentence `([^`]+)` \(adds_up\) in ([\w/.]+\w)", said):
        text = (project / name).read_text()
        assert sentence in text
        (project / name).write_text(text.replace(sentence, sentence.replace(f" + {DELETED}", "")))


def test_what_readers_have_is_made_of_kept_rows_alone():
    """Issue 16, C: publish is a function of frozen rows. A model that is read here has to be kept (vrn.publish.frozen)."""
    models = REPOSITORY / "dbt_project" / "models" / "publish"
    for name in set(BI_TABLES) - {NOT_OF_A_RELEASE}:
        text = (models / f"publish__{name}.sql").read_text()
        assert {ref for ref in re.findall(r"ref\('(\w+)'\)", text) if not ref.startswith(("publish__", "frozen__"))} == set(), name
        # Whether a delivery was withdrawn since is told of a release, and is no part of it.
        sources = set(re.findall(r"source\('ops', '(\w+)'\)", text)) - ({"submission"} if name == "release" else set())
        assert all(source.startswith("release") for source in sources), name
    assert {path.stem for path in (models / "frozen").glob("*.sql")} == {f"frozen__{name}" for name in frozen.MODELS}


class Story:
    """Two releases; what was published after the first, after the project changed and was built, and after the second."""

    def __init__(self, settings: Settings, owner, inbox: Inbox, project: Path):
        self.owner = owner
        for month in MONTHS:
            inbox.drop(CRIME, f"{month}-lancashire-crime-asat-2019-08-01.synthetic.csv", inbox.text(CRIME, month))
            (taken,) = inbox.take_in(CRIME)
            assert taken["status"] == "accepted"
        made(settings, *COUNTS, [*FIGURES, "fct_delivery_quality"])
        self.first = released(settings, "the first")
        build.take("publish")
        self.published, self.kept = published(owner), kept(owner, self.first)
        seen = (
            "select count(*) as found from publish.indicator_value where indicator_id = %s and coalesce(count, value) is not null"
        )
        self.shown_of_deleted = owner.execute(seen, [DELETED]).fetchone()["found"]

        change(project)
        with pytest.raises(build.BuildFailed) as not_built:
            build.take("reference")
        self.not_built = str(not_built.value)
        take_away(project, self.not_built)
        self.is_named_no_more = names.dangling(project) == []
        assert dbt.invoke(settings, ["--quiet", "build", "--select", *CHANGED_SEEDS, "--indirect-selection", "buildable"]).success
        made(settings, CHANGED_MODELS, ["path:models/counts"], FIGURES, options=["--full-refresh"])
        self.built = {row["indicator_id"] for row in owner.execute("select indicator_id from marts.fct_indicator_value")}
        build.take("publish")
        self.published_when_built = published(owner)

        self.told: list[str] = []
        count_as_built(settings)
        with pytest.raises(release.ReleaseRefused) as refused:
            release.make(settings, "the second", tell=self.told.append)
        self.refused = str(refused.value)
        self.preview = release.previewed(settings)
        self.releases_after_preview = [row["release_id"] for row in owner.execute("select release_id from ops.release")]
        self.second = released(settings, "the second", "V11 is counted by another network now")
        build.take("publish")
        self.published_last, self.kept_last = published(owner), kept(owner, self.first)


@pytest.fixture(scope="module")
def story(built_server, places, tmp_path_factory) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        project = tmp_path_factory.mktemp("project") / "dbt_project"
        shutil.copytree(REPOSITORY / "dbt_project", project)
        patch.setenv("VRN_DBT_PROJECT", str(project))
        with (
            copy_of(built_server, tmp_path_factory.mktemp("frozen"), patch, "built") as settings,
            connect(settings, OWNER, autocommit=True) as owner,
            connect(settings, autocommit=True) as loader,
        ):
            yield Story(settings, owner, Inbox(settings, loader, places), project)


def test_what_is_deleted_renamed_or_defined_anew_changes_no_row_that_is_published(story):
    """Issue 16, C: it must show."""
    assert DELETED not in story.built
    assert any(f"({DELETED}," in row for row in story.published["indicator_value"])
    assert all(story.published[name] for name in ("indicator", "area", "period", "data_quality", "similar_area"))
    assert story.published_when_built == story.published


def test_a_release_keeps_the_names_of_those_whose_data_it_is_made_of(story):
    """And not when they are due, which tells nothing of a release."""
    asked = (
        "select relation, array_agg(distinct name order by name) as columns "
        "from ops.release_row, jsonb_object_keys(content) as name "
        "where release_id = %s and relation in ('feed', 'feed_supplier') group by relation"
    )
    kept_columns = {row["relation"]: row["columns"] for row in story.owner.execute(asked, [story.first])}
    assert kept_columns == {"feed": ["feed", "feed_name", "is_open"], "feed_supplier": ["feed", "supplier", "supplier_name"]}


def test_a_build_says_which_lines_name_what_was_deleted_and_without_them_everything_is_built(story):
    """Issue 16, C: deleting blocks nothing. It ended in a traceback of the release, after a build that did not say which line."""
    said = story.not_built
    for words in (
        f"The indicator {DELETED} is named",
        f"The area {DELETED_AREA} is named",
        f"`V01 + V06 + V09 + V10 + {DELETED} <= count` (adds_up) in models/indicators/violence/v15_serious_violence.yml",
        "of seeds/framework/known_count.csv",
        "of seeds/framework/published_figure_measure.csv",
        "of seeds/geography/area_member.csv",
        "of models/counts/indicator_count.sql",
    ):
        assert words in said
    assert story.is_named_no_more


def test_the_next_release_is_made_without_them_and_says_what_changed(story):
    last = {name: "\n".join(rows) for name, rows in story.published_last.items()}
    for name in ("indicator", "indicator_value", "indicator_latest", "framework_scorecard"):
        assert f"({DELETED}," not in last[name]
        assert f"({REDEFINED}," in last[name]
    assert "Counted anew" in last["indicator"]
    assert "Blackpool-on-Sea" in last["area"]
    changes = story.owner.execute(
        "select indicator_id, area_code, later_status from publish.release_changes(%s, %s)", [story.first, story.second]
    ).fetchall()
    assert {row["later_status"] for row in changes} == {None}
    assert {row["area_code"] for row in changes if row["indicator_id"] != DELETED} == {DELETED_AREA}
    assert {row["indicator_id"] for row in changes} > {DELETED}
    row = story.owner.execute("select * from publish.release where release_id = %s", [story.second]).fetchone()
    assert (row["indicators_gone"], row["areas_gone"]) == ("V11 Aggravated burglary", "RXL01 Blackpool Victoria Hospital")
    assert row["names_changed"] == "E06000009 Blackpool is now Blackpool-on-Sea; V10 Robbery is now Counted anew, Robbery"
    assert {row[name] for name in ("indicators_new", "areas_new", "deliveries_changed")} == {None}


def test_every_row_that_is_kept_of_the_old_release_is_byte_for_byte_the_same_after_the_next(story):
    """Issue 16, C: it must show."""
    assert story.kept_last == story.kept
    assert all(story.kept.values())
    (before,) = story.published["release"]
    assert before in story.published_last["release"]


def test_a_preview_says_what_the_release_would_change_and_keeps_nothing(story):
    """Issue 16, C: make release-preview."""
    assert story.releases_after_preview == [story.first]
    shown = story.shown_of_deleted
    assert shown
    assert f"{shown:,} are no more ({DELETED} {shown:,})" in story.preview
    assert f"Indicators that are no more: {DELETED} (" in story.preview
    assert "0 move, of " in story.preview
    assert f"Areas that are no more: {DELETED_AREA} (" in story.preview
    for line in (f"{RENAMED}: Blackpool to Blackpool-on-Sea", f"{REDEFINED}: Robbery to Counted anew, Robbery"):
        assert f"  {line}" in story.preview.splitlines()
    assert f"{ADDING} (adds_up)" in story.preview


def test_a_release_without_an_indicator_of_the_last_one_needs_a_reason_and_keeps_it(story):
    """Issue 16, C: asks for a reason where a threshold is passed."""
    assert f"1 indicator of the last release is no more: {DELETED} (" in story.refused
    assert f"1 area of the last release is no more: {DELETED_AREA} (" in story.refused
    assert "REASON=" in story.refused
    # It is known at once, and disclosure control takes a minute.
    assert story.told == ["definitions and figures"]
    kept = story.owner.execute("select release_id, reason from ops.release order by release_number").fetchall()
    assert [(row["release_id"], row["reason"]) for row in kept] == [
        (story.first, None), (story.second, "V11 is counted by another network now"),
    ]  # fmt: skip


def test_a_row_that_did_not_change_is_kept_once_for_both_releases(story):
    """Issue 16, C: only cells whose decision differs are kept."""
    since = "select count(*) as found from ops.{} where since_release = (select max(release_number) from ops.release)"
    figures = {name: story.owner.execute(since.format(name)).fetchone()["found"] for name in ("kept_value", "kept_decision")}
    assert figures == {"kept_value": 0, "kept_decision": 0}
    # What may be told of a hidden count is another where counts that were tied to it are no more; then, and only then, it is kept.
    key, told = ", ".join(frozen.KEY), ", ".join(frozen.RANGE)
    again = story.owner.execute(
        f"select count(*) as found from (select from ops.kept_range group by {key}, {told} having count(*) > 1) as one"
    )
    assert again.fetchone()["found"] == 0
    # Whoever reads both releases knows of such a count what both ranges allow, and that is as wide as a policy asks of one range.
    both = story.owner.execute(
        f"select min(at_most) - max(at_least) as width from ops.kept_range group by {key} having count(*) > 1"
    ).fetchall()
    assert [row["width"] for row in both if row["width"] < policies.POLICIES["LVRN5"].width] == []
    new = story.owner.execute(
        "select relation, content from ops.frozen_row where since_release = (select max(release_number) from ops.release)"
    ).fetchall()
    # The deleted one only ended.
    assert sorted((row["relation"], row["content"].get("indicator_id", RENAMED)) for row in new) == [
        ("dim_area", RENAMED), ("dim_indicator", REDEFINED), ("dim_indicator", ADDING),
    ]  # fmt: skip
