"""What every chart is drawn with: Vega-Lite inside this process gives static SVG; no browser, no network, no script.

Each chart is drawn twice, for a wide and for a narrow screen, and the page shows one: text that shrinks with its chart cannot
be read on a phone. Colours are CSS variables of the page, so that a chart is light or dark as the page is.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from vrn.report.figures.subject import Figure

INNER_ROLE = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
INK, MUTED, GRID, LINE, SHADE = "var(--ink)", "var(--muted)", "var(--grid)", "var(--line)", "var(--shade)"
WIDE, NARROW = 640, 300
MOST_LABELS = {WIDE: 8, NARROW: 4}
LONGEST_TITLE = {WIDE: 90, NARROW: 40}


def of(rows: list[dict]) -> alt.Chart:
    """A part of a chart, to be marked: its rows are in the chart and are fetched from nowhere."""
    return alt.Chart(alt.Data(values=rows))


def line_at(value: float, axis: alt.X | alt.Y) -> alt.Chart:
    """A dashed line across, such as at the county's figure."""
    name = "x" if isinstance(axis, alt.X) else "y"
    return of([{name: value}]).mark_rule(color=INK, strokeDash=[5, 3]).encode(**{name: axis})


def chart(layers: list[alt.Chart], width: int, height: int | alt.Step, unit: str, figures: Sequence[Figure]) -> alt.LayerChart:
    """The parts one over the other, under the unit."""
    # On the picture too: a picture is copied without its page.
    words = f"SYNTHETIC · {unit}" if any(figure.is_synthetic for figure in figures) else unit
    title = textwrap.wrap(words, LONGEST_TITLE[width])
    return (
        alt.layer(*layers, width=width, height=height, title=title, background="transparent", autosize=_fitted())
        .configure(aria=False, font="sans-serif", padding=4)
        .configure_view(stroke=None)
        .configure_title(anchor="start", color=MUTED, fontSize=12, fontWeight="normal", offset=18)
        .configure_axis(domainColor=GRID, gridColor=GRID, tickColor=GRID, labelColor=MUTED, labelFontSize=12, labelPadding=4)
    )


def _fitted() -> alt.AutoSizeParams:
    """Labels are part of the width, which is then the same for every chart."""
    return alt.AutoSizeParams(type="fit-x", contains="padding")


def both_widths(draw: Callable[[int], alt.LayerChart], alternative: str) -> Markup:
    """Both pictures, one after the other. alternative: what they show, for those who cannot see them."""
    return Markup("").join(_svg(draw(width), name, alternative) for width, name in ((WIDE, "wide"), (NARROW, "narrow")))


def _svg(picture: alt.LayerChart, name: str, alternative: str) -> Markup:
    """The chart to be put into a page: as wide as its place, and one image with one text for those who cannot see it."""
    text = vl_convert.vegalite_to_svg(picture.to_dict(), vl_version=VEGA_LITE, allowed_base_urls=[])
    box = re.search(r'viewBox="[^"]*"', text).group()
    # Its parts have no text of their own, so they are given no role either.
    inside = INNER_ROLE.sub("", text[text.index(">") + 1 :])
    # Vega escapes what it writes into SVG.
    return Markup('<svg class="{}" {} role="img" aria-label="{}">').format(name, Markup(box), escape(alternative)) + Markup(inside)
