"""The fourteen districts as a tile grid: each has the same room, roughly where it lies, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vrn.report.figures import told
from vrn.report.figures.subject import Figure, Subject

# Row and column from the north-west; the style sheet has a class for each place.
PLACES = {
    "E07000121": (1, 2),  # Lancaster
    "E07000128": (2, 2),  # Wyre
    "E07000124": (2, 4),  # Ribble Valley
    "E07000122": (2, 5),  # Pendle
    "E06000009": (3, 1),  # Blackpool
    "E07000119": (3, 2),  # Fylde
    "E07000123": (3, 3),  # Preston
    "E07000120": (3, 4),  # Hyndburn
    "E07000117": (3, 5),  # Burnley
    "E07000126": (4, 3),  # South Ribble
    "E06000008": (4, 4),  # Blackburn with Darwen
    "E07000125": (4, 5),  # Rossendale
    "E07000127": (5, 2),  # West Lancashire
    "E07000118": (5, 3),  # Chorley
}


def tiles(subject: Subject, figures: Sequence[Figure], county: Figure | None, decimals: int) -> list[dict[str, Any]]:
    """The districts from north-west to south-east, each with its place and what is said of it."""
    here = sorted((f for f in figures if f.area.area_code in PLACES), key=lambda f: PLACES[f.area.area_code])
    return [
        told.figure(subject, figure, decimals, county) | dict(zip(("row", "column"), PLACES[figure.area.area_code], strict=True))
        for figure in here
    ]
