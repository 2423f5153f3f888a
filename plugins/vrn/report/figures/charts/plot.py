"""What the charts have in common: two sizes, a title, a scale, a key. Colours are classes of the style sheet.

They are drawn by hand, because a site has a thousand of them: a picture takes a millisecond so, and with Vega a tenth of a second.
Each is drawn for a wide and for a narrow screen, because text that shrinks with its picture cannot be read on a phone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

from vrn.report.figures.funnel import ticks
from vrn.report.figures.numbers import grouped

# The width of a letter of 12 pixels, generously: fonts differ.
LETTER = 7.6
LINE_HEIGHT = 16

IMAGE = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>\n')
TEXT = Markup('<text class="axis {}" x="{}" y="{}">{}</text>')
ACROSS = Markup('<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>')
UPWARD = Markup('<line class="{0}" x1="{1}" x2="{1}" y1="{2}" y2="{3}"/>')
PATH = Markup('<polyline class="{}" points="{}"/>')
DOT = Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>')
BOX = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>')


@dataclass(frozen=True)
class Size:
    """labels: the most that stand upward."""

    name: str
    width: int
    height: int
    labels: int
    title_letters: int


SIZES = (Size("wide", 640, 300, 6, 92), Size("narrow", 320, 270, 5, 44))


def both(draw: Callable[[Size], Markup], alternative: str, sizes: Sequence[Size] = SIZES) -> Markup:
    """The wide and the narrow picture, of which a page shows one. alternative: in their place for those who cannot see them."""
    return Markup("").join(IMAGE.format(size.name, size.width, size.height, alternative, draw(size)) for size in sizes)


def title(text: str, size: Size) -> tuple[list[Markup], int]:
    """The lines of a title, and how far down they reach."""
    lines = textwrap.wrap(text, size.title_letters) or [""]
    return [TEXT.format("", 0, 12 + LINE_HEIGHT * place, line) for place, line in enumerate(lines)], LINE_HEIGHT * len(lines)


def key(entries: Sequence[tuple[str, str]], top: int, size: Size) -> tuple[list[Markup], int]:
    """Class and name of each line, one after the other as far as they fit; and how far down they reach."""
    parts, left, y = [], 0.0, top + 12
    for name, text in entries:
        wide = 30 + len(text) * LETTER
        if left and left + wide > size.width:
            left, y = 0.0, y + LINE_HEIGHT
        parts += [ACROSS.format(name, round(left, 1), round(left + 22, 1), y - 4), TEXT.format("", round(left + 28, 1), y, text)]
        left += wide + 14
    return parts, y + 4


@dataclass(frozen=True)
class Scale:
    """Values upward between top and bottom, with the numbers beside them."""

    lowest: float
    highest: float
    top: float
    bottom: float
    marks: tuple[float, ...]
    decimals: int

    def __call__(self, value: float) -> float:
        return round(self.bottom - (value - self.lowest) / (self.highest - self.lowest) * (self.bottom - self.top), 1)

    @property
    def left(self) -> int:
        """The room that the numbers take."""
        return round(max(len(grouped(mark, self.decimals)) for mark in self.marks) * LETTER) + 10

    def draw(self, right: float) -> list[Markup]:
        return [
            *(ACROSS.format("grid", self.left, right, self(mark)) for mark in self.marks),
            *(TEXT.format("end", self.left - 6, self(mark) + 4, grouped(mark, self.decimals)) for mark in self.marks),
        ]


def scale(values: Sequence[float], top: float, bottom: float, most: int) -> Scale:
    """From 0, or from below it where a value is, to the highest value."""
    lowest, highest = min(0.0, *values), max(0.0, *values)
    if lowest == highest:
        highest = 1.0
    steps = ticks(highest - lowest, most)
    step = steps[1] - steps[0]
    first = -step * -(lowest // step) if lowest < 0 else 0.0
    count = int((highest - first) / step + 1e-9) + 1
    marks = tuple(round(first + place * step, 10) for place in range(count))
    return Scale(min(lowest, first), max(highest, marks[-1]), top, bottom, marks, max(0, -floor(log10(step) + 1e-9)))
