"""The downloads of an indicator, and the page to find things on."""

import csv
import json
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pytest

from tests.browser import pages as pages_of_a_browser
from tests.published import COUNTY, DISTRICTS, NETWORK, RELEASE, WHOLE, made, published, row, texts
from vrn.report.site import downloads, pages

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
VALUE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value"


@pytest.fixture
def folder(tmp_path):
    pages.write(tmp_path, published(), NETWORK)
    return tmp_path


def of_csv(folder) -> list[list[str]]:
    with (folder / "indicator/T01.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def number(text: str) -> float | str | None:
    try:
        return float(text)
    except ValueError:
        return text or None


def test_workbooks_say_what_the_csv_says_with_numbers_as_numbers(folder):
    """Issue 16, E: ODS and XLSX beside CSV."""
    expected = [[number(cell) for cell in line] for line in of_csv(folder)]
    sheet = openpyxl.load_workbook(folder / "indicator/T01.xlsx")["Figures"]
    assert [[number(str(cell)) if cell is not None else None for cell in line] for line in sheet.values] == expected
    assert sheet.freeze_panes == "A2"
    assert sheet["M2"].data_type == "n"
    content = ElementTree.fromstring(zipfile.ZipFile(folder / "indicator/T01.ods").read("content.xml"))
    about, figures = content.iter(f"{TABLE}table")
    rows = [[cell for cell in line if cell.tag == f"{TABLE}table-cell"] for line in figures.iter(f"{TABLE}table-row")]
    assert [[number("".join(cell.itertext())) for cell in line] for line in rows] == expected
    assert rows[1][12].get(VALUE) == "5.0"
    assert len(list(figures.find(f"{TABLE}table-header-rows"))) == 1
    assert "What a test counts." in "".join(about.itertext())


def test_a_whole_number_is_written_whole(tmp_path):
    """Issue 16, E: a count was 48.0."""
    downloads.write(tmp_path, made([row(COUNTY, "2019/20", count=Decimal("48.0"))]), RELEASE, NETWORK)
    assert ",48,100000," in (tmp_path / "T01.csv").read_text(encoding="utf-8")


def test_a_hidden_figure_is_an_empty_cell_in_every_download(tmp_path):
    leak = row(DISTRICTS[2], "2019/20", 3.14159, status="suppressed", count=31337, denominator=27182)
    downloads.write(tmp_path, made([leak]), RELEASE, NETWORK)
    everything = b"".join(
        zipfile.ZipFile(path).read(name)
        for path in (tmp_path / "T01.xlsx", tmp_path / "T01.ods")
        for name in zipfile.ZipFile(path).namelist()
    )
    assert b"suppressed" in everything
    assert not re.search(rb"31337|3\.14|27182", everything + (tmp_path / "T01.csv").read_bytes())


def test_metadata_stand_beside_the_csv_by_the_name_that_its_readers_look_for(folder):
    """Issue 16, E: metadata beside each download (CSV on the Web)."""
    said = json.loads((folder / "indicator/T01.csv-metadata.json").read_text(encoding="utf-8"))
    assert [column["name"] for column in said["tableSchema"]["columns"]] == of_csv(folder)[0]
    assert (said["url"], said["dc:publisher"]) == ("T01.csv", "A network")
    text = texts(folder)["indicator/T01.html"]
    for ending in ("csv", "xlsx", "ods", "csv-metadata.json"):
        assert f'href="T01.{ending}" download' in text


@pytest.mark.parametrize(
    ("feeds", "open_feeds", "is_open"),
    [("police_crime", (), False), ("police_crime", ("police_crime",), True), ("police_crime, tiig", ("police_crime",), False)],
)
def test_a_download_claims_the_open_licence_only_where_every_feed_of_it_is_open(tmp_path, feeds, open_feeds, is_open):
    """Issue 16, E: all 81 metadata files claimed it, those of police, hospitals and social care too."""
    whole = made(meta={"feeds": feeds}, open_feeds=open_feeds)
    pages.write(tmp_path, published(whole), NETWORK)
    text = (tmp_path / "indicator/T01.csv-metadata.json").read_text(encoding="utf-8")
    assert ("open-government-licence" in json.loads(text).get("dc:license", "")) is is_open
    assert ("dc:rights" in json.loads(text)) is not is_open
    assert ("Made of data shared under agreements" in text) is not is_open
    assert ("Made of data shared under agreements" in texts(tmp_path)["indicator/T01.html"]) is not is_open


def test_a_period_is_given_as_an_iso_interval(folder):
    """Issue 16, E."""
    head, first, *_ = of_csv(folder)
    assert first[head.index("period_interval")] == "2017-04-01/2018-03-31"


def test_the_same_figures_give_the_same_bytes_of_every_download(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        downloads.write(tmp_path / name, made(), RELEASE, NETWORK)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_every_indicator_area_and_postcode_district_can_be_found_without_a_script(folder):
    """Issue 16, E: everything readable without the script."""
    text = texts(folder)["find.html"]
    assert 'href="indicator/T01.html"' in text
    for area in (*DISTRICTS, COUNTY):
        assert f'href="area/{area.area_code}.html"' in text
    assert re.search(r"<li>PR1: <a href=\"area/E07000123\.html\">", text)
    assert re.search(r"<li>BB1: <a href=\"area/E06000008\.html\">.*E07000120", text)
    assert len(WHOLE) + 1 == len(of_csv(folder))


def test_the_search_finds_by_indicator_area_and_postcode_district_without_a_server(folder):
    with pages_of_a_browser() as browser:
        page = browser(390)
        page.goto((folder / "find.html").as_uri())
        box = page.get_by_role("searchbox")
        for typed, expected in (
            ("T01", ["T01"]),
            ("district 3", ["District 3"]),
            ("pr1", ["PR1"]),
            ("PR1 2AB", ["PR1:"]),
            ("pr12ab", ["PR1:"]),
            ("zzz", []),
        ):
            box.fill(typed)
            shown = [item.inner_text() for item in page.locator("[data-find] li:visible").all()]
            assert all(any(word in text for text in shown) for word in expected), (typed, shown)
            assert bool(shown) == bool(expected), (typed, shown)
            assert len(shown) < 40
        # Issue 16, E: a word that nobody uses gives a hint, and two letters are not found within words.
        assert "Try another word" in page.get_by_role("status").inner_text()
        box.fill("ests")
        assert page.locator("[data-find] li:visible").count() == 0
        box.fill("")
        assert page.locator("[data-find] li:visible").count() == 16, "the postcode districts are folded again"
