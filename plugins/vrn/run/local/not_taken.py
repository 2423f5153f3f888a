"""What is no work of a run, and said all the same: what lies in the inbox and is nobody's, and what could not be fetched."""

from __future__ import annotations

from collections.abc import Mapping

from vrn.run.airflow_api import AirflowApi
from vrn.run.local.inbox import Feed, Inbox
from vrn.run.local.runs import INGEST, Runs
from vrn.settings import Settings

FETCH = "fetch"


def told(settings: Settings, feeds: Mapping[str, Feed], lying: Inbox) -> list[str]:
    """A sentence on each; feeds and lying as vrn.run.local.inbox gives them."""
    said = [f"inbox/{one.place}: {one.why}" for one in lying.not_taken]
    fetched = [feed.name for feed in feeds.values() if feed.is_fetched]
    try:
        runs = Runs(AirflowApi(settings)) if fetched else None
        return said + [f"{feed}: {why}" for feed in fetched if (why := runs.why_failed(f"{INGEST}{feed}", FETCH))]
    except OSError:
        # Airflow does not run, and fetches nothing.
        return said
