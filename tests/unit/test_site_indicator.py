"""An indicator's page begins with its sentence, its figure and its picture; what to know stands beside them as a short list."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.outline import Outline
from tests.published import (
    BY_CODE,
    COUNTY,
    DISTRICTS,
    FORCE,
    META,
    NETWORK,
    WHOLE,
    YEARS,
    made,
    missing,
    published,
    row,
    since,
    texts,
)
from vrn.report.figures import findings
from vrn.report.figures.subject import Period
from vrn.report.site import indicator_page, pages
from vrn.report.site.from_publish import item


def view(rows, meta=None):
    return indicator_page.view(made(rows, {"short_name": "Robbery"} | (meta or {})))


def moved(*trends: str | None, county: str | None = None) -> list[dict]:
    return [
        row(COUNTY, "2019/20", 5, trend=county),
        *(row(district, "2019/20", 5, trend=trend) for district, trend in zip(DISTRICTS, trends, strict=False)),
    ]


def untold(one: dict) -> dict:
    return one | {"trend": None}


def test_a_title_says_what_is_seen():
    """Issue 16, E: "Robbery fell in Preston; no clear change in ten of fourteen districts"."""
    down, level, unknown = "decreasing_and_getting_better", "no_change", "cannot_be_calculated"
    assert view(moved(down, *[level] * 10, *[unknown] * 3))["finding"] == (
        "Robbery fell in District 0; no clear change in ten of fourteen districts"
    )
    assert view(moved(*[level] * 14, county=down))["finding"] == "Robbery fell in the county; no clear change in any district"
    assert (
        view(moved(*[level] * 14, county=level))["finding"] == "Robbery did not clearly change in the county, nor in any district"
    )
    assert view(moved(*[down] * 5, "increasing", *[level] * 8, county=down))["finding"] == (
        "Robbery rose in District 5; fell in the county and five of fourteen districts; "
        "no clear change in eight of fourteen districts"
    )


def test_a_title_without_trends_says_what_changed_since_a_year_earlier_and_without_that_who_stands_out():
    changed = [row(COUNTY, "2019/20", 5, **since(8, 5, "better"))]
    assert view(changed)["finding"] == "Robbery fell in the county"
    assert view([row(DISTRICTS[0], "2019/20", 9, comparison="worse"), row(DISTRICTS[1], "2019/20", 2, comparison="better")])[
        "finding"
    ] == ("Robbery: worse than the county in District 0; better than the county in District 1")
    assert view([row(DISTRICTS[0], "2019/20")])["finding"] == "Robbery: no district clearly differs from the county"
    assert view([missing(DISTRICTS[0], "2019/20", "suppressed")])["finding"] == ""


def test_a_title_counts_areas_among_those_that_have_a_figure():
    """Issue 16, E: "no district clearly differs from the county" was said where two of fourteen had a figure."""
    none = [missing(district, "2019/20", "awaiting_feed") for district in DISTRICTS[2:]]
    level = [row(district, "2019/20", trend="no_change") for district in DISTRICTS[:2]]
    assert view([*map(untold, level), *none])["finding"] == (
        "Robbery: no clear difference from the county in the two districts that have a figure"
    )
    assert view([untold(level[0]), *none])["finding"] == (
        "Robbery: no clear difference from the county in the only district that has a figure"
    )
    assert view([*level, *none, row(COUNTY, "2019/20", trend="no_change")])["finding"] == (
        "Robbery did not clearly change in the county, nor in the two districts that have a figure"
    )
    five = [row(district, "2019/20", comparison="worse") for district in DISTRICTS[:5]]
    assert view([*five, *none[3:]])["finding"] == "Robbery: worse than the county in the five districts that have a figure"
    level_and_worse = [row(DISTRICTS[0], "2019/20", trend="no_change"), *five[1:], *none[3:]]
    assert view(level_and_worse)["finding"] == (
        "Robbery: no clear change in one of the five districts that have a figure; "
        "worse than the county in four of the five districts that have a figure"
    )


def test_a_title_says_who_stands_out_also_where_nothing_clearly_changed():
    """Issue 16, E: "did not clearly change" hid two districts that are higher than the county."""
    rows = [
        *moved(*["no_change"] * 12, county="no_change"),
        *(row(one, "2019/20", 9, comparison="higher") for one in DISTRICTS[12:]),
    ]
    assert view(rows)["finding"] == (
        "Robbery did not clearly change in the county, nor in twelve of fourteen districts; "
        "higher than the county in District 12 and District 13"
    )


def test_a_change_that_was_tested_is_said_also_where_it_is_not_clear_and_of_a_shorter_period():
    """Issue 16, E: one indicator of -12 % was said not to have clearly changed, and one of -22 % was not spoken of."""
    may = Period("2020-05", "month", "May 2020", date(2020, 5, 1), date(2020, 5, 31))
    rows = [row(COUNTY, "2019/20", 5), row(COUNTY, "2019/20", 4.0, period_id="2020-05", **since(8.0, 4.0, "similar"))]
    found = item(META | {"short_name": "Robbery"}, rows, BY_CODE, YEARS | {may.period_id: may}, is_synthetic=False)
    said = "Robbery did not clearly change in the county (May 2020, on a year earlier)"
    assert indicator_page.finding(found.subject) == said


def test_a_page_that_shows_a_figure_has_a_sentence_also_where_nothing_was_tested():
    """Issue 16, E: twenty-six pages of eighty-one had the indicator's name for a title."""
    figure = "Robbery in the county: 5.00 per 1,000 residents, Year ending March 2020; "
    assert view([row(COUNTY, "2019/20", 5)])["finding"] == f"{figure}whether it changed is not known"
    untested = row(COUNTY, "2019/20", 5, **since(8, 5, "not_compared"))
    assert view([untested])["finding"] == f"{figure}its change was not tested"
    older = [row(COUNTY, "2018/19", 5), missing(COUNTY, "2019/20", "suppressed")]
    assert view(older)["finding"] == (
        "Robbery in the county: 5.00 per 1,000 residents, Year ending March 2019; whether it changed is not known"
    )
    parts = [
        row(one, "2019/20", number, count=number, denominator=None, comparison="not_compared")
        for number, one in enumerate(DISTRICTS[:2], start=5)
    ]
    assert view(parts, {"unit": "count", "value_type": "count"})["finding"] == "Robbery: from 5 in District 0 to 6 in District 1"


