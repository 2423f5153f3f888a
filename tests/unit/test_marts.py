"""What readers of marts and publish find in the database itself: words for every column, units, and what a release changed."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import yaml

from tests import submissions
from vrn.build import dbt
from vrn.feeds import catalogue
from vrn.ledger import states

pytestmark = pytest.mark.services

UNDESCRIBED = """
    select relation.relnamespace::regnamespace || '.' || relation.relname || coalesce('.' || attribute.attname, '') as name
    from pg_class as relation
    left join pg_attribute as attribute
        on relation.oid = attribute.attrelid and attribute.attnum > 0 and not attribute.attisdropped
    where
        relation.relnamespace in ('marts'::regnamespace, 'publish'::regnamespace)
        and relation.relkind in ('r', 'p', 'v', 'm')
        and (obj_description(relation.oid, 'pg_class') is null or col_description(relation.oid, attribute.attnum) is null)
    order by 1
"""


def test_every_table_and_column_of_marts_and_publish_says_what_it_is(built_server, home, owner):
    """Issue 15, B7: 65 columns had no comment."""
    assert [row["name"] for row in owner.execute(UNDESCRIBED)] == []


def test_people_round_what_is_published_as_they_write_it(built_server, home, owner):
    """Issue 16, D: `round(value, 1)` failed, for values were double precision, and PostgreSQL rounds those to no decimals."""
    doubles = owner.execute(
        "select table_name || '.' || column_name as name from information_schema.columns "
        "where table_schema = 'publish' and data_type in ('double precision', 'real')"
    ).fetchall()
    assert doubles == []
    rounded = (
        "select round(value, 1) as value, round(accepted_share, 2) as share from publish.indicator_value, publish.data_quality"
    )
    assert owner.execute(rounded).fetchall() == []


def test_a_build_warns_of_no_column_that_keeps_every_digit(built_server, home, capfd):
    """Issue 16, D: dbt warned of each numeric of publish, which other databases round to whole numbers and PostgreSQL does not."""
    assert dbt.invoke(home, ["run", "--select", "publish__area"]).success
    said = "".join(capfd.readouterr())
    assert "publish_aside.area" in said
    assert "unspecified precision" not in said


def test_a_district_has_an_outline_that_tools_can_draw_and_a_centre_within_it(built_server, home, owner):
    """Issue 16, D: the same outline as well-known text and as GeoJSON, closed and counterclockwise."""
    outlined = "select * from marts.dim_area left join marts.dim_area_outline using (area_code)"
    areas = {row["area_code"]: row for row in owner.execute(outlined).fetchall()}
    districts = [area for area in areas.values() if area["area_type"] == "district"]
    assert len(districts) == 14
    for area in districts:
        outline = json.loads(area["boundary_geojson"])
        rings = [part[0] for part in outline["coordinates"]]
        assert outline["type"] == "MultiPolygon"
        assert all(ring[0] == ring[-1] and _doubled_area(ring) > 0 for ring in rings), area["area_name"]
        pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", area["boundary_wkt"])
        assert [[float(x), float(y)] for x, y in pairs] == [corner for ring in rings for corner in ring]
        for name, place in (("longitude", 0), ("latitude", 1)):
            of_main = [corner[place] for corner in rings[0]]
            assert min(of_main) < area[name] < max(of_main), area["area_name"]
    county = areas["LANCS-14"]
    assert (county["boundary_wkt"], county["longitude"], county["latitude"]) == (None, Decimal("-2.61080"), Decimal("53.83858"))
    assert areas["OUT"]["longitude"] is None


def _doubled_area(ring: list[list[float]]) -> float:
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in itertools.pairwise(ring))


def test_the_groups_of_a_ratio_and_of_a_standardised_rate_have_a_unit_of_their_own(built_server, home, owner):
    """Issue 15, B7: S08 is a ratio, and its ethnic groups are rates per 1,000."""
    found = owner.execute("select indicator_id, unit, breakdown_unit from marts.dim_indicator").fetchall()
    units = {row["indicator_id"]: (row["unit"], row["breakdown_unit"]) for row in found}
    assert units["S08"] == ("ratio", "per 1,000 residents")
    assert units["V16"] == ("per 100,000 residents (age-standardised)", "per 100,000 residents")
    assert units["V06"] == ("per 1,000 residents", "per 1,000 residents")
    assert units["S12a"] == ("%", None)


# Value and count in the first release and in the second, and what is told of the difference.
CHANGES = {
    "in the last digits": ((0.1 + 0.2, 3), (0.3, 3), None),
    "nothing": ((2.5, 3), (2.5, 3), None),
    "no figure in either": ((None, None), (None, None), None),
    "a little": ((2.5, 3), (2.500001, 3), pytest.approx(0.000001)),
    "a count behind it": ((2.5, 3), (2.5, 4), 0),
    "a count without a figure": ((None, 3), (None, 4), None),
    "a figure that went": ((2.5, 3), (None, 3), None),
    "more residents": ((2.5, 3, 1_000), (2.4, 3, 1_040), pytest.approx(-0.1)),
    "the first of its period": (None, (2.5, 3, 1_000), None),
}
TOLD = {
    "a little", "a count behind it", "a count without a figure", "a figure that went", "more residents", "the first of its period",
}  # fmt: skip


def test_a_release_has_changed_what_differs_and_not_how_a_sum_was_added_up(built_server, home, owner):
    """Issue 15, B7: release_changes reported differences of 1e-14."""
    # The name of the warehouse stands in a function, and this one is a copy.
    assert dbt.invoke(home, ["--quiet", "build", "--select", "release_changes"]).success
    earlier, later = (
        owner.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, 'r', 'c', '', true) "
            "returning release_number",
            [release_id],
        ).fetchone()["release_number"]
        for release_id in ("earlier", "later")
    )
    for place, since, until in ((0, earlier, later), (1, later, None)):
        for name, change in CHANGES.items():
            if change[place] is None:
                continue
            value, count, *residents = change[place]
            owner.execute(
                """
                insert into ops.kept_value
                    (since_release, until_release, indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile,
                     count, value, denominator, population_vintage, population_basis, status, is_synthetic)
                values (%s, %s, %s, 'LANCS-14', '2019/20', 'all', 'all', 'all', 'all', %s, %s, %s, 'one', 'published', 'ok', true)
                """,
                [since, until, name, count, value, *(residents or [None])],
            )
    told = owner.execute(
        "select *, value_difference::double precision as difference from publish.release_changes('earlier', 'later')"
    ).fetchall()
    assert {row["indicator_id"]: row["difference"] for row in told} == {name: CHANGES[name][2] for name in TOLD}
    # A figure that is new has residents whom the earlier release did not have, and no population moved it (B2).
    assert [row["indicator_id"] for row in told if row["is_population_changed"]] == ["more residents"]


def indicators_of(usage: str) -> set[str]:
    """The indicators that the beginning of a feed file's usage names: ids, families (S12 of S12a and S12b) and spans."""
    named = re.match(r"Indicators? ([^;(]*)", usage)
    if named is None:
        return set()
    words = re.sub(
        r"([A-Z])(\d\d) to \1(\d\d)", lambda at: " ".join(f"{at[1]}{n:02d}" for n in range(int(at[2]), int(at[3]) + 1)), named[1]
    )
    return {*re.findall(r"\b(?:PUB-[A-Z]+|[A-Z]\d\d[a-z]?)\b", words)}


