"""The summary of the board and the accessibility statement: one fits a page, and the other has the legal form."""

import re
from dataclasses import replace

import pytest

from tests.browser import pages as pages_of_a_browser
from tests.outline import Outline
from tests.published import COUNTY, DISTRICTS, NETWORK, YEARS, made, missing, published, row, since, texts
from vrn.errors import VrnError
from vrn.report.site import pages
from vrn.report.site.from_publish import Worse
from vrn.settings import Network, Settings


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
    assert "Lancashire-14: 7 per 1,000 residents, Year ending March 2020; +17 % since a year earlier, worse." in text
    assert "Worse and getting worse: District 0 and District 1." in text
    assert "2 indicators did not clearly change in the county" in text
    assert "0 indicators: whether it changed is not known" in text
    assert "Hidden to protect people: 1 indicator." in text


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


def test_the_contact_is_a_setting_of_the_network_and_its_want_is_said(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    pages.write(tmp_path / "site", published(), replace(NETWORK, form="", email=""))
    for name in ("about.html", "accessibility.html"):
        assert "No contact was set" in texts(tmp_path / "site")[name]
    monkeypatch.setenv("VRN_NETWORK_NAME", "Another network")
    monkeypatch.setenv("VRN_NETWORK_PHONE", "01772 000000")
    settings = Settings(home=tmp_path)
    assert (settings.network.name, settings.network.phone, settings.network.answer_days) == ("Another network", "01772 000000", 10)
    monkeypatch.setenv("VRN_NETWORK_ANSWER_DAYS", "soon")
    with pytest.raises(VrnError, match="VRN_NETWORK_ANSWER_DAYS is 'soon'"):
        Network()
