"""The files of the site: each page's view put into its template. Nothing of the day or the machine is in them, so that the
same figures give the same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from vrn.publish.network import Network
from vrn.report.figures import templating, words
from vrn.report.figures.numbers import day
from vrn.report.figures.subject import Area
from vrn.report.site import (
    area_indicator_page,
    area_page,
    compare_page,
    downloads,
    find_page,
    indicator_page,
    map_page,
    quality_page,
    releases_page,
    scorecard,
    summary_page,
)
from vrn.report.site.from_publish import Published
from vrn.report.site.links import LINKS

HERE = Path(__file__).parent
SCRIPT = HERE / "find.js"
# When the accessibility statement was last held against the pages.
STATEMENT_ON = date(2026, 11, 29)
STYLES = (templating.SHARED / "style.css", HERE / "site.css")


def write(folder: Path, published: Published, network: Network) -> None:
    """All pages and downloads; before the first release one page. network: who publishes them."""
    (folder / "style.css").write_text("\n".join(path.read_text(encoding="utf-8") for path in STYLES), encoding="utf-8")
    pages = _Writer(folder, published, network)
    if published.release is None:
        pages.write("index.html", "nothing.html.j2", "Scorecard")
        return
    # First, because what came back has a page of its own in the same place. The last release without one is written last.
    for path, said in reversed([*releases_page.gone(published)]):
        pages.write(path, "gone.html.j2", "", **said)
    _write_indicators(folder, published, pages)
    pages.write("quality.html", "quality.html.j2", "Data quality", **quality_page.view(published))
    pages.write("releases.html", "releases.html.j2", "Releases", releases=releases_page.view(published))
    pages.write("accessibility.html", "accessibility.html.j2", "", prepared_on=day(STATEMENT_ON))
    pages.write("about.html", "about.html.j2", "About", statuses=words.PUBLISHED_STATUSES, suppression=words.SUPPRESSION)


def _write_indicators(folder: Path, published: Published, pages: _Writer) -> None:
    """One pass over the indicators, which come one at a time: their pages at once, and rows for the pages of all."""
    areas = [area for area in published.areas if area.area_levels[0] in words.AREA_TYPES]
    rows_of_all: list[dict[str, Any]] = []
    profiles: dict[str, list[dict[str, Any]]] = defaultdict(list)
    maps: list[dict[str, Any]] = []
    compared: list[compare_page.Compared] = []
    for item in published.items:
        subject = item.subject
        name = subject.indicator_id
        mapped = map_page.view(subject, published.outlines)
        pages.write(f"indicator/{name}.html", "indicator.html.j2", "", has_map=mapped is not None, **indicator_page.view(item))
        downloads.write(folder / "indicator", item, published.release, pages.network)
        rows_of_all.append(scorecard.row(item))
        for area in areas:
            has_page = area_indicator_page.has_page(item, area)
            if has_page:
                pages.write(
                    f"area/{area.area_code}/{name}.html", "area_indicator.html.j2", "", **area_indicator_page.view(item, area)
                )
            if row := area_page.row(item, area, has_page):
                profiles[area.area_code].append(row)
        if mapped:
            maps.append(mapped)
        if beside := compare_page.of(subject):
            compared.append(beside)
    _write_maps(maps, pages)
    known = [area for area in areas if profiles[area.area_code]]
    for area in known:
        similar = [one for one in published.similar if one.area_code == area.area_code]
        pages.write(
            f"area/{area.area_code}.html",
            "area.html.j2",
            "Areas",
            kind=words.AREA_TYPES[area.area_levels[0]],
            pairs=[(other, compare_page.path(area, other)) for other in compare_page.others(area, known)],
            **area_page.view(area, profiles[area.area_code], similar),
        )
    for one, other in compare_page.pairs(known):
        pages.write(compare_page.path(one, other), "compare.html.j2", "", **compare_page.view(one, other, compared))
    (folder / SCRIPT.name).write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    pages.write("find.html", "find.html.j2", "Find", **find_page.view(rows_of_all, known))
    pages.write("summary.html", "summary.html.j2", "Summary", **summary_page.view(rows_of_all))
    pages.write(
        "index.html",
        "scorecard.html.j2",
        "Scorecard",
        parts=scorecard.parts(rows_of_all),
        without=scorecard.without(rows_of_all),
        summary=scorecard.summary(rows_of_all),
        kinds=_by_kind(known),
    )


def _write_maps(maps: list[dict[str, Any]], pages: _Writer) -> None:
    others = _by_domain(maps)
    for view in maps:
        pages.write(f"map/{view['indicator_id']}.html", "map.html.j2", "", map=view, others=others, is_first=False)
    pages.write("map.html", "map.html.j2", "Map", map=map_page.first(maps), others=others, is_first=True)


def _by_domain(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    named = [(title, [row for row in rows if row["domain"] == code]) for code, title in words.DOMAINS.items()]
    return [(title, found) for title, found in named if found]


def _by_kind(areas: Sequence[Area]) -> list[tuple[str, str, list[Area]]]:
    kinds = [(*texts, [area for area in areas if area.area_levels[0] == code]) for code, texts in words.AREA_TYPES.items()]
    return [kind for kind in kinds if kind[2]]


class _Writer:
    """Puts views into templates with what every page shows: the release, where the site's root is, which entry is open."""

    def __init__(self, folder: Path, published: Published, network: Network):
        self.folder = folder
        self.network = network
        self.templates = templating.environment(HERE / "templates")
        release = published.release
        self.common = {
            "release": release,
            "released_on": day(release.released_at) if release else "",
            "is_synthetic": bool(release and release.is_synthetic),
            "as_of": day(release.as_of) if release and release.as_of else "",
            "links": LINKS,
            "network": network,
        }

    def write(self, path: str, template: str, entry: str, **view: Any) -> None:
        """path: inside the site. entry: the name of the page in the menu, empty for a page that is not there."""
        root = "../" * path.count("/")
        text = self.templates.get_template(template).render(self.common | {"root": root, "entry": entry} | view)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
