"""The summary of the board and the accessibility statement: one fits a page, and the other has the legal form."""

import os
import re
from contextlib import nullcontext
from dataclasses import replace

import pytest

from tests.browser import pages as pages_of_a_browser
from tests.outline import Outline
from tests.published import COUNTY, DISTRICTS, NETWORK, YEARS, made, missing, published, row, since, texts
from vrn.errors import VrnError
from vrn.publish import network
from vrn.publish.network import Network
from vrn.report import site
from vrn.report.site import pages
from vrn.report.site.from_publish import Worse
from vrn.settings import Settings


def said(text: str) -> str:
    return re.sub(r"\s+", " ", Outline(text).text)


def indicator(number: int, values, trend, worse=()):
    code = {"increasing": "worse", "decreasing": "better"}.get(trend.partition("_")[0], "similar")
    rows = [
        *(row(COUNTY, period, value, trend=trend) for period, value in zip(list(YEARS)[:2], values[:2], strict=True)),
        row(COUNTY, "2019/20", values[2], trend=trend, **since(values[1], values[2], code)),
        *(row(district, "2019/20", values[-1], trend=trend) for district in DISTRICTS),
    ]
    name = f"An indicator with quite a long name, number {number}"
    return made(rows, {"indicator_id": f"T{number:02d}", "short_name": name}, worse=worse)


def test_the_summary_says_in_words_what_gets_worse_where_and_what_gets_better(tmp_path):
    """Issue 16, E: a one-page summary in words for the board."""
    everywhere = [Worse("T03", district.area_code, district.area_name, True, True) for district in DISTRICTS[:2]]
    items = (
        indicator(1, (5, 6, 7), "increasing_and_getting_worse"),
        indicator(2, (7, 6, 5), "decreasing_and_getting_better"),
        indicator(3, (5, 5, 5), "no_change", everywhere),
        indicator(4, (5, 5, 5), "no_change"),
        made([missing(COUNTY, "2019/20", "suppressed")], {"indicator_id": "T05"}),
    )
    pages.write(tmp_path, published(*items), NETWORK)
    text = said(texts(tmp_path)["summary.html"])
    parts = [
        text.index(part) for part in ("What is getting worse", "number 1", "Where it is worse", "number 3", "getting better An")
    ]
    assert parts == sorted(parts)
    assert "Lancashire-14: 7.00 per 1,000 residents, Year ending March 2020; +17 % since a year earlier, worse." in text
    assert "Worse and getting worse: District 0 and District 1." in text
    assert "2 indicators did not clearly change in the county" in text
    assert "0 indicators: whether it changed is not known" in text
    assert "Hidden to protect people: 1 indicator." in text


def test_what_chance_makes_is_said_of_areas_and_years_and_not_of_figures_that_are_not_zero(tmp_path):
    """A newcomer read "of a hundred figures that differ from nothing" as figures that are not zero."""
    pages.write(tmp_path, published(), NETWORK)
    text = said(texts(tmp_path)["summary.html"])
    assert "of a hundred areas or years that do not really differ, about five will look as if they did." in text
    assert "differ from nothing" not in text