def test_areas_that_are_compared_in_an_older_period_than_the_county_s_are_said_to_be():
    rows = [
        row(COUNTY, "2018/19", 5),
        row(COUNTY, "2019/20", 5, **since(8, 5, "better")),
        row(DISTRICTS[0], "2018/19", 9, comparison="worse"),
        missing(DISTRICTS[0], "2019/20", "suppressed"),
    ]
    assert view(rows)["finding"] == "Robbery fell in the county; worse than the county in District 0 (Year ending March 2019)"


def test_a_county_of_which_the_year_before_is_unknown_is_said_to_have_moved_in_its_latest_month():
    may = Period("2020-05", "month", "May 2020", date(2020, 5, 1), date(2020, 5, 31))
    rows = [
        row(COUNTY, "2019/20", 5),
        row(COUNTY, "2019/20", 4.0, period_id="2020-05", **since(8.0, 4.0, "better")),
        row(DISTRICTS[0], "2019/20", 9, comparison="worse"),
    ]
    found = item(META | {"short_name": "Robbery"}, rows, BY_CODE, YEARS | {may.period_id: may}, is_synthetic=False)
    assert indicator_page.finding(found.subject) == (
        "Robbery fell in the county (May 2020, on a year earlier); worse than the county in District 0"
    )
    month, year = (one for one in sorted(found.subject.figures[:2], key=lambda one: one.period.period_type != "month"))
    said = "Robbery in District 0 fell (May 2020, on a year earlier) and is worse than the county's"
    assert findings.of_area(found.subject, replace(year, area=DISTRICTS[0], comparison="worse"), month) == said


def test_what_is_given_for_authorities_is_said_of_authorities():
    """The two unitary authorities are districts as well, and were spoken of as if every district could have stood out."""
    unitary = replace(DISTRICTS[0], area_levels=("district", "upper_tier"))
    meta = META | {"short_name": "Robbery", "geo_levels": "upper_tier, county_14"}
    found = item(meta, [row(unitary, "2019/20")], BY_CODE | {unitary.area_code: unitary}, YEARS, is_synthetic=False)
    assert indicator_page.finding(found.subject) == "Robbery: no upper-tier authority clearly differs from the county"


def test_a_hidden_figure_neither_moves_nor_stands_out():
    hidden = [missing(DISTRICTS[0], "2019/20", "suppressed", comparison="worse", trend="increasing_and_getting_worse")]
    assert view([*hidden, row(DISTRICTS[1], "2019/20")])["finding"] == (
        "Robbery: no clear difference from the county in the only district that has a figure"
    )


