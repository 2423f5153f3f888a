"""The maps: the outlines of the districts beside the tiles, with the same words."""

import re
from itertools import combinations

import pytest

from tests.browser import pages as pages_of_a_browser
from tests.published import DISTRICTS, NETWORK, made, missing, published, row, texts
from vrn.report.figures.charts import outlines
from vrn.report.site import from_publish, pages


def test_every_district_has_an_outline_a_name_and_what_is_said_of_it(tmp_path):
    """Issue 16, E: a real map of the outlines beside the tiles."""
    pages.write(tmp_path, published(), NETWORK)
    text = texts(tmp_path)["map/T01.html"]
    picture = text[text.index('class="outlines"') :].partition("</svg>")[0]
    assert {area.area_code for area in DISTRICTS} == set(published().outlines)
    codes = re.findall(r'<path class="outline (\w+)"', picture)
    assert sorted(codes) == sorted(["worse", "better", "none", "none", *["similar"] * 10])
    assert re.findall(r'class="middle value"[^>]*>([^<]+)<', picture).count("● 7.00") == 10
    for said in ("▲ 12.00", "▼ 4.00", "hidden", "no figure"):
        assert f">{said}</text>" in picture
    assert picture.count("SYNTHETIC") == 0
    assert text.index('class="outlines"') < text.index('class="tiles"')


def test_a_map_s_title_says_which_districts_stand_out(tmp_path):
    """Issue 16, E: titles that say what is seen."""
    pages.write(tmp_path, published(made()), NETWORK)
    title = re.search(r"<h1>.*?</h1>", texts(tmp_path)["map/T01.html"], re.DOTALL).group()
    assert "worse than the county in District 0; better than the county in District 1" in title


def test_a_map_that_is_made_up_says_so_on_the_picture(tmp_path):
    pages.write(tmp_path, published(made(is_synthetic=True)), NETWORK)
    assert ">SYNTHETIC</text>" in texts(tmp_path)["map/T01.html"]


def test_a_hidden_district_has_no_number_on_the_map(tmp_path):
    hidden = missing(DISTRICTS[0], "2019/20", "suppressed", comparison="worse")
    pages.write(tmp_path, published(made([hidden, row(DISTRICTS[1], "2019/20", 9)])), NETWORK)
    picture = texts(tmp_path)["map/T01.html"].partition('class="outlines"')[2].partition("</svg>")[0]
    assert re.findall(r'class="middle value"[^>]*>([^<]+)<', picture) == ["hidden", "● 9.00"]


def test_without_outlines_the_tiles_are_the_map(tmp_path):
    pages.write(tmp_path, published(outlines={}), NETWORK)
    assert 'class="outlines"' not in texts(tmp_path)["map.html"]
    assert 'class="tiles"' in texts(tmp_path)["map.html"]


def test_outlines_are_read_of_one_polygon_and_of_several():
    square = "[[[0, 1], [1, 1], [1, 2], [0, 1]]]"
    ring = ((0, 1), (1, 1), (1, 2), (0, 1))
    assert from_publish.rings(f'{{"type": "Polygon", "coordinates": {square}}}') == (ring,)
    assert from_publish.rings(f'{{"type": "MultiPolygon", "coordinates": [{square}, {square}]}}') == (ring, ring)


def test_a_square_lies_in_its_place_and_is_as_high_as_it_is_there():
    square = {"A": (((-2.0, 60.0), (-1.0, 60.0), (-1.0, 61.0), (-2.0, 61.0)),)}
    said = [{"area_code": "A", "name": "Square", "value": "1", "code": "similar", "sign": "level"}]
    picture = outlines.draw(square, said, "In words", "")
    height = int(re.search(r'viewBox="0 0 420 (\d+)"', picture).group(1))
    # At 60.5 degrees north a degree of longitude is 0.492 of one of latitude.
    assert height - 12 == pytest.approx((420 - 36) / 0.4924, rel=0.01)


@pytest.mark.parametrize("width", [1440, 390])
def test_no_two_labels_of_the_map_lie_on_each_other_and_none_leaves_it(tmp_path, width):
    pages.write(tmp_path, published(), NETWORK)
    with pages_of_a_browser() as browser:
        page = browser(width)
        page.goto((tmp_path / "map.html").as_uri())
        boxes = page.evaluate(
            "[...document.querySelectorAll('svg.outlines text')].map(t => (({x, y, width, height}) => "
            "[x, y, x + width, y + height, t.textContent])(t.getBoundingClientRect()))"
        )
        left, right = page.evaluate(
            "(({left, right}) => [left, right])(document.querySelector('svg.outlines').getBoundingClientRect())"
        )
    assert all(left - 1 <= box[0] and box[2] <= right + 1 for box in boxes), boxes
    # Lines of text have room above and below the letters, which may touch.
    apart = 4
    for one, other in combinations(boxes, 2):
        crosses = one[0] < other[2] and other[0] < one[2] and one[1] + apart < other[3] and other[1] + apart < one[3]
        assert not crosses, (one, other)
