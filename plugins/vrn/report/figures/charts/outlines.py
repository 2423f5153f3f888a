"""A map of outlines: each area in the colour of what is said of it, with its name, its value and a sign."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from math import cos, radians

from markupsafe import Markup

Ring = tuple[tuple[float, float], ...]

# The room on the left is for the name of a district at the sea.
WIDTH, EDGE, LEFT = 420, 6, 30
LINE_HEIGHT = 12
LONGEST = 11
SIGNS = {"up": "▲ ", "down": "▼ ", "level": "● ", "": ""}

IMAGE = Markup('<svg class="outlines" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>\n')
AREA = Markup('<path class="outline {}" d="{}"/>')
NAME = Markup('<text class="middle {}" x="{}" y="{}">{}</text>')


def draw(rings: Mapping[str, Sequence[Ring]], said: Sequence[Mapping[str, str]], alternative: str, heading: str) -> Markup:
    """rings: of each area, longitude and latitude. said: for each area its area_code, name, value, code and sign.

    heading: above the map, empty where there is nothing to say.
    """
    at = _Projection([point for one in said for ring in rings[one["area_code"]] for point in ring], 18 if heading else 0)
    shapes, labels = [], []
    for one in said:
        parts = rings[one["area_code"]]
        path = "".join("M" + "L".join(f"{x},{y}" for x, y in map(at, ring)) + "Z" for ring in parts)
        shapes.append(AREA.format(one["code"], path))
        labels += _label(one, at(_centre(max(parts, key=lambda ring: abs(_area(ring))))))
    title = [NAME.format("heading", 0, 12, heading)] if heading else []
    return IMAGE.format(WIDTH, at.height, alternative, Markup("").join([*title, *shapes, *labels]))


def _label(one: Mapping[str, str], centre: tuple[float, float]) -> list[Markup]:
    lines = [("name", line) for line in textwrap.wrap(one["name"], LONGEST)]
    lines.append(("value", f"{SIGNS[one['sign']]}{one['value']}"))
    x, middle = centre
    top = middle - LINE_HEIGHT * (len(lines) - 1) / 2 + 4
    return [NAME.format(style, x, round(top + LINE_HEIGHT * place, 1), text) for place, (style, text) in enumerate(lines)]


class _Projection:
    """Degrees to the picture: a degree of longitude is shorter than one of latitude, as it is there."""

    def __init__(self, points: Sequence[tuple[float, float]], top: int):
        east, north = zip(*points, strict=True)
        self._west, self._north, self._top = min(east), max(north), top
        self._shorter = cos(radians((min(north) + max(north)) / 2))
        self._scale = (WIDTH - EDGE - LEFT) / ((max(east) - self._west) * self._shorter)
        self.height = round((self._north - min(north)) * self._scale) + 2 * EDGE + top

    def __call__(self, point: tuple[float, float]) -> tuple[float, float]:
        x = (point[0] - self._west) * self._shorter * self._scale + LEFT
        return round(x, 1), round((self._north - point[1]) * self._scale + EDGE + self._top, 1)


def _area(ring: Ring) -> float:
    """Signed, in square degrees."""
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, (*ring[1:], ring[0]), strict=True)) / 2


def _centre(ring: Ring) -> tuple[float, float]:
    """The centre of mass."""
    whole = 6 * _area(ring)
    edges = [(x, y, u, v, x * v - u * y) for (x, y), (u, v) in zip(ring, (*ring[1:], ring[0]), strict=True)]
    return sum((x + u) * cross for x, _, u, _, cross in edges) / whole, sum((y + v) * cross for _, y, _, v, cross in edges) / whole
