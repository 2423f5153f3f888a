"""The outcomes site: static pages of what is published, for everybody. It reads the schema publish and nothing else."""

from __future__ import annotations

from pathlib import Path

import psycopg

from vrn.errors import HomeError
from vrn.publish import network
from vrn.publish.folder_swap import swapped_in
from vrn.report.site import from_publish, pages
from vrn.settings import Settings
from vrn.warehouse.connection import connect

# A reader of publish. The pages are for everybody, so whoever reads for them must need no more than dashboards do.
READER = "vrn_bi_reader"


def folder(settings: Settings) -> Path:
    return settings.public / "site"


def build(settings: Settings) -> Path:
    """Make the whole site anew, aside and then swapped in, so that a page of what is no more goes too.

    Without a release it is one page that says so. Returns the folder. A build that fails leaves the site as it was.
    Raises HomeError where who publishes it is set wrongly, and where the tables of readers are of an earlier version.
    """
    place, publisher = folder(settings), network.of(settings)
    with swapped_in(place) as new, connect(settings, READER) as connection:
        try:
            pages.write(new, from_publish.read(connection), publisher)
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
            raise HomeError(
                "The tables that readers have are of an earlier version of the code, so the site stays as it was. "
                "Build them first: make build."
            ) from error
    network.keep(settings, publisher)
    return place
