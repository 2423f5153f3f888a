"""The outcomes site: what its pages say, what they never say, that they ask nobody for anything, and that all can read them."""

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.browser import pages as pages_of_a_browser
from tests.browser import violations
from tests.outline import Outline
from tests.published import (
    BY_CODE,
    COUNTY,
    DISTRICTS,
    FEEDS,
    META,
    NETWORK,
    RELEASE,
    WHOLE,
    YEARS,
    made,
    missing,
    published,
    row,
    table_row,
    texts,
)  # fmt: skip
from tests.warehouses import open_to_readers
from vrn.errors import HomeError
from vrn.publish import intervals
from vrn.report import site
from vrn.report.figures import funnel, told, words
from vrn.report.figures.subject import Annotation, Area
from vrn.report.site import compare_page, downloads, from_publish, pages
from vrn.report.site import queries as site_queries
from vrn.report.site.from_publish import Published, Release, item
from vrn.report.site.links import LINKS
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages.write(tmp_path, published(), NETWORK)
    return tmp_path


def test_there_is_a_scorecard_and_a_page_for_each_indicator_area_and_map(folder):
    expected = {
        "index.html",
        "map.html",
        "quality.html",
        "releases.html",
        "about.html",
        "accessibility.html",
        "summary.html",
        "find.html",
        "indicator/T01.html",
        "map/T01.html",
    }
    with_figure = [district for place, district in enumerate(DISTRICTS) if place not in (2, 3)]
    assert set(texts(folder)) == (
        expected
        | {f"area/{area.area_code}.html" for area in (*DISTRICTS, COUNTY)}
        | {f"area/{area.area_code}/T01.html" for area in with_figure}
        | {compare_page.path(one, other) for one, other in combinations(DISTRICTS, 2)}
    )
    assert (folder / "indicator/T01.csv").exists()
    assert (folder / "style.css").exists()


def test_every_link_inside_the_site_leads_to_a_file_and_a_place_in_it(folder):
    for name, text in texts(folder).items():
        for link in Outline(text).all("a", "link"):
            if link["href"].startswith(("https:", "mailto:", "data:,")):
                continue
            path, _, fragment = link["href"].partition("#")
            target = (folder / name).parent / path if path else folder / name
            assert target.is_file(), (name, link["href"])
            assert not fragment or f'id="{fragment}"' in target.read_text(encoding="utf-8"), (name, link["href"])