def test_sentence_figure_and_picture_come_before_caveats_and_definition(tmp_path):
    """Issue 16, E: twelve lines of prose and six events stood before the first picture."""
    pages.write(tmp_path, published(made(meta={"caveats": "One. Two is longer. " * 5})), NETWORK)
    text = texts(tmp_path)["indicator/T01.html"]
    places = [text.index(part) for part in ("<h1>", 'class="headline"', 'class="wide"', 'id="care"', "What a test counts.")]
    assert places == sorted(places)
    assert len(Outline(text[text.index("<main") : text.index('class="wide"')]).text.split()) < 100
    assert text[text.index('id="care"') :].partition("<details>")[0].count("<li>") == 4


def test_where_most_of_the_county_is_hidden_for_the_force_s_sake_the_force_speaks(tmp_path):
    """Issue 16, B: homicides of the force are printed by others, and what is left of them beside the county's is small."""
    hidden = [missing(COUNTY, period, "suppressed") for period in YEARS]
    force = [row(FORCE, "2017/18", 5), row(FORCE, "2018/19", 5), row(FORCE, "2019/20", 8.5, **since(5, 8.5, "worse"))]
    pages.write(tmp_path, published(made([*hidden, *force])), NETWORK)
    text = texts(tmp_path)["indicator/T01.html"]
    title = re.search(r"<h1>.*?</h1>", text, re.DOTALL).group()
    assert "Tests in Lancashire Constabulary rose" in title
    assert text.index("<h2>Lancashire Constabulary over time</h2>") < text.index("<h2>Lancashire-14 over time</h2>")
    assert "<strong>8.50</strong>" in texts(tmp_path)["index.html"]


def test_a_force_that_shows_no_more_than_the_county_does_not_stand_before_it(tmp_path):
    """Issue 16, E: one figure of the force and half an empty column stood before the county's line of homicides."""
    hidden = [missing(COUNTY, "2017/18", "suppressed"), missing(COUNTY, "2018/19", "suppressed")]
    pages.write(tmp_path, published(made([*hidden, row(COUNTY, "2019/20", 5), row(FORCE, "2019/20", 8.5)])), NETWORK)
    assert "<h2>Lancashire Constabulary over time</h2>" not in texts(tmp_path)["indicator/T01.html"]


def test_england_stands_beside_the_force_alone_where_only_that_is_compared_with_it():
    """What has no place counts in England's crimes and in the force's, and in no other area's."""
    rows = [
        *(row(FORCE, period, 5, england_value=4.5) for period in YEARS),
        *(row(COUNTY, period, 5) for period in YEARS),
    ]
    assert indicator_page.beside_england(made(rows), FORCE)
    assert not indicator_page.beside_england(made(rows), COUNTY)


def test_the_figure_says_how_the_county_is_beside_england(tmp_path):
    """Issue 16, E: that the county is worse than England stood on the scorecard and not on the indicator's page."""
    beside = {"england_value": 4.5, "comparison_england": "worse"}
    pages.write(tmp_path, published(made([row(area, "2019/20", 5, **beside) for area in (COUNTY, DISTRICTS[0])])), NETWORK)
    found = texts(tmp_path)
    assert "England: 4.50 (Lancashire-14 is worse)." in found["indicator/T01.html"]
    assert "<dt>England</dt><dd>4.50; District 0 worse</dd>" in found[f"area/{DISTRICTS[0].area_code}/T01.html"]


def test_counts_are_drawn_where_a_rate_has_no_population_yet(tmp_path):
    """Issue 16, E: a chart of real months to 2024 ended in December 2020 without a word."""
    later = Period("2020/21", "financial_year", "Year ending March 2021", date(2020, 4, 1), date(2021, 3, 31))
    rows = [*WHOLE, missing(COUNTY, "2019/20", "no_denominator", period_id="2020/21", count=Decimal(812))]
    pages.write(tmp_path, published(item(META, rows, BY_CODE, YEARS | {"2020/21": later}, is_synthetic=False)), NETWORK)
    text = re.sub(r"\s+", " ", texts(tmp_path)["indicator/T01.html"])
    assert "They go on where there is no population to divide by yet." in text
    assert "last 812 in Year ending March 2021" in text
    (tmp_path / "whole").mkdir()
    pages.write(tmp_path / "whole", published(), NETWORK)
    assert "no population" not in texts(tmp_path / "whole")["indicator/T01.html"]


