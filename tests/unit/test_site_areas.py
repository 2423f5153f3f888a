"""The pages of an area, and of an indicator in a district: what is worse comes first, and a line stands beside the county's."""

import re

from tests.outline import Outline
from tests.published import COUNTY, DISTRICTS, NETWORK, YEARS, made, missing, published, row, texts
from vrn.report.site import pages
from vrn.report.site.from_publish import ALIKE, Similar, Worse

HERE, OTHER, HIDDEN = DISTRICTS[:3]
LINES = [
    *(row(area, period, value) for area in (COUNTY, HERE, OTHER) for period, value in zip(YEARS, (5.0, 6.0, 7.0), strict=True)),
    *(missing(HIDDEN, period, "suppressed") for period in YEARS),
]


def written(tmp_path, *items, **other) -> dict[str, str]:
    pages.write(tmp_path, published(*items, **other), NETWORK)
    return texts(tmp_path)


def said(text: str) -> str:
    return re.sub(r"\s+", " ", Outline(text).text)


def test_a_figure_keeps_its_decimals_and_a_count_with_its_limits_has_none(tmp_path):
    """Issue 16, E: "33" stood beside 226.8, "714 count (662.6 to 768.3)", and of a district's count "county not given"."""
    count = {"value_type": "count", "unit": "count", "denominator": None}
    of_count = [
        row(area, "2019/20", 714.0, count=714, denominator=None, lower_ci_95=662.6, upper_ci_95=768.3) for area in DISTRICTS
    ]
    pages.write(
        tmp_path, published(made([row(DISTRICTS[0], "2019/20", 33.0)]), made(of_count, count | {"indicator_id": "T02"})), NETWORK
    )
    text = texts(tmp_path)[f"area/{DISTRICTS[0].area_code}.html"]
    assert "<strong>33.0</strong> (32.0 to 34.0)" in text
    assert "<strong>714</strong> (663 to 768)" in text
    assert "a count, not set beside the county's" in text


def test_there_is_a_page_for_each_district_and_indicator_that_has_a_figure_and_for_no_other(tmp_path):
    found = written(tmp_path, made(LINES))
    assert {name for name in found if name.count("/") == 2} == {f"area/{area.area_code}/T01.html" for area in (HERE, OTHER)}


def test_the_line_of_a_district_is_beside_the_county_s_and_england_s(tmp_path):
    """Issue 16, E."""
    england = {"2018/19": 4.0, "2019/20": 4.5}
    rows = [
        line | {"england_value": england.get(line["period_id"]) if line["area_code"] == COUNTY.area_code else None}
        for line in LINES
    ]
    text = written(tmp_path, made(rows))[f"area/{HERE.area_code}/T01.html"]
    wide = text[text.index('class="wide"') :].partition("</svg>")[0]
    assert [name for name in ("District 0", "Lancashire-14", "England") if f">{name}</text>" in wide] == [
        "District 0",
        "Lancashire-14",
        "England",
    ]
    assert "<dt>England</dt><dd>4.50</dd>" in text


def test_a_district_s_page_of_an_indicator_tells_its_place_among_those_that_have_a_figure(tmp_path):
    rows = [row(district, "2019/20", 9.0 - place) for place, district in enumerate(DISTRICTS[:4])]
    found = written(tmp_path, made([row(COUNTY, "2019/20", 7), *rows]))
    ranks = [said(found[f"area/{area.area_code}/T01.html"]) for area in DISTRICTS[:4]]
    assert "The highest of the 4 districts with a figure." in ranks[0]
    assert "Number 2 from the highest of the 4 districts with a figure." in ranks[1]
    assert "The lowest of the 4 districts with a figure." in ranks[3]


def test_an_area_s_page_begins_with_what_is_worse_and_getting_worse_and_names_what_is_hidden_later(tmp_path):
    def named(number: int, *rows, worse=()):
        return made(rows, {"indicator_id": f"T{number}", "short_name": f"Test {number}"}, worse=worse)

    text = written(
        tmp_path,
        named(1, missing(HERE, "2019/20", "suppressed")),
        named(2, row(HERE, "2019/20", comparison="better")),
        named(3, row(HERE, "2019/20")),
        named(4, row(HERE, "2019/20", comparison="worse"), worse=[Worse("T4", HERE.area_code, HERE.area_name, True, False)]),
        named(5, row(HERE, "2019/20", comparison="worse"), worse=[Worse("T5", HERE.area_code, HERE.area_name, True, True)]),
        named(6, missing(HERE, "2019/20", "awaiting_feed")),
    )[f"area/{HERE.area_code}.html"]
    assert re.findall(r">Test (\d)</a>", text) == list("542316")
    assert "of 4 indicators with a figure: worse in Test 5 and Test 4; better in Test 2." in said(text)
    assert re.findall(r"<details( open)?>", text) == [" open", " open", "", "", "", ""]


