"""A page for each indicator in the home, for evaluators: definition, formula, sources, caveats and charts."""

from __future__ import annotations

import shutil
from pathlib import Path

from vrn.database import connect
from vrn.indicator_docs import pages, reading
from vrn.settings import Settings


def folder(settings: Settings) -> Path:
    return settings.home / "docs" / "indicators"


def write(settings: Settings) -> Path:
    """Make all pages anew, aside and then swapped in, so that a page of an indicator that is no more goes too.

    Only the owner of the home can open the folder: its figures are before disclosure control. Returns the index.
    """
    place = folder(settings)
    aside, old = place.with_name("indicators.new"), place.with_name("indicators.old")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with connect(settings, "vrn_evaluator") as connection:
            subjects = reading.read(connection)
            aside.mkdir(parents=True, mode=0o700)
            pages.write(aside, subjects)
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return place / "index.html"
