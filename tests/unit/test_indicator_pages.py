"""The pages of the indicators: what they say, what they never say, and that they ask nobody for anything."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.outline import Outline
from vrn.report import indicator_pages
from vrn.report.figures import methods, words
from vrn.report.figures.charts import over_time
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import Annotation, Area, Delivery, Figure, Limits, Period, Subject
from vrn.report.indicator_pages import pages
from vrn.report.indicator_pages.from_marts import NothingBuilt, read
from vrn.settings import REPOSITORY
from vrn.warehouse.connection import connect

COUNTY = Area("LANCS-14", "Lancashire-14", ("county_14",), 41)
BURNLEY = Area("E07000117", "Burnley", ("district",), 3)
FYLDE = Area("E07000119", "Fylde", ("district",), 5)
YEAR = Period("2019/20", "financial_year", "Year ending March 2020", date(2019, 4, 1), date(2020, 3, 31))
MONTHS = [
    Period("2019-04", "month", "April 2019", date(2019, 4, 1), date(2019, 4, 30)),
    Period("2019-05", "month", "May 2019", date(2019, 5, 1), date(2019, 5, 31)),
    Period("2019-06", "month", "June 2019", date(2019, 6, 1), date(2019, 6, 30)),
]
LATER = [
    Period("2019-07", "month", "July 2019", date(2019, 7, 1), date(2019, 7, 31)),
    Period("2019-08", "month", "August 2019", date(2019, 8, 1), date(2019, 8, 31)),
]
META = {
    "indicator_id": "T01",
    "version": Decimal(1),
    "name": "Tests of pages",
    "short_name": "Tests",
    "domain": "violence",
    "definition": "What a test counts.",
    "rationale": "Why a test is there.",
    "numerator_def": "Tests that passed",
    "denominator_def": "Residents of all ages",
    "unit": "per 1,000 residents",
    "multiplier": Decimal(1000),
    "polarity": "low_is_good",
    "value_type": "crude_rate",
    "ci_method": "poisson",
    "population": "all",
    "suppression_policy": "LVRN5",
    "min_denominator": Decimal(1),
    "max_unlocated_share": Decimal("0.2"),
    "period_types": ["month", "financial_year"],
    "geo_levels": ["district", "county_14"],
    "finest_area": "district",
    "breakdowns": ["age_band", "sex"],
    "comparator_default": "LANCS-14",
    "feeds": ["police_crime"],
    "reach": "same_month",
    "looks_back_months": Decimal(0),
    "series_starts_on": date(2018, 4, 1),
    "counting_date": "date recorded",
    "source": "Lancashire Constabulary",
    "public_code": None,
    "caveats": "Read it with care & a pencil.",
    "owner": "vrn-data",
    "first_published": None,
    "retired_on": None,
}
LOCKDOWN = Annotation(
    "context", date(2019, 5, 10), date(2019, 6, 3), "People stayed at home.", "a law", True, frozenset({"2019-05"})
)
BREAK = Annotation("break", date(2019, 6, 1), None, "A new system.", "", False, frozenset({"2019-06"}))


def figure(area: Area, period: Period, value: float = 2.5, **other) -> Figure:
    known = {
        "status": "ok",
        "count": value * 1000,
        "denominator": 1000000.0,
        "value": value,
        "lower": value - 1,
        "upper": value + 1,
    }
    return Figure(area, period, **(known | other))


def missing(area: Area, period: Period, status: str) -> Figure:
    return Figure(area, period, status)


WHOLE = (
    *(figure(COUNTY, month, 2.0 + place) for place, month in enumerate(MONTHS)),
    figure(COUNTY, YEAR, 9.0),
    figure(BURNLEY, YEAR, 12.0, comparison="worse"),
    figure(FYLDE, YEAR, 4.0, comparison="better"),
)

THE_DAY = date(2020, 8, 25)


def subject(figures=WHOLE, meta=None, **other) -> Subject:
    return Subject(META | (meta or {}), tuple(figures), comparator_name="Lancashire-14", **other)


def page(folder: Path, *subjects: Subject, name: str = "T01") -> str:
    pages.write(folder, subjects, THE_DAY)
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def test_the_words_cover_every_status_that_the_marts_may_have():
    models = yaml.safe_load((REPOSITORY / "dbt_project/models/marts/fct_indicator_value.yml").read_text())["models"]
    column = next(c for c in models[0]["columns"] if c["name"] == "status")
    accepted = next(test["accepted_values"] for test in column["data_tests"] if "accepted_values" in test)
    assert set(words.STATUSES) == set(accepted["arguments"]["values"])


@pytest.mark.parametrize("status", sorted(set(words.STATUSES) - {"ok"}))
def test_a_period_without_a_figure_is_told_in_words_and_has_no_numbers(status, tmp_path):
    gap = [figure(COUNTY, MONTHS[0]), missing(COUNTY, MONTHS[1], status), figure(COUNTY, MONTHS[2])]
    text = page(tmp_path, subject([*gap, missing(BURNLEY, YEAR, status), figure(FYLDE, YEAR), figure(COUNTY, YEAR)]))
    row = re.search(r"<tr><th scope=\"row\">May 2019</th>(.*?)</tr>", text, re.DOTALL).group(1)
    assert words.status(status, META) in row
    assert not re.search(r">\s*0", row)
    assert words.status(status, META) in re.search(r"<th scope=\"row\">Burnley</th>(.*?)</tr>", text, re.DOTALL).group(1)


@pytest.mark.parametrize("status", sorted(set(words.STATUSES) - {"ok"}))
def test_an_indicator_without_any_figure_has_a_page_without_a_chart(status, tmp_path):
    figures = [missing(area, period, status) for area in (COUNTY, BURNLEY) for period in (*MONTHS, YEAR)]
    text = page(tmp_path, subject(figures))
    assert "<svg" not in text
    assert "There is no figure to draw" in text
    assert f"no figure: {words.status(status, META)} (3 periods)" in text
    assert words.status(status, META) in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_gap_in_the_line_is_left_out_and_not_drawn_as_zero():
    figures = [
        *(figure(COUNTY, month) for month in MONTHS[:2]),
        missing(COUNTY, MONTHS[2], "refused"),
        *(figure(COUNTY, month) for month in LATER),
    ]
    wide = over_time.draw(figures, "a unit", "In words", limits={}, annotations=()).partition("</svg>")[0]
    lines = [points.split() for points in re.findall(r'class="series" points="([^"]+)"', wide)]
    assert [len(points) for points in lines] == [2, 2]
    assert wide.count('class="point"') == 4
    assert wide.count('class="gap"') == 1


def test_a_page_tells_its_caveat_definition_formula_sources_and_deliveries(tmp_path):
    told = Outline(page(tmp_path, subject(deliveries=(Delivery("police_crime", "lancashire", 27, date(2020, 8, 25)),)))).text
    for expected in (
        "Read it with care & a pencil.",
        "What a test counts.",
        "value = count ÷ denominator × 1,000",
        "from 10 on: L = O · (1 − 1/(9O) − z/(3√O))³",
        "Low is good.",
        "months and financial years",
        "age and sex",
        "counts of 1 to 4 are not given",
        "Lancashire Constabulary",
        "25 August 2020",
        "date recorded",
    ):
        assert expected in told, expected


def test_every_value_type_and_method_of_the_framework_is_written_out():
    text = "".join(path.read_text() for path in (REPOSITORY / "dbt_project/models/indicators").rglob("*.yml"))
    for value_type in set(re.findall(r"value_type: (\w+)", text)):
        assert methods.value_method(value_type, Decimal(100)).lines
    assert set(re.findall(r"ci_method: (\w+)", text)) <= set(methods.INTERVALS)
    for name, known in {
        "polarity": words.POLARITIES,
        "suppression_policy": words.SUPPRESSION,
        "domain": words.DOMAINS,
        "finest_area": words.AREA_LEVELS,
        "reach": words.REACHES,
    }.items():
        assert set(re.findall(rf"\b{name}: (\w+)", text)) <= set(known), name


def test_what_is_read_is_escaped_in_pages_and_in_charts(tmp_path):
    evil = '<script>alert("x")</script>'
    named = Area("E07000117", f"Burn{evil}ley", ("district",), 3)
    event = Annotation("context", date(2019, 5, 1), date(2019, 5, 2), evil, evil, False, frozenset({"2019-05"}))
    fields = {name: f"{evil} {name}" for name in ("name", "short_name", "definition", "caveats", "unit", "source", "numerator_def")}
    text = page(tmp_path, subject([*WHOLE, figure(named, YEAR)], fields, annotations=(event,)))
    assert "<script" not in text + (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text


def test_pages_ask_no_other_host_for_anything_and_run_no_script(tmp_path):
    text = page(tmp_path, subject(annotations=(LOCKDOWN, BREAK)))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    for outline in (Outline(text), Outline(index)):
        assert not outline.all("script", "link", "img", "iframe", "object", "embed", "base", "form")
        for attributes in (found for _, found in outline.elements):
            assert not {"src", "xlink:href", "srcset", "style", "onload", "onclick"} & set(attributes)
            assert not attributes.get("href", "").startswith(("http", "//"))
    assert "url(" not in text + index
    assert "@import" not in text + index


def test_the_same_figures_give_the_same_bytes(tmp_path):
    made = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        pages.write(tmp_path / run, [subject(annotations=(LOCKDOWN, BREAK)), subject(meta={"indicator_id": "T02"})], THE_DAY)
        made.append({path.name: path.read_bytes() for path in (tmp_path / run).iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == {"index.html", "T01.html", "T02.html"}


def test_synthetic_figures_are_called_so_on_page_index_and_picture(tmp_path):
    made_up = [
        *(figure(COUNTY, month, is_synthetic=True) for month in MONTHS),
        figure(COUNTY, YEAR),
        figure(BURNLEY, YEAR, is_synthetic=True),
    ]
    text = page(tmp_path, subject(made_up, is_synthetic=True))
    assert "<strong>SYNTHETIC.</strong>" in text
    assert "The day is taken to be 25 August 2020." in text
    assert text.count(">SYNTHETIC · per 1,000 residents<") == 4
    assert "<title>SYNTHETIC" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" not in page(tmp_path, subject()) + (tmp_path / "index.html").read_text(encoding="utf-8")


def test_every_page_says_at_the_top_that_it_is_before_disclosure_control(tmp_path):
    text = page(tmp_path, subject())
    for made in (text, (tmp_path / "index.html").read_text(encoding="utf-8")):
        assert made.index("before disclosure control") < made.index("<main>")


def test_each_chart_has_a_title_a_text_in_its_place_and_a_table(tmp_path):
    text = page(tmp_path, subject(annotations=(LOCKDOWN, BREAK)))
    outline = Outline(text)
    pictures = outline.all("svg")
    assert [picture["class"] for picture in pictures] == ["wide", "narrow"] * 2
    assert all(picture["role"] == "img" and "Highest" in picture["aria-label"].title() for picture in pictures)
    assert len(outline.all("figcaption")) == 2
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(heading["scope"] in ("row", "col") for heading in outline.all("th"))
    assert text.index("<svg") < text.index("every period that is expected")
    assert not re.search(r'<svg.*?\sid="', text, re.DOTALL), "two charts of a page must not share an id"


def test_headings_go_down_one_level_at_a_time(tmp_path):
    page(tmp_path, subject(annotations=(LOCKDOWN,)))
    for path in tmp_path.iterdir():
        levels = [int(tag[1]) for tag, _ in Outline(path.read_text(encoding="utf-8")).elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_breaks_and_lockdowns_are_numbered_in_the_chart_and_listed(tmp_path):
    text = page(tmp_path, subject(annotations=(LOCKDOWN, BREAK)))
    chart = text[text.index("<svg") : text.index("</svg>")]
    assert {">1<", ">2<"} <= set(re.findall(r">\d<", chart))
    assert "10 May 2019 to 3 June 2019: People stayed at home." in text
    assert "Break in the series, from 1 June 2019: A new system." in text


def test_a_change_since_a_year_earlier_that_crosses_a_break_says_so(tmp_path):
    """Issue 15, B10: V06 2019/20 said -19.5 %, more than chance, without a word of the new crime system."""
    changed = figure(COUNTY, YEAR, change_percent=-19.5, is_change_significant=True)
    crossed = replace(BREAK, changed=frozenset({YEAR.period_id}))
    assert "\N{MINUS SIGN}19.5 % (more than chance, across a change of the series)" in page(
        tmp_path, subject([changed], annotations=(crossed,))
    )
    assert "\N{MINUS SIGN}19.5 % (more than chance)" in page(tmp_path, subject([changed], annotations=(BREAK,)))


def test_months_have_the_lines_and_signals_of_the_control_chart(tmp_path):
    month = ("LANCS-14", "2019-05")
    text = page(tmp_path, subject(limits={month: Limits(2.9, 2.0, 3.5, "outside_limits", 0)}))
    assert "centre of the control chart" in text
    assert words.SIGNALS["outside_limits"] in text
    assert "centre of the control chart" not in page(tmp_path, subject())


def test_limits_that_a_further_month_moves_are_said_to_be_provisional(tmp_path):
    """Issue 15, B6."""
    month = ("LANCS-14", "2019-05")
    frozen, provisional = (Limits(2.9, 2.0, 3.5, None, 0, is_provisional=moves) for moves in (False, True))
    assert "are provisional" in page(tmp_path, subject(limits={month: provisional}))
    assert "are provisional" not in page(tmp_path, subject(limits={month: frozen}))


def test_areas_are_compared_in_the_latest_year_in_which_the_county_is_complete(tmp_path):
    later = Period("2020/21", "financial_year", "Year ending March 2021", date(2020, 4, 1), date(2021, 3, 31))
    text = page(tmp_path, subject([*WHOLE, missing(COUNTY, later, "incomplete"), figure(BURNLEY, later)]))
    assert "Districts, Year ending March 2020" in text
    table = text[text.index("Districts, Year ending March 2020") :]
    assert table.index("Burnley") < table.index("Fylde") < table.index("<tfoot>") < table.index("Lancashire-14")
    assert "The dashed line is Lancashire-14, 9." in text


def test_hospital_sites_have_a_chart_each_because_no_area_holds_them_all(tmp_path):
    sites = [Area(code, name, ("hospital_site",), place) for place, (code, name) in enumerate({"A": "North", "B": "South"}.items())]
    meta = {"geo_levels": ["hospital_site"], "finest_area": "hospital_site", "comparator_default": None}
    text = page(tmp_path, subject([figure(site, period) for site in sites for period in (*MONTHS, YEAR)], meta))
    assert "<h3>North</h3>" in text
    assert "<h3>South</h3>" in text
    assert text.count('<svg class="wide"') == 3


def test_a_count_has_the_limits_and_the_trend_in_words_that_the_site_gives_them(tmp_path):
    years = figure(COUNTY, YEAR, 5.0, lower=1.62, upper=11.67, trend="increasing_and_getting_worse")
    text = page(tmp_path, subject([years, figure(BURNLEY, YEAR, 3.0, lower=0.6, upper=8.8)], {"period_types": ["financial_year"]}))
    assert '<td class="number">1.62 to 11.67</td><td></td><td>going up: getting worse</td>' in text


def test_numbers_are_rounded_half_away_from_zero():
    assert grouped(2.345, 2) == "2.35"
    assert grouped(-2.345, 2) == "−2.35"
    assert grouped(1508941) == "1,508,941"


@pytest.mark.services
def test_a_warehouse_without_indicators_says_what_to_do_and_leaves_the_old_pages(home):
    old = indicator_pages.folder(home)
    old.mkdir(parents=True)
    (old / "index.html").write_text("old")
    with pytest.raises(NothingBuilt, match="make run"):
        indicator_pages.write(home)
    assert [path.name for path in old.parent.rglob("*")] == ["indicators", "index.html"]


@pytest.mark.services
def test_a_built_warehouse_gives_every_indicator_a_page_that_only_its_owner_can_open(built_server, home, owner):
    expected = {row["indicator_id"] for row in owner.execute("select indicator_id from marts.dim_indicator")}
    index = indicator_pages.write(home)
    assert {path.stem for path in index.parent.iterdir()} == expected | {"index"}
    assert index.parent.stat().st_mode & 0o777 == 0o700
    text = (index.parent / "V06.html").read_text(encoding="utf-8")
    assert "nothing was delivered" in text
    assert "Counted at the place of the offence" in text
    assert "<svg" not in text


@pytest.mark.services
def test_figures_are_read_with_their_status_interval_and_annotations(built_server, home, owner):
    owner.execute("truncate marts.fct_indicator_value")
    owner.execute(
        """
        insert into marts.fct_indicator_value
            (indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, count, denominator, value, lower_ci_95,
             upper_ci_95, comparison, status, is_synthetic)
        values
            ('V06', 'LANCS-14', '2019/20', 'all', 'all', 'all', 'all', 16163, 1500000, 10.7, 10.5, 10.9, 'similar', 'ok', true),
            ('V06', 'LANCS-14', '2019/20', 'female', 'all', 'all', 'all', 3, 750000, 0.1, 0.0, 0.2, 'similar', 'ok', false),
            ('V06', 'E07000117', '2019/20', 'all', 'all', 'all', 'all', null, null, null, null, null, null, 'refused', false)
        """
    )
    with connect(home, "vrn_evaluator") as connection:
        found = next(s for s in read(connection) if s.indicator_id == "V06")
    assert {(f.area.area_code, f.status, f.value, f.lower, f.upper) for f in found.figures} == {
        ("LANCS-14", "ok", 10.7, 10.5, 10.9),
        ("E07000117", "refused", None, None, None),
    }
    assert found.is_synthetic
    assert found.status_counts == {"ok": 2, "refused": 1}
    assert any("lockdown" in a.annotation and "2019/20" in a.touched for a in found.annotations)