def test_a_district_s_page_has_the_districts_of_england_that_are_like_it_with_their_figures_beside_its_own(tmp_path):
    """Issue 16, E: similar areas."""
    own, figures = (dict(zip(ALIKE, values, strict=True)) for values in ((36.9, 34.4, 1131, 39.7), (36.7, 34.0, 1517, 38.9)))
    found = written(tmp_path, similar=(Similar(HERE.area_code, "Bradford", 0.248, own, figures),))
    text = found[f"area/{HERE.area_code}.html"]
    assert said(text).count(f"{HERE.area_name}36.934.41,13139.7– Bradford36.734.01,51738.90.25") == 1
    assert "Bradford" not in found[f"area/{OTHER.area_code}.html"]


def test_similar_districts_of_a_release_that_did_not_keep_their_figures_are_named_with_how_far_apart_they_are(tmp_path):
    text = written(tmp_path, similar=(Similar(HERE.area_code, "Bradford", 0.248),))[f"area/{HERE.area_code}.html"]
    assert "DistrictApart Bradford0.25" in said(text)


def test_england_s_value_stands_beside_the_county_s_where_there_is_one(tmp_path):
    """Issue 16, E: on an area's page, on the scorecard, and as a line on the page of the indicator."""
    rows = [
        *(row(COUNTY, period, 5.0 + place, england_value=4.5) for place, period in enumerate(YEARS)),
        row(HERE, "2019/20", 9.0, comparison="worse", england_value=4.5),
    ]
    found = written(tmp_path, made(rows))
    assert "county 7.00, England 4.50" in said(found[f"area/{HERE.area_code}.html"])
    assert "England 4.50" in said(found[f"area/{COUNTY.area_code}.html"])
    assert "England 4.50" in said(found["index.html"])
    assert "England: 4.50." in said(found["indicator/T01.html"])
    assert 'class="beside england"' in found["indicator/T01.html"]


def test_what_is_hidden_of_a_district_is_a_gap_in_its_line_at_both_ends(tmp_path):
    rows = [row(COUNTY, "2018/19", 5), missing(HERE, "2017/18", "suppressed"), row(HERE, "2018/19", 6), row(HERE, "2019/20", 7)]
    text = written(tmp_path, made(rows))[f"area/{HERE.area_code}/T01.html"]
    assert text[text.index('class="wide"') :].partition("</svg>")[0].count('class="gap"') == 1


def test_a_district_whose_latest_figure_is_hidden_has_a_page_of_what_is_known_and_no_place_among_others(tmp_path):
    rows = [
        row(COUNTY, "2019/20", 5),
        *(row(district, "2019/20", 6.0) for district in DISTRICTS[1:5]),
        *(row(HERE, period, 6.0) for period in ("2017/18", "2018/19")),
        missing(HERE, "2019/20", "suppressed"),
    ]
    text = said(written(tmp_path, made(rows))[f"area/{HERE.area_code}/T01.html"])
    assert "Hidden to protect people District 0, Year ending March 2020" in text
    assert "the highest" not in text.lower()


def test_two_districts_can_be_compared_and_only_intervals_that_do_not_overlap_differ(tmp_path):
    """Issue 16, E: compare two areas."""

    def named(number: int, here: float, other: float):
        rows = [row(COUNTY, "2019/20", 7), row(HERE, "2019/20", here), row(OTHER, "2019/20", other)]
        return made(rows, {"indicator_id": f"T{number}", "short_name": f"Test {number}"})

    hidden = made([row(HERE, "2019/20", 5), row(DISTRICTS[3], "2019/20", 5), missing(OTHER, "2019/20", "suppressed")])
    found = written(tmp_path, named(2, 5.0, 7.5), named(3, 5.0, 6.5), hidden)
    text = said(found[f"compare/{HERE.area_code}-{OTHER.area_code}.html"])
    assert "Of 2 indicators with a figure for both, 1 clearly differ" in text
    assert "District 1 is higher" in text[text.index("What clearly differs") : text.index("What does not clearly differ")]
    assert text.index("Test 2") < text.index("Test 3")
    assert "T01" not in text, "of one of the two it is hidden"
    assert f'href="../compare/{HERE.area_code}-{OTHER.area_code}.html"' in found[f"area/{OTHER.area_code}.html"]


def test_a_bare_count_stands_beside_no_total_and_beside_no_other_area(tmp_path):
    """Issue 16, E: no bare count against a total."""
    found = written(tmp_path, made(LINES, {"value_type": "count", "ci_method": "none", "unit": "people"}))
    page, area = found[f"area/{HERE.area_code}/T01.html"], found[f"area/{HERE.area_code}.html"]
    assert 'class="beside' not in page.partition("<svg")[2].partition("</svg>")[0]
    assert "<dt>The county</dt>" not in page
    assert "the highest" not in page.lower()
    assert "a count, not set beside the county's" in said(area)
    assert "The dashed line is" not in found["indicator/T01.html"]
    assert "Of 0 indicators" in said(found[f"compare/{HERE.area_code}-{OTHER.area_code}.html"])