def test_pages_ask_no_other_host_for_anything_and_run_no_script_but_their_own(folder):
    for text in texts(folder).values():
        outline = Outline(text)
        # The one script is the site's own, and the page that has it is whole without it.
        assert [script["src"].removeprefix("../") for script in outline.all("script")] in ([], ["find.js"])
        assert not outline.all("img", "iframe", "object", "embed", "base", "form", "style")
        assert all(link["href"] == "data:,," or not link["href"].startswith("http") for link in outline.all("link"))
        for attributes in (found for name, found in outline.elements if name != "script"):
            assert not {"src", "xlink:href", "srcset", "style", "onload", "onclick"} & set(attributes)
        outside = {link["href"] for link in outline.all("a") if re.match(r"[a-z]+:|//", link["href"])}
        assert outside <= {*LINKS.values(), NETWORK.form, f"mailto:{NETWORK.email}"}
    style = (folder / "style.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


def test_what_is_hidden_is_said_in_words_and_never_as_a_number(folder):
    page = texts(folder)["indicator/T01.html"]
    for told_row in (table_row(page, "District 2"), table_row(page, "male")):
        assert "hidden to protect people" in told_row
        assert not re.search(r">\s*[\d.]+\s*<", told_row)
    assert "hidden to protect people" in texts(folder)[f"area/{DISTRICTS[2].area_code}.html"].lower()
    assert '<span class="said">hidden</span>' in texts(folder)["map.html"]
    assert "1 hidden" in texts(folder)["index.html"]


def test_a_hidden_figure_that_comes_with_numbers_still_has_none(tmp_path):
    leak = row(DISTRICTS[2], "2019/20", 3.14159, status="suppressed", count=Decimal(31337), denominator=Decimal(27182))
    pages.write(tmp_path, published(made([*WHOLE[:5], leak])), NETWORK)
    everything = "".join(texts(tmp_path).values()) + (tmp_path / "indicator/T01.csv").read_text()
    assert not re.search(r"31337|31,337|3\.14|27182|27,182", everything)


def test_a_hidden_figure_of_which_a_range_may_be_told_has_it_in_words(tmp_path):
    """Issue 16, B: 1 to 9, where the policy allows it."""
    hidden = missing(DISTRICTS[2], "2019/20", "suppressed", hidden_at_least=1, hidden_at_most=9)
    pages.write(tmp_path, published(made([row(DISTRICTS[0], "2019/20"), hidden])), NETWORK)
    assert "hidden to protect people: a count of 1 to 9" in table_row(texts(tmp_path)["indicator/T01.html"], "District 2")


def test_a_figure_that_nobody_decided_to_publish_is_hidden():
    undecided = made([missing(COUNTY, "2019/20", "ok")])
    assert [figure.status for figure in undecided.subject.figures] == ["suppressed"]


@pytest.mark.parametrize("status", sorted(set(words.PUBLISHED_STATUSES) - {"ok"}))
def test_an_indicator_without_any_figure_has_pages_that_say_why(status, tmp_path):
    pages.write(
        tmp_path, published(made([missing(area, period, status) for area in (COUNTY, *DISTRICTS) for period in YEARS])), NETWORK
    )
    page = texts(tmp_path)["indicator/T01.html"]
    assert 'role="img"' not in page
    assert f"{words.missing(status, META)} (3 periods)" in page
    assert words.status(status, META) in texts(tmp_path)["index.html"].lower().partition('id="without"')[2]
    assert words.missing(status, META) in texts(tmp_path)[f"area/{DISTRICTS[0].area_code}.html"].lower()
    assert "No indicator has a figure for districts" in texts(tmp_path)["map.html"]


def test_the_words_cover_every_status_and_trend_that_may_be_published():
    models = {
        m["name"]: m
        for m in yaml.safe_load((REPOSITORY / "dbt_project/models/marts/fct_indicator_value.yml").read_text())["models"]
    }
    columns = {c["name"]: c for c in models["fct_indicator_value"]["columns"]}
    tests = {
        name: next((t["accepted_values"]["arguments"]["values"] for t in c.get("data_tests", []) if "accepted_values" in t), [])
        for name, c in columns.items()
    }
    assert {*tests["status"], "suppressed"} == set(words.PUBLISHED_STATUSES)
    assert set(tests["trend"]) <= set(words.TRENDS)


def test_a_change_of_recording_stands_beside_the_figures_and_the_trend_that_cross_it(tmp_path):
    """Issue 15, B10: in the list, at the figure's row, and behind the trend on the indicator's page and on the scorecard."""
    year = list(YEARS)[-1]
    recording = Annotation(
        "drift", date(2017, 4, 1), date(2019, 3, 31), "More was recorded.", "an inspection", True,
        touched=frozenset({year}), trended=frozenset({year}),
    )  # fmt: skip
    for name, known in (("with", made(annotations=(recording,))), ("without", made())):
        (tmp_path / name).mkdir()
        pages.write(tmp_path / name, published(known), NETWORK)
    text = texts(tmp_path / "with")
    assert "Gradual change of the series, 1 April 2017 to 31 March 2019: More was recorded." in text["indicator/T01.html"]
    assert f'{YEARS[year].period_label} <span class="small">event 1</span>' in text["indicator/T01.html"]
    for name in ("indicator/T01.html", "index.html"):
        assert f"{words.TRENDS['increasing_and_getting_worse'][1]}, across a change of the series" in text[name], name
    assert "across a change" not in "".join(texts(tmp_path / "without").values())


def test_groups_are_told_in_the_unit_of_groups(tmp_path):
    """Issue 15, B7: the groups of S08, a ratio, are rates."""
    pages.write(tmp_path, published(made(meta={"unit": "ratio"})), NETWORK)
    assert "Year ending March 2020, per 1,000 residents of the group</caption>" in texts(tmp_path)["indicator/T01.html"]


def test_text_that_is_read_is_escaped_everywhere(tmp_path):
    evil = '<script>alert("x")</script>'
    fields = {
        name: f"{evil} {name}" for name in ("name", "short_name", "definition", "caveats", "unit", "source", "numerator", "owner")
    }
    event = Annotation("context", date(2018, 5, 1), date(2018, 5, 2), evil, evil, False, frozenset())
    feed = FEEDS[0] | {"feed_name": evil, "supplier_name": evil}
    release = Release("2026-11-23", datetime(2026, 11, 23), None, evil, evil, 1, 1, False)
    areas = {code: Area(code, area.area_name + evil, area.area_levels, area.sort_order) for code, area in BY_CODE.items()}
    whole = item(META | fields, WHOLE, areas, YEARS, is_synthetic=False, annotations=(event,))
    pages.write(tmp_path, published(whole, release=release, areas=tuple(areas.values()), feeds=(feed,)), NETWORK)
    for name, text in texts(tmp_path).items():
        assert "<script>" not in text, name
    assert "&lt;script&gt;" in texts(tmp_path)["indicator/T01.html"]


def test_the_same_figures_give_the_same_bytes(tmp_path):
    found = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        pages.write(tmp_path / run, published(), NETWORK)
        found.append(
            {path.relative_to(tmp_path / run): path.read_bytes() for path in (tmp_path / run).rglob("*") if path.is_file()}
        )
    assert found[0] == found[1]


def test_each_chart_has_a_text_in_its_place_and_a_table_after_it(folder):
    page = texts(folder)["indicator/T01.html"]
    charts = [match.start() for match in re.finditer(r'<svg class="wide"[^>]* role="img" aria-label="[^"]+"', page)]
    assert len(charts) == 3, "over time, areas compared, funnel"
    for here, following in pairwise([*charts, len(page)]):
        assert "<table>" in page[here:following]
    assert "graphics-symbol" not in page
    map_page = texts(folder)["map/T01.html"]
    assert map_page.index('class="tiles"') < map_page.index("<table>")


def test_every_table_has_a_caption_and_every_heading_of_it_a_scope(folder):
    for name, text in texts(folder).items():
        outline = Outline(text)
        assert len(outline.all("caption")) == len(outline.all("table")), name
        assert all(heading["scope"] in ("row", "col") for heading in outline.all("th")), name


def test_every_page_has_landmarks_a_skip_link_its_language_and_headings_in_order(folder):
    for name, text in texts(folder).items():
        outline = Outline(text)
        assert outline.all("html") == [{"lang": "en-GB"}]
        assert outline.all("a")[0] == {"class": "skip", "href": "#main"}
        assert [len(outline.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
        levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name


def test_synthetic_figures_are_called_so_on_every_page_picture_and_download(tmp_path, folder):
    assert "SYNTHETIC" not in "".join(texts(folder).values())
    made_up = tmp_path / "synthetic"
    made_up.mkdir()
    release = Release("2026-11-23", datetime(2026, 11, 23), None, "abc", "a note", 1, 1, True, date(2020, 8, 25))
    pages.write(made_up, published(made(is_synthetic=True), release=release), NETWORK)
    for name, text in texts(made_up).items():
        assert "<strong>SYNTHETIC.</strong>" in text, name
        assert "The day is taken to be 25 August 2020." in text, name
        assert "<title>SYNTHETIC" in text, name
    assert texts(made_up)["indicator/T01.html"].count(">SYNTHETIC · per 1,000 residents<") == 6
    with (made_up / "indicator/T01.csv").open(encoding="utf-8") as file:
        assert {line["is_synthetic"] for line in csv.DictReader(file)} == {"true"}


def test_before_the_first_release_there_is_one_page_that_says_so(tmp_path):
    pages.write(tmp_path, Published(None), NETWORK)
    assert set(texts(tmp_path)) == {"index.html"}
    assert "Nothing is published yet" in texts(tmp_path)["index.html"]


def test_the_scorecard_tells_figure_interval_trend_and_districts(folder):
    told_text = re.sub(r"\s+", " ", Outline(texts(folder)["index.html"]).text)
    for expected in ("7.00 (6.00 to 8.00) per 1,000 residents", "Year ending March 2020", "going up: getting worse"):
        assert expected in told_text
    assert "1 worse, 1 better, 10 similar, 1 hidden, 1 with a refused delivery" in told_text


def test_signs_point_to_the_side_of_the_county_and_never_stand_alone(folder):
    shown = made().subject.figures
    county = next(f for f in shown if f.area == COUNTY and f.period.period_id == "2019/20")
    worse = next(f for f in shown if f.comparison == "worse")
    assert told.comparison(worse, county) == {"code": "worse", "sign": "up", "words": "worse"}
    for text in texts(folder).values():
        for after in re.findall(r'<span class="mark[^>]*>(.*?)</span>', text, re.DOTALL):
            assert re.sub(r"<svg.*?</svg>", "", after, flags=re.DOTALL).strip()


def test_a_rate_outside_its_funnel_is_one_whose_interval_leaves_the_county_out():
    limits = funnel._limits(made().subject, 5.0)
    low, high = limits(100000, intervals.Z["95"])
    assert intervals.byar_lower(high * 100, intervals.Z["95"]) == pytest.approx(500)
    assert intervals.byar_upper(low * 100, intervals.Z["95"]) == pytest.approx(500)
    assert intervals.byar_lower(100, 1.959964) == pytest.approx(81.36, abs=0.01)
    assert intervals.byar_upper(100, 1.959964) == pytest.approx(121.63, abs=0.01)


def test_the_download_has_every_row_and_a_hidden_one_has_empty_cells(folder):
    with (folder / "indicator/T01.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(WHOLE)
    hidden = next(line for line in rows if line["status"] == "suppressed")
    assert {hidden[name] for name in from_publish.NUMBERS} == {""}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_beginning_of_a_formula_survives_in_a_download(tmp_path, text):
    downloads.write(tmp_path, made([row(COUNTY, "2019/20", area_name=text)]), RELEASE, NETWORK)
    with (tmp_path / "T01.csv").open(encoding="utf-8", newline="") as file:
        assert [line["area_name"] for line in csv.DictReader(file)] == [f"'{text}"]


def test_releases_say_what_changed_in_counts(tmp_path):
    later = Release("2026-12-14", datetime(2026, 12, 14), "2026-11-23", "abd files 34", "Again", 207, 1, False)
    pages.write(tmp_path, published(release=later, releases=(later, RELEASE)), NETWORK)
    text = texts(tmp_path)["releases.html"]
    assert "Since 2026-11-23: 3 deliveries more; as many indicators. The code changed." in text
    assert "The first release." in text
    assert "2026-12-14 (shown on this site)" in text


@pytest.mark.parametrize(
    ("revisions", "said"),
    [
        (("abc files 12", "abc files 12"), ["The code is the same."]),
        (("abc files 12", "def files 12"), ["The code is the same."]),
        (("abc files 12", "files 12"), ["The code is the same."]),
        (("abc+12", "def files 12"), ["The code is the same."]),
        (("abc+12", "abc+34"), ["The code changed."]),
        (("abc files 12", "abc+34"), ["The code changed."]),
        (("files 12", "abc files 34"), ["The code changed."]),
        # Releases of before have these. A commit may change no code, and what another code may have had too tells nothing.
        (("abc", "abc"), ["The code is the same."]),
        (("abc", "def"), []),
        (("abc", "abc+12"), []),
        (("abc", "files 12"), []),
        (("abc", "abc files 12"), []),
        (("unknown", "unknown"), []),
        (("unknown", "abc"), []),
        (("abc+", "abc+"), []),
    ],
)
def test_releases_say_whether_the_code_is_the_same_where_that_is_known(tmp_path, revisions, said):
    first, later = (
        Release(f"2026-12-{number + 14}", datetime(2026, 12, number + 14), "2026-12-14" if number else None, name, "", 1, 1, False)
        for number, name in enumerate(revisions)
    )
    pages.write(tmp_path, published(release=later, releases=(later, first)), NETWORK)
    assert re.findall(r"The code [^.]+\.", texts(tmp_path)["releases.html"]) == said


def test_releases_name_what_is_new_no_more_or_called_otherwise_and_an_old_address_says_what_became_of_it(tmp_path):
    """Issue 16, C: the page said "1 indicator fewer" and not which, and its address was not there."""
    said = {
        "deliveries_changed": "police_crime 3 came, 1 no more",
        "indicators_gone": "V11 Aggravated burglary; T01 Thefts",
        "areas_gone": "RXL01 Blackpool Victoria Hospital",
        "names_changed": "E07000128 Wyre is now Wyre and Over",
    }
    later = Release("2026-12-14", datetime(2026, 12, 14), "2026-11-23", "abd files 34", "Again", 207, 1, False, **said)
    pages.write(tmp_path, published(release=later, releases=(later, RELEASE)), NETWORK)
    found = texts(tmp_path)
    for line in (
        "Deliveries, by feed: police_crime 3 came, 1 no more.",
        "Indicators that are no more: V11 Aggravated burglary; T01 Thefts.",
        "New names: E07000128 Wyre is now Wyre and Over.",
    ):
        assert line in found["releases.html"]
    for name in ("indicator/V11.html", "area/RXL01.html"):
        assert "is in no release from 2026-12-14 on. The last that has it is 2026-11-23." in found[name]
    # One that is there again has a page of its own.
    assert "is in no release" not in found["indicator/T01.html"]


def test_the_rows_of_deliveries_under_disclosure_control_are_told_in_bands(tmp_path):
    """Issue 16, A4: the page gave exact rows for each supplier and period."""
    pages.write(tmp_path, published(), NETWORK)
    text = texts(tmp_path)["quality.html"]
    assert "mostly 100 to 999 each" in text
    assert "80 % or more of each" in text
    assert "not said" in text
    assert "99.0 %" in text


def test_the_reader_names_tables_of_publish_only():
    queries = [
        value for name, value in vars(site_queries).items() if name.isupper() and isinstance(value, str) and "select" in value
    ]
    assert len(queries) == 11
    for query in queries:
        assert set(re.findall(r"(?:from|join)\s+([\w.]+)", query)) <= {
            f"publish.{name}"
            for name in (
                "indicator",
                "area",
                "period",
                "indicator_value",
                "release",
                "feed_status",
                "data_quality",
                "indicator_annotation",
                "figure_annotation",
                "worse_and_worsening",
                "similar_area",
                "hidden_range",
            )
        }


def test_a_build_that_fails_leaves_the_site_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("old")
    monkeypatch.setattr(site, "connect", lambda *_: (_ for _ in ()).throw(OSError("no warehouse")))
    with pytest.raises(OSError, match="no warehouse"):
        site.build(Settings(home=tmp_path))
    assert [path.name for path in tmp_path.rglob("*")] == ["site", "index.html"]


@pytest.mark.services
def test_a_warehouse_without_a_release_gives_a_site_of_one_page_in_place_of_the_old(home):
    old = site.folder(home)
    old.mkdir(parents=True)
    (old / "gone.html").write_text("old")
    open_to_readers(home)
    assert site.build(home) == old
    assert sorted(path.name for path in old.iterdir()) == ["index.html", "style.css"]


@pytest.mark.services
def test_tables_of_an_earlier_code_are_named_and_leave_the_site_as_it_was(built_server, home):
    """An upgraded home whose site was made anew before its tables ended in a traceback of a column."""
    old = site.folder(home)
    old.mkdir(parents=True)
    (old / "index.html").write_text("old")
    open_to_readers(home)
    with psycopg.connect(home.conninfo("postgres", home.readers_database), autocommit=True) as superuser:
        superuser.execute("alter table publish.release drop column deliveries_changed")
    with pytest.raises(HomeError, match=r"of an earlier version.*make build"):
        site.build(home)
    assert (old / "index.html").read_text() == "old"


@pytest.mark.services
def test_the_newest_release_that_is_published_is_read_whole_and_nothing_else(home, owner):
    text = {name: str(value) for name, value in META.items() if value is not None}
    columns = ", ".join(f"{name} text" for name in META)
    owner.execute(f"create table publish.indicator ({columns})")
    owner.execute(
        f"insert into publish.indicator ({', '.join(text)}) values ({', '.join(['%s'] * len(text))})", list(text.values())
    )
    for statement in TABLES:
        owner.execute(statement)
    owner.execute("grant select on all tables in schema publish to vrn_evaluator")
    with connect(home, "vrn_evaluator") as connection:
        found = from_publish.read(connection)
        (only,) = found.items
    assert found.release.release_id == "2026-11-23"
    assert [release.release_id for release in found.releases] == ["2026-12-14", "2026-11-23"]
    assert found.release.released_at == datetime(2026, 11, 23, 10)
    assert found.areas == (Area("E06000008", "Blackburn with Darwen", ("district", "upper_tier"), 1), COUNTY)
    assert [(f.area.area_code, f.status, f.value, f.lower_998) for f in only.subject.figures] == [
        ("E06000008", "suppressed", None, None),
        ("LANCS-14", "ok", 2.5, 1.0),
    ]
    assert [(group.breakdown, group.name) for group in only.groups] == [("sex", "female")]
    assert [(f.period.period_id, f.value) for f in only.england] == [("2019/20", 2.0)]
    assert [(f.earlier_value, f.change_comparison) for f in only.subject.figures if f.status == "ok"] == [(2.0, "worse")]
    assert found.outlines == {"E06000008": (((0, 1), (1, 1), (0, 2)),)}
    assert only.subject.is_synthetic
    assert not only.is_open
    assert [(row["deliveries"], row["rows_in_file"]) for row in found.deliveries] == [(1, 10)]


TABLES = (
    "create table publish.release as select '2026-11-23' as release_id, 1 as release_number, "
    "timestamptz '2026-11-23 10:00Z' as released_at, "
    "null as previous_release_id, 'abc' as git_revision, 'note' as note, 1::bigint as submission_count, "
    "1::bigint as indicator_count, true as is_synthetic, date '2020-08-25' as as_of, "
    "null as indicators_new, null as indicators_gone, null as areas_new, null as areas_gone, null as names_changed, "
    "null as deliveries_changed "
    # The clock had gone back.
    "union all select '2026-12-14', 2, '2026-11-01 10:00Z', '2026-11-23', 'abc', 'not published yet', 1, 1, false, null, "
    "null, null, null, null, null, null",
    "create table publish.area as select *, case when sort_order = 1 then "
    """'{"type": "Polygon", "coordinates": [[[0, 1], [1, 1], [0, 2]]]}' """
    "end as boundary_geojson from (values ('E06000008', 'Blackburn with Darwen', 'district', 'E06000008', 1), "
    "('LANCS-14', 'Lancashire-14', 'county_14', null, 41)) as area (area_code, area_name, area_type, upper_tier_code, sort_order)",
    "create table publish.period as select '2019/20' as period_id, 'financial_year' as period_type, "
    "'Year ending March 2020' as period_label, date '2019-04-01' as start_on, date '2020-03-31' as end_on",
    "create table publish.indicator_value as select 'T01' as indicator_id, area_code, '2019/20' as period_id, sex, "
    "'all' as age_band, "
    "'all' as ethnicity, 'all' as imd_quintile, 250::numeric as count, 100000::numeric as denominator, value, 1.5 as lower_ci_95, "
    "3.5 as upper_ci_95, 1.0 as lower_ci_998, 4.0 as upper_ci_998, 'poisson' as method, 'similar' as comparison, null as trend, "
    "2.0 as england_value, 'worse' as comparison_england, 2.0 as year_earlier_value, 25.0 as year_earlier_change_percent, "
    "'worse' as comparison_year_earlier, "
    "status, '2026-11-23' as release_id from (values ('LANCS-14', 'all', 2.5, 'ok'), ('LANCS-14', 'female', 2.5, 'ok'), "
    "('E06000008', 'all', null, 'ok')) as figure (area_code, sex, value, status)",
    "create table publish.hidden_range as select 'T01' as indicator_id, 'E06000008' as area_code, '2019/20' as period_id, "
    "'all' as sex, 'all' as age_band, 'all' as ethnicity, 'all' as imd_quintile, 1 as at_least, 9 as at_most",
    "create table publish.feed_status as select *, feed as feed_name, supplier as supplier_name, 'up_to_date' as status, "
    "null::date as latest_period_ends_on, null::date as next_due_on, 1 as accepted_count, 0 as superseded_count, "
    "0 as refused_count, 0 as refused_period_count, false as is_synthetic "
    "from (values ('a', 'b', true), ('police_crime', 'b', false)) as feed (feed, supplier, is_open)",
    "create table publish.data_quality as select 'a' as feed, 'b' as supplier, status, 10 as rows_in_file, 10 as rows_accepted, "
    "0 as rows_quarantined, 0 as rows_duplicate, 0 as rows_warned, 'fewer than 100' as rows_band, 0.95 as accepted_share, "
    "true as is_exact from (values ('accepted'), ('superseded')) as found (status)",
)


def test_what_is_late_or_never_came_stands_before_what_is_up_to_date(tmp_path):
    late, fresh = FEEDS[0] | {"feed_name": "A late one"}, FEEDS[0] | {"feed_name": "A fresh one", "status": "up_to_date"}
    pages.write(tmp_path, published(feeds=(fresh, late)), NETWORK)
    text = texts(tmp_path)["quality.html"]
    assert text.index("A late one") < text.index("A fresh one")
    assert re.findall(r"<details( open)?>", text) == [" open", "", ""]


def test_a_feed_whose_refused_periods_have_nothing_in_their_place_is_named_though_it_is_up_to_date(tmp_path):
    """A feed of which three quarters were refused was "up to date", and folded away."""
    refused = FEEDS[0] | {"status": "up_to_date", "feed_name": "A refused one", "refused_period_count": 3}
    fine = FEEDS[0] | {"status": "up_to_date", "feed_name": "A fine one"}
    pages.write(tmp_path, published(feeds=(refused, fine)), NETWORK)
    text = texts(tmp_path)["quality.html"]
    assert "2 up to date. Of 1 of them a refused period has nothing that serves in its place.</p>" in text
    unfolded = text[: text.index("<details")]
    assert "<li>A refused one, Lancashire Constabulary: 3 periods</li>" in unfolded
    assert "A fine one" not in unfolded


def test_the_sentence_that_counts_feeds_can_be_read_as_a_sentence(tmp_path):
    pages.write(tmp_path, published(feeds=(FEEDS[0] | {"status": "never_came"}, FEEDS[0])), NETWORK)
    text = texts(tmp_path)["quality.html"]
    assert "2 feeds by supplier: 1 late, 1 of which nothing ever came.</p>" in text
    assert "Nothing ever came: 1</summary>" in text


def test_what_never_came_though_it_was_expected_is_not_said_to_be_not_due(tmp_path):
    """Issue 16, E: "a delivery was expected" stood beside "not due"."""
    pages.write(tmp_path, published(feeds=(FEEDS[0] | {"status": "never_came"},)), NETWORK)
    text = texts(tmp_path)["quality.html"]
    assert ">overdue</td>" in text
    assert "not due" not in text


# Issue 16, E: a phone page under 6,000 px, and labels that do not collide.
PHONE, LONGEST = 390, 6000
# Texts of a picture that lie on each other, or leave it; lines of letters have a little room above and below.
COLLISIONS = """() => [...document.querySelectorAll('svg.wide, svg.narrow, svg.outlines')].flatMap(svg => {
  const box = svg.getBoundingClientRect(), found = [];
  if (!box.width) return found;
  const texts = [...svg.querySelectorAll('text')].map(text => [text.getBoundingClientRect(), text.textContent]);
  texts.forEach(([a, one], place) => {
    if (a.left < box.left - 1 || a.right > box.right + 1) found.push(`${one} leaves the picture`);
    for (const [b, other] of texts.slice(place + 1))
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top + 4 < b.bottom - 1 && b.top + 4 < a.bottom - 1)
        found.push(`${one} lies on ${other}`);
  });
  return found;
})"""


@pytest.fixture(scope="module")
def browser():
    with pages_of_a_browser() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_screen(folder, browser, width, scheme):
    page, asked = browser(width, scheme), []
    page.on("request", lambda request: asked.append(request.url))
    names = [
        "index.html",
        "indicator/T01.html",
        f"area/{DISTRICTS[0].area_code}/T01.html",
        f"area/{DISTRICTS[2].area_code}.html",
        "map.html",
        "quality.html",
        "releases.html",
    ]
    for name in [*names, "summary.html", "find.html", compare_page.path(*DISTRICTS[:2]), "about.html", "accessibility.html"]:
        page.goto((folder / name).as_uri())
        assert width > PHONE or page.evaluate("document.documentElement.scrollHeight") < LONGEST, name
        page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        assert page.evaluate(COLLISIONS) == [], (name, width)
        assert violations(page) == [], (name, width, scheme)
    assert [url for url in asked if not url.startswith(folder.as_uri())] == []
    page.close()


# Of each cell of a card: its column's heading, what is written before it, and whether its figure or its picture speaks for it.
CELLS = """() => [...document.querySelectorAll('table.stack')].flatMap(table => {
  const headings = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  return [...table.tBodies[0].rows].filter(row => row.cells.length === headings.length).flatMap(row =>
    [...row.cells].slice(1).map(cell => ({
      heading: headings[cell.cellIndex], label: cell.dataset.label || null, speaks: cell.matches('.latest, .sparkline'),
      written: getComputedStyle(cell, '::before').content, is_seen: cell.checkVisibility(),
    })));
})"""


def test_each_cell_of_a_card_on_a_phone_says_of_what_it_speaks(folder, browser):
    """ "better" of the change and "worse" beside the county stood in one card without saying of what."""
    page = browser(PHONE)
    labels = set()
    names = ["index.html", f"area/{DISTRICTS[0].area_code}.html", f"area/{COUNTY.area_code}.html", "quality.html", "about.html"]
    for name in [*names, compare_page.path(*DISTRICTS[:2])]:
        page.goto((folder / name).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
        cells = page.evaluate(CELLS)
        assert cells, name
        for cell in cells:
            assert cell["is_seen"], (name, cell)
            assert cell["label"] or cell["speaks"], (name, cell)
            assert not cell["label"] or cell["written"] == f'"{cell["label"]}: "', (name, cell)
        labels |= {cell["label"] for cell in cells}
    page.close()
    assert {"Since a year earlier", "Beside the county"} <= labels
