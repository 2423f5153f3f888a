"""What is no work of a run, and said all the same: what is nobody's, and what could not be taken, taken apart or fetched."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping

from vrn.errors import SecretMissing
from vrn.receive import problems
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.run.local.inbox import Feed, Inbox
from vrn.run.local.runs import INGEST, Runs
from vrn.settings import Settings

FETCH = "fetch"


def told(settings: Settings, feeds: Mapping[str, Feed], lying: Inbox) -> list[str]:
    """A sentence on each; feeds and lying as vrn.run.local.inbox gives them."""
    said = [f"inbox/{one.place}: {one.why}" for one in lying.not_taken]
    said += [sentence for place in (*feeds, problems.ARCHIVES) for sentence in problems.of(settings, place)]
    fetched = [feed.name for feed in feeds.values() if feed.is_fetched]
    try:
        runs = Runs(AirflowApi(settings)) if fetched else None
        return said + [f"{feed}: {why}" for feed in fetched if (why := runs.why_failed(f"{INGEST}{feed}", FETCH))]
    except urllib.error.HTTPError as error:
        return [*said, f"whether {', '.join(fetched)} could be fetched is not known, because Airflow {trouble(error)}."]
    except (OSError, SecretMissing):
        # Airflow does not run, and fetches nothing; or its password is gone, as whoever signs in says.
        return said
