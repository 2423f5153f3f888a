"""The made-up county without Airflow: every synthetic delivery taken in and every layer built, in this process."""

from __future__ import annotations

from tests.inbox import Inbox
from vrn.build import steps as build
from vrn.feeds.document import feed_name
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect


def make(settings: Settings, places: Places) -> None:
    """Take in and build everything in a home whose warehouse is prepared."""
    for path in (settings.inbox, settings.landing, settings.data_docs):
        path.mkdir(parents=True, exist_ok=True)
    deliveries.write_all(settings)
    with connect(settings, autocommit=True) as connection:
        inbox = Inbox(settings, connection, places)
        for path in sorted(settings.contracts.glob("*.odcs.yaml")):
            inbox.take_in(feed_name(path))
    build.everything()