def test_the_summary_is_one_printed_page_however_much_there_is_to_say(tmp_path):
    bad = [Worse("", district.area_code, district.area_name, True, True) for district in DISTRICTS[:5]]
    items = [
        *(indicator(number, (5, 6, 7), "increasing_and_getting_worse", bad) for number in range(20)),
        *(indicator(number, (5, 5, 5), "no_change", bad) for number in range(20, 30)),
        *(indicator(number, (7, 6, 5), "decreasing_and_getting_better", bad) for number in range(30, 40)),
        *(indicator(number, (7, 6, 5), "decreasing_and_getting_better") for number in range(40, 60)),
    ]
    pages.write(tmp_path, published(*items), NETWORK)
    with pages_of_a_browser() as browser:
        page = browser(1440)
        page.goto((tmp_path / "summary.html").as_uri())
        printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "12mm"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_the_accessibility_statement_has_what_the_regulations_ask_for(tmp_path):
    """Issue 16, E: SI 2018/952, regulation 8, with the model statement's headings in their order."""
    pages.write(tmp_path, published(), NETWORK)
    found = texts(tmp_path)
    text = found["accessibility.html"]
    headings = re.findall(r"<h[23][^>]*>([^<]+)</h", text)
    assert headings == [
        "Compliance status",
        "Non-accessible content",
        "Non-compliance with the accessibility regulations",
        "Disproportionate burden",
        "Content that is not within the scope of the accessibility regulations",
        "Accessible alternatives",
        "Preparation of this accessibility statement",
        "Feedback and contact information",
        "Enforcement procedure",
    ]
    links = {link["href"] for link in Outline(text).all("a")}
    assert {NETWORK.form, f"mailto:{NETWORK.email}", "https://www.equalityadvisoryservice.com/"} <= links
    assert "partially compliant" in said(text)
    assert "A network is committed to making" in said(text)
    assert all('accessibility.html">Accessibility statement</a>' in page for page in found.values())


def test_the_contact_is_a_setting_of_the_network_and_its_want_is_said(tmp_path):
    pages.write(tmp_path, published(), replace(NETWORK, form="", email=""))
    for name in ("about.html", "accessibility.html"):
        assert "A network has not yet named whom to ask." in said(texts(tmp_path)[name])
    assert "We answer within" not in texts(tmp_path)["accessibility.html"]


def test_the_name_of_the_network_stands_at_the_head_of_every_page(tmp_path):
    """Issue 16, E: the setting changed the statement, and the header stayed another's."""
    pages.write(tmp_path, published(), NETWORK)
    for text in texts(tmp_path).values():
        assert "A network: outcomes</a></p>" in text
        assert "– A network: outcomes</title>" in text


@pytest.fixture
def unset(monkeypatch):
    for name in [name for name in os.environ if name.startswith("VRN_NETWORK_")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("FORM", "javascript:alert(1)"),
        ("FORM", "network.example/form"),
        ("FORM", "https://"),
        ("FORM", "https://network.example/a b"),
        ("EMAIL", "data.network.example"),
        ("EMAIL", "data@network"),
        ("EMAIL", "data@network.example?cc=other@network.example"),
        ("ANSWER_DAYS", "soon"),
        ("ANSWER_DAYS", "0"),
        ("POST", "A street\nA town"),
    ],
)
def test_a_setting_of_the_network_that_no_reader_could_follow_is_refused_in_a_sentence(tmp_path, unset, variable, text):
    """Issue 16, E: a script was accepted as the contact form, and linked."""
    unset.setenv(f"VRN_NETWORK_{variable}", text)
    with pytest.raises(
        VrnError, match=rf"^VRN_NETWORK_{variable} is '{re.escape(text)}', which is (no|more) .*, or leave it out\.$"
    ):
        site.build(Settings(home=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_home_keeps_who_publishes_its_site_until_the_environment_says_otherwise(tmp_path, unset):
    """Issue 16, E: the next `make site` in another shell lost name and contact in silence."""
    settings, said_once = Settings(home=tmp_path), {"NAME": "Another network", "PHONE": "01772 000000", "FORM": "http://a.example"}
    for name, text in said_once.items():
        unset.setenv(f"VRN_NETWORK_{name}", text)
    unset.setattr(site, "connect", lambda *_: nullcontext())
    unset.setattr(site.from_publish, "read", lambda _: published())
    site.build(settings)
    for name in said_once:
        unset.delenv(f"VRN_NETWORK_{name}")
    site.build(settings)
    assert network.of(settings) == Network(name="Another network", phone="01772 000000", form="http://a.example")
    assert "01772 000000" in (site.folder(settings) / "accessibility.html").read_text(encoding="utf-8")
    unset.setenv("VRN_NETWORK_PHONE", "")
    unset.setenv("VRN_NETWORK_NAME", "A third")
    assert network.of(settings) == Network(name="A third", form="http://a.example")
    assert network.of(Settings(home=tmp_path / "other")).has_contact is False