def test_a_feed_file_names_the_indicators_that_are_made_of_the_feed(built_server, home, owner):
    made_of = {row["indicator_id"]: row["feeds"] for row in owner.execute("select indicator_id, feeds from marts.dim_indicator")}
    wrong = []
    for contract in catalogue.sound(home.contracts):
        ids = {of for of, feeds in made_of.items() if contract.feed in feeds}
        named = indicators_of(yaml.safe_load((home.contracts / f"{contract.feed}.odcs.yaml").read_text())["description"]["usage"])
        # A family stands for its members.
        unknown = {name for name in named if not any(of.rstrip("abcdef") == name or of == name for of in ids)}
        missing = {of for of in ids if not {of, of.rstrip("abcdef")} & named}
        wrong += [(contract.feed, sorted(unknown), sorted(missing))] if unknown or missing else []
    assert wrong == []


def test_a_refused_period_is_counted_until_a_delivery_of_it_serves(built_server, home, owner):
    """A feed of which three quarters were refused and nothing came in their place was said to be up to date, and no more."""
    feed = {"feed": "police_crime", "supplier": "lancashire"}
    months = {
        "2020-01": [states.REFUSED],
        "2020-02": [states.REFUSED, states.REFUSED],
        "2020-03": [states.REFUSED, states.ACCEPTED],
        "2020-04": [states.WITHDRAWN],
        "2020-05": [states.ACCEPTED, states.REFUSED],
    }
    for month, ways in months.items():
        for place, status in enumerate(ways):
            start = date.fromisoformat(f"{month}-01")
            submissions.came(
                owner, f"{month}-{place}.csv", status=status, period_start=start, period_end=start + timedelta(days=27), **feed
            )
    assert dbt.invoke(home, ["--quiet", "run", "--select", "stg_ops__submission", "publish__feed_status"]).success
    row = owner.execute(
        "select refused_count, refused_period_count from publish_aside.feed_status "
        "where feed = %(feed)s and supplier = %(supplier)s",
        feed,
    ).fetchone()
    assert row == {"refused_count": 5, "refused_period_count": 2}
