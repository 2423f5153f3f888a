"""The wait of `make up` and `make run` until Airflow is ready to work."""

from __future__ import annotations

import time

from vrn.errors import HomeError
from vrn.run.airflow_api import AirflowApi, trouble
from vrn.run.local import inbox, services
from vrn.run.local.runs import DAG_OF_APPROVAL, DAG_OF_BUILD, INGEST, Runs
from vrn.settings import Settings

SECONDS_TO_BE_READY = 180
SECONDS_BETWEEN_LOOKS = 1.0


def until_ready(settings: Settings) -> None:
    """Until every part of Airflow beats and knows the DAG of each feed file that can be used. Raises HomeError."""
    expected = {f"{INGEST}{feed.name}" for feed in inbox.feeds(settings).values() if feed.problem is None}
    expected |= {DAG_OF_BUILD, DAG_OF_APPROVAL}
    api = AirflowApi(settings)
    runs, missing = Runs(api), []
    deadline = time.monotonic() + SECONDS_TO_BE_READY
    while time.monotonic() < deadline:
        services.check(settings)
        try:
            api.wake()
            if not (missing := runs.unhealthy() + sorted(expected - runs.known())):
                return
        except OSError as error:
            missing = [f"the API server, which {trouble(error)}"]
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise HomeError(
        f"Airflow was not ready after {SECONDS_TO_BE_READY} seconds; still missing: {', '.join(missing)}. "
        f"{_import_errors(runs)}Its logs are in {settings.logs}."
    )


def _import_errors(runs: Runs) -> str:
    try:
        said = runs.import_errors()
    except OSError:
        return ""
    return f"{said} " if said else ""
