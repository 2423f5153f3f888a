"""The folder of DAG files for Airflow's DAG processor, which has the feeds' DAGs read again when a feed file changes.

The processor sees at once when a DAG file changes. A feed file is no DAG file, and to read every DAG each half minute because of
it costs several percent of a core for ever. So too would checking each feed file whenever a DAG file is read: they are checked
here, when one of them changed.
"""

from __future__ import annotations

from airflow.dag_processing.bundles.local import LocalDagBundle
from airflow.models.dagbag import DagPriorityParsingRequest
from airflow.utils.session import create_session

from vrn.feeds import code_files, shown
from vrn.settings import Settings

# What makes a DAG of each feed file, and what says which of them cannot be read.
READERS_OF_FEED_FILES = ("ingest.py", "feed_files.py")


class DagsOfFeeds(LocalDagBundle):
    """Asks, when it is refreshed, for the feeds' DAGs to be read again if a feed file came, changed or went since the last time."""

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self._seen: set[tuple[str, int]] | None = None

    def refresh(self) -> None:
        found = {(path.name, path.stat().st_mtime_ns) for path in code_files.of(Settings().contracts, "*.odcs.yaml")}
        if found == self._seen:
            return
        # The processor forks a process for each DAG file that it reads, which then has what was read and checked here.
        shown.listed(Settings().contracts)
        if self._seen is not None:
            with create_session() as session:
                session.add_all(
                    DagPriorityParsingRequest(bundle_name=self.name, relative_fileloc=name) for name in READERS_OF_FEED_FILES
                )
        self._seen = found
