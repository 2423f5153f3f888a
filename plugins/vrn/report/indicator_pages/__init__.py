"""A page for each indicator in the home, for evaluators: definition, formula, sources, caveats and charts."""

from __future__ import annotations

from pathlib import Path

from vrn.ledger import day
from vrn.publish.folder_swap import swapped_in
from vrn.report.indicator_pages import from_marts, pages
from vrn.settings import Settings
from vrn.warehouse.connection import connect

READER = "vrn_evaluator"


def folder(settings: Settings) -> Path:
    return settings.home / "docs" / "indicators"


def write(settings: Settings) -> Path:
    """Make all pages anew, aside and then swapped in, so that a page of an indicator that is no more goes too.

    Only the owner of the home can open the folder: its figures are before disclosure control. Returns the index.
    """
    place = folder(settings)
    with connect(settings, READER) as connection:
        lives_on = day.of_home(settings, connection)
    with swapped_in(place, mode=0o700) as new, connect(settings, READER) as connection:
        pages.write(new, from_marts.read(connection), lives_on)
    return place / "index.html"