def test_one_count_that_nothing_divides_is_said_in_title_table_and_words_and_not_drawn(tmp_path):
    """Issue 16, E: "there is no figure to draw" stood before a chart of one point, and the count was not in the table."""
    pages.write(tmp_path, published(made([missing(COUNTY, "2019/20", "no_denominator", count=Decimal(2540))])), NETWORK)
    text = texts(tmp_path)["indicator/T01.html"]
    assert 'role="img"' not in text
    assert "There is no figure to draw" not in text[: text.index("Areas compared")]
    assert "Tests in the county: a count of 2,540, Year ending March 2020; there is nothing to divide it by" in text
    assert "one figure, 2,540 in Year ending March 2020." in text
    assert "no figure: nothing to divide by; a count of 2,540</td>" in text


def test_no_chart_is_drawn_of_zeros_or_of_one_figure_and_words_stand_in_its_place(tmp_path):
    for name, rows in (("zeros", [row(COUNTY, period, 0.0) for period in YEARS]), ("one", [row(COUNTY, "2019/20", 5.0)])):
        (tmp_path / name).mkdir()
        pages.write(tmp_path / name, published(made(rows)), NETWORK)
        text = texts(tmp_path / name)["indicator/T01.html"]
        assert 'role="img"' not in text
        assert "figures. First 0" in text or "one figure, 5" in text


def test_a_line_that_begins_later_than_its_series_says_what_became_of_the_periods_before(tmp_path):
    """Nine months that were refused took no room in the chart, and only the folded table told of them."""
    early = [missing(COUNTY, "2017/18", "refused"), missing(COUNTY, "2018/19", "refused"), row(COUNTY, "2019/20", 5.0)]
    assert view(early)["times"][0]["before"] == (
        "Before the first figure, Year ending March 2018 to Year ending March 2019: what was delivered was refused."
    )
    pages.write(tmp_path, published(made(early)), NETWORK)
    assert "Before the first figure, Year ending March 2018" in texts(tmp_path)["indicator/T01.html"]
    for status in ("before_series", "suppressed"):
        assert view([missing(COUNTY, "2017/18", status), *early[2:]])["times"][0]["before"] == ""
    assert view(early[:2])["times"][0]["before"] == ""


def test_areas_that_have_zeros_alone_are_said_in_words_and_not_drawn(tmp_path):
    """ "Highest West division 0, lowest East division 0" stood under three divisions that were drawn at 0."""
    zeros = [row(COUNTY, "2019/20", 0.0), *(row(district, "2019/20", 0.0) for district in DISTRICTS)]
    compared = view(zeros)["compared"]
    assert compared["chart"] is None
    assert "14 of 14 areas have a figure that can be shown. Each 0, Lancashire-14 0." in compared["alternative"]
    pages.write(tmp_path, published(made(zeros)), NETWORK)
    text = texts(tmp_path)["indicator/T01.html"]
    assert "Each 0, Lancashire-14 0." in text
    assert "There is no figure to draw" not in text
    alone = view([row(DISTRICTS[0], "2019/20", 5.0), *(missing(d, "2019/20", "refused") for d in DISTRICTS[1:])])["compared"]
    assert alone["chart"] is None
    assert "1 of 14 areas have a figure that can be shown. District 0 5.00." in alone["alternative"]
    assert view(WHOLE)["compared"]["chart"]


def test_signs_beside_the_county_are_explained_only_where_areas_are_compared_with_it(tmp_path):
    """The key "Beside the county" stood under counts, which are never compared."""
    counts = [row(COUNTY, "2019/20", 9.0), *(row(d, "2019/20", 5.0, comparison="not_compared") for d in DISTRICTS)]
    for name, of in (("counts", made(counts, {"value_type": "count"})), ("rates", made())):
        (tmp_path / name).mkdir()
        pages.write(tmp_path / name, published(of), NETWORK)
        for page in ("indicator/T01.html", "map/T01.html"):
            assert ("Beside the county: " in Outline(texts(tmp_path / name)[page]).text) == (name == "rates"), (name, page)


def test_blue_for_better_is_said_only_of_what_has_a_judgement(tmp_path):
    """Issue 16, E: words."""
    for polarity, is_said in (("low_is_good", True), ("no_judgement", False)):
        (tmp_path / polarity).mkdir()
        pages.write(tmp_path / polarity, published(made(meta={"polarity": polarity})), NETWORK)
        for page in ("indicator/T01.html", "map/T01.html"):
            assert ("lue is better" in texts(tmp_path / polarity)[page]) == is_said, (page, polarity)
