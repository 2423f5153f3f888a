"""The outcomes site: static pages of what is published, for everybody. It reads the schema publish and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from vrn.database import connect
from vrn.settings import Settings
from vrn.site import pages, reading

# A reader of publish. The pages are for everybody, so whoever reads for them must need no more than dashboards do.
READER = "vrn_bi_reader"


def folder(settings: Settings) -> Path:
    return settings.home / "site"


def build(settings: Settings) -> Path:
    """Make the whole site anew, aside and then swapped in, so that a page of what is no more goes too.

    Without a release it is one page that says so. Returns the folder. A build that fails leaves the site as it was.
    """
    place = folder(settings)
    aside, old = place.with_name("site.new"), place.with_name("site.old")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with connect(settings, READER) as connection:
            aside.mkdir(parents=True)
            pages.write(aside, reading.read(connection))
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return place
